"""Who kills a team's deployments, around a call to AWS of his choice."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from console.checkout import IMPORTED_FROM
from engine import plugin

from infra.tests.pulumi.team import RUN_SECONDS

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from infra.tests.pulumi.team import Team


class Killer:
    """Kills the CLI of one deployment around a call to AWS."""

    def __init__(self, team: Team, place: Path) -> None:
        self._team, self._place = team, place / "killing"
        self.taken: dict[str, Any] = {}
        """Each resource that was being created, by its URN, as `recover` left it in the state."""
        self._place.mkdir()
        self._note = self._place / "killed"
        path = self._place / plugin.NAME
        module = "infra.tests.pulumi.killing"
        run = f'PYTHONPATH="{IMPORTED_FROM}" exec "{sys.executable}" -m {module} "$@"'
        path.write_text(f"#!/bin/sh\n{run}\n", "utf-8")
        path.chmod(0o755)

    def start(self, when: str, *verb: str) -> subprocess.Popen[str]:
        """Start a command that meets what KILL_AT says."""
        self._note.unlink(missing_ok=True)
        path = f"{self._place}:{self._team.environment['PATH']}"
        verb = verb or ("deploy",)
        return self._team.start(*verb, PATH=path, KILL_AT=when, KILLED=str(self._note))

    def run(self, when: str, *verb: str) -> tuple[int, str, list[str]]:
        """Return status, words, and the calls around which it was killed, if it came so far."""
        process = self.start(when, *verb)
        out, err = process.communicate(timeout=RUN_SECONDS)
        return process.returncode, out + err, self.calls

    @property
    def calls(self) -> list[str]:
        """The calls that were met."""
        return self._note.read_text("utf-8").splitlines() if self._note.exists() else []

    def until_done(self, *verb: str) -> list[str]:
        """Kill and recover until nothing is left to be killed; return what was pending."""
        pending: list[str] = []
        again = 0
        for _ in range(40):
            status, said, calls = self.run(f"wave:{max(0, again - 1)}", *verb)
            if not calls:
                assert status == 0, said
                return pending
            assert status == 1, said
            state = self._team.state
            said = self._team.must("recover", "--yes")
            assert "Locked: " in said
            left, creating = self._team.state["resources"], _created(state)
            self.taken |= {each["urn"]: each for each in left if each["urn"] in creating}
            now = [line for line in said.splitlines() if line.startswith("Pending: ")]
            # A function's change begins anew each time: let it get a call further than the last.
            again = again + 1 if any(" Function " in line for line in now) else 0
            pending += now
        raise AssertionError(f"it never came to an end: {calls}")


def _created(state: dict[str, Any]) -> set[str]:
    pending = state.get("pending_operations") or []
    return {each["resource"]["urn"] for each in pending if each["type"] == "creating"}
