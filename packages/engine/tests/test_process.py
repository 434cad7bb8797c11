"""The engine as a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
import pytest
from engine.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


def test_an_unknown_stack_ends_with_one_sentence(tmp_path: Path) -> None:
    """From the process of its own the sentence comes back as an error."""
    with pytest.raises(engine.EngineError) as caught:
        engine.up("moon", directory=tmp_path)
    assert str(caught.value) == (
        "There is no stack 'moon': choose one of dev, local, prod, staging."
    )


def test_bad_input_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stderr."""
    assert main(["up", "--stack", "moon"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_override_is_a_pair(capsys: pytest.CaptureFixture[str]) -> None:
    """`--config` without a value is refused by the parser."""
    with pytest.raises(SystemExit) as end:
        main(["up", "--stack", "local", "--config", "artifact"])
    assert end.value.code == 2
    assert "'artifact' is not KEY=VALUE" in capsys.readouterr().err
