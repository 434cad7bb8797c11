"""One client, one measurement, in a process of its own: prints JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

import gevent  # type: ignore[import-untyped]
import psutil  # type: ignore[import-untyped]
from console.arguments import Parser
from locust.env import Environment
from locust.event import Events
from reporting import amounts

from bench.load.clients import CLIENTS, Bench

START_SECONDS = 60.0
WARM_UP_SECONDS = 0.5


def cpu_seconds() -> float:
    """Return this process's CPU seconds, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(name: str, endpoint: str, users: int, seconds: float) -> dict[str, float]:
    """Return requests, CPU seconds and megabytes of `users` over `seconds`, once they all run."""
    Bench.endpoint = endpoint
    events: Any = Events  # Locust leaves it without types
    environment = Environment(user_classes=[CLIENTS[name]], events=events())
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    deadline = time.monotonic() + START_SECONDS
    while runner.user_count < users or Bench.answers < users:
        if time.monotonic() > deadline:
            sys.exit(
                f"{name}: not all of {users} users had an answer in "
                f"{amounts.number(START_SECONDS)} s"
            )
        gevent.sleep(0.05)
    gevent.sleep(WARM_UP_SECONDS)
    answers, cpu, began = Bench.answers, cpu_seconds(), time.monotonic()
    gevent.sleep(seconds)
    answers, cpu, took = Bench.answers - answers, cpu_seconds() - cpu, time.monotonic() - began
    if runner.errors or runner.exceptions or not answers:
        sys.exit(f"{name}: {runner.errors or runner.exceptions or 'no answer came'}")
    megabytes = psutil.Process().memory_info().rss / 1e6
    runner.quit()
    return {"requests": answers, "cpuSeconds": cpu, "seconds": took, "megabytes": megabytes}


def main() -> None:
    """Measure what the arguments name."""
    parser = Parser(description=__doc__)
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("endpoint")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=2.0)
    given = parser.parse_args()
    # A connection each, and what Python itself holds open.
    wanted, most = given.users + 200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < wanted:
        sys.exit(f"{wanted} open files are needed, the limit is {most}; raise it with ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, 1024), most))
    print(json.dumps(measure(given.client, given.endpoint, given.users, given.seconds)))


if __name__ == "__main__":
    main()
