"""Malformed events through the unpacked zip: the short form of `nox -s inputs`."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from services.order_processor.tests.fakes import FakeDynamoDB
from services.order_processor.tests.function_process import FunctionProcess, Told
from services.order_processor.tests.inputs import deployed, oracle
from services.order_processor.tests.inputs.__main__ import main
from services.order_processor.tests.inputs.run import Contradiction, Tally, run
from services.order_processor.tests.orders import changed, orders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from artifact.tests.conftest import Artifact

SEED = 20260301
SERVICE = oracle.SERVICE
PUBLISHED = set(
    re.findall(r"^\| `([A-Z_]+)` \|", (SERVICE / "README.md").read_text("utf-8"), re.MULTILINE)
)


@pytest.fixture
def function(artifact: Artifact) -> Iterator[FunctionProcess]:
    """The function of the unpacked zip, with a store in memory."""
    with FakeDynamoDB() as fake, FunctionProcess(artifact.unpacked, fake.url) as running:
        yield running


def test_malformed_events_are_rejected_with_every_reason(function: FunctionProcess) -> None:
    """500 generated events: codes, paths and their number are those of the oracle.

    Nearly every code comes up; which rare ones do not depends on the source, whose constants
    hypothesis mixes in.
    """
    tally = run(function, 500, SEED)
    assert tally.events == 500
    assert len(PUBLISHED - tally.codes.keys()) <= 6
    assert tally.codes.keys() <= PUBLISHED


class Changed:
    """A function that answers a little differently from the one it hands the event to."""

    def __init__(self, function: FunctionProcess, **changes: Any) -> None:
        self._function = function
        self._changes = changes

    def invoke(self, event: str) -> Told:
        """Change the last reason of a rejection."""
        told = self._function.invoke(event)
        if told.answer and told.answer["status"] == "rejected":
            told.answer["reasons"][-1] |= self._changes
        return told


@pytest.mark.parametrize("changes", [{"code": "OTHER"}, {"path": "/other"}, {"message": ""}])
def test_a_slip_is_found(function: FunctionProcess, changes: dict[str, str]) -> None:
    """A wrong code, a wrong place, a missing message: the run tells the event."""
    with pytest.raises(Contradiction, match="event: "):
        run(Changed(function, **changes), 50, SEED)


def test_the_table_of_codes_is_what_the_code_can_say() -> None:
    """Every published code stands in the source or follows from the schema, and no other does."""
    package = SERVICE / "src" / "order_processor"
    source = "".join(path.read_text("utf-8") for path in sorted(package.glob("*.py")))
    fixed = {
        code
        for code in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', source)
        if code not in {"ORDERS_TABLE_NAME", "ALL_OLD"}
        and not code.startswith(("AWS_", "POWERTOOLS_"))
    }
    suffixes = {code for code in fixed if code not in PUBLISHED}
    assert suffixes <= {"WRONG_TYPE", "COUNT_OUT_OF_RANGE", "LENGTH_OUT_OF_RANGE", "OUT_OF_RANGE"}
    assert fixed - suffixes | _codes_of_the_schema() == PUBLISHED


def _codes_of_the_schema() -> set[str]:
    """Restate how a label and a keyword make a code."""
    line = oracle.SCHEMA["$defs"]["line"]
    found = {f"{line['x-reason']}_WRONG_TYPE"}
    for parent in (oracle.SCHEMA, line):
        for name, member in parent["properties"].items():
            label = member["x-reason"]
            found.add(f"{label}_WRONG_TYPE")
            found |= {f"{label}_MISSING"} if name in parent["required"] else set()
            found |= {f"{label}_MALFORMED"} if "pattern" in member else set()
            found |= {f"{label}_OUT_OF_RANGE"} if "minimum" in member else set()
            found |= {f"{label}_LENGTH_OUT_OF_RANGE"} if "minLength" in member else set()
            found |= {f"{label}_COUNT_OUT_OF_RANGE"} if "minItems" in member else set()
    return found


@settings(max_examples=100, deadline=None)
@given(event=orders)
def test_totals_are_those_of_an_oracle_that_counts_in_fractions(
    confirming: FunctionProcess, event: dict[str, Any]
) -> None:
    """From the event to the answer: exact, rounded once, half a minor unit upwards."""
    told = confirming.invoke(json.dumps(event))
    assert told.answer
    if told.answer["status"] == "rejected":  # other content under an id that came before
        assert [reason["code"] for reason in told.answer["reasons"]] == ["ORDER_ID_CONFLICT"]
        return
    assert told.answer["total"] == oracle.total_text(event)
    assert Fraction(told.answer["total"]) == oracle.total(event)


@pytest.fixture(scope="module")
def confirming(artifact: Artifact) -> Iterator[FunctionProcess]:
    """One function for all examples of a property."""
    with FakeDynamoDB() as fake, FunctionProcess(artifact.unpacked, fake.url) as running:
        yield running


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (
            '{"orderId":"a","deep":' + "[" * 1_400 + "]" * 1_400 + "}",
            ("UNKNOWN_MEMBER", "/deep"),
        ),
        ('{"orderId":' + "9" * 4_300 + "}", ("ORDER_ID_WRONG_TYPE", "/orderId")),
        (
            '{"lines":[{"quantity":' + "9" * 4_300 + "}]}",
            ("LINE_QUANTITY_OUT_OF_RANGE", "/lines/0/quantity"),
        ),
    ],
    ids=["nesting", "digits", "quantity"],
)
def test_the_edge_of_what_the_runtime_parses_is_rejected(
    function: FunctionProcess, event: str, reason: tuple[str, str]
) -> None:
    """Deep nesting reaches the handler, and the longest numbers that Python takes."""
    told = function.invoke(event)
    assert told.answer
    assert reason in [(found["code"], found["path"]) for found in told.answer["reasons"]]


def test_longer_numbers_end_in_the_runtime(function: FunctionProcess) -> None:
    """They take it quadratic time: 60 of 100,000 digits were 2.75 s of an event of 6 MB."""
    told = function.invoke('{"orderId":' + "9" * 4_301 + "}")
    assert (told.answer, told.raised) == (None, "ValueError")


def test_the_largest_answer_fits_into_a_response(function: FunctionProcess) -> None:
    """However broken an event, Lambda can carry the answer: at most 6 MB, escapes included."""
    names = [("\U0001f600" * 60 + f"{number:04}") for number in range(6_000)]
    told = function.invoke(json.dumps(changed(**dict.fromkeys(names, 1))))
    assert told.answer
    assert len(told.answer["reasons"]) == 4_001
    assert len(json.dumps(told.answer)) < 6 * 1024 * 1024


def test_the_sample_has_no_event_that_is_too_large_for_lambda() -> None:
    """Sent asynchronously, as the sample is, 1 MiB is taken and no byte more."""
    tally = Tally()
    for size in (1_048_577, 1_048_576):
        tally.keep("x" * size, wanted=2, examples=2)
    assert [len(event) for event in tally.sample] == [1_048_576]


def test_the_command_tells_counts_and_seed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run says what it saw; a failing one how to see it again; the seed makes it the same."""
    assert main(["--examples", "20", "--seed", "5", "--sample", "0"]) == 0
    first = capsys.readouterr().out
    assert first.startswith("seed 5: ")
    assert main(["--examples", "20", "--seed", "5", "--sample", "0"]) == 0
    counts = [line for line in first.splitlines() if "events/s" not in line]
    assert set(counts) <= set(capsys.readouterr().out.splitlines())
    monkeypatch.setattr(oracle, "_DIGITS", {"EUR": 2})
    assert main(["--examples", "20", "--seed", "5", "--sample", "0"]) == 1
    assert "nox -s inputs -- --examples 20 --seed 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seen", "holds"),
    [
        (deployed.Seen(accepted=3, refused=1, rejected=3), True),
        (deployed.Seen(accepted=3, rejected=2), False),
        (deployed.Seen(accepted=3, rejected=3, errors=1), False),
        (deployed.Seen(accepted=3, rejected=3, dlq_messages=1), False),
    ],
)
def test_the_stack_holds_where_all_that_it_took_is_rejected(
    seen: deployed.Seen, *, holds: bool
) -> None:
    """One that vanished, failed or was dead-lettered is one too many."""
    assert seen.holds is holds
