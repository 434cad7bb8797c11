"""`services/NAME/faults.py`: what a service itself must say to be held to exactly one effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from console.errors import UsageError
from service import probes

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from service.declaration import Service, Table

    Event = Mapping[str, Any]
    Item = Mapping[str, Any]
    """A record in DynamoDB's JSON."""


@dataclass(frozen=True, slots=True)
class Breakage:
    """A bug: `old` of a module becomes `new`; `finds` is the complaint that has to follow."""

    module: str
    old: str
    new: str
    finds: str


class Content(Protocol):
    """What is sent under an event's id. `valid` is whether the contract has the service take it."""

    @property
    def valid(self) -> bool:
        """Whether it is taken."""

    def event(self, started_at: float) -> dict[str, Any]:
        """Return the event for a run that started at `started_at` (epoch seconds)."""


class Oracle(Protocol):
    """The functions of a service's `faults.py`. All are pure, and share nothing with its package.

    The record has the event's id, digest and time in the attributes that service.toml names.
    """

    def draw(
        self, event_id: str, rng: random.Random, offset: int | None = None, *, valid: bool = True
    ) -> Content:
        """A content of an event, dated `offset` seconds from the start of the run if given.

        One dated ahead so far that it has to be turned away is not `valid`.
        """

    def recorded(self, item: Item) -> dict[str, Any]:
        """The event that a record was made of; another one where the record lacks something."""

    def objections(self, event: Event, item: Item) -> list[str]:
        """What is wrong with the record of an event, beside its content."""

    def answer(self, event: Event, digest: str, item: Item | None) -> dict[str, Any]:
        """The one answer that may be given to an event with such a record."""

    def refusal(self, *, valid: bool) -> str:
        """The reason that a content that is not valid gets; of a valid one, whose id is taken."""

    def breakages(self) -> Mapping[str, Breakage]:
        """Bugs to put into the package, by name, each of which a run has to find."""


def load(service: Service) -> Oracle:
    """Import a service's `faults.py`. Raises UsageError where something is missing."""
    return cast("Oracle", probes.module(service, "faults", Oracle))


def table_of(service: Service) -> Table:
    """Return a service's table; raises UsageError where it has none."""
    if service.table is None:
        raise UsageError(f"{service.name} has no table, so there is no record to hold it to.")
    return service.table
