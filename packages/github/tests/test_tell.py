"""What fails while nobody looks becomes one issue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from github import tell
from github.cli import RefusedError

if TYPE_CHECKING:
    from github.tests.conftest import Gh

GIVEN = ("acme/orders", "Drift was found", "https://github.com/acme/orders/actions/runs/7")


def listed(*titles: str) -> tuple[int, str]:
    """Return open issues of these titles, numbered from 1."""
    return 0, json.dumps([{"number": n, "title": title} for n, title in enumerate(titles, 1)])


@pytest.mark.parametrize("titles", [(), ("Drift was found elsewhere",)])
def test_the_first_failure_opens_an_issue(gh: Gh, titles: tuple[str, ...]) -> None:
    """Another's title is not enough; the body leads to the run and to the runbooks."""
    gh.answer({"issue list": listed(*titles), "issue create": (0, "https://…/issues/3")})
    assert tell.main(GIVEN) == 0
    created = gh.calls[-1]
    assert created[created.index("--title") + 1] == "Drift was found"
    assert "actions/runs/7" in created[-1]
    assert "docs/runbooks" in created[-1]


def test_the_next_one_is_a_comment(gh: Gh) -> None:
    """On the issue that is open."""
    gh.answer({"issue list": listed("other", "Drift was found"), "issue comment": (0, "")})
    assert tell.main(GIVEN) == 0
    assert gh.calls[-1][:3] == ["issue", "comment", "2"]


def test_what_github_refuses_is_said(gh: Gh) -> None:
    """Such as issues that are switched off."""
    gh.answer({"issue list": (1, "the repository has disabled issues")})
    with pytest.raises(RefusedError, match="gh issue list: the repository has disabled issues"):
        tell.main(GIVEN)
    with pytest.raises(RefusedError, match="nox -s tell"):
        tell.main(())
