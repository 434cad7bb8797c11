"""`redrive`: replay dead letters at the alias; only what was handled leaves the queue.

SQS's own redrive refuses the dead-letter queue of a Lambda function ("Source queue must be
configured as a Dead Letter Queue"), so each message is received, invoked synchronously and then
deleted. An order that was written already is answered from the table, so replaying one twice,
or dying between the invocation and the deletion, has no second effect.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.errors import UsageError

from release import alias
from release.errors import UnavailableError, UnfinishedError
from release.result import Change, Exit, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from release.clock import Clock
    from release.lambda_adapter import Functions, Invocation
    from release.outputs import Outputs
    from release.sqs_adapter import DeadLetter, DeadLetters

RATE = 2.0
"""Dead letters a second, one at a time: at most one slot of the reserved concurrency."""

MAXIMUM = 1000
"""Dead letters a run, so that one that refills the queue as it drains still ends."""


THROTTLED_ATTEMPTS, THROTTLED_PAUSE = 5, 1.0
"""Invocations tried, and seconds between them, while live traffic needs every slot."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Where letters come from and go to: the function at `qualifier`, at most `rate` a second.

    `wanted` names those to replay, by a message id, an order id or a part of the error; empty for
    all of them.
    """

    functions: Functions
    letters: DeadLetters
    qualifier: str
    clock: Clock
    say: Callable[[str], None]
    rate: float
    wanted: Sequence[str] = ()


@dataclass(slots=True)
class Tally:
    """What became of the messages so far."""

    confirmed: int = 0
    rejected: int = 0
    sent: int = 0
    left: list[dict[str, object]] = field(default_factory=list)
    kept: list[DeadLetter] = field(default_factory=list)

    @property
    def handled(self) -> int:
        """Messages replayed and deleted."""
        return self.confirmed + self.rejected


def redrive(
    functions: Functions,
    letters: DeadLetters,
    outputs: Outputs,
    clock: Clock,
    say: Callable[[str], None],
    *,
    rate: float = RATE,
    maximum: int = MAXIMUM,
    wanted: Sequence[str] = (),
) -> Result:
    """Replay up to `maximum` of the `wanted` dead letters, at most `rate` a second, one at a time;
    leave what fails, and what was not wanted. UnfinishedError where AWS stops answering after an
    order was sent.
    """
    if rate <= 0 or maximum < 1:
        raise UsageError("--rate must be above 0 a second, and --max at least 1.")
    alias.read(functions)  # a missing alias is told before any message is touched
    replay = Replay(functions, letters, outputs.alias, clock, say, rate, wanted)
    tally = Tally()
    try:
        _drain(replay, maximum, tally)
    except UnavailableError as error:
        if not tally.sent:
            raise
        raise UnfinishedError(
            f"Stopped after {tally.handled} of the {tally.sent} dead letters that were sent had "
            f"been deleted; a repeat goes on, and sends the others again: {error}"
        ) from error
    finally:
        _release(letters, tally.kept)
    return _result(tally)


def list_letters(letters: DeadLetters, maximum: int = MAXIMUM) -> Result:
    """Show up to `maximum` dead letters with their errors; all are visible again afterwards."""
    kept: list[DeadLetter] = []
    try:
        while len(kept) < maximum and (letter := letters.receive()) is not None:
            again = any(letter.message_id == other.message_id for other in kept)
            kept.append(letter)
            if again:
                break
    finally:
        _release(letters, kept)
    found = {letter.message_id: letter for letter in kept}
    lines = [f"{each.message_id}  {order_id(each.body) or '-'}  {each.error or '-'}"
             for each in found.values()]  # fmt: skip
    return Result(
        Exit.DONE,
        "\n".join([f"{len(found)} dead letters", *lines]),
        {"letters": [_letter(each) for each in found.values()]},
    )


def is_wanted(letter: DeadLetter, wanted: Sequence[str]) -> bool:
    """Whether one of the names is its message id, its order id or a part of its error."""
    if not wanted:
        return True
    names = {letter.message_id, letter.request_id, order_id(letter.body)}
    return any(name in names or (letter.error and name in letter.error) for name in wanted)


def outcome_of(run: Invocation) -> str | None:
    """`confirmed` or `rejected` if the service handled the order, None if it did not.

    A rejection is handled: the same event would be rejected for ever.
    """
    if run.error is not None or not isinstance(run.payload, dict):
        return None
    status = run.payload.get("status")
    return status if status in ("confirmed", "rejected") else None


def _release(letters: DeadLetters, kept: Sequence[DeadLetter]) -> None:
    for letter in kept:
        with suppress(UnavailableError):  # it shows up by itself, five minutes later
            letters.release(letter)


def _drain(replay: Replay, maximum: int, tally: Tally) -> None:
    clock = replay.clock
    seen: set[str] = set()
    due = clock.monotonic()
    while tally.handled + len(tally.left) < maximum:
        letter = replay.letters.receive()
        if letter is None:
            return
        tally.kept.append(letter)
        if letter.message_id in seen:
            return  # it failed in this run and is visible again: the queue has been gone through
        seen.add(letter.message_id)
        if not is_wanted(letter, replay.wanted):
            continue
        clock.sleep(max(0.0, due - clock.monotonic()))
        due = clock.monotonic() + 1 / replay.rate
        _replay(replay, letter, tally)


def _replay(replay: Replay, letter: DeadLetter, tally: Tally) -> None:
    """Invoke, then delete: the other way round would lose the order if this process died."""
    tally.sent += 1
    run = _invoke(replay, letter.body.encode())
    status = outcome_of(run)
    replay.say(f"{status or 'left'}: {order_id(letter.body) or letter.message_id}")
    if status is None:
        tally.left.append(_describe(letter, run))
        return
    replay.letters.delete(letter)
    tally.kept.remove(letter)
    if status == "confirmed":
        tally.confirmed += 1
    else:
        tally.rejected += 1


def _invoke(replay: Replay, payload: bytes) -> Invocation:
    """Once, or again while throttled: a refused request ran nothing."""
    for _ in range(THROTTLED_ATTEMPTS - 1):
        run = replay.functions.invoke(replay.qualifier, payload)
        if not run.throttled:
            return run
        replay.clock.sleep(THROTTLED_PAUSE)
    return replay.functions.invoke(replay.qualifier, payload)


def order_id(body: str) -> str | None:
    """The order's id, None if the event has none."""
    try:
        event = json.loads(body)
    except ValueError:
        return None
    found = event.get("orderId") if isinstance(event, dict) else None
    return found if isinstance(found, str) else None


def _describe(letter: DeadLetter, run: Invocation) -> dict[str, object]:
    failed = run.error or "the answer is neither confirmed nor rejected"
    return {**_letter(letter), "replayError": failed}


def _letter(letter: DeadLetter) -> dict[str, object]:
    return {
        "messageId": letter.message_id,
        "requestId": letter.request_id,
        "orderId": order_id(letter.body),
        "deadLetterError": letter.error,
    }


def _result(tally: Tally) -> Result:
    message = (
        f"Replayed {tally.handled} dead letters ({tally.confirmed} confirmed, "
        f"{tally.rejected} rejected); {len(tally.left)} failed and stay in the queue."
    )
    details = {
        "confirmed": tally.confirmed,
        "rejected": tally.rejected,
        "deleted": tally.handled,
        "failed": len(tally.left),
        "left": tally.left,
    }
    change = Change("-", "-", "not read", f"{tally.handled} replayed, {len(tally.left)} left")
    return Result(Exit.FAIL if tally.left else Exit.DONE, message, details, change)
