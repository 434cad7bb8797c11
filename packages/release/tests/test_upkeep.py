"""Pruning, drift and the built artifact."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

from release.aws.lambda_functions import Configured, Version
from release.commands import verify as artifact
from release.commands.canary import canary
from release.commands.drift import canary_findings, drift
from release.commands.promote import promote
from release.commands.prune import prune
from release.commands.rollout import Rollout, RolloutRequest
from release.gate.judge import Request
from release.plans import PLANS
from release.result import Exit
from release.state import alias, ledger
from release.state.versions import check_target, wait_until_made
from release.stored import StoredEntry
from release.tests.fakes import OUTPUTS, FakeClock, FakeFunctions, FakeMonitoring, release_of

if TYPE_CHECKING:
    from pathlib import Path

ANY = replace(OUTPUTS, candidate_version=None)
PYTHON = shlex.quote(sys.executable)


def with_history(length: int) -> FakeFunctions:
    """Version after version went live, and a newer one is published."""
    functions = FakeFunctions(*(str(number) for number in range(1, length + 2)))
    for number in range(2, length + 1):
        promote(release_of(functions, outputs=ANY), str(number), reason="next")
    return functions


@given(st.integers(3, 12), st.integers(2, 8))
def test_pruning_keeps_what_is_needed(length: int, keep: int) -> None:
    """Live, previous, the newest and those of the entries that are kept; all others go."""
    functions = with_history(length)
    canary(release_of(functions, outputs=ANY), "1", 0.1, "to see it once more")
    result = prune(release_of(functions, outputs=ANY), keep)
    seen = alias.read(functions)
    linked = ledger.read(functions, seen)
    assert len(linked) == min(keep, length)
    left = set(functions.versions)
    assert {seen.version, seen.record.previous, "1", str(length + 1)} <= left
    assert {entry.version for entry in linked} <= left
    named = {entry.before for entry in linked} | {entry.version for entry in linked}
    assert left == {seen.version, seen.record.previous, "1", str(length + 1)} | named
    assert ledger.disagreement(seen, linked) is None
    assert prune(release_of(functions, outputs=ANY), keep).details["deletedVersions"] == []
    assert result.exit is Exit.DONE


def test_pruning_forgets_dead_orphans_only() -> None:
    """A young one may be a promotion that is about to write the alias."""
    functions = with_history(3)
    for name, at in (("old", "2026-02-01T00:00:00Z"), ("new", "2026-03-01T11:59:00Z")):
        entry = ledger.Entry("1", "promote", at, name=name)
        ledger.write(functions, entry)
    functions.add_entry(StoredEntry("foreign", "1", "somebody else's"))
    prune(release_of(functions, outputs=ANY), 10)
    assert "old" not in functions.ledger
    assert {"new", "foreign"} <= set(functions.ledger)


def test_pruning_keeps_the_last_move_behind_many_verdicts() -> None:
    """However many candidates were refused since, the ledger says what is live and why."""
    functions = with_history(2)
    for _ in range(5):
        seen = alias.read(functions)
        entry = ledger.Entry("3", "gate", "2026-03-01T12:00:00Z", parent=seen.record.entry)
        alias.record_verdict(functions, seen, "fail", ledger.write(functions, entry))
    prune(release_of(functions, outputs=ANY), 2)
    linked = ledger.read(functions, alias.read(functions))
    assert linked[-1].kind == "promote"


def test_what_is_newer_than_live_and_candidate_is_kept() -> None:
    """The outputs are of an earlier deployment: what a later one made may be released soon."""
    functions = FakeFunctions(*"123456")
    promote(release_of(functions, outputs=ANY), "3", reason="first")
    outputs = replace(OUTPUTS, candidate_version="4")
    assert prune(release_of(functions, outputs=outputs), 2).details["deletedVersions"] == ["2"]
    assert list(functions.versions) == ["1", "3", "4", "5", "6"]


def test_fewer_are_kept_where_each_costs_a_snapshot() -> None:
    """And the result says how many do; what was asked for prevails."""
    functions = with_history(20)
    functions.snapped = set(functions.versions)
    result = prune(release_of(functions, outputs=ANY))
    seen = alias.read(functions)
    assert len(ledger.read(functions, seen)) == 9
    assert result.details["snapshots"] == len(functions.versions) < 20
    assert result.message.endswith(
        f"{len(functions.versions)} versions are kept with a snapshot, which costs."
    )
    functions = with_history(20)
    functions.snapped = set(functions.versions)
    prune(release_of(functions, outputs=ANY), 15)
    assert len(ledger.read(functions, alias.read(functions))) == 15
    assert "snapshot" not in prune(release_of(with_history(3), outputs=ANY)).message


def test_a_version_is_waited_for_while_its_snapshot_is_taken() -> None:
    """With a line now and then; one without a snapshot is there at once; patience has an end."""
    functions, clock, said = FakeFunctions("1", "2"), FakeClock(), list[str]()
    wait_until_made(release_of(functions, clock=clock, say=said.append), "2")
    assert not said
    functions.versions["2"] = Version("2", "sha-2", "Pending")

    def active() -> None:
        if clock.elapsed > 60:
            functions.versions["2"] = Version("2", "sha-2", "Active")

    clock.on_sleep = active
    wait_until_made(release_of(functions, clock=clock, say=said.append), "2")
    assert 60 < clock.elapsed < 70
    assert len(said) >= 6
    assert "Pending: Lambda takes its snapshot" in said[0]
    functions.versions["2"], clock.on_sleep = Version("2", "sha-2", "Pending"), None
    wait_until_made(release_of(functions, clock=clock, say=said.append), "2")
    with pytest.raises(UsageError, match="Version 2 is Pending: repeat once it is Active"):
        check_target(release_of(functions, outputs=ANY), "2")


def test_pruning_to_nothing_is_refused() -> None:
    """Two entries at least."""
    with pytest.raises(UsageError, match="at least 2"):
        prune(release_of(with_history(2), outputs=ANY), 1)


GOOD = replace(OUTPUTS, reserved_concurrency=5, dead_letter_arn="arn:dlq", table="the-table")


def configured() -> FakeFunctions:
    """A function as the program made it."""
    functions = FakeFunctions("1", "2")
    for number in functions.versions:
        settings = Configured("arn:dlq", {"TABLE": "the-table"})
        functions.versions[number] = Version(number, f"sha-{number}", "Active", settings)
    return functions


def findings(functions: FakeFunctions, monitoring: FakeMonitoring, **changes: object) -> list[str]:
    """What has drifted."""
    outputs = replace(GOOD, **changes)  # type: ignore[arg-type]
    result = drift(release_of(functions, monitoring=monitoring, outputs=outputs))
    found = result.details["findings"]
    assert isinstance(found, list)
    assert result.exit is (Exit.FAIL if found else Exit.DONE)
    return found


def test_nothing_has_drifted_after_a_release() -> None:
    """Not before one either."""
    functions = configured()
    assert findings(functions, FakeMonitoring()) == []
    promote(release_of(functions, outputs=GOOD), "2", reason="first")
    assert findings(functions, FakeMonitoring()) == []


def test_each_difference_is_named() -> None:
    """One sentence per thing."""
    functions = configured()
    (other,) = findings(functions, FakeMonitoring(), dead_letter_arn="arn:other")
    assert other == "version 1 has the DLQ arn:dlq, not arn:other"
    (reserved,) = findings(functions, FakeMonitoring(), reserved_concurrency=9)
    assert reserved == "the reserved concurrency is 5, not 9"
    assert len(findings(functions, FakeMonitoring(watched_version="1"))) == 3
    assert len(findings(functions, FakeMonitoring(states={"errors": "ABSENT"}))) >= 1
    (code,) = findings(functions, FakeMonitoring(), code_sha256="other")
    assert code == "version 2 does not hold the deployed artifact"


def test_an_alias_moved_by_hand_is_found() -> None:
    """A version or weights that no entry explains."""
    functions = configured()
    promote(release_of(functions, outputs=GOOD), "2", reason="first")
    assert functions.alias is not None
    functions.alias = replace(functions.alias, version="1", weights={"2": 0.5})
    found = findings(functions, FakeMonitoring())
    assert "the ledger's last move is to version 2, not 1" in found
    assert "the alias weighs version 2, which no canary on record explains" in found


def built(folder: Path, **changes: object) -> Path:
    """A zip and its manifest."""
    folder.mkdir(exist_ok=True)
    (folder / "echo.zip").write_bytes(b"zip")
    code = base64.b64encode(hashlib.sha256(b"zip").digest()).decode()
    git = {"commit": "a" * 40, "pullRequest": "12"}
    content = {"artifact": "echo.zip", "codeSha256": code, "git": git} | changes
    path = folder / "manifest.json"
    path.write_text(json.dumps(content))
    return path


def test_a_manifest_is_read_and_its_zip_compared(tmp_path: Path) -> None:
    """Digest, commit and pull request."""
    manifest = artifact.load(built(tmp_path))
    assert (manifest.commit, manifest.pull_request) == ("a" * 40, "12")
    artifact.verify(manifest)
    manifest.zip_path.write_bytes(b"other")
    with pytest.raises(UsageError, match="not what its manifest describes"):
        artifact.verify(manifest)
    manifest.zip_path.unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        artifact.verify(manifest)


def test_the_folder_of_all_services_has_each_ones(tmp_path: Path) -> None:
    """What a workflow names is the folder; the outputs say which service it is about."""
    built(tmp_path / "echo", codeSha256="echoes")
    built(tmp_path / "other", codeSha256="others")
    assert artifact.load(tmp_path, "echo").code_sha256 == "echoes"
    with pytest.raises(UsageError, match=r"There is no manifest .*absent"):
        artifact.load(tmp_path, "absent")


@pytest.mark.parametrize("changes", [{"artifact": 1}, {"codeSha256": None}, {"artifact": None}])
def test_a_bad_manifest_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    """One sentence."""
    with pytest.raises(UsageError, match="build"):
        artifact.load(built(tmp_path, **changes))
    with pytest.raises(UsageError, match="no manifest"):
        artifact.load(tmp_path / "absent.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        artifact.load(tmp_path / "broken.json")


def test_provenance_is_asked_of_a_command(tmp_path: Path) -> None:
    """It gets the zip's path, and success is the only proof."""
    manifest = artifact.load(built(tmp_path))
    script = "import sys, pathlib; sys.exit(pathlib.Path(sys.argv[1]).read_bytes() != b'zip')"
    artifact.verify(manifest, f'{PYTHON} -c "{script}" {{artifact}}')


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (f"{PYTHON} -c 'raise SystemExit(4)'", "ended with 4): do not deploy it"),
        ("/no/such/tool {artifact}", "'/no/such/tool' cannot be run (No such file or directory)"),
        (f"{PYTHON} -c 'import time; time.sleep(60)'", "said nothing within"),
        ("'unclosed", "no command (No closing quotation)"),
        ("", "no command"),
    ],
)
def test_anything_but_success_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, says: str
) -> None:
    """Failed, absent, silent or no command at all: refused, with what to do."""
    monkeypatch.setattr(artifact, "VERIFY_SECONDS", 0.5)
    manifest = artifact.load(built(tmp_path))
    with pytest.raises(UsageError) as refused:
        artifact.verify(manifest, command)
    assert says in str(refused.value)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_a_version_must_hold_what_was_built() -> None:
    """Whatever the outputs say, the manifest that was named decides."""
    functions = FakeFunctions("1", "2")
    check_target(release_of(functions, outputs=replace(OUTPUTS, built_sha256="sha-2")), "2")
    with pytest.raises(UsageError, match="not the manifest's other"):
        check_target(release_of(functions, outputs=replace(OUTPUTS, built_sha256="other")), "2")


@pytest.mark.parametrize(
    ("watch", "minutes", "found"),
    [(1200, 24, False), (1200, 26, True), (None, 64, False), (None, 66, True)],
)
def test_a_canary_that_nobody_watches_any_longer_has_drifted(
    watch: int | None, minutes: int, found: bool
) -> None:
    """Its bake time and patience are over, and five minutes for what surrounds them."""
    functions = FakeFunctions("1", "2")
    clock = FakeClock()
    canary(release_of(functions, clock=clock), "2", 0.1, watch=watch)
    clock.sleep(60.0 * minutes)
    findings = canary_findings(alias.read(functions), clock.now())
    assert [f"for {minutes} min" in finding for finding in findings] == [True] * found


def test_the_rollout_says_for_how_long_it_watches() -> None:
    """The alias notes bake time and patience with the canary."""
    functions = FakeFunctions("1", "2")
    clock = FakeClock()
    gate = Request("2", bake=600, on_inconclusive="synthetic", patience=600)
    clock.on_sleep = lambda: functions.touch()
    wanted = RolloutRequest("2", PLANS["canary"], gate)
    outputs = replace(OUTPUTS, reserved_concurrency=5)
    Rollout(release_of(functions, outputs=outputs, clock=clock), wanted).run()
    candidate = alias.read(functions).record.candidate
    assert candidate is not None
    assert candidate.watch == 1200
