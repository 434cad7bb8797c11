"""The ledger: what it keeps, and that it cannot disagree with the alias."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

from release.commands.canary import canary
from release.commands.promote import promote
from release.commands.rollback import end_canary, rollback
from release.commands.status import show_ledger
from release.errors import UnavailableError
from release.gate.judge import Request, judge
from release.state import alias, ledger
from release.state.ledger import Entry, Figures
from release.stored import StoredEntry
from release.tests.fakes import OUTPUTS, FakeFunctions, FakeMonitoring, release_of

ANY = replace(OUTPUTS, candidate_version=None)
WATCH = Request("2", bake=10, poll=10)

words = st.text("0123456789abcdef", min_size=8, max_size=8)
numbers = st.integers(1, 10**6).map(str)
whole = st.integers(0, 10**6)
entries = st.builds(
    Entry,
    version=numbers,
    kind=st.sampled_from(ledger.KINDS),
    at=st.just("2026-03-01T12:00:00.000Z"),
    before=st.none() | numbers,
    verdict=st.none() | st.sampled_from(["pass", "fail", "inconclusive", "forced", "rollback"]),
    commit=st.none() | st.text("0123456789abcdef", min_size=12, max_size=12),
    pull=st.none() | numbers,
    who=st.none() | st.text("abcdef-", min_size=1, max_size=39),
    parent=st.none() | words,
    figures=st.none() | st.builds(Figures, *[whole for _ in fields(Figures)]),
    name=words,
)


def released(version: str = "2", functions: FakeFunctions | None = None) -> FakeFunctions:
    """A version went the usual way."""
    functions = functions or FakeFunctions("1", "2", "3")
    monitoring = FakeMonitoring(watched_version=version)
    canary(release_of(functions, outputs=ANY), version, 0.25)
    request = replace(WATCH, version=version)
    judge(release_of(functions, monitoring=monitoring, outputs=ANY), request)
    promote(
        release_of(functions, outputs=ANY), version, commit="0123456789abcdef", pull_request="41"
    )
    return functions


def told(functions: FakeFunctions) -> list[tuple[str, str | None, str, str | None]]:
    """Kind, from, to and verdict, newest first."""
    linked = ledger.read(functions, alias.read(functions))
    return [(entry.kind, entry.before, entry.version, entry.verdict) for entry in linked]


@given(entries, st.text(max_size=400))
def test_an_entry_comes_back_whole_with_as_much_of_its_reason_as_fits(
    entry: Entry, reason: str
) -> None:
    """256 characters hold everything else."""
    full = replace(entry, reason=reason or None)
    text = ledger.encode(full)
    assert len(text) <= 256
    back = ledger.decode(StoredEntry(entry.name, entry.version, text))
    assert back is not None
    assert replace(back, reason=None) == entry
    assert reason.startswith(back.reason or "")


def test_an_entry_from_before_rejected_events_were_counted_has_its_figures() -> None:
    """The ledger outlives what is written into it."""
    old = '{"k":"gate","t":"2026-03-01T12:00:00.000Z","n":[310,1,900,2,0,12,11]}'
    back = ledger.decode(StoredEntry("00000000", "2", old))
    assert back is not None
    assert back.figures == Figures(310, 1, 900, 2, 0, 12, 11, rejected=0, live_rejected=0)


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"k":"other"}', '{"k":1}'])
def test_an_alias_of_somebody_elses_is_no_entry(text: str) -> None:
    """What merely looks like one is left out."""
    assert ledger.decode(StoredEntry("x", "1", text)) is None


def test_a_release_is_told_with_its_figures() -> None:
    """From, to, verdict, figures, commit, pull request, who and when."""
    functions = released()
    seen = alias.read(functions)
    newest = ledger.read(functions, seen)[0]
    assert told(functions) == [("promote", "1", "2", "pass"), ("gate", "1", "2", "pass")]
    assert (newest.commit, newest.pull, newest.at) == (
        "0123456789ab", "41", "2026-03-01T12:00:00.000Z",
    )  # fmt: skip
    assert newest.who
    assert newest.figures is not None
    assert newest.figures.samples == 310
    assert ledger.disagreement(seen, ledger.read(functions, seen)) is None


def test_a_refusal_is_told_too() -> None:
    """A canary that failed leaves an entry with the reason."""
    functions = FakeFunctions("1", "2")
    canary(release_of(functions), "2", 0.25)
    monitoring = FakeMonitoring({"errors": "ALARM"})
    judge(release_of(functions, monitoring=monitoring), WATCH)
    newest = ledger.read(functions, alias.read(functions))[0]
    assert (newest.kind, newest.verdict) == ("gate", "fail")
    assert newest.reason == "errors is in ALARM"


def test_an_entry_whose_writer_lost_its_race_belongs_to_nothing() -> None:
    """It was written before the alias was, and the alias never came to name it."""
    functions = FakeFunctions("1", "2", "3")
    functions.before_write = functions.touch
    promote(release_of(functions, outputs=ANY), "3", reason="race")
    assert len(functions.ledger) == 1
    assert told(functions) == []


def test_a_promotion_without_an_entry_does_not_happen() -> None:
    """What the ledger cannot keep does not go live."""
    functions = FakeFunctions("1", "2")
    functions.no_ledger = True
    with pytest.raises(UnavailableError, match="ledger"):
        promote(release_of(functions), "2", reason="urgent")
    assert functions.writes == 0


def test_a_rollback_does_not_wait_for_its_entry() -> None:
    """It happens all the same, and the ledger is known to lack it."""
    functions = released()
    functions.no_ledger = True
    rollback(release_of(functions))
    seen = alias.read(functions)
    assert seen.version == "1"
    linked = ledger.read(functions, seen)
    told = ledger.disagreement(seen, linked)
    assert "rollback from version 2 to 1 could not be written" in (told or "")
    assert show_ledger(functions, 10).details["disagreement"]
    functions.no_ledger = False
    rollback(release_of(functions), "1", reason="the ledger was away")
    seen = alias.read(functions)
    assert ledger.disagreement(seen, ledger.read(functions, seen)) is None
    assert seen.version == "1"


def test_what_was_rolled_back_from_is_not_tried_again() -> None:
    """The next merge that changes nothing finds the same candidate, and is refused."""
    functions = released()
    rollback(release_of(functions))
    with pytest.raises(UsageError, match="version 2, which was rolled back from"):
        canary(release_of(functions), "2", 0.25)
    assert alias.read(functions).weights == {}


def test_nor_is_the_same_code_under_a_new_number() -> None:
    """A revert of the revert is the artifact that did harm."""
    functions = released()
    rollback(release_of(functions))
    functions.versions["3"] = replace(functions.versions["3"], code_sha256="sha-2")
    with pytest.raises(UsageError, match="rolled back from"):
        canary(release_of(functions, outputs=ANY), "3", 0.25)


def test_a_reason_forces_it_and_is_kept() -> None:
    """Somebody may know better, by name."""
    functions = released()
    rollback(release_of(functions), reason="events failed")
    canary(release_of(functions), "2", 0.25, "the table was mended")
    newest, before = ledger.read(functions, alias.read(functions))[:2]
    assert (newest.kind, newest.verdict, newest.reason) == (
        "canary", "forced", "the table was mended",
    )  # fmt: skip
    assert (before.kind, before.reason) == ("rollback", "events failed")


def test_a_canary_that_a_person_ended_for_a_reason_is_remembered_as_well() -> None:
    """The ledger says that its version was left; cleaning up after a job does not."""
    functions = released()
    canary(release_of(functions, outputs=ANY), "3", 0.25)
    end_canary(release_of(functions, outputs=ANY))
    canary(release_of(functions, outputs=ANY), "3", 0.25)
    end_canary(release_of(functions, outputs=ANY), reason="it drops lines")
    assert told(functions)[0] == ("rollback", "3", "2", "rollback")
    with pytest.raises(UsageError, match="rolled back from"):
        canary(release_of(functions, outputs=ANY), "3", 0.25)


def test_a_version_that_is_live_again_is_forgiven() -> None:
    """Returning to it by name is the last word on it."""
    functions = released()
    rollback(release_of(functions))
    assert set(ledger.left_versions(ledger.read(functions, alias.read(functions)))) == {"2"}
    rollback(release_of(functions), "2", reason="it was not its fault")
    assert ledger.left_versions(ledger.read(functions, alias.read(functions))) == {}


def test_rolls_back_to_a_commit() -> None:
    """The newest version of that commit, by as many digits as somebody types."""
    functions = released("2", FakeFunctions("1", "2", "3"))
    released("3", functions)
    promote(release_of(functions, outputs=ANY), "1", reason="drill")
    rollback(release_of(functions, outputs=ANY), commit="0123456")
    assert alias.read(functions).version == "3"
    with pytest.raises(UsageError, match="no version of commit"):
        rollback(release_of(functions, outputs=ANY), commit="fffffff")


def test_a_damaged_ledger_is_noticed() -> None:
    """Somebody deleted the head, or pointed the alias elsewhere by hand."""
    functions = released()
    seen = alias.read(functions)
    linked = ledger.read(functions, seen)
    assert ledger.disagreement(replace(seen, version="3"), linked)
    functions.delete_entry(linked[0].name)
    assert "not in the ledger" in str(ledger.disagreement(seen, ledger.read(functions, seen)))
    assert ledger.disagreement(replace(seen, record=replace(seen.record, entry=None)), ())


def test_who_decides() -> None:
    """The workflow's actor, else this machine's user."""
    assert ledger.author({"GITHUB_ACTOR": "octocat"}) == "octocat"
    assert ledger.author({})
