"""In which order a deployment deletes, and what it keeps for the sake of something protected.

Both as Pulumi's engine, by what the state said when the deployment began: one level after the
other, each of what needs nothing but what is in later ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.state import Kept


class Graph:
    """What needs what, of `base`: a state's records, none before what it needs."""

    def __init__(self, base: Iterable[Kept]) -> None:
        self._base = list(base)
        self._needs = {kept: kept.record.needs for kept in self._base}
        self._place = {kept: place for place, kept in enumerate(self._base)}

    def levels(self, doomed: Iterable[Kept]) -> list[list[Kept]]:
        """Return what is to be deleted one level after the other, each with the newest first."""
        left = sorted(doomed, key=lambda kept: self._place[kept])
        found = []
        while left:
            level = [kept for kept in left if not self._needed(kept, left)]
            left = [kept for kept in left if kept not in level]
            found.append(level[::-1])
        return found[::-1]

    def _needed(self, kept: Kept, among: Iterable[Kept]) -> list[Kept]:
        """Return those `among` that it needs; several may have one URN."""
        place, urns = self._place[kept], self._needs[kept]
        return [other for other in among if other.urn in urns and self._place[other] < place]

    def needed(self, kept: Kept) -> set[Kept]:
        """Return all that it needs, at first or further hand.

        Of two with one URN a thing needs the new one, and a thing that was replaced the old one.
        """
        found: set[Kept] = set()
        left = [kept]
        while left:
            one = left.pop()
            there = self._needed(one, self._base)
            for urn in self._needs[one]:
                old = [k for k in there if k.urn == urn and k.record.replaced]
                new = [k for k in there if k.urn == urn and not k.record.replaced]
                chosen = old if old and (one.record.replaced or not new) else new
                left += [k for k in chosen if k not in found]
                found.update(chosen)
        return found
