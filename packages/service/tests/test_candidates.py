"""The catalogue of candidates, and the files that make a service one of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from service.candidates import COLD_SHIFT, GOOD, injected, names, overlay
from service.declaration import load

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = load("order_processor")


def files(made: Path) -> set[str]:
    """What an overlay holds of the package."""
    return {path.name for path in (made / SERVICE.name).iterdir()}


def test_there_are_at_least_thirty_bad_candidates() -> None:
    """Each says in its first sentence what is wrong with it; a good one is none of them."""
    assert len(names(SERVICE)) >= 30
    assert not {GOOD, COLD_SHIFT, "wiring"} & set(names(SERVICE))
    for name in names(SERVICE):
        assert injected(SERVICE, name).endswith(".")
        assert injected(SERVICE, name) != name


@pytest.mark.parametrize("name", [*names(SERVICE), GOOD, COLD_SHIFT])
def test_every_candidate_changes_the_package_and_names_itself(tmp_path: Path, name: str) -> None:
    """A candidate without a file would rehearse the good release under a bad name."""
    made = overlay(SERVICE, name, tmp_path)
    assert made == tmp_path / name
    of_any = name in (GOOD, COLD_SHIFT)
    assert files(made) == {"version.py", *(() if of_any else ("candidate.py", "wiring.py"))}
    assert f'LABEL = "{name}"' in (made / SERVICE.name / "version.py").read_text()
    for path in (made / SERVICE.name).iterdir():
        assert ast.get_docstring(ast.parse(path.read_text()))


def test_an_overlay_is_made_anew(tmp_path: Path) -> None:
    """Nothing of an earlier one stays in it."""
    (overlay(SERVICE, "slow", tmp_path) / SERVICE.name / "left.py").touch()
    assert "left.py" not in files(overlay(SERVICE, "slow", tmp_path))


def test_an_unknown_candidate_is_refused(tmp_path: Path) -> None:
    """With those that there are; nothing is written."""
    with pytest.raises(
        UsageError, match="no candidate 'fast'; there are: good-release, cold-shift"
    ):
        overlay(SERVICE, "fast", tmp_path)
    assert not list(tmp_path.iterdir())
