"""What a fork needs on GitHub: said, or done as far as its plan goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from rehearsal.workflows.world import environments

from github import fork
from github.cli import RefusedError
from infra.bootstrap.stack_roles import github_environment, kinds

if TYPE_CHECKING:
    from pathlib import Path

    from github.tests.conftest import Gh

STACKS = ("dev", "staging", "prod")
NAMES = [github_environment(stack, kind) for stack in STACKS for kind in kinds(loaded=True)]
GIVEN = {name: {"AWS_ROLE_ARN": f"arn:{name}", "AWS_REGION": "eu-north-1"} for name in NAMES}


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Return what the bootstrap left."""
    place = tmp_path / "outputs.json"
    place.write_text(json.dumps({"githubEnvironments": GIVEN}), encoding="utf-8")
    return place


def planned(**more: Any) -> list[fork.Action]:
    """Return what is to be done for a fork."""
    return list(fork.plan(fork.Fork("acme/orders", GIVEN, **more)))


def rules(actions: list[fork.Action]) -> dict[str, list[str]]:
    """Return the branches that may use each environment."""
    found: dict[str, list[str]] = {}
    for action in actions:
        path = action.command[3]
        if path.endswith("/deployment-branch-policies") and action.body:
            found.setdefault(path.split("/")[-2], []).append(action.body["name"])
    return found


def test_the_workflows_are_executed_with_what_it_sets_up(tmp_path: Path) -> None:
    """Environments, branch rules and who is asked are those of the executed scenarios."""
    executed = environments(tmp_path, GIVEN)
    assert rules(planned()) == {name: list(one.branches or ()) for name, one in executed.items()}
    assert [name for name, one in executed.items() if one.reviewed] == [fork.APPROVAL]


def test_no_rule_breaks_what_it_is_for() -> None:
    """Pull requests are previewed, and nobody is asked before a rollback, a load or a preview."""
    actions = planned(reviewers=[{"type": "User", "id": 1}])
    assert rules(actions)["prod-preview"] == ["main", "refs/pull/*/merge"]
    asked = [a.command[3].split("/")[-1] for a in actions if a.body and "reviewers" in a.body]
    assert asked == ["prod-approval"]


def test_the_required_check_is_the_one_that_stands_for_all() -> None:
    """Its name is a job's of ci.yml, which the merge queue runs as well."""
    (main,) = [
        a for a in planned() if a.body and a.body.get("name") == "main" and "rules" in a.body
    ]
    text = json.dumps(main.body)
    assert '"context": "all green"' in text
    assert '"require_code_owner_review": true' in text


def test_without_apply_it_only_says(
    gh: Gh, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line per step; gh is not even needed."""
    assert fork.main(["acme/orders", "--outputs", str(outputs)]) == 0
    said = capsys.readouterr().out
    assert "Environments → prod-load → Variables → AWS_ROLE_ARN = arn:prod-load" in said
    assert "Settings → Variables → AWS_REGION = eu-north-1" in said
    assert gh.calls == []


def test_with_apply_gh_does_it(gh: Gh, outputs: Path) -> None:
    """Reviewers by their numbers; a rule that is there already is no failure."""
    gh.answer({
        "api users/mona": (0, "7"), "api orgs/acme/teams/sre": (0, "8"),
        "api --method POST": (1, "HTTP 422: Name must be unique"),
        "api": (0, ""), "variable": (0, ""),
    })  # fmt: skip
    asked = ["acme/orders", "--outputs", str(outputs), "--apply", "--unproven"]
    assert fork.main([*asked, "--reviewers", "mona", "acme/sre"]) == 0
    assert ["variable", "set", "PROVENANCE", "--repo", "acme/orders", "--body", "none"] in gh.calls
    assert ["api", "--method", "PUT", "repos/acme/orders/environments/prod-approval", "--input", "-"
            ] in gh.calls  # fmt: skip


@pytest.mark.parametrize(
    ("refused", "meaning"),
    [
        ("users/mona", None),
        ("--method PUT repos/acme/orders/environments/prod-approval", "nobody is asked before"),
        ("--method POST repos/acme/orders/environments/prod/deploy", "every branch may use its"),
        ("--method POST repos/acme/orders/rulesets", "there is no merge queue"),
    ],
)
def test_what_a_plan_lacks_is_left_and_said(
    gh: Gh, outputs: Path, capsys: pytest.CaptureFixture[str], refused: str, meaning: str | None
) -> None:
    """Everything else is done all the same, and a person reads what it means."""
    no = {f"api {refused}": (1, "HTTP 422: no")}
    gh.answer({"api users/mona": (0, "7"), **no, "api": (0, ""), "variable": (0, "")})
    asked = ["acme/orders", "--outputs", str(outputs), "--apply", "--reviewers", "mona"]
    if meaning is None:  # somebody whom GitHub does not know: told before anything is set
        with pytest.raises(RefusedError, match="HTTP 422"):
            fork.main(asked)
        assert len(gh.calls) == 1
        return
    assert fork.main(asked) == 1
    assert meaning in capsys.readouterr().out.partition("LEFT")[2]
    assert gh.calls[-1][3].endswith("/rulesets")


def test_bad_input_is_one_sentence(gh: Gh, tmp_path: Path) -> None:
    """No bootstrap yet, no repository named, a reviewer whom GitHub does not know."""
    with pytest.raises(RefusedError, match="run the bootstrap first"):
        fork.main(["acme/orders", "--outputs", str(tmp_path / "none.json")])
    with pytest.raises(SystemExit, match="2"):
        fork.main([])
    assert gh.calls == []
