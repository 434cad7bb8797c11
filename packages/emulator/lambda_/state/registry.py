"""The functions of one account and region, and what an invocation of one of them runs."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.lambda_.state import arns, refusals
from emulator.lambda_.state.code import CodeStore
from emulator.lambda_.state.model import EventInvokeConfig, Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.clock import Clock
    from emulator.lambda_.state.code_links import CodeLinks
    from emulator.lambda_.state.functions import Alias, Function, StoredVersion


class Registry:
    """State that the control plane changes and the data plane reads; synchronous throughout.

    `rng` decides alias routing and seeds a stream of its own for revision ids, so that a run
    replays and control-plane calls do not shift the routing. `settle_seconds` (real time) is how
    long a new or updated function stays `Pending` or `InProgress`.
    """

    def __init__(
        self,
        account_id: str,
        region: str,
        code_dir: Path,
        rng: random.Random,
        clock: Clock,
        concurrency_limit: int,
        links: CodeLinks,
        *,
        settle_seconds: float = 0.1,
    ) -> None:
        self.home = arns.Home(account_id, region)
        self.code = CodeStore(code_dir)
        self.clock = clock
        self.concurrency_limit = concurrency_limit
        self.links = links
        self.settle_seconds = settle_seconds
        self.functions: dict[str, Function] = {}
        self.last_numbers: dict[str, int] = {}
        """The last version number of each name ever used: numbers outlive their function."""
        self.retire: list[Callable[[str], None]] = []
        """Called with a function's name when what its environments run on has changed."""
        self._all_reserved: int | None = None
        self._routing = rng
        self._ids = random.Random(rng.getrandbits(128))  # noqa: S311 - ids must replay
        self._queued = random.Random(rng.getrandbits(128))  # noqa: S311 - routing must replay

    # What an invocation needs.

    def resolve(
        self, reference: str, qualifier: str | None = None, *, queued: bool = False
    ) -> Target:
        """The version that one invocation runs; draws the alias's weight once.

        Attempts at `queued` events draw from a stream of their own: their moment is a matter of
        timing, and must not shift the routing of the calls meanwhile.

        `reference` is a name, a partial or a full ARN, with or without a qualifier. Raises
        `AwsError`: 404 for what does not exist, 409 while the function or version is being
        created, 400 for malformed or contradictory names.
        """
        asked = arns.parse(reference, qualifier)
        self.home.require(asked)
        name, wanted = asked.name, asked.qualifier or arns.LATEST
        function = self.functions.get(name)
        if function is None:
            raise refusals.function_not_found(self.home.function(name, wanted))
        self._settle(function)
        alias = function.aliases.get(wanted)
        number = _draw(alias, self._queued if queued else self._routing) if alias else wanted
        version = self._invocable(function, number)
        arn = self.home.function(name, asked.qualifier) if asked.qualifier else function.arn
        resource = f"{name}:{asked.qualifier}" if asked.qualifier else name
        return Target(version, wanted, arn, resource, via_alias=alias is not None)

    def reserved_concurrency(self, function_name: str) -> int | None:
        """The function's reserved concurrency; `None` where it draws on the account's pool."""
        function = self.functions.get(function_name)
        return function.reserved_concurrency if function else None

    def unreserved_concurrency(self) -> int:
        """The account's limit less everything that functions have reserved."""
        if self._all_reserved is None:  # each invocation asks, so the sum is kept
            self._all_reserved = sum(
                function.reserved_concurrency or 0 for function in self.functions.values()
            )
        return self.concurrency_limit - self._all_reserved

    def event_invoke_config(self, function_name: str, qualifier: str) -> EventInvokeConfig:
        """Asynchronous handling of exactly this qualifier; nothing is inherited."""
        function = self.functions.get(function_name)
        config = function.invoke_configs.get(qualifier) if function else None
        return config.effective() if config else EventInvokeConfig()

    # What control-plane operations share.

    def get(self, name: str, qualifier: str | None = None) -> Function:
        """The function, its state up to date; the 404's text names `qualifier` if given."""
        function = self.functions.get(name)
        if function is None:
            raise refusals.function_not_found(self.home.function(name, qualifier))
        self._settle(function)
        return function

    def get_version(self, name: str, qualifier: str | None) -> tuple[Function, StoredVersion]:
        """The version that a number, an alias (its primary) or nothing (`$LATEST`) stands for."""
        function = self.get(name, qualifier)
        alias = function.aliases.get(qualifier or "")
        number = alias.function_version if alias else qualifier or arns.LATEST
        version = function.latest if number == arns.LATEST else function.versions.get(number)
        if version is None:
            raise refusals.function_not_found(self.home.function(name, qualifier))
        return function, version

    def new_revision_id(self) -> str:
        """A fresh UUID from the seeded stream."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def next_number(self, name: str) -> str:
        """The next version number of `name`, never used before even if it was deleted."""
        number = self.last_numbers.get(name, 0) + 1
        self.last_numbers[name] = number
        return str(number)

    def begin_change(self, function: Function) -> None:
        """Start the time for which the function is `Pending` or `InProgress`."""
        function.settles_at = self.clock.now() + self.settle_seconds

    def notify(self, name: str) -> None:
        """Tell the data plane that idle environments of `name` may be stale."""
        self._all_reserved = None
        for hook in self.retire:
            hook(name)

    def _settle(self, function: Function) -> None:
        """Complete a change whose time has come; this is when calls begin to run it."""
        now = self.clock.now()
        function.snapshots = {n: at for n, at in function.snapshots.items() if now < at}
        if function.settles_at is None or self.clock.now() < function.settles_at:
            return
        function.settles_at = None
        function.pending.clear()
        function.latest = replace(function.latest, revision_id=self.new_revision_id())
        function.running = function.latest
        self.notify(function.name)

    def _invocable(self, function: Function, number: str) -> StoredVersion:
        version = function.running if number == arns.LATEST else function.versions.get(number)
        if number != arns.LATEST and version is None:
            raise refusals.function_not_found(self.home.function(function.name, number))
        if version is None or number in function.pending | function.snapshots.keys():
            raise refusals.conflict(
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending"
            )
        return version


def _draw(alias: Alias, rng: random.Random) -> str:
    """One independent draw per request, as AWS routes (no stickiness)."""
    for number, weight in alias.weights.items():
        return number if rng.random() < weight else alias.function_version
    return alias.function_version
