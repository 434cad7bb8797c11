"""The runner of the peers' suites, on suites of a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.tests.peers import __main__ as peers
from emulator.tests.peers import counts, lists
from emulator.tests.peers.suites import Suite

if TYPE_CHECKING:
    from pathlib import Path

SUITE = Suite("moto", ("tests/test_few",), (), {}, fresh=True, time_scale=1, regions={})


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One listed failure."""
    listed = '[moto]\n"It is another\'s" = ["test_few/*::test_listed", "test_few/*::test_gone"]\n'
    tmp_path.joinpath("known.toml").write_text(listed)
    monkeypatch.setattr(lists, "_HERE", tmp_path)
    monkeypatch.setattr(counts, "FILE", tmp_path / "counts.json")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("found", "new", "told"),
    [
        ({"test_listed[a-b]": "failed"}, False, "1 failed (1 known, 0 new)"),
        ({"test_listed_too": "failed"}, True, "New failure: tests/test_few/a.py::test_listed_too"),
        ({"test_listed": "passed"}, False, "Passes, take it off known.toml"),
        ({"test_other": "out of scope"}, False, "0 passed, 1 out of scope, 0 failed"),
        (
            {"test_other": "passed"},
            False,
            "Names no test, take it off known.toml",
        ),
    ],
)
def test_what_is_listed_is_told_from_what_is_new(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    found: dict[str, str],
    new: bool,
    told: str,
) -> None:
    """A known failure, a new one, and what the list need no longer name."""
    ended = {f"tests/test_few/a.py::{name}": how for name, how in found.items()}
    assert peers._tell(SUITE, tmp_path, ended, SUITE.tests) is new
    assert told in capsys.readouterr().out
    (kept,) = counts.load().values()
    assert (kept.passed, kept.out_of_scope, kept.failed) == tuple(
        list(found.values()).count(how) for how in ("passed", "out of scope", "failed")
    )


def test_a_folder_without_the_suites_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, and nothing runs."""
    assert peers.main([str(tmp_path)]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "name a folder that holds clones of localstack/localstack and getmoto/moto" in sentence
