from __future__ import annotations

import shutil
import sys
from collections import Counter

import pytest
from emulator.tests.sdks import __main__ as sdks


def test_without_go_and_node_nothing_is_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence for each that is left out, and status 2 where nothing is left."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert sdks.main() == 2
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "Left out, as go is not on PATH: the SDK for Go.",
        "Left out, as npm is not on PATH: the SDK for JavaScript.",
    ]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("print('ok | a'); print('WRONG | b'); raise SystemExit(1)", {"ok": 1, "WRONG": 1}),
        ("print('ok | a'); raise SystemExit(7)", {"ok": 1, "WRONG": 1}),
        ("print('something else')", {}),
    ],
)
def test_verdicts_are_counted(program: str, expected: dict[str, int]) -> None:
    """By line; a program that breaks off is wrong itself."""
    command = [sys.executable, "-c", program]
    assert Counter(sdks.verdicts("Go", command, {})) == expected
