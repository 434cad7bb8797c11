import pytest

from load.report.telemetry import slot_seconds, slot_time

WARM = (
    "REPORT RequestId: 8f5\tDuration: 12.50 ms\tBilled Duration: 13 ms\t"
    "Memory Size: 512 MB\tMax Memory Used: 60 MB\t\n"
)
JSON = (
    '{"time": "2026-11-27T10:00:00.000Z", "type": "platform.report", "record": '
    '{"requestId": "8f5", "metrics": {"durationMs": 12.5, "billedDurationMs": 13}}}'
)
COLD = WARM.rstrip("\n") + "Init Duration: 187.50 ms\t\n"


def test_a_slot_is_held_for_duration_and_init() -> None:
    """A cold start occupies concurrency while it initialises."""
    assert slot_seconds(WARM) == pytest.approx(0.0125)
    assert slot_seconds(COLD) == pytest.approx(0.2)


def test_a_snapshots_restoring_holds_the_slot_too() -> None:
    """What is billed of it is a figure of its own, and no time."""
    restored = WARM.rstrip("\n") + "Restore Duration: 87.50 ms\tBilled Restore Duration: 3 ms\t\n"
    assert slot_seconds(restored) == pytest.approx(0.1)


def test_json_reports_say_the_same() -> None:
    """The form of a stack whose `logFormat` is JSON."""
    assert slot_seconds(JSON) == pytest.approx(0.0125)
    for start in ("initDurationMs", "restoreDurationMs"):
        cold = JSON.replace('"durationMs"', f'"{start}": 187.5, "durationMs"')
        assert slot_seconds(cold) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "line",
    ['{"message": "\\"platform.report\\""}', '{"type": "platform.report"}', '"platform.report"'],
)
def test_what_quotes_the_words_is_no_report(line: str) -> None:
    """A line of the function's own."""
    assert slot_seconds(line) is None


@pytest.mark.parametrize(
    "line",
    ["START RequestId: 8f5 Version: 1", '{"message": "REPORT"}', "INIT_REPORT Init Duration: 9 ms"],
)
def test_other_lines_say_nothing_of_slots(line: str) -> None:
    """Only REPORT lines count."""
    assert slot_seconds(line) is None
    assert slot_time([line]) is None


def test_the_mean_comes_with_its_error() -> None:
    """Equal times are certain; different ones have the standard error of their mean."""
    assert slot_time([WARM] * 4) == slot_time([WARM] * 4)
    measured = slot_time([WARM, COLD])
    assert measured is not None
    assert measured.mean == pytest.approx(0.10625)
    assert measured.error == pytest.approx(0.1875 / 2)
    assert (measured.samples, measured.source) == (2, "logs")
