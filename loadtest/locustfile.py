"""What Locust loads: `locust -f loadtest/locustfile.py --config loadtest/locust.conf`."""

from typing import Any

import locust

from loadtest.users import (
    Arrivals,
    Dispatcher,
    add_options,
    flush,
    prepare,
    set_exit_status,
    start,
)
from sandbox import closed_output

__all__ = ["Arrivals", "Dispatcher"]

closed_output.tolerate()

events: Any = locust.events
events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(prepare)
events.test_start.add_listener(start)
# Before Locust's own listener, which is added with the runner and reads the statistics to send.
events.report_to_master.add_listener(flush)
events.test_stop.add_listener(flush)
events.quitting.add_listener(set_exit_status)
