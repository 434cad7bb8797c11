"""What waits: for a concurrency group, for a reviewer; and what may not come in at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.workflows.filters import may_deploy, starts
from rehearsal.workflows.github import DefinitionError
from rehearsal.workflows.groups import LIMIT, Groups
from rehearsal.workflows.runs import proceed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rehearsal.workflows.runs import WorkflowRun
    from rehearsal.workflows.tests.small import Small

STEPS = 'steps: [{run: "true"}]'
ONE_JOB = f"""
release:
  runs-on: u
  environment: reviewed
  concurrency: {{group: release}}
  {STEPS}
"""
TWO_JOBS = f"""
approve: {{runs-on: u, environment: reviewed, {STEPS}}}
release: {{runs-on: u, needs: approve, concurrency: {{group: release, queue: max}}, {STEPS}}}
"""


class Counted:
    """A member of a group that knows whether it was cancelled."""

    def __init__(self, groups: Groups) -> None:
        self.groups, self.cancelled = groups, False

    def cancel(self) -> None:
        """Leave, as a job that waits does."""
        self.cancelled = True
        self.groups.leave(self)


def approve(small: Small, run: WorkflowRun) -> None:
    """Let the run's jobs into the reviewed environment."""
    run.approve("reviewed")
    proceed(small.hosting)


def test_a_job_that_waits_for_a_reviewer_holds_its_group(small: Small) -> None:
    """GitHub takes the group first: the second waits behind it, the third cancels the second."""
    first, second = small.run(ONE_JOB), small.run(ONE_JOB)
    assert [first.result, second.result] == ["waiting", "waiting"]
    approve(small, second)
    assert second.result == "waiting"
    third = small.run(ONE_JOB)
    assert [first.result, second.result, third.result] == ["waiting", "cancelled", "waiting"]
    approve(small, first)
    assert [first.result, third.result] == ["success", "waiting"]
    approve(small, third)
    assert third.result == "success"


def test_an_approval_in_a_job_of_its_own_holds_nobody_up(small: Small) -> None:
    """Three wait for approval; the newest is approved first and goes at once."""
    runs = [small.run(TWO_JOBS) for _ in range(3)]
    assert [run.results() for run in runs] == [{"approve": "waiting"}] * 3
    for run in reversed(runs):
        approve(small, run)
        assert run.results() == {"approve": "success", "release": "success"}


def test_a_run_waits_as_a_whole(small: Small) -> None:
    """With a group of its own a workflow does nothing until the one before it is done."""
    on = "workflow_dispatch\nconcurrency: {group: all}"
    first, second, third = (small.run(TWO_JOBS, on=on) for _ in range(3))
    assert [first.result, second.result, third.result] == ["waiting", "cancelled", "waiting"]
    assert second.results() == {"approve": "skipped", "release": "skipped"}
    assert third.results() == {}
    approve(small, first)
    assert third.results() == {"approve": "waiting"}


def test_cancel_in_progress(small: Small) -> None:
    """The newer run ends the older one, what waits in it too."""
    on = "workflow_dispatch\nconcurrency: {group: all, cancel-in-progress: true}"
    first, second = small.run(TWO_JOBS, on=on), small.run(TWO_JOBS, on=on)
    assert first.results() == {"approve": "cancelled", "release": "skipped"}
    assert second.results() == {"approve": "waiting"}


def test_a_queue_is_first_come_first_served_and_has_an_end() -> None:
    """`queue: max` keeps a hundred; names ignore case; who leaves lets the next one in."""
    groups = Groups()
    members = [Counted(groups) for _ in range(LIMIT + 2)]
    for name, member in zip(["Prod", "prod"] * LIMIT, members, strict=False):
        groups.enter(name, member, queue="max")
    assert [member for member in members if member.cancelled] == members[-1:]
    assert [groups.holds(member) for member in members[:2]] == [True, False]
    groups.leave(members[0])
    assert groups.holds(members[1])


@pytest.mark.parametrize(
    ("environment", "ref", "result"),
    [
        ("main", "refs/heads/main", "success"),
        ("main", "refs/heads/other", "failure"),
        ("main", "refs/pull/7/merge", "failure"),
        ("pulls", "refs/pull/7/merge", "success"),
    ],
)
def test_an_environment_keeps_other_branches_out(
    small: Small, environment: str, ref: str, result: str
) -> None:
    """The rule is matched against the run's ref, which a pull request has of its own."""
    run = small.run(f"j: {{runs-on: u, environment: {environment}, {STEPS}}}", ref=ref)
    assert run.results() == {"j": result}
    assert bool(run.jobs[0].steps) == (result == "success")


def test_stars_of_a_branch_rule_stand_for_no_slash() -> None:
    """As File.fnmatch has them."""
    assert may_deploy(None, "refs/heads/a/b")
    assert may_deploy(["release/*"], "refs/heads/release/1")
    assert not may_deploy(["release/*"], "refs/heads/release/1/2")
    assert not may_deploy(["*"], "refs/pull/7/merge")


@pytest.mark.parametrize(
    ("changed", "started"),
    [
        (["README.md"], False),
        (["docs/a/b.png", "README.md"], False),
        (["docs/a.md", "infra/program.py"], True),
        (["infra/README.md"], True),
        ([], False),
    ],
)
def test_paths_that_start_nothing(changed: Sequence[str], started: bool) -> None:
    """One file that is not ignored starts the workflow; a star ends at a slash, two do not."""
    on = {"branches": ["main"], "paths-ignore": ["docs/**", "*.md"]}
    assert starts(on, "refs/heads/main", changed) == started
    assert not starts(on, "refs/heads/other", ["infra/program.py"])


def test_a_filter_that_is_not_understood_is_refused() -> None:
    """GitHub's patterns know more than stars."""
    with pytest.raises(DefinitionError, match=r"docs/\[ab\]"):
        starts({"paths-ignore": ["docs/[ab]"]}, "refs/heads/main", ["docs/a"])


def test_a_deployment_leaves_a_record_unless_the_job_wants_none(small: Small) -> None:
    """`deployment: false` uses the environment all the same."""
    step = 'steps: [{run: test "$R" = r, env: {R: "${{ vars.REGION }}"}}]'
    job = f"j: {{runs-on: u, environment: {{name: dev, deployment: %s}}, {step}}}"
    for wanted in ("false", "true"):
        assert small.run(job % wanted).result == "success"
    assert small.hosting.deployments == [("dev", "")]
