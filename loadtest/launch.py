"""Starts Locust, without its web page, on one scenario."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.shapes import Scenario

_HERE: Final = Path(__file__).parent
_LOADED: Final = (0, 1)
_LAST_WORDS: Final = 10.0


def launch(
    chosen: Scenario, seed: int, outputs: Path, ledger: Path, further: Sequence[str] = ()
) -> bool:
    """Run Locust to its end and return whether it loaded at all; if not, it has said why.

    `further` are options of Locust's own or of the load test's, such as `--processes 4`.

    Its report and statistics go beside the books: `locust.html`, `locust_stats.csv` and so on.
    """
    books = ledger.resolve()
    command = [
        sys.executable, "-m", "locust", "--config", str(_HERE / "locust.conf"),
        "--locustfile", str(_HERE / "locustfile.py"), "--headless",
        "--scenario", chosen.name, "--seed", str(seed),
        "--peak-rate", repr(chosen.peak_rate), "--duration", repr(chosen.duration),
        "--outputs", str(outputs.resolve()), "--ledger", str(books),
        "--html", str(books / "locust.html"), "--csv", str(books / "locust"),
        *further,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=_HERE.parent)
    try:
        return process.wait() in _LOADED
    except BaseException:
        # Whatever ends this ends the load as well, Ctrl-C included.
        process.terminate()
        try:
            process.wait(_LAST_WORDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
