"""Mends that `--prove` takes back, each with the commands in which that must be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

from release.errors import AliasChangedError
from release.state import alias
from release.state.ledger import encode
from release.stored import StoredEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from release.aws.lambda_functions import Functions
    from release.state.alias import Alias
    from release.state.ledger import Entry
    from release.stored import History, StoredAlias


@dataclass(frozen=True)
class Mend:
    """How it is taken back, and what is explored then."""

    undo: Callable[[], AbstractContextManager[object]]
    scenarios: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Commands at once of which some order must show it."""


def _believed(
    _store: object, _version: str, _description: str, _before: str, send: Callable[[], StoredAlias]
) -> Alias:
    """The refusal of a write is taken at its word."""
    return alias._understand(send())


def _unrecognised(history: History, entry: Entry) -> str:
    """A name that is taken is taken for somebody else's."""
    history.add_entry(StoredEntry(entry.name, entry.version, encode(entry)))
    return entry.name


def _once(attempt: Callable[[], Any], *_: object) -> Any:
    """What is refused once is given up."""
    return attempt()


def _unfenced(functions: Functions) -> Functions:
    """Whoever writes meanwhile, a rollout goes on."""
    return functions


def _repeated(_: str) -> AliasChangedError:
    """A write that was seen and followed by another's is taken for one that failed."""
    return AliasChangedError()


MENDS = {
    "the alias is read after a refused write": Mend(
        lambda: mock.patch("release.state.alias._sent", _believed), ("canary", "rollback")
    ),
    "an entry of one's own is recognised": Mend(
        lambda: mock.patch("release.state.ledger.write", _unrecognised), ("promote", "rollback")
    ),
    "a failed canary is put back for minutes": Mend(
        lambda: mock.patch("release.gate.watch.insist", _once), ("gate of a bad one",)
    ),
    "a rollout ends where somebody else has written": Mend(
        lambda: mock.patch("release.commands.rollout.fenced", _unfenced),
        groups=("end-canary+rollout",),
    ),
    "what another moved on is not moved back": Mend(
        lambda: mock.patch("release.state.alias.MovedOnError", _repeated),
        groups=("2-rollbacks+promote",),
    ),
}
