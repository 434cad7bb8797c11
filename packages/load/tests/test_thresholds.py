from pathlib import Path

import pytest
from console.errors import UsageError

from load.thresholds import load_thresholds
from loadtest.scenarios import LOAD_TESTS

WHOLE = """[smoke]
throttle_budget = 0.1
p50_ms = 10.0
p95_ms = 50.0
p99_ms = 100.0
error_share = 0.0
recovery_seconds = 5.0
drain_seconds = 60.0
send_lag_p99_ms = 10.0
cpu_share = 0.8
minimum_served = 1
"""


def test_every_scenario_has_thresholds_and_none_may_lose_an_event() -> None:
    """The file and the scenarios go together."""
    found = load_thresholds(LOAD_TESTS.thresholds)
    assert found.keys() == set(LOAD_TESTS.names)
    assert {(limits.lost, limits.duplicated) for limits in found.values()} == {(0, 0)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (WHOLE + "throttel_budget = 1\n", "unknown key 'throttel_budget'"),
        (WHOLE.replace("p99_ms", "# p99_ms", 1), "lacks 'p99_ms'"),
        (WHOLE.replace("= 100.0", "= 'fast'"), "p99_ms must be a number"),
        (WHOLE.replace("= 100.0", "= -1"), "p99_ms must be a number of at least 0"),
        (WHOLE.replace("= 100.0", "= nan"), "p99_ms must be a number of at least 0"),
        (WHOLE.replace("= 100.0", "= true"), "p99_ms must be a number"),
        ("smoke = 1", "lacks"),
        ("[smoke", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """A misspelt threshold must not silently hold."""
    file = tmp_path / "thresholds.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=sentence):
        load_thresholds(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """One sentence."""
    with pytest.raises(UsageError, match="cannot be read"):
        load_thresholds(tmp_path / "none.toml")
