"""`python -m bench.load`: what a request costs each client; writes build/bench/client.json."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from console import closed_output, lifelines
from console.arguments import Parser, positive, whole
from console.checkout import ROOT
from reporting import amounts

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

NAMES: Final = (
    "boto3PerUser", "boto3Shared", "fastHttpBotocore", "lean", "leanBatched", "wrk",
)  # fmt: skip
GOALS: Final = {"leanerThanBoto3PerUser": 25.0, "overWrk": 8.0, "megabytesFor5000Users": 150.0}
"""At least, at most, at most."""
MANY: Final = 5_000
WRK_SCRIPT: Final = """wrk.method = "POST"
wrk.path = "/2015-03-31/functions/bench/invocations?Qualifier=production"
wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 " .. string.rep("x", 200)
wrk.body = string.rep("x", 350)
"""


@contextmanager
def stub() -> Iterator[str]:
    """Serve on the last core in a process of its own; yield the endpoint."""
    process = lifelines.tied(
        [sys.executable, "-m", "bench.load.stub"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        pin(process.pid, last=True)
        assert process.stdout is not None  # noqa: S101 - it was asked for
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def pin(process: int, *, last: bool) -> None:
    """Keep a process to one core, the stub to another than the clients, where there are two."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(process, {cores[-1 if last else 0]})


def in_locust(name: str, endpoint: str, users: int, seconds: float) -> dict[str, Any]:
    """Measure a client in a new process."""
    done = lifelines.run(
        [sys.executable, "-m", "bench.load.measure", name, endpoint,
         "--users", str(users), "--seconds", str(seconds)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
        preexec_fn=lambda: pin(0, last=False),
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(f"{name} could not be measured")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def wrk(endpoint: str, users: int, seconds: float) -> dict[str, Any]:
    """Measure wrk: one constant request, unsigned; what a request costs at the least."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK_SCRIPT)
        script.flush()
        process = lifelines.tied(
            ["wrk", "-t1", f"-c{users}", f"-d{max(1, round(seconds))}s", "-s", script.name,
             endpoint],
            stdout=subprocess.PIPE, text=True, preexec_fn=lambda: pin(0, last=False),
        )  # fmt: skip
        assert process.stdout is not None  # noqa: S101 - it was asked for
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    counted = re.search(r"(\d+) requests in ([\d.]+)s", said)
    if process.returncode != 0 or counted is None:
        sys.exit(f"wrk could not be measured: {said}")
    return {
        "requests": int(counted[1]),
        "cpuSeconds": used.ru_utime + used.ru_stime,
        "seconds": float(counted[2]),
        "megabytes": used.ru_maxrss / 1e3,
    }


def rounds(names: list[str], endpoint: str, given: argparse.Namespace) -> dict[str, list[Any]]:
    """Measure every client once a round, one after the other, so that all meet the same noise."""
    found: dict[str, list[Any]] = {name: [] for name in names}
    for number in range(given.rounds):
        for name in names:
            measured = (
                wrk(endpoint, given.users, given.seconds)
                if name == "wrk"
                else in_locust(name, endpoint, given.users, given.seconds)
            )
            found[name].append(measured)
            print(
                f"round {number + 1}  {name:18}{amounts.milliseconds(_cost(measured))} CPU per "
                "request"
            )
    return found


def _cost(measured: dict[str, Any]) -> float:
    return float(measured["cpuSeconds"] * 1000 / measured["requests"])


def _ratio(found: dict[str, list[Any]], above: str, below: str) -> float | None:
    """Return the median of the rounds' ratios; None where one of the two was not measured."""
    if above not in found or below not in found:
        return None
    pairs = zip(found[above], found[below], strict=True)
    return round(median(_cost(a) / _cost(b) for a, b in pairs), 2)


def summary(found: dict[str, list[Any]], megabytes: float) -> dict[str, Any]:
    """Return what client.json holds."""
    clients = {
        name: {
            "cpuMsPerRequest": round(median(map(_cost, measured)), 5),
            "requestsPerSecond": round(median(m["requests"] / m["seconds"] for m in measured)),
            "megabytes": round(median(m["megabytes"] for m in measured), 1),
            "rounds": [round(_cost(m), 5) for m in measured],
        }
        for name, measured in found.items()
    }
    return {
        "schema": 1,
        "leanerThanBoto3PerUser": _ratio(found, "boto3PerUser", "lean"),
        "leanerThanBoto3PerUserBatched": _ratio(found, "boto3PerUser", "leanBatched"),
        "overWrk": _ratio(found, "lean", "wrk"),
        "overWrkBatched": _ratio(found, "leanBatched", "wrk"),
        "megabytesFor5000Users": round(megabytes, 1),
        "goals": GOALS,
        "clients": clients,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("locust", "boto3", "gevent")},
    }


def missed(result: dict[str, Any]) -> list[str]:
    """Return the goals that were not reached; what could not be measured is none of them."""
    wrong = []
    for name, goal in GOALS.items():
        value = result[name]
        at_least = name == "leanerThanBoto3PerUser"
        if value is not None and (value < goal if at_least else value > goal):
            wrong.append(
                f"{name} is {value}, the goal {'at least' if at_least else 'at most'} {goal}"
            )
    return wrong


def main() -> int:
    """Run the bench; return 1 when a goal is missed."""
    parser = Parser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--rounds", type=whole(1), default=3)
    parser.add_argument("--seconds", type=positive, default=2.0, help="of each measurement")
    parser.add_argument("--users", type=whole(1), default=50)
    parser.add_argument("--out", type=Path, default=ROOT / "build/bench/client.json")
    parser.add_argument("--many", type=whole(1), default=MANY, help="users to weigh")
    parser.add_argument("--only", default=",".join(NAMES), help="clients to measure")
    given = parser.parse_args()
    wanted = given.only.split(",")
    names = [name for name in wanted if name != "wrk" or shutil.which("wrk")]
    if "wrk" in wanted and "wrk" not in names:
        print("wrk is not installed: overWrk stays unknown (Debian and Ubuntu: apt install wrk).")
    with stub() as endpoint:
        found = rounds(names, endpoint, given)
        megabytes = in_locust("lean", endpoint, given.many, given.seconds)["megabytes"]
    result = summary(found, megabytes)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    for name in GOALS:
        print(f"{name:24}{result[name]}")
    wrong = missed(result)
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
