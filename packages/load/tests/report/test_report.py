"""The report on finished runs, and what is refused before a run: the command in this process."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reporting.tests.page_reader import Page
from service import declaration

from load.run_log import log
from load.run_log.log import PART
from load.send.events import Source, planned
from load.tests.run_logs import command, judged, written
from load.tests.running import OUTPUTS, PROBES, THRESHOLDS
from load.tests.stub import Answer, Stub
from loadtest.scenarios import LOAD_TESTS

EXPIRED: Answer = (
    403,
    {"x-amzn-ErrorType": "ExpiredTokenException"},
    b'{"message": "The security token included in the request is expired"}',
)


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Serve a stand-in for AWS."""
    with Stub(slots=50) as served:
        yield served


def summary(place: Path) -> dict[str, Any]:
    """Return the report in JSON."""
    found: dict[str, Any] = json.loads((place / "summary.json").read_text())
    return found


def test_a_run_leaves_its_report_and_enters_the_baseline(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Page, Markdown and record; a passed run is kept and the next one compared with it."""
    baselines, job = tmp_path / "baselines", tmp_path / "job.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    keep = ("--baselines", str(baselines), "--job-summary")
    first, second = (written(tmp_path, stub, seed=number) for number in (1, 2))
    assert judged(monkeypatch, stub, first, *keep) == 0
    assert "nothing to compare" in capsys.readouterr().out
    assert Page((first / "report.html").read_text()).open == []
    assert job.read_text() == (first / "report.md").read_text()
    assert json.loads((first / "record.json").read_text())["artifact"] == "the-digest"
    assert judged(monkeypatch, stub, second, *keep) == 0
    assert "Against the last 1 passed run: nothing got worse." in capsys.readouterr().out
    assert {path.parent.name for path in baselines.rglob("*.json")} == {"smoke"}
    assert len(list(baselines.rglob("*.json"))) == 2


def test_events_that_are_not_in_the_table_are_lost(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the caller was told, the table decides: missing, or there with other content."""
    place = written(tmp_path, stub)
    missing, other = sorted(stub.table)[:2]
    del stub.table[missing]
    stub.table[other]["contentDigest"] = {"S": "of other content"}
    assert judged(monkeypatch, stub, place) == 1
    found = summary(place)
    assert found["verdict"] == "fail"
    assert found["events"]["lost"] == 2
    assert set(found["lostIds"]) == {missing, other}


def test_of_a_service_without_a_table_answers_and_the_dlq_are_all_that_is_known(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its run is judged by them, and every form of the report says what nobody can know."""
    service = replace(declaration.chosen(), table=None)
    monkeypatch.setattr(declaration, "load", lambda _: service)
    place = written(tmp_path, stub)
    stub.table.clear()
    failed = next(e for e in log.entries(place) if e.invocation == "async")
    source = Source(PROBES, 1, "r1", log.run(place).started_at)
    sent = planned(LOAD_TESTS.scenario("smoke", 10.0, 10.0), source)
    stub.dead.append(next(e.payload.decode() for e in sent if e.event_id == failed.event_id))
    assert judged(monkeypatch, stub, place) == 0
    found, entries = summary(place), list(log.entries(place))
    ways = Counter(e.invocation for e in entries if e.kind == "new")
    assert found["events"]["deadLettered"] == 1
    assert found["events"]["accepted"] == ways["async"] - 1
    assert found["events"]["confirmed"] == ways["sync"]
    assert (found["events"]["lost"], found["events"]["unverified"]) == (0, 0)
    page = Page((place / "report.html").read_text()).text
    for said in (capsys.readouterr().out, " ".join(page), (place / "report.md").read_text()):
        assert "The service has no table" in " ".join(said.replace("\\", "").split())


def test_function_errors_fail_the_run(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors are no throttles: they are beyond every budget, and no event counts as lost."""
    place = written(tmp_path, stub, "functionError")
    assert judged(monkeypatch, stub, place) == 1
    found = summary(place)
    assert found["events"]["failed"] > 50
    assert found["events"]["lost"] == 0
    assert found["throttle"]["throttled"] == 0
    assert any("attempts failed" in reason for reason in found["reasons"])


def test_a_run_that_was_broken_off_is_invalid(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent is reconciled; that not all was sent is said."""
    place = written(tmp_path, stub)
    (place / PART).unlink()
    assert judged(monkeypatch, stub, place) == 1
    found = summary(place)
    assert found["verdict"] == "invalid"
    assert found["events"]["lost"] == 0
    assert "did not send every event" in " ".join(found["reasons"])


def test_other_thresholds_can_be_given(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is the last one named."""
    place = written(tmp_path, stub)
    strict = tmp_path / "strict.toml"
    strict.write_text(THRESHOLDS.read_text().replace("p50_ms = 30000.0", "p50_ms = 1.0"))
    assert judged(monkeypatch, stub, place, "--thresholds", str(strict)) == 1
    reason = summary(place)["reasons"][0]
    assert re.fullmatch(r"Served p50 took 2[01]\.\d ms \(at most 1\.0 ms\)\.", reason)


BAD: list[tuple[list[str], dict[str, str], str]] = [
    (["--peak-rate", "-3"], {}, "The peak rate is -3; give a number above 0."),
    (["--peak-rate", "many"], {}, "Argument --peak-rate: invalid float value: 'many'."),
    (["--scenario", "rush"], {}, "There is no scenario 'rush'"),
    (["--outputs", "missing.json"], {}, "deploy the stack first"),
    (["--outputs", "{lacking}"], {}, "lambdaAliasName"),
    (["--outputs", "{staging}"], {}, "Cannot find alias"),
    (["--outputs", "{unknown}"], {}, "Function not found"),
    ([], {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "AWS cannot be reached"),
    ([], {"AWS_ENDPOINT_URL": "nowhere"}, "AWS cannot be reached"),
    (["--run-log", "/dev/null/run log"], {}, "cannot be written"),
    (["--drain-seconds", "-1"], {}, "above 0 seconds"),
    (["--duration", "1e12"], {}, "free some space"),
    (["--day", "{negative}"], {}, "has the weight -1; give 0 or more."),
    (["--day", "{empty}"], {}, "is empty; give a list of weights."),
    (["--thresholds", "{thresholds}"], {}, "[smoke] has an unknown key 'speed'"),
    (["--fail-when-worse"], {}, "--fail-when-worse needs --baselines"),
    (
        ["--processes", "0"],
        {},
        "--processes: 0 is not a whole number of 1 or more.",
    ),
]


@pytest.mark.parametrize(("extra", "environment", "sentence"), BAD)
def test_bad_input_is_one_sentence_before_any_load(
    tmp_path: Path,
    stub: Stub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    extra: list[str],
    environment: dict[str, str],
    sentence: str,
) -> None:
    """Exit status 2, one line that says what to do, and nothing sent."""
    files = {
        "lacking": {"lambdaFunctionName": "f", "service": "order_processor"},
        "staging": OUTPUTS | {"lambdaAliasName": "staging"},
        "unknown": OUTPUTS | {"lambdaFunctionName": "unknown"},
        "negative": [3, -1],
        "empty": [],
    }
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    places = {name: str(tmp_path / f"{name}.json") for name in files}
    places["thresholds"] = str(tmp_path / "thresholds.toml")
    Path(places["thresholds"]).write_text("[smoke]\nspeed = 3\n")
    monkeypatch.setattr(Stub, "environment", {**stub.environment, **environment})
    run_log_ = () if "--run-log" in extra else ("--run-log", str(tmp_path / "run log"))
    status = command(
        monkeypatch, stub, "run", tmp_path / "x", "--scenario", "smoke", *run_log_,
        *(option.format(**places) for option in extra),
    )  # fmt: skip
    said = capsys.readouterr().err
    assert status == 2
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert stub.invocations == 0


def test_expired_credentials_are_bad_input(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first call to AWS tells, before any load."""
    stub.refuses_all = EXPIRED
    place = ("--run-log", str(tmp_path / "run log"))
    assert command(monkeypatch, stub, "run", tmp_path / "x", "--scenario", "smoke", *place) == 2
    assert "sign in again, then repeat" in capsys.readouterr().err


def test_the_region_is_read_from_either_variable(
    tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the sentence says that asks for one."""
    place = written(tmp_path, stub)
    known = stub.environment
    for left_out in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(left_out, raising=False)
        rest = {name: value for name, value in known.items() if name != left_out}
        monkeypatch.setattr(Stub, "environment", rest)
        assert judged(monkeypatch, stub, place) == 0
        monkeypatch.delenv("AWS_REGION", raising=False)
        monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setattr(Stub, "environment", {n: v for n, v in known.items() if "REGION" not in n})
    assert judged(monkeypatch, stub, place) == 2
    assert capsys.readouterr().err == "No AWS region is set: set AWS_REGION, then repeat.\n"
