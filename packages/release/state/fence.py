"""A fence around the alias: who began from one write goes on only while nobody else has written.

A rollout can outlive the job that started it: GitHub signals the step's shell alone, and what the
shell started goes on beside the steps that clean up. Those write the alias, whatever it serves, and
from then on the rollout can neither read nor write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from release.errors import AliasChangedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from release.aws.lambda_functions import Functions
    from release.stored import StoredAlias


def fenced(functions: Functions) -> Functions:
    """The same function, whose alias only the holder may have written since it was read first.

    What concerns the alias raises AliasChangedError otherwise. Writes are told apart by version and
    description, which carries a mark of each; not by the revision, for Lambda itself may change
    that while a version changes.
    """
    return cast("Functions", _Fence(functions))


class _Fence:
    def __init__(self, inner: Functions) -> None:
        self._inner = inner
        self._ours: set[tuple[str, str]] = set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def read_alias(self) -> StoredAlias:
        found = self._inner.read_alias()
        mark = (found.version, found.description)
        if self._ours and mark not in self._ours:
            raise AliasChangedError
        self._ours = {mark}
        return found

    def create_alias(self, version: str, description: str) -> StoredAlias:
        self._ours.add((version, description))
        return self._inner.create_alias(version, description)

    def write_alias(
        self, version: str, weights: Mapping[str, float], description: str, revision: str
    ) -> StoredAlias:
        # Told before the answer, which may be lost.
        self._ours.add((version, description))
        return self._inner.write_alias(version, weights, description, revision)
