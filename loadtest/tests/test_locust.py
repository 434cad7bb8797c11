"""What Locust itself offers keeps working: its web page, and its own command with its options."""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from loadtest.ledger import entries
from loadtest.tests.running import OUTPUTS, ROOT
from loadtest.tests.stub import Stub


def command(directory: Path, *extra: str) -> list[str]:
    """Return Locust's own command on a short scenario."""
    file = directory / "outputs.json"
    file.write_text(json.dumps(OUTPUTS))
    start = [sys.executable, "-m", "locust", "--config", "loadtest/locust.conf"]
    start += ["--outputs", str(file), "--ledger", str(directory / "ledger")]
    return [*start, "--scenario", "average", "--peak-rate", "60", *extra]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def statistics(port: int) -> dict[str, Any]:
    """Return what the web page shows, once it shows requests."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/stats/requests", timeout=5) as reply:
                shown: dict[str, Any] = json.load(reply)
            if shown["stats"] and shown["stats"][-1]["num_requests"]:
                return shown
        except (URLError, ConnectionError):
            pass
        time.sleep(0.1)
    raise AssertionError("the web page showed no request")


def test_the_web_page_shows_the_run(tmp_path: Path) -> None:
    """Locust's page counts the orders while they are sent."""
    port = free_port()
    web = ("--web-host", "127.0.0.1", "--web-port", str(port), "--autostart", "--autoquit", "0")
    with Stub(service_seconds=0.001) as stub, subprocess.Popen(
        command(tmp_path, *web, "--duration", "6"), cwd=ROOT,
        env={**os.environ, **stub.environment}, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        names = {row["name"] for row in statistics(port)["stats"]}
        assert process.wait(60) == 0
    assert {"order", "Aggregated"} <= names


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
    sent = list(entries(tmp_path / "ledger"))
    assert 10 < len(sent) < limit / 100
    assert stub.invocations <= len(sent)
