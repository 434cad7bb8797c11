"""A rollback whose write is done and whose reply is lost says what is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.drills.barrier import RequestBarrier, moves_the_alias
from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from http.server import BaseHTTPRequestHandler

    from rehearsal.drills.environment import DrillEnvironment


class LostReply(RequestBarrier):
    """Passes everything on, and hangs up instead of answering the first that moves the alias."""

    lost = False

    def _reply(
        self,
        request: BaseHTTPRequestHandler,
        answer: HTTPResponse,
        content: bytes,
    ) -> None:
        if not self.lost and moves_the_alias(request.command, request.path):
            self.lost = request.close_connection = True
        else:
            super()._reply(request, answer, content)


def run(env: DrillEnvironment) -> Observation:
    """Roll back over a connection that loses the reply to the one write that counts."""
    live = env.deploy_candidate("good-release")
    env.release("promote", "--version", live, "--reason", "for the drill")
    straight = dict(env.environment)
    with LostReply(env.environment["AWS_ENDPOINT_URL"], 1, lambda *_: False) as way:
        if env.faulty:
            env.environment["AWS_ENDPOINT_URL"] = way.endpoint
        env.inject(lambda: None)
        try:
            told = env.release("rollback", "--reason", "for the drill")
        finally:
            env.environment.update(straight)
        detected = env.seconds()
    if not way.lost:
        raise StepError("no reply was lost")
    recovered = env.seconds_to_alias({"1": 1.0})
    rows = env.release("ledger").result["ledger"]
    back = [row for row in rows if row["kind"] == "rollback"]
    if len(back) != 1:
        raise StepError(f"the ledger knows of {len(back)} rollbacks instead of one")
    return Observation(
        f"the write was done, its reply lost; rollback asked the alias and said: {told.said} "
        "The ledger has it once",
        detected,
        recovered,
    )


DRILL = Drill(
    name="lost-reply",
    claim="A rollback whose reply is lost moves the alias once, and says so",
    fault="AWS moves the alias, and the connection breaks before it answers",
    run=run,
    needs=Needs(time_scale=60.0),
)
