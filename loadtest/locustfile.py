"""What Locust loads: `locust -f loadtest/locustfile.py --outputs FILE --scenario NAME`."""

import sys
from pathlib import Path

import locust

# Locust may have been started by hand, with nothing but this file.
ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT), str(ROOT / "packages")]

from load.send.users import Arrivals, Dispatcher, register  # noqa: E402

from loadtest.scenarios import LOAD_TESTS  # noqa: E402

__all__ = ["Arrivals", "Dispatcher"]

register(locust.events, LOAD_TESTS)
