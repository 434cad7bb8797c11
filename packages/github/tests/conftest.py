"""A `gh` whose answers a test writes, and that notes how it was called."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """import json, sys
with open({calls!r}, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
called = " ".join(sys.argv[1:])
for start, (status, text) in json.load(open({answers!r})).items():
    if called.startswith(start):
        print(text, file=sys.stderr if status else sys.stdout)
        sys.exit(status)
sys.exit(f"no answer to {{called}}")
"""


@dataclass
class Gh:
    """It lies first on PATH."""

    folder: Path

    def answer(self, answers: dict[str, tuple[int, str]]) -> None:
        """Answer a call that begins so with that status and text; the first that fits counts."""
        (self.folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")

    @property
    def calls(self) -> list[list[str]]:
        """How it was called."""
        noted = self.folder / "calls.jsonl"
        lines = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gh:
    """Return it."""
    calls, answers = os.fspath(tmp_path / "calls.jsonl"), os.fspath(tmp_path / "answers.json")
    code, program = tmp_path / "gh.py", tmp_path / "gh"
    code.write_text(PROGRAM.format(calls=calls, answers=answers), encoding="utf-8")
    # By a shell: the path of this Python may have a space, and a first line cannot.
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{code}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    return Gh(tmp_path)
