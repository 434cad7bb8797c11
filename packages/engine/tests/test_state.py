"""The state file: whole or not at all, and in an order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from engine.errors import EngineError
from engine.state import Record, State, write_json

if TYPE_CHECKING:
    from pathlib import Path


def record(*dependencies: str, parent: str = "") -> Record:
    """Return a record that depends on others."""
    return Record("t", "n", custom=True, inputs={}, outputs={"id": "x"}, parent=parent,
                  dependencies=list(dependencies))  # fmt: skip


def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    """Each change is on disk when `put` returns."""
    state = State.load(tmp_path / "state.json")
    state.put("a", record())
    state.put("b", record("a"))
    state.forget(state.kept[0])
    assert State.load(tmp_path / "state.json").urns() == ["b"]
    assert State.load(tmp_path / "state.json").get("b") == record()


def test_half_a_file_is_never_read(tmp_path: Path) -> None:
    """What a killed writer left behind does not count."""
    path = tmp_path / "state.json"
    State.load(path).put("a", record())
    path.with_suffix(".partial").write_text('{"resources.v3": {')
    assert State.load(path).urns() == ["a"]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"resources.v2": {}}', '{"resources.v3": [["a", {}]]}']
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    """The sentence says to remove it."""
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(EngineError, match="remove it and deploy again"):
        State.load(tmp_path / "state.json")


def test_json_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Nothing but the file stays, and its folder is made."""
    write_json(tmp_path / "new" / "outputs.json", {"a": 1})
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["outputs.json"]
    assert json.loads((tmp_path / "new" / "outputs.json").read_text()) == {"a": 1}


def test_a_moved_parent_takes_its_children_along_in_what_is_written(tmp_path: Path) -> None:
    """And what needed it: a deployment that failed before them leaves them where they are found."""
    state = State.load(tmp_path / "state.json")
    group, child = (f"urn:pulumi:dev::shop::{types}" for types in ("G::g", "G$t::n"))
    state.put(group, record())
    state.put(child, record(group, parent=group))
    moved = "urn:pulumi:dev::shop::H$G::g"
    state.settle(moved, record(), group)
    below = "urn:pulumi:dev::shop::H$G$t::n"
    after = State.load(tmp_path / "state.json")
    assert after.urns() == [moved, below]
    assert after.get(below) == record(moved, parent=moved)


def test_what_is_settled_comes_first(tmp_path: Path) -> None:
    """Nothing is before what it needs, also where a deployment stopped half-way."""
    state = State.load(tmp_path / "state.json")
    for urn in "abc":
        state.put(urn, record())
    state.settle("c", record(), "c")
    state.settle("a", record("c"), "a", stands_for=True)
    after = State.load(tmp_path / "state.json")
    assert after.urns() == ["c", "a", "b"]
    assert [kept.urn for kept in after.kept if kept.record.replaced] == ["a"]
