"""`services/NAME/probes.py`: what the machinery sends to a service, and what its answers mean."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, cast

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from types import ModuleType

    from service.declaration import Service

Event = dict[str, Any]
Outcome = Literal["confirmed", "rejected"]
"""What an answer says became of an event: taken, or turned away with a reason for good."""

SYNTHETIC: Final = "synthetic-"
"""What the ids of synthetic events begin with. A service takes them only where a version is invoked
by its number, drops their records after a day, and counts them in no business metric."""

DRAWN = 64
"""Random bytes that `Probes.event` is made of."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A synthetic event: its answer must hold `expected`, and something under each of `present`.

    `because` is what `Probes.reason` must say of a refusal. `custom` goes along as that member of
    the client context; each of `logged` must then be in the invocation's log. With `then`, the
    event is repeated, and must get the same answer; then those are sent, in that order.
    """

    event: Event
    expected: Mapping[str, object]
    present: Sequence[str] = ()
    because: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    logged: Sequence[str] = ()
    then: Sequence[Probe] = ()

    def problems(self, answer: object) -> list[str]:
        """Return each thing that is wrong with an answer, in words."""
        given: Mapping[str, object] = answer if isinstance(answer, dict) else {}
        wrong = [
            f"{key} {given.get(key)!r}, not {value!r}"
            for key, value in self.expected.items()
            if given.get(key) != value
        ]
        return wrong + [f"no {key}" for key in self.present if not given.get(key)]


class Probes(Protocol):
    """The functions of a service's `probes.py`. All are pure."""

    def drawn(self, mark: str, at: datetime, seed: int) -> Iterator[Probe]:
        """Synthetic events without end, as unlike each other as real ones, some to be refused.

        Totals and reasons are worked out from the contract, not by the service's code.
        """

    def accepted(self, mark: str, at: datetime) -> Sequence[Probe]:
        """Synthetic events that must be taken, the plainest first; their ids begin with `mark`."""

    def refused(self, mark: str, at: datetime) -> Sequence[Probe]:
        """Synthetic events that must be turned away, with a reason and without an error."""

    def event_id(self, event: object) -> str | None:
        """The id under which the service takes an event once; None if it has none."""

    def outcome(self, answer: object) -> Outcome | None:
        """What an answer says became of the event; None for one that the service never gives."""

    def reason(self, answer: object) -> str:
        """Why an event was turned away: the codes, with commas between; empty if it was not."""

    def event(self, event_id: str, at: float, drawn: bytes) -> bytes:
        """A realistic event at epoch second `at`, made of `DRAWN` random bytes: canonical JSON."""

    def spoilt(self, event: bytes, drawn: int) -> bytes:
        """The event with something wrong in it, so that it is turned away; `drawn` is a byte."""


def load(service: Service) -> Probes:
    """Import a service's probes. Raises UsageError where one is missing."""
    return cast("Probes", module(service, "probes", Probes))


def module(service: Service, name: str, protocol: type) -> ModuleType:
    """Import a module of a service's folder. Raises UsageError where a function is missing."""
    path = service.folder / f"{name}.py"
    key = f"{name} of {path.resolve()}"
    if key in sys.modules:
        return sys.modules[key]
    spec = importlib.util.spec_from_file_location(key, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UsageError(f"Service {service.name} has no {path.name}; docs/services.md says why.")
    made = importlib.util.module_from_spec(spec)
    sys.modules[key] = made  # dataclasses look their module up while they are made
    spec.loader.exec_module(made)
    for wanted in (name for name in vars(protocol) if not name.startswith("_")):
        if not callable(getattr(made, wanted, None)):
            del sys.modules[key]
            raise UsageError(f"services/{service.name}/{path.name} has no {wanted}: add it.")
    return made
