"""One event to the alias."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from release.aws.lambda_functions import Invocation
from release.tests.fakes import event
from release.tests.test_cli import Shell

if TYPE_CHECKING:
    from pathlib import Path


def answered(told: str) -> dict[str, object]:
    """The answer that was shown."""
    answer = json.loads(told[told.index("{") :])
    assert isinstance(answer, dict)
    return answer


def test_an_event_is_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the version behind the alias."""
    shell = Shell(tmp_path)
    file = tmp_path / "event.json"
    file.write_text(event("a", 21))
    assert shell("invoke", str(file)) == 0
    answer = answered(capsys.readouterr().out)
    assert (answer["id"], answer["double"]) == ("a", 42)


def test_without_an_event_the_service_has_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plainest that it must accept, another each time, to the live version by its number."""
    shell = Shell(tmp_path)
    ids = set()
    good = shell.functions.answer
    asked: list[str] = []

    def answer_of(qualifier: str, payload: bytes) -> Invocation:
        asked.append(qualifier)
        return good(qualifier, payload)

    shell.functions.answer = answer_of
    for _ in range(2):
        assert shell("invoke") == 0
        answer = answered(capsys.readouterr().out)
        assert answer["status"] == "confirmed"
        ids.add(answer["id"])
    assert len(ids) == 2
    assert all(str(each).startswith("synthetic-1-") for each in ids)
    assert asked == ["1", "1"]


def test_a_function_that_fails_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 with the function's own error."""
    shell = Shell(tmp_path)
    shell.functions.answer = lambda *_: Invocation(None, "1", error="Unhandled: KeyError: 'sku'")
    assert shell("invoke") == 1
    assert "KeyError" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "{"])
def test_what_is_no_event_is_not_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    """A missing file or one that is no JSON: one sentence, exit 2."""
    shell = Shell(tmp_path)
    shell.functions.answer = lambda *_: pytest.fail("it was sent")
    event = tmp_path / "event.json"
    if content is not None:
        event.write_text(content)
    assert shell("invoke", str(event)) == 2
    assert "event.json" in capsys.readouterr().err
