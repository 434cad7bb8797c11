"""Out of memory: a process that outgrows its function's memory is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.tests.observed import tail

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

GREEDY = """
    import time

    kept = []

    def handler(event, context):
        kept.append(b"x" * (event.get("mb", 0) << 20))
        time.sleep(event.get("seconds", 0))
        return len(kept)
"""


@pytest.mark.behaviour("I45", "E53")
@pytest.mark.parametrize("seconds", [0, 60])
def test_a_process_above_its_memory_is_killed(emulator: RunningEmulator, seconds: int) -> None:
    """At once where it stays, and at its end where it was quick; never a result."""
    name = emulator.deploy(GREEDY, MemorySize=128, Timeout=20)
    reply = emulator.invoke(name, {"mb": 160, "seconds": seconds}, LogType="Tail")
    assert (reply.status, reply.error) == (200, "Unhandled")
    assert reply.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {reply.request_id} Error: Runtime exited with error: "
        "signal: killed",
    }
    report = tail(reply.log).splitlines()[-1]
    assert "\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t" in report
    assert report.endswith("Status: error\tError Type: Runtime.OutOfMemory\t")
    assert emulator.invoke(name, {"mb": 1}).payload == 1


@pytest.mark.behaviour("I45", "E4")
def test_an_import_above_the_memory_is_reported_as_its_init(emulator: RunningEmulator) -> None:
    """The init fails, is run again inside the invocation, and fails that too."""
    name = emulator.deploy("kept = b'x' * (160 << 20)\ndef handler(event, context): return 1")
    reply = emulator.invoke(name, LogType="Tail")
    assert reply.payload["errorMessage"].endswith("Runtime exited with error: signal: killed")
    log = tail(reply.log)
    for phase in ("init", "invoke"):
        assert f"Phase: {phase}\tStatus: error\tError Type: Runtime.OutOfMemory" in log


@pytest.mark.behaviour("E52")
def test_memory_that_is_enough_is_reported(emulator: RunningEmulator) -> None:
    """`Max Memory Used` is what the process has used, not what it might."""
    name = emulator.deploy(GREEDY, MemorySize=256)
    log = tail(emulator.invoke(name, {"mb": 100}, LogType="Tail").log)
    used = int(log.split("Max Memory Used: ", 1)[1].split()[0])
    assert 100 < used < 256
