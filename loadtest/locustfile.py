"""What Locust loads: `locust -f loadtest/locustfile.py --config loadtest/locust.conf`."""

import logging
import sys
from pathlib import Path
from typing import Any

import locust

# Locust may have been started by hand, with nothing but this file.
sys.path.append(str(Path(__file__).resolve().parents[1] / "packages"))

from console import closed_output
from load.send.users import (
    Arrivals,
    Dispatcher,
    add_options,
    flush,
    prepare,
    set_exit_status,
    start,
)

__all__ = ["Arrivals", "Dispatcher"]

closed_output.tolerate()


def hide_tables(**_: object) -> None:
    """Leave Locust's closing tables to its own page: they are 170 columns wide."""
    logging.getLogger("locust.stats_logger").setLevel(logging.WARNING)


events: Any = locust.events
events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(prepare)
events.init.add_listener(hide_tables)
events.test_start.add_listener(start)
# Before Locust's own listener, which is added with the runner and reads the statistics to send.
events.report_to_master.add_listener(flush)
events.test_stop.add_listener(flush)
events.quitting.add_listener(set_exit_status)
