"""One contract for the fake and the emulated Lambda, so that tests on the fake mean something."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import boto3
import pytest
from console.errors import UsageError

from release.aws.lambda_functions import LambdaFunctions
from release.commands.promote import promote
from release.errors import AliasChangedError
from release.result import Exit
from release.state import alias
from release.tests.fakes import FakeFunctions, Wrapped, event, release_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from release.aws.lambda_functions import Functions
    from release.stored import StoredAlias
    from release.tests.conftest import Stack


@pytest.fixture(params=["fake", "emulated"])
def make(request: pytest.FixtureRequest) -> Callable[[], Functions]:
    """Opens the same function (versions 1 to 3, alias on 1), once per caller."""
    if request.param == "fake":
        fake = FakeFunctions("1", "2", "3")
        return lambda: fake
    stack: Stack = request.getfixturevalue("stack")
    return lambda: LambdaFunctions(boto3.Session(), stack.function, "production")


def test_reads_back_what_was_written(make: Callable[[], Functions]) -> None:
    """Version, weights and description, under a new revision."""
    functions = make()
    before = functions.read_alias()
    written = functions.write_alias("1", {"2": 0.25}, "note", before.revision)
    assert functions.read_alias() == written
    assert (written.version, dict(written.weights), written.description) == (
        "1", {"2": 0.25}, "note",
    )  # fmt: skip
    assert written.revision != before.revision


def test_empty_weights_clear(make: Callable[[], Functions]) -> None:
    """A write without weights leaves none."""
    functions = make()
    weighted = functions.write_alias("1", {"2": 0.25}, "", functions.read_alias().revision)
    assert functions.write_alias("2", {}, "", weighted.revision).weights == {}


def test_an_old_revision_is_refused(make: Callable[[], Functions]) -> None:
    """The compare in compare-and-swap."""
    functions = make()
    old = functions.read_alias().revision
    now = functions.write_alias("1", {}, "note", old)
    with pytest.raises(AliasChangedError):
        functions.write_alias("2", {}, "", old)
    assert functions.read_alias() == now


def test_an_alias_that_is_there_is_not_made_again(make: Callable[[], Functions]) -> None:
    """Of two that bring it back, or of one and a deployment, the first stands."""
    functions = make()
    before = functions.read_alias()
    with pytest.raises(AliasChangedError):
        functions.create_alias("2", "")
    assert functions.read_alias() == before


@pytest.mark.parametrize(("version", "weights"), [("9", {}), ("1", {"9": 0.5}), ("1", {"1": 0.5})])
def test_impossible_targets_are_refused(
    make: Callable[[], Functions], version: str, weights: dict[str, float]
) -> None:
    """Missing versions, and a version beside itself, change nothing."""
    functions = make()
    before = functions.read_alias()
    with pytest.raises(UsageError):
        functions.write_alias(version, weights, "", before.revision)
    assert functions.read_alias() == before


def test_versions_are_found_by_number(make: Callable[[], Functions]) -> None:
    """Existing ones are Active and have a digest each; others are None."""
    functions = make()
    found = [functions.find_version(number) for number in ("1", "2", "9")]
    assert found[2] is None
    assert found[0] is not None
    assert found[1] is not None
    assert (found[0].number, found[0].state) == ("1", "Active")
    assert found[0].code_sha256 != found[1].code_sha256


def test_a_version_runs_by_its_number(make: Callable[[], Functions]) -> None:
    """The reply names the version; an event that is no JSON is an error, not an exception."""
    functions = make()
    run = functions.invoke("2", event("a").encode())
    assert (run.error, run.executed_version) == (None, "2")
    assert functions.invoke("2", b"no json").error is not None


class LinedUp(Wrapped):
    """A store whose callers all read before any of them writes."""

    def __init__(self, inner: Functions, together: threading.Barrier) -> None:
        super().__init__(inner)
        self._together = together

    def write_alias(
        self, version: str, weights: Mapping[str, float], description: str, revision: str
    ) -> StoredAlias:
        """Write once everybody is here."""
        self._together.wait()
        return self.inner.write_alias(version, weights, description, revision)


def test_of_eight_racing_promotions_one_wins(make: Callable[[], Functions]) -> None:
    """Even promotions of the same version: one write lands, seven are told."""
    racers = 8
    together = threading.Barrier(racers, timeout=30)
    stores = [LinedUp(make(), together) for _ in range(racers)]

    def race(store: LinedUp) -> Exit:
        return promote(release_of(store), "3", reason="race").exit

    with ThreadPoolExecutor(racers) as pool:
        exits = sorted(pool.map(race, stores))
    assert exits == [Exit.DONE, *[Exit.FAIL] * (racers - 1)]
    assert alias.read(make()).record.previous == "1"
