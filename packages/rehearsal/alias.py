"""The alias as an onlooker sees it: read, never written."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from reporting.amounts import weight
from sandbox import clients

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from types_boto3_lambda.client import LambdaClient

SAMPLE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class AliasState:
    """Which version the alias serves, and what share of the requests goes to another one."""

    version: str
    weights: tuple[tuple[str, float], ...] = ()

    def shares(self) -> dict[str, float]:
        """Return the share of the requests by version; they add up to 1."""
        additional = dict(self.weights)
        return {self.version: 1 - sum(additional.values()), **additional}

    def __str__(self) -> str:
        return ", ".join(f"version {v}: {weight(share)}" for v, share in self.shares().items())


def client(environment: Mapping[str, str]) -> LambdaClient:
    """Return a Lambda client for the account and endpoint that `environment` names."""
    found: LambdaClient = clients.client(
        "lambda", environment, read_timeout=10, retries={"total_max_attempts": 2}
    )
    return found


def read(lambda_: LambdaClient, function: str, alias: str) -> AliasState:
    """Return the alias's present state; raises botocore's errors."""
    answer = lambda_.get_alias(FunctionName=function, Name=alias)
    routing = answer.get("RoutingConfig") or {}
    weights = routing.get("AdditionalVersionWeights") or {}
    return AliasState(answer["FunctionVersion"], tuple(sorted(weights.items())))


class Watcher(threading.Thread):
    """Samples the alias until stopped: `history` holds (epoch seconds, state), changes only.

    `moves` dates the same states to the last look that did not show them yet: whatever came of a
    change came later than that.
    """

    def __init__(self, lambda_: LambdaClient, function: str, alias: str) -> None:
        super().__init__(daemon=True, name="alias-watcher")
        self.history: list[tuple[float, AliasState]] = []
        self.moves: list[tuple[float, AliasState]] = []
        self._read: Callable[[], AliasState] = partial(read, lambda_, function, alias)
        self._done = threading.Event()
        self._looked = time.time()

    def run(self) -> None:
        """Sample until `stop`; an alias that cannot be read just now is read again."""
        while not self._done.is_set():
            self.sample()
            self._done.wait(SAMPLE_SECONDS)

    def sample(self) -> None:
        """Take one sample now."""
        began = time.time()
        try:
            state = self._read()
        except (BotoCoreError, ClientError):
            return
        if not self.history or self.history[-1][1] != state:
            self.history.append((time.time(), state))
            self.moves.append((self._looked, state))
        self._looked = began

    def stop(self) -> None:
        """Take a last sample and end."""
        self._done.set()
        self.join()
        self.sample()
