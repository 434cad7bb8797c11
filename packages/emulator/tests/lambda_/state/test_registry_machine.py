"""Random lives of an account against a small model of it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from emulator.tests.lambda_client import bench, zipped
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

NAMES = st.sampled_from(["orders", "orders", "orders", "billing"])
ALIASES = st.sampled_from(["live", "live", "canary"])
NUMBERS = st.sampled_from(["1", "2", "1", "2", "3", "$LATEST"])
WEIGHTS = st.none() | st.dictionaries(
    st.sampled_from(["1", "2", "3"]), st.sampled_from([0.0, 0.1, 1.0]), max_size=2
)
RARELY = st.integers(1, 6).map(lambda dice: dice == 6)
STALE = "00000000-0000-4000-8000-000000000000"


@dataclass
class Expected:
    """What a function should be: the timeout stands for all that a version freezes."""

    timeout: int = 3
    busy: bool = True
    versions: dict[str, int] = field(default_factory=dict)
    last_published: tuple[str, int] | None = None
    aliases: dict[str, tuple[str, dict[str, float]]] = field(default_factory=dict)
    reserved: int | None = None


class Life(RuleBasedStateMachine):
    """Each step is one call whose status the model foretells."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.account = bench(Path(self.directory.name))
        self.client = self.account.client
        self.expected: dict[str, Expected] = {}
        self.numbers: dict[str, int] = {}

    def teardown(self) -> None:
        """Leave no read-only directory behind."""
        self.account.registry.code.clear()
        self.directory.cleanup()

    def call(self, operation: str, status: int, **params: Any) -> Any:
        """Call, compare the status, and see that a refusal changed nothing."""
        before = self.snapshot()
        response: Any
        try:
            response = getattr(self.client, operation)(**params)
        except ClientError as error:
            response = error.response
        seen = response["ResponseMetadata"]["HTTPStatusCode"]
        assert seen == status, (operation, params, response)
        if seen >= 400:
            assert self.snapshot() == before
            return None
        return response

    def snapshot(self) -> dict[str, str]:
        """Everything that is kept, as text."""
        return {name: repr(f) for name, f in self.account.registry.functions.items()}

    @rule(name=NAMES)
    def create(self, name: str) -> None:
        """A name is taken once; its version numbers go on where they were."""
        status = 409 if name in self.expected else 201
        code = {"ZipFile": zipped()}
        role = "arn:aws:iam::123456789012:role/r"
        params = {"Role": role, "Runtime": "python3.11", "Handler": "app.handler", "Code": code}
        self.call("create_function", status, FunctionName=name, **params)
        self.expected.setdefault(name, Expected())

    @initialize()
    def begin(self) -> None:
        """Every life has an active function with two versions and an alias."""
        self.create("orders")
        for timeout in (4, 5):
            self.settle()
            self.update("orders", timeout, stale=False)
            self.settle()
            self.publish("orders", stale=False)
        self.create_alias("orders", "live", "1", None)

    @rule(name=NAMES, dice=st.integers(1, 6))
    def delete(self, name: str, dice: int) -> None:
        """All of a function goes at once, though not often."""
        if dice < 6:
            return
        self.call("delete_function", 204 if name in self.expected else 404, FunctionName=name)
        self.expected.pop(name, None)

    @rule()
    def settle(self) -> None:
        """Time passes."""
        self.account.settle()
        for function in self.expected.values():
            function.busy = False

    def changing(self, name: str, *, stale: bool) -> int:
        """The status of a change to `$LATEST`."""
        function = self.expected.get(name)
        return 404 if not function else 409 if function.busy else 412 if stale else 200

    @rule(name=NAMES, timeout=st.integers(3, 5), stale=RARELY)
    def update(self, name: str, timeout: int, stale: bool) -> None:
        """Updates go one at a time and only from the latest revision."""
        status = self.changing(name, stale=stale)
        params: dict[str, Any] = {"RevisionId": STALE} if stale else {}
        self.call(
            "update_function_configuration", status, FunctionName=name, Timeout=timeout, **params
        )
        if status == 200:
            self.expected[name].timeout = timeout
            self.expected[name].busy = True

    @rule(name=NAMES, stale=RARELY)
    def publish(self, name: str, stale: bool) -> None:
        """Numbers rise by one for each change and are never used again."""
        status = self.changing(name, stale=stale)
        params: dict[str, Any] = {"RevisionId": STALE} if stale else {}
        answer = self.call(
            "publish_version", 201 if status == 200 else status, FunctionName=name, **params
        )
        if answer is None:
            return
        function = self.expected[name]
        last = function.last_published
        if not (last and last[1] == function.timeout and last[0] in function.versions):
            self.numbers[name] = self.numbers.get(name, 0) + 1
            function.last_published = (str(self.numbers[name]), function.timeout)
            function.versions[str(self.numbers[name])] = function.timeout
        assert function.last_published is not None
        assert answer["Version"] == function.last_published[0]

    @rule(name=NAMES, number=NUMBERS)
    def delete_version(self, name: str, number: str) -> None:
        """A version goes unless an alias uses it."""
        function = self.expected.get(name)
        if number == "$LATEST":
            status = 400
        elif function is None:
            status = 404
        else:
            used = [{primary, *weights} for primary, weights in function.aliases.values()]
            status = 409 if any(number in each for each in used) else 204
        self.call("delete_function", status, FunctionName=name, Qualifier=number)
        if function and status == 204:
            function.versions.pop(number, None)

    def routing(
        self, function: Expected | None, primary: str, weights: dict[str, float], success: int
    ) -> int:
        """The status of a route, in the order in which Lambda judges."""
        known = {*function.versions, "$LATEST"} if function else set()
        if primary not in known:
            return 404
        if len(weights) > 1 or primary in weights or (weights and primary == "$LATEST"):
            return 400
        return success if set(weights) <= known else 404

    @rule(name=NAMES, alias=ALIASES, primary=NUMBERS, weights=WEIGHTS)
    def create_alias(
        self, name: str, alias: str, primary: str, weights: dict[str, float] | None
    ) -> None:
        """Only routes to what exists are accepted."""
        function = self.expected.get(name)
        status = self.routing(function, primary, weights or {}, 201)
        if function and alias in function.aliases:
            status = 409
        params: dict[str, Any] = {"FunctionVersion": primary}
        if weights is not None:
            params["RoutingConfig"] = {"AdditionalVersionWeights": weights}
        self.call("create_alias", status, FunctionName=name, Name=alias, **params)
        if function and status == 201:
            function.aliases[alias] = (primary, weights or {})

    @rule(
        name=NAMES,
        alias=ALIASES,
        primary=st.none() | NUMBERS,
        weights=WEIGHTS,
        revision=st.sampled_from(["none", "right", "stale"]),
    )
    def update_alias(
        self,
        name: str,
        alias: str,
        primary: str | None,
        weights: dict[str, float] | None,
        revision: str,
    ) -> None:
        """A compare-and-swap; what is not mentioned stays and still has to fit."""
        function = self.expected.get(name)
        params: dict[str, Any] = {"RevisionId": STALE} if revision == "stale" else {}
        if function is None or alias not in function.aliases:
            status, route = 404, None
        else:
            old_primary, old_weights = function.aliases[alias]
            route = (primary or old_primary, old_weights if weights is None else weights)
            status = 412 if revision == "stale" else self.routing(function, *route, 200)
            if revision == "right":
                kept = self.client.get_alias(FunctionName=name, Name=alias)
                params["RevisionId"] = kept["RevisionId"]
        params |= {"FunctionVersion": primary} if primary else {}
        if weights is not None:
            params["RoutingConfig"] = {"AdditionalVersionWeights": weights}
        self.call("update_alias", status, FunctionName=name, Name=alias, **params)
        if function and route and status == 200:
            function.aliases[alias] = route

    @rule(name=NAMES, alias=ALIASES)
    def delete_alias(self, name: str, alias: str) -> None:
        """An absent alias is no error, an absent function is."""
        status = 204 if name in self.expected else 404
        self.call("delete_alias", status, FunctionName=name, Name=alias)
        if name in self.expected:
            self.expected[name].aliases.pop(alias, None)

    @rule(name=NAMES, reserved=st.sampled_from([0, 1, 450, 451, 900, 901]))
    def reserve(self, name: str, reserved: int) -> None:
        """Zero always, else only what leaves the account a hundred."""
        others = sum(f.reserved or 0 for n, f in self.expected.items() if n != name)
        status = 200 if reserved == 0 or 1000 - others - reserved >= 100 else 400
        status = status if name in self.expected else 404
        params = {"FunctionName": name, "ReservedConcurrentExecutions": reserved}
        self.call("put_function_concurrency", status, **params)
        if status == 200:
            self.expected[name].reserved = reserved

    @rule(name=NAMES)
    def unreserve(self, name: str) -> None:
        """A reservation is given back."""
        status = 204 if name in self.expected else 404
        self.call("delete_function_concurrency", status, FunctionName=name)
        if name in self.expected:
            self.expected[name].reserved = None

    @invariant()
    def functions_are_as_expected(self) -> None:
        """Versions keep what they froze, in rising order; aliases and reservations match."""
        functions = self.account.registry.functions
        assert set(functions) == set(self.expected)
        for name, expected in self.expected.items():
            function = functions[name]
            frozen = {n: version.timeout_seconds for n, version in function.versions.items()}
            assert frozen == expected.versions
            assert list(frozen) == sorted(frozen, key=int)
            routes = {n: (a.function_version, dict(a.weights)) for n, a in function.aliases.items()}
            assert routes == expected.aliases
            assert function.reserved_concurrency == expected.reserved

    @invariant()
    def aliases_lead_to_what_exists(self) -> None:
        """No alias points to an absent version, not even with weight zero."""
        for function in self.account.registry.functions.values():
            for alias in function.aliases.values():
                assert alias.versions() <= {*function.versions, "$LATEST"}

    @invariant()
    def a_hundred_stay_unreserved(self) -> None:
        """Whatever was asked for: what is left is the limit less all reservations."""
        reserved = sum(expected.reserved or 0 for expected in self.expected.values())
        left = self.account.registry.unreserved_concurrency()
        assert left == self.account.registry.concurrency_limit - reserved >= 100


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=30, stateful_step_count=50, deadline=None)
