"""The planner's command: where its slot time comes from, what it says, what it leaves."""

import argparse
import json
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from console.arguments import Parser
from console.errors import UsageError
from reporting.tests.page_reader import Page, colours, loads

from load.cli import main
from load.planning import cli, page, sources, text
from load.planning.capacity import Account
from load.planning.plan import Question, plan
from loadtest.scenarios import LOAD_TESTS

SLOT = sources.Measured(0.08, 0.002, "measured in a test", "events", 5, 512)
ASKED = Question(40.0, 0.01, 512)
NOWHERE = "No AWS region is set."


def parse(*arguments: str) -> argparse.Namespace:
    """Return the planner's options."""
    parser = Parser()
    cli.add_options(parser)
    return parser.parse_args(arguments)


def leave_run(build: Path, name: str, began: float, verdict: str = "pass", ms: float = 80) -> Path:
    """Leave the report of a run where runs are left."""
    place = build / "load" / name
    place.mkdir(parents=True)
    document = {
        "verdict": verdict,
        "slotTime": {"mean": ms / 1000, "error": 0.001},
        "run": {"startedAt": began, "scenario": "average", "runId": name, "concurrency": 5},
    }
    (place / "summary.json").write_text(json.dumps(document))
    return place


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing that leads to an account."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class Limits(BaseHTTPRequestHandler):
    """Answers what an account's limits are, and that 20 are reserved for the function."""

    def do_GET(self) -> None:
        """Answer."""
        if "account-settings" in self.path:
            limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 130}
            self._answer({"AccountLimit": limit, "AccountUsage": {}})
        else:
            self._answer({"ReservedConcurrentExecutions": 20})

    def _answer(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give an account to ask."""
    server = HTTPServer(("127.0.0.1", 0), Limits)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("no_aws")
def test_the_newest_passed_run_gives_the_slot_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Newer runs that did not pass are passed over; without an account nothing is compared."""
    leave_run(tmp_path, "old", 1.0, ms=500)
    leave_run(tmp_path, "new", 2.0, ms=80)
    leave_run(tmp_path, "failed", 3.0, verdict="fail", ms=900)
    out = tmp_path / "plan"
    made = cli.run(parse("--peak", "40", "--build", str(tmp_path), "--out", str(out)))
    assert made["slotTime"]["mean"] == pytest.approx(0.08)
    assert "not compared" in capsys.readouterr().out
    assert json.loads((out / "plan.json").read_text()) == made
    assert (out / "plan.html").exists()


@pytest.mark.usefixtures("no_aws")
def test_what_a_stack_asks_for_is_in_the_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its cost; and what it does not ask for costs nothing."""
    given = ["--peak", "40", "--slot-ms", "80", "--out", str(tmp_path)]
    plain = cli.run(parse(*given))
    capsys.readouterr()
    more = ("--architecture", "arm64", "--snapshots", "12", "--log-format", "JSON")
    made = cli.run(parse(*given, *more, "--warm-writes", "9000"))
    told = " ".join(capsys.readouterr().out.split())
    for part in ("us-east-1, arm64", "12 versions kept", "as JSON", "9,000 events a second"):
        assert part in told
    assert plain["cost"]["snapshots"] == plain["cost"]["warmingOnce"] == 0
    assert made["cost"]["snapshots"] > 12 * 1.97
    assert made["cost"]["everyEventServed"]["total"] < plain["cost"]["everyEventServed"]["total"]
    assert made["cost"]["warmingOnce"] == pytest.approx(5_000 * 0.00065)


def test_without_a_run_the_slot_time_has_to_be_given(tmp_path: Path) -> None:
    """Nothing is guessed; the sentence says what to do."""
    leave_run(tmp_path, "failed", 1.0, verdict="fail")
    with pytest.raises(UsageError, match="--slot-ms"):
        cli.run(parse("--peak", "40", "--build", str(tmp_path)))
    with pytest.raises(UsageError, match="no report"):
        cli.run(parse("--peak", "40", "--run-log", str(tmp_path)))


@pytest.mark.usefixtures("aws")
def test_the_account_is_asked() -> None:
    """Its limits and the function's own reservation are what the plan is compared with."""
    assert sources.account("events") == Account(limit=1000, unreserved=130, reserved=20)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--peak", "0"],
        ["--peak", "nan"],
        ["--peak", "40", "--target", "101%"],
        ["--peak", "40", "--slot-ms", "-1"],
        ["--peak", "40", "--architecture", "riscv"],
        ["--peak", "40", "--snapshots", "few"],
        ["--peak", "40", "--warm-writes", "-1"],
        [],
    ],
)
def test_bad_options_end_with_2(arguments: list[str]) -> None:
    """What cannot be planned is refused where it is typed."""
    with pytest.raises(SystemExit) as ended:
        parse(*arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "0"], "above 0%"),
        (["--memory-mb", "64"], "128 to 10240"),
        (["--peak", "1e9"], "check --peak"),
    ],
)
@pytest.mark.usefixtures("no_aws")
def test_what_cannot_be_planned_is_said(arguments: list[str], said: str) -> None:
    """One sentence, before anything is written."""
    with pytest.raises(UsageError, match=said):
        cli.run(parse("--peak", "40", "--slot-ms", "80", *arguments))


@pytest.mark.parametrize(
    ("given", "said"),
    [("1", "write 1% for"), ("5", "write 5% for"), ("all", "give 1% or 0.01"), ("-1%", "no share")],
)
def test_a_share_that_is_none_says_what_is_meant(
    given: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--target 1` is one per cent to most people, and everything to the planner."""
    assert main(LOAD_TESTS, ["plan", "--peak", "40", "--slot-ms", "80", f"--target={given}"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(("given", "share"), [("1%", 0.01), ("0.01", 0.01), ("100%", 1.0)])
def test_a_share_reads_both_ways(given: str, share: float) -> None:
    """Per cent or share."""
    assert parse("--peak", "1", "--target", given).target == pytest.approx(share)


def test_the_plan_is_consistent() -> None:
    """The answer lies on its own curve and keeps its target; retries are part of the bill."""
    made = plan(ASKED, SLOT, NOWHERE)
    at = next(point for point in made["curve"] if point["slots"] == made["needed"])
    assert at["peak"] == made["atNeeded"]["peak"] <= 0.01
    assert made["headroomRate"] >= 40
    low, high = made["neededInterval"]
    assert low <= made["needed"] <= high
    cost = made["cost"]
    assert cost["everyEventServed"]["total"] == pytest.approx(
        cost["refusedGivenUp"]["total"] + cost["retriedUntilServed"]
    )
    assert cost["reservation"] == cost["refusedAttempts"] == 0


def test_the_account_s_limit_is_compared() -> None:
    """A plan that does not fit says so; one that fits says what is left."""
    fits = plan(ASKED, SLOT, Account(1000, 1000))
    assert fits["account"]["fits"]
    assert f"all others share {1000 - fits['needed']}" in " ".join(text.render(fits).split())
    tight = plan(ASKED, SLOT, Account(10, 10))
    assert not tight["account"]["fits"]
    assert "DO NOT FIT" in text.render(tight)


def test_the_text_has_the_curve_the_price_and_its_source() -> None:
    """A terminal of a hundred columns shows all of it."""
    said = text.render(plan(ASKED, SLOT, NOWHERE))
    assert max(map(len, said.splitlines())) <= 100
    for part in ("<- needed", "<- in the run", "aws.amazon.com/lambda/pricing", "free of charge"):
        assert part in said


@pytest.mark.parametrize("asked", [ASKED, Question(0.1, 0.5, 128), Question(5000, 0.0001, 10_240)])
def test_the_page_is_whole(asked: Question) -> None:
    """Well-formed, self-contained, with the answer, whatever the size of the plan."""
    made = plan(asked, SLOT, NOWHERE)
    html = page.render(made)
    found = Page(html)
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert loads(html) == []
    assert f"Reserve {made['needed']}" in " ".join(found.text)
    used, light, *_ = colours(html)
    assert used <= light
    assert math.isfinite(made["cost"]["everyEventServed"]["total"])
