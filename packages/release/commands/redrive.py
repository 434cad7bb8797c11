"""`redrive`: replay DLQ messages at the alias; only what was handled leaves the queue.

SQS's own redrive refuses the dead-letter queue of a Lambda function ("Source queue must be
configured as a Dead Letter Queue"), so each message is received, invoked synchronously and then
deleted. A service takes an event once, so replaying one twice, or dying between the invocation and
the deletion, has no second effect.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.errors import UsageError
from service.probes import SYNTHETIC

from release.aws.decoding import decoded
from release.errors import UnavailableError, UnfinishedError
from release.result import Change, Exit, Result
from release.state import alias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.probes import Outcome, Probes

    from release.aws.lambda_functions import Invocation
    from release.aws.sqs import DeadLetterQueue, Message
    from release.context import Release

RATE = 2.0
"""Messages a second, one at a time: at most one concurrent execution."""

MAXIMUM = 1000
"""Messages a run, so that one that refills the queue as it drains still ends."""

THROTTLED_ATTEMPTS, THROTTLED_PAUSE = 5, 1.0
"""Invocations tried, and seconds between them, while live traffic needs all there is."""


@dataclass(frozen=True, slots=True)
class Named:
    """A message and the id of its event, None if it has none; printable whatever it holds."""

    message: Message
    event_id: str | None

    def goes_by(self, names: Sequence[str]) -> bool:
        """Whether one of the names is its message id, its event's id or a part of its error."""
        own = {self.message.message_id, self.message.request_id, self.event_id}
        error = self.message.error
        return any(name in own or (error and name in error) for name in names)

    @property
    def line(self) -> str:
        """For a person."""
        error = _printable(self.message.error or "-")
        return f"{self.message.message_id}  {self.event_id or '-'}  {error}"

    def as_details(self) -> dict[str, object]:
        """For the result."""
        return {
            "messageId": self.message.message_id,
            "requestId": self.message.request_id,
            "eventId": self.event_id,
            "errorMessage": self.message.error,
        }


@dataclass(slots=True)
class Tally:
    """What became of the messages so far; `kept` are hidden from others until they are released."""

    confirmed: int = 0
    rejected: int = 0
    discarded: int = 0
    sent: int = 0
    left: list[dict[str, object]] = field(default_factory=list)
    kept: list[Message] = field(default_factory=list)

    @property
    def handled(self) -> int:
        """Messages deleted."""
        return self.confirmed + self.rejected + self.discarded

    @property
    def so_far(self) -> str:
        """What is told where it ends before its time."""
        return (
            f"Stopped after {self.handled} of the {self.sent} messages that were sent had been "
            "deleted; a repeat goes on, and sends the others again"
        )


def redrive(
    release: Release, *, rate: float = RATE, maximum: int = MAXIMUM, wanted: Sequence[str] = ()
) -> Result:
    """Replay up to `maximum` messages, at most `rate` a second, one at a time; leave what fails.

    `wanted` names those to replay, by a message id, an event's id or a part of the error; empty for
    all. UnfinishedError where anything stops it after an event was sent.
    """
    if rate <= 0 or maximum < 1:
        raise UsageError("--rate must be above 0 a second, and --max at least 1.")
    alias.read(release.functions)  # a missing alias is told before any message is touched
    queue, probes = _queue(release), release.probes()
    tally = Tally()
    try:
        _Replay(release, queue, probes, rate, tuple(wanted), tally).run(maximum)
    except KeyboardInterrupt:
        release.say(f"{tally.so_far}.")
        raise
    except Exception as error:
        if not tally.sent:
            raise
        raise UnfinishedError(f"{tally.so_far}: {error}") from error
    finally:
        _unhide(queue, tally.kept)
    return _result(tally)


def list_messages(release: Release, maximum: int = MAXIMUM) -> Result:
    """Show up to `maximum` messages with their errors; all are visible again afterwards."""
    queue, probes = _queue(release), release.probes()
    kept: list[Message] = []
    try:
        while len(kept) < maximum and (message := queue.receive()) is not None:
            again = any(message.message_id == other.message_id for other in kept)
            kept.append(message)
            if again:
                break
    finally:
        _unhide(queue, kept)
    found = [named(each, probes) for each in {each.message_id: each for each in kept}.values()]
    lines = [each.line for each in found]
    return Result(
        Exit.DONE,
        "\n".join([f"{len(found)} messages", *lines]),
        {"messages": [each.as_details() for each in found]},
    )


def named(message: Message, probes: Probes) -> Named:
    """The message under its event's id; one that the service's code cannot read has none."""
    with suppress(Exception):  # the service's code, on an event that may have broken it before
        event_id = probes.event_id(decoded(message.body))
        return Named(message, event_id and _printable(event_id))
    return Named(message, None)


def outcome_of(run: Invocation, probes: Probes) -> Outcome | None:
    """What became of the event if the service handled it, None if it did not.

    A rejection is handled: the same event would be rejected for ever.
    """
    return None if run.error is not None else probes.outcome(run.payload)


@dataclass(frozen=True, slots=True)
class _Replay:
    """One run over a queue."""

    release: Release
    queue: DeadLetterQueue
    probes: Probes
    rate: float
    wanted: tuple[str, ...]
    tally: Tally

    def run(self, maximum: int) -> None:
        """Until the queue has been gone through, or the maximum is reached."""
        clock, tally = self.release.clock, self.tally
        seen: set[str] = set()
        due = clock.monotonic()
        while tally.handled + len(tally.left) < maximum:
            message = self.queue.receive()
            if message is None:
                return
            tally.kept.append(message)
            if message.message_id in seen:
                return  # it failed in this run and is visible again: that was all of the queue
            seen.add(message.message_id)
            found = named(message, self.probes)
            if self.wanted and not found.goes_by(self.wanted):
                continue
            if (found.event_id or "").startswith(SYNTHETIC):
                self._discard(found)
                continue
            clock.sleep(max(0.0, due - clock.monotonic()))
            due = clock.monotonic() + 1 / self.rate
            self._replay(found)

    def _discard(self, found: Named) -> None:
        """A synthetic event is the release tool's alone: nobody waits for it, and the alias refuses
        it."""
        self.queue.delete(found.message)
        self.tally.kept.remove(found.message)
        self.tally.discarded += 1
        self.release.say(f"discarded, since synthetic: {found.event_id}")

    def _replay(self, found: Named) -> None:
        """Invoke, then delete: the other way round would lose the event if this process died.

        Nothing that may fail on an odd message stands between the two.
        """
        message, tally = found.message, self.tally
        tally.sent += 1
        run = self._invoke(_bytes(message.body))
        outcome = outcome_of(run, self.probes)
        if outcome is None:
            failed = run.error or "the answer is neither confirmed nor rejected"
            tally.left.append({**found.as_details(), "replayError": failed})
        else:
            self.queue.delete(message)
            tally.kept.remove(message)
            tally.confirmed += outcome == "confirmed"
            tally.rejected += outcome == "rejected"
        self.release.say(f"{outcome or 'left'}: {found.event_id or message.message_id}")

    def _invoke(self, payload: bytes) -> Invocation:
        """Once, or again while throttled: a refused request ran nothing."""
        functions, qualifier = self.release.functions, self.release.outputs.alias
        for _ in range(THROTTLED_ATTEMPTS - 1):
            run = functions.invoke(qualifier, payload)
            if not run.throttled:
                return run
            self.release.clock.sleep(THROTTLED_PAUSE)
        return functions.invoke(qualifier, payload)


def _queue(release: Release) -> DeadLetterQueue:
    if release.queue is None:
        raise UsageError("The outputs name no dead-letter queue (dlqQueueUrl): deploy again.")
    return release.queue


def _unhide(queue: DeadLetterQueue, kept: Sequence[Message]) -> None:
    for message in kept:
        with suppress(UnavailableError):  # it shows up by itself, five minutes later
            queue.unhide(message)


def _bytes(body: str) -> bytes:
    """The body as it is sent; half a surrogate pair is Lambda's to refuse, like all that is no
    JSON."""
    return body.encode("utf-8", "surrogatepass")


def _printable(text: str) -> str:
    """The text on one line of any terminal, with `\\ud800` for half a surrogate pair."""
    shown = text.encode("utf-8", "backslashreplace").decode()
    return shown if shown.isprintable() else ascii(shown)[1:-1]


def _result(tally: Tally) -> Result:
    message = (
        f"Replayed {tally.confirmed + tally.rejected} messages ({tally.confirmed} confirmed, "
        f"{tally.rejected} rejected); {len(tally.left)} failed and stay in the queue."
    )
    if tally.discarded:
        message += f" {tally.discarded} synthetic ones were deleted, not replayed."
    details = {
        "confirmed": tally.confirmed,
        "rejected": tally.rejected,
        "discarded": tally.discarded,
        "deleted": tally.handled,
        "failed": len(tally.left),
        "left": tally.left,
    }
    change = Change("-", "-", "not read", f"{tally.handled} replayed, {len(tally.left)} left")
    return Result(Exit.FAIL if tally.left else Exit.DONE, message, details, change)
