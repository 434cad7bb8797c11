"""Starts Locust, without its web page, on one scenario."""

from __future__ import annotations

import sys
from socket import create_server
from typing import TYPE_CHECKING, Final

from console import lifelines
from console.checkout import ROOT
from console.progress import doing
from reporting.amounts import number

if TYPE_CHECKING:
    from argparse import Namespace

    from load.scenarios import LoadTests, Scenario

_REFUSED: Final = 2
_LAST_WORDS: Final = 10.0


def shared_by(processes: int) -> list[str]:
    """Return Locust's options for so many processes; each run has a port of its own for them."""
    if processes == 1:
        return []
    with create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    return [
        *("--processes", str(processes), "--master-port", port),
        *("--master-bind-host", "127.0.0.1", "--master-bind-port", port),
    ]


def launch(load_tests: LoadTests, chosen: Scenario, options: Namespace) -> bool:
    """Run Locust to its end and return whether its load can be judged; if not, it has said why.

    A Locust that was killed in the middle is judged as well: it did not send all that was due.

    Its report and statistics go beside the run log: `locust.html`, `locust_stats.csv` and so on.
    """
    folder, directory = load_tests.folder, options.run_log.resolve()
    command = [
        sys.executable, "-m", "locust", "--config", str(folder / "locust.conf"),
        "--locustfile", str(folder / "locustfile.py"), "--headless",
        "--scenario", chosen.name, "--seed", str(options.seed),
        "--peak-rate", repr(chosen.peak_rate), "--duration", repr(chosen.duration),
        "--outputs", str(options.outputs.resolve()), "--run-log", str(directory),
        "--thresholds", str(options.thresholds.resolve()), "--statistics", options.statistics,
        "--html", str(directory / "locust.html"), "--csv", str(directory / "locust"),
        *(["--day", str(options.day.resolve())] if options.day else []),
        *shared_by(options.processes),
    ]  # fmt: skip
    process = lifelines.tied(command, cwd=ROOT)
    try:
        with doing(f"{chosen.name}, {number(chosen.duration)} s of events"):
            return process.wait() != _REFUSED
    except BaseException:
        # Whatever ends this ends the load as well, Ctrl-C included.
        lifelines.end(process, _LAST_WORDS)
        raise
