"""One seed, one run: two emulators that get the same calls give the same ids and draws."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.observed import total
from emulator.tests.running import RunningEmulator, wait_until, zipped

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS: Any = {"AdditionalVersionWeights": {"2": 0.5}}


def history(env_file: Path, seed: int, *, failing: bool = False) -> dict[str, list[Any]]:
    """Revision ids, request ids and draws of one short life of an emulator.

    An event is among its calls; `failing` gives it three attempts instead of one.
    """
    running = RunningEmulator.start(env_file, "--seed", str(seed))
    try:
        return _live(running, failing)
    finally:
        running.stop()


def _live(emulator: RunningEmulator, failing: bool) -> dict[str, list[Any]]:
    client = emulator.client("lambda")
    source = "def handler(event, context): return 1 / event.get('by', 1)"
    name = emulator.deploy(source, FunctionName="replayed")
    answers = [client.publish_version(FunctionName=name)]
    code = zipped({"app.py": source + "  # again"})
    answers.append(client.update_function_code(FunctionName=name, ZipFile=code))
    emulator.settled(name)
    answers.append(client.publish_version(FunctionName=name))
    answers.append(
        client.create_alias(
            FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=WEIGHTS
        )
    )
    by = 0 if failing else 1
    event = emulator.invoke(name, {"by": by}, InvocationType="Event", Qualifier="live")
    wait_until(lambda: total(emulator, "Invocations", name) == (3 if failing else 1))
    replies = [emulator.invoke(name, Qualifier="live") for _ in range(24)]
    return {
        "revisions": [answer["RevisionId"] for answer in answers],
        "requests": [event.request_id, *(reply.request_id for reply in replies)],
        "draws": [reply.version for reply in replies],
    }


@pytest.mark.behaviour("V35")
def test_the_same_seed_gives_the_same_ids_and_draws(tmp_path: Path) -> None:
    """Revision ids, request ids and routing, whatever happens to an event meanwhile."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(history, tmp_path / "first.env", 11)
        second = pool.submit(history, tmp_path / "second.env", 11, failing=True)
        assert first.result() == second.result()
    assert set(first.result()["draws"]) == {"1", "2"}
