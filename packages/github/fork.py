"""`python -m github.fork OWNER/NAME`: the environments, variables and rules that a fork needs.

By itself it says what is to be done, a line each; with `--apply` `gh` does it, and only what GitHub
refuses, for want of a plan or of rights, is left to a person, with what it means. It may be run
again: everything is set, nothing is added to. What it sets is read from what the bootstrap left.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import closed_output
from console.arguments import Parser

from github.cli import RefusedError, end, gh

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OUTPUTS = Path("build/bootstrap/account/outputs.json")
APPROVAL = "prod-approval"
"""The environment of the job that asks production's reviewers, and of nothing else."""

UNREVIEWED = (
    "nobody is asked before production: reviewers of a private repository need GitHub Enterprise "
    "Cloud. Whoever may merge may release"
)
UNRULED = (
    "every branch may use its role: branch rules of a private repository need GitHub Team. Whoever "
    "may push may release"
)
UNPROTECTED = (
    "main is not protected: rules of a private repository need GitHub Team. Merge by pull request "
    "all the same, when `all green` is green"
)
UNQUEUED = (
    "there is no merge queue: it needs an organisation, and for a private repository GitHub "
    "Enterprise Cloud. Two pull requests that break together are found on main, before any release"
)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: where a person would, and how `gh` does; `without` is what refusal means."""

    says: str
    command: tuple[str, ...]
    body: Mapping[str, Any] | None = None
    without: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """Whose it is: reviewers by login, or as ORG/TEAM; `proven` without attestations is False."""

    repository: str
    environments: Mapping[str, Mapping[str, str]]
    reviewers: Sequence[Mapping[str, Any]] = field(default_factory=list)
    proven: bool = True


def plan(fork: Fork) -> Iterator[Action]:
    """Everything in its order."""
    for name, variables in fork.environments.items():
        yield from _environment(fork, name, variables)
    yield _restricted(fork, APPROVAL, {})
    yield _branch(fork, APPROVAL, "main")
    if fork.reviewers:
        yield _reviewers(fork)
    # The workflows take this one for the sign that there is an account.
    region = next(iter(fork.environments.values()))["AWS_REGION"]
    repository = {"AWS_REGION": region} | ({} if fork.proven else {"PROVENANCE": "none"})
    for name, value in repository.items():
        where = ("variable", "set", name, "--repo", fork.repository, "--body", value)
        yield Action(f"Settings → Variables → {name} = {value}", where)
    yield _rules(fork)
    yield _queue(fork)


def _environment(fork: Fork, name: str, variables: Mapping[str, str]) -> Iterator[Action]:
    yield _restricted(fork, name, {})
    yield _branch(fork, name, "main")
    if name.endswith("-preview"):
        yield _branch(fork, name, "refs/pull/*/merge")
    for variable, value in variables.items():
        where = ("variable", "set", variable, "--env", name, "--repo", fork.repository)
        says = f"Settings → Environments → {name} → Variables → {variable} = {value}"
        yield Action(says, (*where, "--body", value))


def _restricted(fork: Fork, name: str, more: Mapping[str, Any], without: str = UNRULED) -> Action:
    policy = {"protected_branches": False, "custom_branch_policies": True}
    path = f"repos/{fork.repository}/environments/{name}"
    body = {"deployment_branch_policy": policy, **more}
    says = f"Settings → Environments → {name}: selected branches only"
    return Action(says, _api("PUT", path), body, f"{name}: {without}")


def _reviewers(fork: Fork) -> Action:
    reviewers = {"reviewers": list(fork.reviewers), "prevent_self_review": True}
    action = _restricted(fork, APPROVAL, reviewers, UNREVIEWED)
    says = f"Settings → Environments → {APPROVAL}: required reviewers, selected branches only"
    return Action(says, action.command, action.body, action.without)


def _branch(fork: Fork, name: str, branch: str) -> Action:
    path = f"repos/{fork.repository}/environments/{name}/deployment-branch-policies"
    says = f"Settings → Environments → {name} → Deployment branches → {branch}"
    return Action(
        says, _api("POST", path), {"name": branch, "type": "branch"}, f"{name}: {UNRULED}"
    )


def _rules(fork: Fork) -> Action:
    checks = {
        "strict_required_status_checks_policy": False,
        "required_status_checks": [{"context": "all green"}],
    }
    review = {
        "required_approving_review_count": 1, "require_code_owner_review": True,
        "dismiss_stale_reviews_on_push": True, "require_last_push_approval": True,
        "required_review_thread_resolution": True,
    }  # fmt: skip
    rules: list[dict[str, Any]] = [
        {"type": "deletion"},
        {"type": "non_fast_forward"},
        {"type": "pull_request", "parameters": review},
        {"type": "required_status_checks", "parameters": checks},
    ]
    says = "Settings → Rules → main: by pull request, reviewed by owners, with `all green` green"
    return Action(says, _api("POST", _rulesets(fork)), _ruleset("main", rules), UNPROTECTED)


def _queue(fork: Fork) -> Action:
    parameters = {
        "merge_method": "SQUASH", "grouping_strategy": "ALLGREEN",
        "check_response_timeout_minutes": 60, "max_entries_to_build": 5,
        "max_entries_to_merge": 1, "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 0,
    }  # fmt: skip
    rules = [{"type": "merge_queue", "parameters": parameters}]
    says = "Settings → Rules → main: merge queue"
    return Action(says, _api("POST", _rulesets(fork)), _ruleset("merge queue", rules), UNQUEUED)


def _rulesets(fork: Fork) -> str:
    return f"repos/{fork.repository}/rulesets"


def _ruleset(name: str, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "name": name, "target": "branch", "enforcement": "active", "rules": list(rules),
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    }  # fmt: skip


def _api(method: str, path: str) -> tuple[str, ...]:
    return ("api", "--method", method, path)


def apply(actions: Sequence[Action]) -> list[str]:
    """Do it all; returns what is left to a person, and what that means."""
    left = []
    for action in actions:
        try:
            _do(action)
            print(f"done  {action.says}", flush=True)
        except RefusedError as error:
            print(f"NOT   {action.says}\n      {error}", flush=True)
            left.append(action.without or action.says)
    return list(dict.fromkeys(left))


def _do(action: Action) -> None:
    body = None if action.body is None else json.dumps(action.body)
    try:
        gh(*action.command, *([] if body is None else ["--input", "-"]), given=body)
    except RefusedError as error:
        # A second run meets what the first one made.
        if "already exists" not in str(error) and "must be unique" not in str(error):
            raise


def main(arguments: Sequence[str]) -> int:
    """0 once all is said or done, 1 if something is left; RefusedError for bad input."""
    options = _parser().parse_args(arguments)
    reviewers = [_reviewer(name) for name in options.reviewers] if options.apply else [
        {"type": "User", "id": name} for name in options.reviewers
    ]  # fmt: skip
    fork = Fork(options.repository, _outputs(options.outputs), reviewers, not options.unproven)
    actions = list(plan(fork))
    if not options.apply:
        print("\n".join(action.says for action in actions))
        print(f"{len(actions)} steps; with --apply `gh` does them.")
        return 0
    left = apply(actions)
    for meaning in left:
        print(f"LEFT  {meaning}.")
    return int(bool(left))


def _outputs(path: Path) -> Mapping[str, Mapping[str, str]]:
    try:
        found: Mapping[str, Mapping[str, str]] = json.loads(path.read_text())["githubEnvironments"]
    except (OSError, ValueError, KeyError):
        raise RefusedError(
            f"{path} does not say which environments there are: run the bootstrap first "
            "(infra/bootstrap/README.md)."
        ) from None
    return found


def _reviewer(name: str) -> dict[str, Any]:
    """GitHub wants numbers; raises RefusedError for a name that it does not know."""
    organisation, _, team = name.partition("/")
    path = f"orgs/{organisation}/teams/{team}" if team else f"users/{name}"
    return {"type": "Team" if team else "User", "id": int(gh("api", path, "--jq", ".id"))}


def _parser() -> Parser:
    parser = Parser(prog="fork", description=__doc__)
    parser.add_argument("repository", metavar="OWNER/NAME")
    parser.add_argument(
        "--reviewers", nargs="+", default=[], metavar="WHO", help="logins, or ORG/TEAM: at most six"
    )
    parser.add_argument(
        "--unproven", action="store_true", help="release without attestations, and say so each time"
    )
    parser.add_argument("--outputs", type=Path, default=OUTPUTS, help="what the bootstrap left")
    parser.add_argument("--apply", action="store_true", help="do it, instead of saying it")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    end(main)
