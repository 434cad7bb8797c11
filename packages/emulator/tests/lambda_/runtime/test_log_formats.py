"""Log events of running functions: platform lines, text and JSON, levels, groups, streams."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.observed import at_least, messages, tail
from emulator.tests.running import RUNTIME, wait_until

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

TALKATIVE = """
    import logging, os, time

    log = logging.getLogger()

    def handler(event, context):
        for level in ("debug", "info", "warning", "error"):
            getattr(log, level)("logged %s", level, extra={"order": 7})
        print("printed plainly")
        print('{"level": "ERROR", "message": "printed with its level"}')
        if event.get("raise"):
            raise ValueError("raised")
        if event.get("exit"):
            os._exit(3)
        time.sleep(event.get("seconds", 0))
"""
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


def lines(emulator: RunningEmulator, name: str, event: object = None) -> list[str]:
    """The log of one invocation."""
    return tail(emulator.invoke(name, event, LogType="Tail").log).splitlines()


def events(emulator: RunningEmulator, name: str, event: object = None) -> list[dict[str, Any]]:
    """The JSON events of one invocation, the function's own among them."""
    return [json.loads(line) for line in lines(emulator, name, event) if line.startswith("{")]


def in_json(emulator: RunningEmulator, **levels: str) -> str:
    """The talkative function with the log format JSON."""
    settings = {"LogFormat": "JSON", **levels}
    return emulator.deploy(TALKATIVE, LoggingConfig=settings, Timeout=1)


@pytest.mark.behaviour("E51", "E52", "E55", "E15")
def test_the_platform_lines_of_a_cold_start(emulator: RunningEmulator) -> None:
    """INIT_START, START, END and a REPORT whose billed time includes the init."""
    name = emulator.deploy("def handler(event, context): return 1")
    log = lines(emulator, name)
    assert re.fullmatch(
        rf"INIT_START Runtime Version: {RUNTIME.replace('python', 'python:')}\.v\d+\t"
        r"Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}",
        log[0],
    )
    assert re.fullmatch(r"START RequestId: [0-9a-f-]{36} Version: \$LATEST", log[1])
    assert re.fullmatch(r"END RequestId: [0-9a-f-]{36}", log[2])
    report = re.fullmatch(
        r"REPORT RequestId: [0-9a-f-]{36}\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: ([\d.]+) ms\t",
        log[3],
    )
    assert report is not None
    duration, billed, init = (float(part) for part in report.groups())
    assert duration + init <= billed < duration + init + 1.02


@pytest.mark.behaviour("E56", "E66")
def test_text_lines_of_the_runtime(emulator: RunningEmulator) -> None:
    """Level, time and request id before the message; below WARNING nothing; `print` goes bare."""
    name = emulator.deploy(TALKATIVE)
    reply = emulator.invoke(name, LogType="Tail")
    log = tail(reply.log).splitlines()
    logged = [line for line in log if "logged" in line]
    assert [line.split("\t")[0] for line in logged] == ["[WARNING]", "[ERROR]"]
    assert re.fullmatch(
        rf"\[WARNING\]\t{STAMP}\.\d{{3}}Z\t{reply.request_id}\tlogged warning", logged[0]
    )
    assert "printed plainly" in log


@pytest.mark.behaviour("E59", "E65")
def test_json_lines_of_the_runtime(emulator: RunningEmulator) -> None:
    """One object a record with its extras, from INFO on by default; `print` stays as it is."""
    name = in_json(emulator)
    reply = emulator.invoke(name, LogType="Tail")
    log = tail(reply.log).splitlines()
    logged = [json.loads(line) for line in log if "logged" in line]
    assert [item["level"] for item in logged] == ["INFO", "WARNING", "ERROR"]
    assert re.fullmatch(STAMP + "Z", logged[0]["timestamp"])
    assert logged[0]["message"] == "logged info"
    assert (logged[0]["requestId"], logged[0]["order"]) == (reply.request_id, 7)
    assert "printed plainly" in log


@pytest.mark.behaviour("E60")
def test_an_unhandled_error_in_json(emulator: RunningEmulator) -> None:
    """The runtime logs type, text and stack as one object."""
    found = events(emulator, in_json(emulator), {"raise": True})
    (error,) = [item for item in found if "errorType" in item]
    assert (error["level"], error["errorType"]) == ("ERROR", "ValueError")
    assert error["errorMessage"] == "raised"
    assert error["stackTrace"]


@pytest.mark.behaviour("E21", "E65")
@pytest.mark.parametrize(
    ("level", "logged", "printed"),
    [
        ("DEBUG", ["DEBUG", "INFO", "WARNING", "ERROR"], True),
        ("WARN", ["WARNING", "ERROR"], False),
        ("ERROR", ["ERROR"], False),
    ],
)
def test_the_application_level_filters(
    emulator: RunningEmulator, level: str, logged: list[str], printed: bool
) -> None:
    """Records below it are gone, and so is a bare line, which counts as INFO."""
    log = lines(emulator, in_json(emulator, ApplicationLogLevel=level))
    assert [json.loads(line)["level"] for line in log if "logged" in line] == logged
    assert ("printed plainly" in log) is printed
    assert any("printed with its level" in line for line in log)


@pytest.mark.behaviour("E61", "E62", "E64")
def test_platform_events_at_every_level(emulator: RunningEmulator) -> None:
    """DEBUG shows the ends of init and run too, WARN nothing of a success."""
    kinds = {}
    for level in ("DEBUG", "INFO", "WARN"):
        name = in_json(emulator, SystemLogLevel=level)
        kinds[level] = [item["type"] for item in events(emulator, name) if "type" in item]
    assert kinds["DEBUG"] == [
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert kinds["INFO"] == ["platform.initStart", "platform.start", "platform.report"]
    assert kinds["WARN"] == []


@pytest.mark.behaviour("E39", "E62", "E63", "E64", "I44")
@pytest.mark.parametrize(
    ("event", "status", "error_type"),
    [
        ({}, "success", None),
        ({"raise": True}, "failure", "ValueError"),
        ({"exit": True}, "error", "Runtime.ExitError"),
        ({"seconds": 5}, "timeout", "Sandbox.Timedout"),
    ],
)
def test_the_report_says_how_it_ended(
    emulator: RunningEmulator, event: dict[str, Any], status: str, error_type: str | None
) -> None:
    """A failure is the handler's, an error the runtime's; each is told from WARN on."""
    name = in_json(emulator, SystemLogLevel="INFO" if status == "success" else "WARN")
    found = [item for item in events(emulator, name, event) if item.get("type")]
    report = next(item for item in found if item["type"] == "platform.report")["record"]
    assert (report["status"], report.get("errorType")) == (status, error_type)
    assert set(report["metrics"]) >= {
        *("durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs")
    }


@pytest.mark.behaviour("E27", "E45", "E47", "E52", "E62")
def test_a_sampled_invocation_is_marked(emulator: RunningEmulator) -> None:
    """An upstream decision reaches handler, REPORT and `platform.start`."""
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    source = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"
    for logging in ({}, {"LogFormat": "JSON"}):
        name = emulator.deploy(source, LoggingConfig=logging)
        reply, log = _traced(emulator, name, header)
        assert reply == header
        if logging:
            start = next(item for item in map(json.loads, log) if item["type"] == "platform.start")
            assert start["record"]["tracing"]["value"] == header
        else:
            assert log[-1].startswith("XRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\t")
            assert log[-1].endswith("Sampled: true\t")


@pytest.mark.behaviour("E45", "E47")
def test_an_untraced_invocation_has_a_header_that_says_so(emulator: RunningEmulator) -> None:
    """PassThrough makes a header of its own, not sampled, and a new one each time."""
    source = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"
    name = emulator.deploy(source)
    first, second = (emulator.invoke(name).payload for _ in range(2))
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", first)
    assert first != second


@pytest.mark.behaviour("E46")
def test_active_tracing_samples_a_few(emulator: RunningEmulator) -> None:
    """The first request of a second and 5 % of the rest: one at least, not nearly all."""
    source = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"
    name = emulator.deploy(source, TracingConfig={"Mode": "Active"})
    began = time.monotonic()
    seen = [emulator.invoke(name).payload.endswith("Sampled=1") for _ in range(60)]
    seconds = int(time.monotonic() - began) + 2
    assert seen[0]
    assert sum(seen) <= seconds + 12


def _traced(emulator: RunningEmulator, name: str, header: str) -> tuple[Any, list[str]]:
    client = emulator.client("lambda")

    def add_header(request: Any, **_: object) -> None:
        request.headers["X-Amzn-Trace-Id"] = header

    event = "before-sign.lambda.Invoke"
    client.meta.events.register(event, add_header)
    try:
        reply = emulator.invoke(name, LogType="Tail")
    finally:
        client.meta.events.unregister(event, add_header)
    return reply.payload, tail(reply.log).splitlines()


@pytest.mark.behaviour("E49", "E50", "E16")
@pytest.mark.parametrize("group", [None, "/shared/group"])
def test_groups_and_streams(emulator: RunningEmulator, group: str | None) -> None:
    """A stream per environment and version; in a shared group its name starts with the function."""
    settings = {"LoggingConfig": {"LogGroup": group}} if group else {}
    name = emulator.deploy(
        "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_LOG_STREAM_NAME']",
        **settings,
    )
    stream = emulator.invoke(name).payload
    owner = name if group else ""
    assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/{owner}\[\$LATEST\][0-9a-f]{{32}}", stream)
    logs = emulator.client("logs")

    def delivered() -> Any:
        try:
            return logs.get_log_events(
                logGroupName=group or f"/aws/lambda/{name}", logStreamName=stream
            )["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []

    assert wait_until(delivered)[0]["message"].startswith("INIT_START")


@pytest.mark.behaviour("E4", "E3", "E2")
def test_an_init_that_fails_is_run_again_in_the_invocation(emulator: RunningEmulator) -> None:
    """Two INIT_REPORTs, no Init Duration in the REPORT, whose duration holds the second init."""
    source = "import time; time.sleep(0.3); raise OSError('no')"
    log = lines(emulator, emulator.deploy(source))
    reports = [line for line in log if line.startswith("INIT_REPORT")]
    assert [line.split("\t")[1] for line in reports] == ["Phase: init", "Phase: invoke"]
    assert all(line.endswith("Status: error\tError Type: OSError") for line in reports)
    assert "Init Duration" not in log[-1]
    assert float(log[-1].split("\tDuration: ")[1].split()[0]) > 300


@pytest.mark.behaviour("A8")
def test_every_attempt_has_lines_of_its_own(emulator: RunningEmulator) -> None:
    """Three attempts at one event: three STARTs, ENDs and REPORTs with one request id."""
    name = emulator.deploy("def handler(event, context): raise ValueError('always')")
    request_id = emulator.invoke(name, InvocationType="Event").request_id
    for word in ("START", "END", "REPORT"):
        start = f"{word} RequestId: {request_id}"
        wait_until(lambda start=start: at_least(messages(emulator, name, start), 3))  # type: ignore[misc]
