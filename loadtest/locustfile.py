"""What Locust loads: `locust -f loadtest/locustfile.py --config loadtest/locust.conf`."""

from typing import Any

import locust

from loadtest.users import Arrivals, Dispatcher, add_options, prepare, set_exit_status

__all__ = ["Arrivals", "Dispatcher"]

events: Any = locust.events
events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(prepare)
events.quitting.add_listener(set_exit_status)
