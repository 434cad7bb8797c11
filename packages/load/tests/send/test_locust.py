"""What Locust itself offers keeps working: its web page, and its own command with its options."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from console.checkout import ROOT

from load.run_log.log import PART, attempts, entries, run
from load.tests.running import OUTPUTS
from load.tests.stub import Stub
from loadtest.scenarios import LOAD_TESTS


def command(directory: Path, *extra: str) -> list[str]:
    """Return Locust's own command on a short scenario."""
    file = directory / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    start = [sys.executable, "-m", "locust", "--config", "loadtest/locust.conf"]
    start += ["--outputs", str(file), "--run-log", str(directory / "run log")]
    return [*start, "--scenario", "average", "--peak-rate", "60", *extra]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def asked(port: int, path: str, until: Callable[[Any], bool], data: bytes | None = None) -> Any:
    """Return what the web page answers, once it is what is waited for."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", data, timeout=5) as reply:
                shown = json.load(reply)
            if until(shown):
                return shown
        except (URLError, ConnectionError):
            pass
        time.sleep(0.05)
    raise AssertionError(f"{path} of the web page did not come to it")


def start(port: int, place: Path, **fields: str) -> None:
    """Press the page's button, its form filled in, and wait for the end of the run."""
    form = urlencode({"user_count": "1", "spawn_rate": "1", **fields}).encode()
    asked(port, "/swarm", lambda shown: bool(shown["success"]), form)
    asked(
        port,
        "/stats/requests",
        lambda shown: shown["state"] == "stopped" and (place / PART).exists(),
    )


def test_the_web_page_starts_runs_and_shows_them(tmp_path: Path) -> None:
    """What its form says is sent, counted and logged; each run has a run log of its own."""
    port = free_port()
    web = ("--web-host", "127.0.0.1", "--web-port", str(port))
    place, again = tmp_path / "run log", tmp_path / "run log-2"
    with Stub(service_seconds=0.001) as stub, subprocess.Popen(
        command(tmp_path, *web, "--duration", "1"), cwd=ROOT,
        env={**os.environ, **stub.environment}, stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        start(port, place, peak_rate="40", seed="5", duration="0.5", scenario="average")
        shown = asked(port, "/stats/requests", lambda _: True)["stats"]
        start(port, again, peak_rate="30", seed="6", duration="0.5", scenario="smoke")
        process.terminate()
        assert process.wait(60) == 0
    assert {"new", "Aggregated"} <= {row["name"] for row in shown}
    runs = [run(each) for each in (place, again)]
    assert [(made.scenario, made.seed, made.peak_rate) for made in runs] == [
        ("average", 5, 40.0),
        ("smoke", 6, 30.0),
    ]
    assert all(made.sent_all for made in runs)
    assert shown[-1]["num_requests"] == len(list(attempts(place)))


def test_the_web_page_s_form_offers_the_scenarios_and_the_rate(tmp_path: Path) -> None:
    """By name, with what each has of its own; and nothing that cannot be changed any more."""
    port = free_port()
    web = ("--web-host", "127.0.0.1", "--web-port", str(port))
    with Stub(service_seconds=0.001) as stub, subprocess.Popen(
        command(tmp_path, *web), cwd=ROOT, env={**os.environ, **stub.environment},
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        asked(port, "/stats/requests", lambda shown: shown["state"] == "ready")
        with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as reply:
            page = reply.read().decode()
        process.terminate()
        assert process.wait(60) == 0
    shown = re.search(r"window\.templateArgs = (.*?);?\s*</script>", page, re.DOTALL)
    assert shown is not None
    given = json.loads(shown[1])
    assert given["host"] == "order-processing-local:production"
    form = given["extra_options"]
    assert set(form) == {"scenario", "peak_rate", "duration", "seed"}
    assert form["scenario"]["choices"] == list(LOAD_TESTS.names)
    assert form["scenario"]["default_value"] == "average"
    assert form["peak_rate"]["default_value"] == 60
    for scenario in LOAD_TESTS.scenarios:
        assert f"{scenario.name} {scenario.peak_rate:g}" in form["peak_rate"]["help_text"]


def test_a_container_has_all_that_locust_imports(tmp_path: Path) -> None:
    """The folders that the Dockerfile of docs/load-on-containers.md copies are enough."""
    doc = (ROOT / "docs/load-on-containers.md").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (\w+) \1$", doc, re.MULTILINE)
    for folder in copied:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    done = subprocess.run(
        [sys.executable, "-m", "locust", "--config", "loadtest/locust.conf", "--list"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Dispatcher" in done.stdout


def test_a_full_disk_ends_the_run_and_keeps_the_books(tmp_path: Path) -> None:
    """One sentence, status 2, and what was sent until then can be read."""
    limit = 20_000
    with Stub(service_seconds=0.001) as stub:
        done = subprocess.run(
            command(tmp_path, "--headless", "--duration", "10"), cwd=ROOT,
            env={**os.environ, **stub.environment}, capture_output=True, text=True, timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
            check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "could not be written any more" in done.stderr
    sent = list(entries(tmp_path / "run log"))
    assert 10 < len(sent) < limit / 100
    assert stub.invocations <= len(sent)


def test_the_plain_locustfile_sends_to_what_was_last_deployed() -> None:
    """Nothing but the file: outputs and run log are where the other commands have them."""
    stack = f"plain-{os.getpid()}"
    deployed, kept = ROOT / "build/stacks" / stack, ROOT / f"build/load/{stack}-smoke"
    file = deployed / OUTPUTS["service"] / "outputs.json"
    plain = [sys.executable, "-m", "locust", "-f", "loadtest/locustfile.py", "--headless"]
    plain += ["--stack", stack, "--duration", "1", "--scenario", "smoke"]
    with Stub(service_seconds=0.001) as stub:

        def loaded() -> "subprocess.CompletedProcess[str]":
            return subprocess.run(
                plain, cwd=ROOT, env={**os.environ, **stub.environment}, capture_output=True,
                text=True, timeout=120, check=False,
            )  # fmt: skip

        try:
            nowhere = loaded()
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps(OUTPUTS | {"stack": stack}))
            ended = loaded()
            [made] = [run(each) for each in kept.iterdir() if not each.is_symlink()]
        finally:
            shutil.rmtree(deployed, ignore_errors=True)
            shutil.rmtree(kept, ignore_errors=True)
    assert (nowhere.returncode, "deploy the stack first" in nowhere.stderr) == (2, True)
    assert (ended.returncode, made.sent_all, made.stack) == (0, True, stack), ended.stderr
