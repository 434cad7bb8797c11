"""The state file: whole or not at all, and an order to delete in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.engine.errors import EngineError
from rehearsal.engine.state import Record, State, deletion_order, write_json

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
    state.remove("a")
    assert State.load(tmp_path / "state.json").urns() == ["b"]
    assert State.load(tmp_path / "state.json").get("b") == record("a")


def test_half_a_file_is_never_read(tmp_path: Path) -> None:
    """What a killed writer left behind does not count."""
    path = tmp_path / "state.json"
    State.load(path).put("a", record())
    path.with_suffix(".partial").write_text('{"resources.v2": {')
    assert State.load(path).urns() == ["a"]


@pytest.mark.parametrize("text", ["", "[]", '{"resources.v1": {}}', '{"resources.v2": {"a": {}}}'])
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


@given(st.lists(st.lists(st.integers(0, 19), max_size=4), max_size=20), st.randoms())
def test_nothing_is_deleted_before_what_depends_on_it(links: list[list[int]], rng: object) -> None:
    """For any graph without cycles, in any order of deployment."""
    urns = [str(number) for number in range(len(links))]
    graph = {u: record(*(str(d) for d in links[i] if d < i)) for i, u in enumerate(urns)}
    shuffled = list(graph)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    order = [urn for urn, _ in deletion_order([(urn, graph[urn]) for urn in shuffled])]
    assert sorted(order) == sorted(graph)
    for urn, found in graph.items():
        assert all(order.index(urn) < order.index(needed) for needed in found.dependencies)
