"""A module that is put off is the module itself, as soon as something is asked of it."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest
from order_processor.startup import defer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOADED: list[str] = []
BODY = f"from {__name__} import LOADED\nLOADED.append(__name__)\nVALUE = __name__\n"
NAMES = ["put_off", "put_off_package", "put_off_package.inner"]


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three modules that tell when they are loaded; none stays."""
    (tmp_path / "put_off.py").write_text(BODY)
    (tmp_path / "put_off_package").mkdir()
    (tmp_path / "put_off_package" / "__init__.py").write_text(BODY)
    (tmp_path / "put_off_package" / "inner.py").write_text(BODY)
    monkeypatch.syspath_prepend(str(tmp_path))
    LOADED.clear()
    yield
    for name in NAMES:
        sys.modules.pop(name, None)


def test_it_is_loaded_when_something_is_asked_of_it() -> None:
    """Not by an import, however often; once, by its first attribute; the same object before."""
    defer(["put_off"])
    first, second = (importlib.import_module("put_off") for _ in range(2))
    assert LOADED == []
    assert first is second
    assert (first.VALUE, second.VALUE) == ("put_off", "put_off")
    assert LOADED == ["put_off"]
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = first.absent


def test_a_submodule_is_found_in_its_package() -> None:
    """By `from package import module` as by the attribute."""
    defer(["put_off_package.inner"])
    package = importlib.import_module("put_off_package")
    assert LOADED == ["put_off_package"]
    assert package.inner is sys.modules["put_off_package.inner"]
    assert package.inner.VALUE == "put_off_package.inner"


def test_a_package_is_put_off_with_what_is_below_it() -> None:
    """What is below it is found without loading it first."""
    defer(["put_off_package"])
    assert importlib.import_module("put_off_package.inner").VALUE == "put_off_package.inner"
    assert LOADED == ["put_off_package.inner"]


def test_what_is_there_or_nowhere_is_left_alone() -> None:
    """A module that is in use keeps its content; a name without a module fails at its import."""
    module = importlib.import_module("put_off")
    defer(["put_off", "no_such_module"])
    assert sys.modules["put_off"] is module
    assert "no_such_module" not in sys.modules
    assert LOADED == ["put_off"]
