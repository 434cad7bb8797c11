"""The systems in memory, as strict as the real ones where the release depends on it."""

from __future__ import annotations

import itertools
import json
import random
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from console.errors import UsageError
from service.declaration import Outcomes
from service.probes import Probe

from release.aws.decoding import decoded
from release.aws.lambda_functions import Functions, Invocation, Version
from release.aws.sqs import Message
from release.context import Release
from release.errors import AliasChangedError, NoAliasError, UnavailableError
from release.observation import Alarm, Period, Samples
from release.outputs import Outputs
from release.state.alias import encode
from release.stored import StoredAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from service.probes import Outcome

    from release.aws.clock import Clock
    from release.aws.cloudwatch import Monitoring
    from release.aws.sqs import DeadLetterQueue
    from release.observation import AlarmState, Policy
    from release.state.alias import Record
    from release.stored import StoredEntry

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FUNCTION, ALIAS = "echo-staging", "production"
ALARMS = ("errors", "throttles", "duration")

OUTCOMES = Outcomes(
    namespace="Echo",
    confirmed="Confirmed",
    duplicate="Duplicate",
    rejected="Rejected",
    function_dimension="FunctionName",
    version_dimension="ExecutedVersion",
    reason_dimension="ReasonCode",
    reasons=("NEGATIVE", "TOO_LATE"),
)
OUTPUTS = Outputs(
    function=FUNCTION,
    alias=ALIAS,
    region="us-east-1",
    candidate_version="2",
    code_sha256="sha-2",
    release_alarms=ALARMS,
    dead_letter_url="queue",
    stack="staging",
)


class FakeClock:
    """Time that passes only by sleeping; `on_sleep` runs at each sleep."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.on_sleep: Callable[[], None] | None = None

    def now(self) -> datetime:
        """Now, in UTC."""
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        """Seconds since the fake began."""
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self.elapsed += seconds
        if self.on_sleep is not None:
            self.on_sleep()


class FakeFunctions:
    """Lambda's rules for versions and an alias; `writes` counts successful UpdateAlias calls."""

    def __init__(self, *versions: str, live: str | None = "1", record: Record | None = None):
        self.versions = {n: Version(n, f"sha-{n}", "Active") for n in versions or ("1", "2")}
        self._lock = threading.Lock()
        self._revision = 0
        self.writes = 0
        self.custom: Mapping[str, str] | None = None
        self.snapped: set[str] = set()
        self.before_write: Callable[[], None] | None = None
        self.after_write: Callable[[], None] | None = None
        self.unavailable = False
        self.no_ledger = False
        self.ledger: dict[str, StoredEntry] = {}
        self.answer: Callable[[str, bytes], Invocation] = echo()
        description = encode(record) if record else "made by the deployment"
        self.alias = StoredAlias(live, {}, description, "r0") if live else None

    def read_alias(self) -> StoredAlias:
        """The alias now; NoAliasError if there is none."""
        if self.unavailable:
            raise UnavailableError("AWS could not be reached.")
        if self.alias is None:
            raise NoAliasError("The alias function:production does not exist: deploy the stack.")
        return self.alias

    def create_alias(self, version: str, description: str) -> StoredAlias:
        """Make it, serving a version alone; AliasChangedError if there is one."""
        if self.before_write is not None:
            self.before_write()
        if version not in self.versions or len(description) > 256:
            raise UnavailableError("AWS refused the request while making the alias.")
        with self._lock:
            if self.alias is not None:
                raise AliasChangedError
            self._revision += 1
            self.writes += 1
            self.alias = StoredAlias(version, {}, description, f"r{self._revision}")
        return self.alias

    def write_alias(
        self, version: str, weights: Mapping[str, float], description: str, revision: str
    ) -> StoredAlias:
        """Replace it if its revision is still that one, else AliasChangedError."""
        if self.before_write is not None:
            self.before_write()
        if self.unavailable:
            raise UnavailableError("AWS could not be reached.")
        for number in (version, *weights):
            if number not in self.versions:
                raise UsageError(f"The alias or version {number} is gone.")
        if version in weights or len(weights) > 1 or len(description) > 256:
            raise UnavailableError("AWS refused the request while writing the alias.")
        with self._lock:
            if self.alias is None or self.alias.revision != revision:
                raise AliasChangedError
            self._revision += 1
            self.writes += 1
            self.alias = StoredAlias(version, dict(weights), description, f"r{self._revision}")
        if self.after_write is not None:
            self.after_write()
        return self.alias

    def touch(self) -> None:
        """Somebody else writes the alias, changing nothing but its revision."""
        assert self.alias is not None
        self._revision += 1
        self.alias = replace(self.alias, revision=f"r{self._revision}")

    def find_version(self, number: str) -> Version | None:
        """The published version, None if there is none of that number."""
        return self.versions.get(number)

    def reserved_concurrency(self) -> int | None:
        """The function's reserved concurrency."""
        return 5

    def add_entry(self, entry: StoredEntry) -> None:
        """Keep it; AliasChangedError if its name is taken."""
        if self.unavailable or self.no_ledger:
            raise UnavailableError("AWS denied access while writing the ledger.")
        if len(entry.text) > 256 or entry.version not in self.versions:
            raise UnavailableError("AWS refused the request while writing the ledger.")
        with self._lock:
            if entry.name in self.ledger:
                raise AliasChangedError
            self.ledger[entry.name] = entry

    def entries(self) -> Sequence[StoredEntry]:
        """All of them, in no order."""
        if self.unavailable:
            raise UnavailableError("AWS could not be reached.")
        return list(self.ledger.values())

    def delete_entry(self, name: str) -> None:
        """Forget it; one that is gone already is no error."""
        self.ledger.pop(name, None)

    def referenced(self) -> frozenset[str]:
        """Versions that the alias names."""
        assert self.alias is not None
        return frozenset({self.alias.version, *self.alias.weights})

    def published(self) -> Mapping[str, str]:
        """The digest of each published version by its number, oldest first."""
        return {n: self.versions[n].code_sha256 for n in sorted(self.versions, key=int)}

    def snapshots(self) -> frozenset[str]:
        """The versions with a snapshot."""
        return frozenset(self.snapped) & self.versions.keys()

    def delete_version(self, number: str) -> bool:
        """Delete it unless an alias names it; whether it is gone."""
        if number in self.referenced() | {entry.version for entry in self.ledger.values()}:
            return False
        self.versions.pop(number, None)
        return True

    def invoke(
        self, qualifier: str, payload: bytes, custom: Mapping[str, str] | None = None
    ) -> Invocation:
        """Invoke once, synchronously."""
        self.custom = custom
        return self.answer(qualifier, payload)


class Wrapped(Functions):
    """Another store behind it, to change one thing about."""

    def __init__(self, inner: Functions) -> None:
        self.inner = inner

    def read_alias(self) -> StoredAlias:
        """The alias now."""
        return self.inner.read_alias()

    def create_alias(self, version: str, description: str) -> StoredAlias:
        """Make it."""
        return self.inner.create_alias(version, description)

    def write_alias(
        self, version: str, weights: Mapping[str, float], description: str, revision: str
    ) -> StoredAlias:
        """Replace it."""
        return self.inner.write_alias(version, weights, description, revision)

    def find_version(self, number: str) -> Version | None:
        """The published version."""
        return self.inner.find_version(number)

    def reserved_concurrency(self) -> int | None:
        """The function's reserved concurrency."""
        return self.inner.reserved_concurrency()

    def invoke(
        self, qualifier: str, payload: bytes, custom: Mapping[str, str] | None = None
    ) -> Invocation:
        """Invoke once."""
        return self.inner.invoke(qualifier, payload, custom)

    def add_entry(self, entry: StoredEntry) -> None:
        """Keep it."""
        self.inner.add_entry(entry)

    def entries(self) -> Sequence[StoredEntry]:
        """All of them."""
        return self.inner.entries()

    def delete_entry(self, name: str) -> None:
        """Forget it."""
        self.inner.delete_entry(name)

    def referenced(self) -> frozenset[str]:
        """Versions that the alias names."""
        return self.inner.referenced()

    def published(self) -> Mapping[str, str]:
        """The digest of each published version."""
        return self.inner.published()

    def snapshots(self) -> frozenset[str]:
        """The versions with a snapshot."""
        return self.inner.snapshots()

    def delete_version(self, number: str) -> bool:
        """Delete it."""
        return self.inner.delete_version(number)


class Echo:
    """A service that takes numbers from 0 up, once under each id, and tells their double."""

    def accepted(self, mark: str, at: datetime) -> list[Probe]:  # noqa: ARG002 (the protocol's)
        """Three numbers."""
        return [
            Probe(
                {"id": f"{mark}-{number}", "number": number},
                {"status": "confirmed", "id": f"{mark}-{number}", "double": 2 * number},
            )
            for number in range(3)
        ]

    def refused(self, mark: str, at: datetime) -> list[Probe]:  # noqa: ARG002
        """One below 0."""
        event = {"id": f"{mark}-invalid", "number": -1}
        return [Probe(event, {"status": "rejected"}, present=("reasons",))]

    def drawn(self, mark: str, at: datetime, seed: int) -> Iterator[Probe]:  # noqa: ARG002
        """Any numbers; one in three is below 0."""
        rng = random.Random(seed)
        for count in itertools.count():
            id_, number = f"{mark}-drawn-{count}", rng.randrange(1000)
            answer = {"status": "confirmed", "id": id_, "double": 2 * number}
            yield Probe({"id": id_, "number": number}, answer)
            if count % 2:
                refused = {"id": f"{id_}-invalid", "number": -1 - number}
                yield Probe(refused, {"status": "rejected"}, present=("reasons",))

    def event_id(self, event: object) -> str | None:
        """Its id."""
        found = event.get("id") if isinstance(event, dict) else None
        return found if isinstance(found, str) else None

    def outcome(self, answer: object) -> Outcome | None:
        """Its status."""
        found = answer.get("status") if isinstance(answer, dict) else None
        return found if found in ("confirmed", "rejected") else None

    def reason(self, answer: object) -> str:
        """Why."""
        return str(answer)

    def event(self, event_id: str, at: float, drawn: bytes) -> bytes:  # noqa: ARG002
        """A number."""
        return event(event_id, drawn[0]).encode()

    def spoilt(self, event: bytes, drawn: int) -> bytes:  # noqa: ARG002
        """Another number."""
        return event.replace(b": ", b": -")


def event(name: str, number: int = 1) -> str:
    """What the service takes; a number below 0 is refused."""
    return json.dumps({"id": name, "number": number})


def echo() -> Callable[[str, bytes], Invocation]:
    """A function of that service; it chokes on what is no JSON."""
    taken: dict[str, dict[str, object]] = {}

    def answer(qualifier: str, payload: bytes) -> Invocation:
        found = decoded(payload)
        if not isinstance(found, dict):
            return Invocation(None, error="InvalidRequestContentException")
        if found["number"] < 0:
            return Invocation({"status": "rejected", "reasons": ["negative"]}, qualifier)
        fresh = {
            "status": "confirmed", "id": found["id"], "double": 2 * found["number"],
            "at": f"t{len(taken)}",
        }  # fmt: skip
        return Invocation(dict(taken.setdefault(found["id"], fresh)), qualifier)

    return answer


def watching(
    name: str, version: str, state: AlarmState = "OK", changed_at: datetime | None = None
) -> Alarm:
    """An alarm on the right dimensions for that version."""
    dimensions = frozenset(
        {
            ("FunctionName", FUNCTION),
            ("Resource", f"{FUNCTION}:{ALIAS}"),
            ("ExecutedVersion", version),
        }
    )
    return Alarm(name, state, changed_at, (dimensions,))


@dataclass
class FakeMonitoring:
    """Alarms all OK and plenty of samples, until told otherwise."""

    states: dict[str, AlarmState] = field(default_factory=dict)
    invocations: int = 310
    errors: int = 0
    used: int = 0
    watched_version: str = "2"
    unavailable: bool = False
    polls: int = 0
    periods: tuple[Period, ...] = ()

    def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        """One per name, in that order."""
        self.polls += 1
        if self.unavailable:
            raise UnavailableError("AWS could not be reached.")
        return tuple(
            watching(name, self.watched_version, self.states.get(name, "OK")) for name in names
        )

    def samples(self, policy: Policy, now: datetime) -> Samples:
        """The candidate's samples up to now."""
        if self.unavailable:
            raise UnavailableError("AWS could not be reached.")
        newest = max(policy.since, now) if self.invocations else None
        return Samples(self.invocations, self.errors, 12.5, 0, newest, self.periods)

    def used_concurrency(self, function: str, now: datetime) -> int:  # noqa: ARG002 (the protocol's)
        """Concurrent executions that live traffic keeps busy."""
        if self.unavailable:
            raise UnavailableError("AWS could not be reached.")
        return self.used


class FakeQueue:
    """A queue whose received messages hide until released or deleted."""

    def __init__(self, *bodies: str) -> None:
        self.waiting = [
            Message(f"m{n}", f"r{n}", body, f"q{n}", "it broke") for n, body in enumerate(bodies)
        ]
        self.hidden: list[Message] = []
        self.events: list[str] = []

    def visible(self) -> int:
        """How many wait."""
        return len(self.waiting)

    def receive(self) -> Message | None:
        """One message, hidden from now on."""
        if not self.waiting:
            return None
        message = self.waiting.pop(0)
        self.hidden.append(message)
        return message

    def delete(self, message: Message) -> None:
        """Remove it for good."""
        self.events.append(f"delete {message.message_id}")
        self.hidden.remove(message)

    def unhide(self, message: Message) -> None:
        """Make it visible again at once."""
        self.events.append(f"unhide {message.message_id}")
        self.hidden.remove(message)
        self.waiting.append(message)


def release_of(
    functions: Functions | None = None,
    *,
    monitoring: Monitoring | None = None,
    queue: DeadLetterQueue | None = None,
    clock: Clock | None = None,
    outputs: Outputs = OUTPUTS,
    say: Callable[[str], None] = lambda _: None,
) -> Release:
    """What a command works on, with everything in memory that is not named."""
    return Release(
        functions or FakeFunctions(),
        monitoring or FakeMonitoring(),
        queue,
        clock or FakeClock(),
        outputs,
        Echo,
        say,
    )
