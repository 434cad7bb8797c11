"""What Lambda keeps: the alias, the ledger's entries and the published versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class StoredAlias:
    """The alias as Lambda keeps it."""

    version: str
    weights: Mapping[str, float]
    description: str
    revision: str


class AliasStore(Protocol):
    """Where the alias is kept."""

    def read_alias(self) -> StoredAlias:
        """The alias now; NoAliasError if there is none."""
        ...

    def create_alias(self, version: str, description: str) -> StoredAlias:
        """Make it, serving a version alone; AliasChangedError if there is one."""
        ...

    def write_alias(
        self, version: str, weights: Mapping[str, float], description: str, revision: str
    ) -> StoredAlias:
        """Replace it if its revision is still that one, else AliasChangedError."""
        ...


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A ledger entry as Lambda keeps it: an alias of its own that nobody invokes.

    Such an alias is created once under its name and never updated, and Lambda refuses to delete
    the version that it names.
    """

    name: str
    version: str
    text: str


class History(Protocol):
    """The ledger's entries and the published versions of a function."""

    def add_entry(self, entry: StoredEntry) -> None:
        """Keep it; AliasChangedError if its name is taken."""
        ...

    def entries(self) -> Sequence[StoredEntry]:
        """All of them, in no order."""
        ...

    def delete_entry(self, name: str) -> None:
        """Forget it; one that is gone already is no error."""
        ...

    def referenced(self) -> frozenset[str]:
        """Versions that some alias names, weights included, the ledger's entries left out."""
        ...

    def published(self) -> Mapping[str, str]:
        """The digest of each published version (base64) by its number, oldest first."""
        ...

    def snapshots(self) -> frozenset[str]:
        """The published versions that environments start from a snapshot of."""
        ...

    def delete_version(self, number: str) -> bool:
        """Delete it unless an alias names it; whether it is gone."""
        ...
