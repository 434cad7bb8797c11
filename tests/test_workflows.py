"""The workflow files: thin, pinned, with the least rights, and naming only what exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rehearsal.cli
import yaml
from console.checkout import ROOT
from github.provenance import options
from rehearsal.workflows.filters import starts
from rehearsal.workflows.sessions import sessions
from release.cli.arguments import parse
from release.plans import SHIPPED

from loadtest.scenarios import LOAD_TESTS

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
FILES = [*WORKFLOWS, *ACTIONS]
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
OWN = re.compile(r"uses: \$/(\S+)$")
RELEASED = ("dev", "staging", "prod")
RELEASE_COMMANDS = {"prune", "rollback", "rollout", "status", "watch"}

Mapping = dict[Any, Any]


def load(path: Path) -> Mapping:
    """Return a workflow or an action as data."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def jobs() -> Iterator[tuple[str, Mapping]]:
    """Yield every job with a name that says where it stands."""
    for path in WORKFLOWS:
        for name, job in load(path)["jobs"].items():
            yield f"{path.name}:{name}", job


def steps() -> Iterator[tuple[str, Mapping]]:
    """Yield every step of every workflow with the name of its job."""
    for name, job in jobs():
        for step in job.get("steps", []):
            yield name, step


def runs() -> list[tuple[str, str]]:
    """Return every `run` of every workflow with the name of its job; an approval runs nothing."""
    found = [(name, step["run"]) for name, step in steps() if "run" in step]
    return [(name, run) for name, run in found if (name, run) != ("deploy.yml:approve", "true")]


def release_job() -> Mapping:
    """Return the one job of the reusable workflow."""
    (job,) = load(GITHUB / "workflows" / "release.yml")["jobs"].values()
    assert isinstance(job, dict)
    return job


def test_the_workflows_are_there() -> None:
    """Pull request, merge, release, load, rollback and drift each have their file."""
    names = {path.stem for path in WORKFLOWS}
    assert names >= {"checks", "ci", "deploy", "drift", "load", "release", "rollback", "tell"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name + "/" + path.name)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    """Others' actions are named by commit with the version beside; our own ones exist."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in (line.strip().removeprefix("- ") for line in lines if "uses:" in line):
        own = OWN.match(line)
        if own:
            place = ROOT / own[1]
            assert place.is_file() or (place / "action.yml").is_file(), line
        else:
            assert PINNED.match(line), line


def test_one_version_of_each_action() -> None:
    """No action is used at two commits."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    pins = set(re.findall(r"uses: ([\w./-]+)@(\w+)", text))
    assert len(pins) == len({name for name, _ in pins})


@pytest.mark.parametrize(("job", "run"), runs())
def test_every_run_is_one_nox_session(job: str, run: str) -> None:
    """What a workflow does, a person can do: a session that exists, without shell logic."""
    words = shlex.split(run)
    assert len(run.strip().splitlines()) == 1, job
    assert words[:2] == ["nox", "-s"], job
    assert not re.search(r"[;&|<>`]|\$\(|\$\{\{", run), f"{job}: expressions go through `env`"
    assert words[2] == "$SESSION" or words[2] in sessions(), job


def test_sessions_chosen_by_a_matrix_exist() -> None:
    """The sessions that a matrix names exist as well."""
    matrix = load(GITHUB / "workflows" / "checks.yml")["jobs"]["sessions"]["strategy"]["matrix"]
    named = {*matrix["session"], *(entry["session"] for entry in matrix["include"])}
    assert named <= sessions()
    assert named >= {"lint", "typecheck", "tests", "workflows"}


def test_what_is_merged_is_checked_as_it_was_merged() -> None:
    """By the merge queue before main moves, and on main before anything is released."""
    ci = load(GITHUB / "workflows" / "ci.yml")
    deploy = load(GITHUB / "workflows" / "deploy.yml")["jobs"]
    assert set(ci[True]) == {"pull_request", "merge_group"}
    for jobs_ in (ci["jobs"], deploy):
        assert jobs_["checks"]["uses"] == "$/.github/workflows/checks.yml"
    assert "checks" in deploy["dev"]["needs"]


@pytest.mark.parametrize(("job", "run"), runs())
def test_the_release_tool_takes_what_workflows_pass(job: str, run: str) -> None:
    """Every option after `--` is one that the release tool knows."""
    _, _, session, *rest = shlex.split(run)
    if session not in RELEASE_COMMANDS:
        return
    separator, stack, *options = rest
    assert (separator, stack) == ("--", "$STACK"), job
    if options[:1] == ["$SERVICE"]:  # the session's own
        options = options[1:]
    values = ["1" if word.startswith("$") else word for word in options]
    assert parse(["--outputs", "outputs.json", session, *values]).command == session


def test_the_rehearsal_takes_what_workflows_pass() -> None:
    """Both rehearsals, of a good and of a bad release, leave their reports where they are kept."""
    found = [shlex.split(run)[4:] for _, run in runs() if run.startswith("nox -s rehearse")]
    faults = {rehearsal.cli.parse(options).fault for options in found}
    assert faults == {None, "bad-release"}


def test_scenarios_offered_exist() -> None:
    """Every scenario that a person can choose, and the scheduled one, is one of the load test."""
    text = (GITHUB / "workflows" / "load.yml").read_text(encoding="utf-8")
    # YAML 1.1 reads the key `on` as true.
    trigger = yaml.safe_load(text)[True]["workflow_dispatch"]
    offered = set(trigger["inputs"]["scenario"]["options"])
    scheduled = set(re.findall(r"inputs\.scenario \|\| '(\w+)'", text))
    assert scheduled
    assert offered == set(LOAD_TESTS.names)
    assert scheduled <= offered


def test_a_release_goes_by_its_stacks_plan() -> None:
    """The workflow names none, and a stack without one goes by the plan that ships."""
    (rollout,) = [step for step in release_job()["steps"] if step.get("id") == "rollout"]
    assert not {"--plan", "--steps"} & set(shlex.split(rollout["run"]))
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["config"]["plan"]["default"] == SHIPPED


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name + "/" + path.name)
def test_inputs_and_steps_named_in_expressions_exist(path: Path) -> None:
    """On GitHub a name that does not exist is an empty text, and nobody hears of it."""
    text, content = path.read_text(encoding="utf-8"), load(path)
    triggers = content.get(True) or {"action": content}
    inputs = {
        name for on in triggers.values() if isinstance(on, dict) for name in on.get("inputs", {})
    }
    own = [step for name, step in steps() if name.startswith(path.name)]
    own += content.get("runs", {}).get("steps", [])  # an action's
    ids = {step["id"] for step in own if "id" in step}
    assert set(re.findall(r"\binputs\.([\w-]+)", text)) <= inputs
    assert set(re.findall(r"\bsteps\.(\w+)", text)) <= ids


def test_files_named_in_a_run_are_made_by_a_session() -> None:
    """A path that a run names is one that the artifact's build, or a rehearsal, leaves."""
    named = {word for _, run in runs() for word in shlex.split(run) if word.startswith("build/")}
    assert named == {"build/artifact", "build/rehearsal-bad-release"}


def test_the_load_keeps_its_baselines() -> None:
    """What is cached from run to run is the directory that the session compares with."""
    cached = [
        step["with"]
        for name, step in steps()
        if name == "load.yml:load" and "actions/cache@" in step.get("uses", "")
    ]
    session = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert len(cached) == 1
    assert f'"--baselines", "{cached[0]["path"].rstrip("/")}"' in session
    assert cached[0]["key"].startswith(cached[0]["restore-keys"])


@pytest.mark.parametrize(("job", "step"), list(steps()))
def test_variables_in_a_run_are_set(job: str, step: Mapping) -> None:
    """A run uses no variable that its step or its job does not set."""
    used = set(re.findall(r"\$(\w+)", step.get("run", "")))
    assert used <= {*step.get("env", {}), *dict(jobs())[job].get("env", {})}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_rights_by_default(path: Path) -> None:
    """The top grants nothing, every job says what it needs, and strangers trigger nothing."""
    workflow = load(path)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())
    assert "pull_request_target" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "job"), list(jobs()))
def test_every_job_ends(name: str, job: Mapping) -> None:
    """Every job that runs steps has a timeout of at most an hour, the life of its credentials."""
    if "uses" not in job:
        assert 0 < job["timeout-minutes"] <= 60, name


@pytest.mark.parametrize(("name", "job"), list(jobs()))
def test_a_role_is_taken_in_an_environment(name: str, job: Mapping) -> None:
    """Whoever speaks to AWS does so by OIDC, in an environment that its role trusts."""
    used = [step for step in job.get("steps", []) if "configure-aws" in step.get("uses", "")]
    for step in used:
        assert set(step["with"]) - {"output-credentials"} == {"aws-region", "role-to-assume"}, name
        assert step["with"]["role-to-assume"].startswith("${{ vars."), name
        assert job["permissions"]["id-token"] == "write", name
        assert job["environment"], name


def test_no_stored_keys() -> None:
    """No secret is read and no key stands in a file."""
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"secrets\.|secrets: inherit|access-key|ACCESS_KEY|AKIA", text), path


def test_a_checkout_keeps_no_token() -> None:
    """No later step finds the job's token in the clone."""
    checkouts = [step for _, step in steps() if "actions/checkout@" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_release_takes_its_steps_in_order() -> None:
    """What was built is proven before it is deployed; none goes on after a failure."""
    wanted = ["verify", "provenance", "deploy", "rollout", "prune"]
    found = {shlex.split(step["run"])[2]: step for step in release_job()["steps"] if "run" in step}
    assert [name for name in found if name in wanted] == wanted
    assert not any("if" in found[name] or "continue-on-error" in found[name] for name in wanted)


def test_a_release_is_of_the_built_artifact_and_can_be_ordered() -> None:
    """The version must hold what the manifest says; the clone knows every commit of main."""
    checkout, *rest = release_job()["steps"]
    (rollout,) = [step for step in rest if step.get("id") == "rollout"]
    assert "--manifest build/artifact" in rollout["run"]
    assert checkout["with"]["fetch-depth"] == 0


def test_the_attesting_workflow_is_the_one_that_is_asked_for() -> None:
    """The session `provenance` names the file whose job attests the artifact."""
    (name,) = {name for name, step in steps() if "actions/attest@" in step.get("uses", "")}
    assert f"/.github/workflows/{name.partition(':')[0]}" in " ".join(options("a/b", "c"))


def test_an_abandoned_canary_is_ended() -> None:
    """A job that fails or is cancelled after the rollout began ends a canary, and only a canary."""
    (cleanup,) = [step for step in release_job()["steps"] if "rollback" in step.get("run", "")]
    assert "--canary-only" in cleanup["run"]
    assert all(word in cleanup["if"] for word in ("failure()", "cancelled()", "rollout.outcome"))


def test_a_rollout_knows_when_its_credentials_end() -> None:
    """The action tells only with the credentials, as a JSON text (its `setOutput` of a Date)."""
    (role,) = [step for step in release_job()["steps"] if step.get("id") == "aws"]
    (rollout,) = [step for step in release_job()["steps"] if step.get("id") == "rollout"]
    assert role["with"]["output-credentials"] is True
    told = "${{ fromJSON(steps.aws.outputs.aws-expiration) }}"
    assert rollout["env"]["AWS_CREDENTIAL_EXPIRATION"] == told


def test_a_rollback_has_two_kinds_and_each_its_step() -> None:
    """What the form offers is done by exactly one of them, and both take all of its fields."""
    workflow = load(GITHUB / "workflows" / "rollback.yml")
    live, canary = workflow[True]["workflow_dispatch"]["inputs"]["what"]["options"]
    first, second = [
        step for step in workflow["jobs"]["rollback"]["steps"]
        if step.get("run", "").startswith("nox -s rollback")
    ]  # fmt: skip
    assert first["if"] == f"${{{{ inputs.what != '{canary}' }}}}"
    assert second["if"] == f"${{{{ inputs.what == '{canary}' }}}}"
    assert second["run"].replace(" --canary-only", "") == first["run"]
    assert "live" in live


def test_a_rollback_needs_no_package_index() -> None:
    """What it installs is kept, and uv asks nobody else; the drift of every morning keeps it."""
    job = load(GITHUB / "workflows" / "rollback.yml")["jobs"]["rollback"]
    assert job["env"].items() >= {"UV_FIND_LINKS": "build/wheels", "UV_OFFLINE": "1"}.items()
    kept = {
        name.partition(":")[0]: step["with"]["wheels"]
        for name, step in steps() if "wheels" in step.get("with", {})
    }  # fmt: skip
    assert kept == {"rollback.yml": "release", "drift.yml": "release"}
    *_, offline = load(GITHUB / "actions" / "setup" / "action.yml")["runs"]["steps"]
    assert "--no-index --find-links build/wheels" in offline["run"]


def test_drift_is_looked_for_in_every_stack_by_the_role_that_only_reads() -> None:
    """Each stack that a merge goes to, on a schedule, in its preview's environment."""
    workflow = load(GITHUB / "workflows" / "drift.yml")
    job = workflow["jobs"]["drift"]
    assert tuple(job["strategy"]["matrix"]["stack"]) == RELEASED
    assert job["environment"]["name"] == "${{ matrix.stack }}-preview"
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}


def test_a_release_is_never_cancelled_and_a_rollback_never_waits_for_it() -> None:
    """One release or load at a time per stack, none pushed out; rolling back does not wait."""
    release = release_job()["concurrency"]
    load_ = load(GITHUB / "workflows" / "load.yml")["concurrency"]
    rollback = load(GITHUB / "workflows" / "rollback.yml")["concurrency"]
    for one, stack in ((release, "inputs.stack"), (load_, "inputs.stack || 'staging'")):
        assert one == {
            "group": f"stack-${{{{ {stack} }}}}", "cancel-in-progress": False, "queue": "max",
        }  # fmt: skip
    assert (rollback["cancel-in-progress"], rollback["queue"]) == (False, "max")
    assert not rollback["group"].startswith("stack-")


@pytest.mark.parametrize(("name", "job"), list(jobs()))
def test_who_waits_for_a_reviewer_holds_no_group(name: str, job: Mapping) -> None:
    """GitHub takes the group first: an approval is a job of its own, and has no role."""
    environment = job.get("environment", "")
    if "approval" not in str(environment):
        return
    assert "concurrency" not in job, name
    assert job["permissions"] == {}, name
    assert "concurrency" not in load(GITHUB / "workflows" / name.partition(":")[0]) or (
        name == "deploy.yml:approve"
    )


def test_nothing_is_recorded_as_a_deployment_that_is_none() -> None:
    """Previews, looking for drift and loads use their environments' roles alone."""
    recorded = {
        name
        for name, job in jobs()
        if "environment" in job
        and (isinstance(job["environment"], str) or job["environment"].get("deployment", True))
    }
    assert recorded == {"deploy.yml:approve", "release.yml:release", "rollback.yml:rollback"}


@pytest.mark.parametrize("name", ["deploy", "drift", "load"])
def test_somebody_hears_of_what_fails_while_nobody_looks(name: str) -> None:
    """One job, called in the same way everywhere, after all that can fail."""
    found = load(GITHUB / "workflows" / f"{name}.yml")["jobs"]
    tell = found.pop("tell")
    assert tell["uses"] == "$/.github/workflows/tell.yml"
    assert "failure()" in tell["if"]
    needs = tell["needs"] if isinstance(tell["needs"], list) else [tell["needs"]]
    assert set(found) - {"approve"} == set(needs)


def test_a_watch_that_does_not_fit_the_job_is_refused() -> None:
    """The rollout knows how much of the job's hour, and of its credentials', is left to it."""
    (rollout,) = [step for step in release_job()["steps"] if step.get("id") == "rollout"]
    words = shlex.split(rollout["run"])
    within = float(words[words.index("--within") + 1])
    watched = load(ROOT / "Pulumi.yaml")["config"]["watchSeconds"]["default"]
    assert 600 + float(words[words.index("--patience") + 1]) + watched <= within
    assert within + 900 <= 60 * release_job()["timeout-minutes"] <= 3600


@pytest.mark.parametrize(
    "path",
    [
        *("services/order_processor/src/order_processor/pricing.py", "packages/artifact/build.py"),
        *(
            "infra/program.py",
            "infra/stacks/Pulumi.prod.yaml",
            "packages/release/commands/rollout.py",
            "noxfile.py",
        ),
        *(
            "services/order_processor/requirements.txt",
            "packages/cloud/refusals.py",
            "packages/github/provenance.py",
        ),
        *(".github/workflows/deploy.yml", ".github/actions/setup/action.yml"),
    ],
)
def test_what_a_release_depends_on_starts_one(path: str) -> None:
    """No filter keeps it from production; what nothing is made of starts none."""
    push = load(GITHUB / "workflows" / "deploy.yml")[True]["push"]
    assert (ROOT / path).parent.is_dir()
    assert starts(push, "refs/heads/main", [path])
    assert not starts(push, "refs/heads/main", ["README.md", "docs/adr/a.md", "infra/tests/a.py"])


def test_environments_follow_each_other() -> None:
    """A merge, or a commit of main by hand, is built once and goes from dev to staging to prod."""
    workflow = load(GITHUB / "workflows" / "deploy.yml")
    deploy = workflow["jobs"]
    assert set(workflow[True]) == {"push", "workflow_dispatch"}
    order = [(name, job.get("needs")) for name, job in deploy.items() if name != "tell"]
    assert order == [
        ("checks", None), ("build", None), ("dev", ["checks", "build"]), ("staging", "dev"),
        ("approve", "staging"), ("prod", "approve"),
    ]  # fmt: skip
    assert all(deploy[stack]["with"]["stack"] == stack for stack in RELEASED)
    assert all((ROOT / f"infra/stacks/Pulumi.{stack}.yaml").is_file() for stack in RELEASED)


def test_what_is_downloaded_was_uploaded() -> None:
    """Every artifact that a job asks for is kept by another."""
    names: dict[str, set[str]] = {"upload-artifact": set(), "download-artifact": set()}
    for _, step in steps():
        for kind, found in names.items():
            if f"actions/{kind}@" in step.get("uses", ""):
                found.add(step["with"]["name"])
    assert names["download-artifact"] <= names["upload-artifact"]


def test_the_pulumi_cli_is_the_library_s_version() -> None:
    """The workflows install the CLI that the locked library was made for."""
    action = load(GITHUB / "actions" / "setup-pulumi" / "action.yml")
    installed = action["runs"]["steps"][0]["with"]["pulumi-version"]
    lock = (ROOT / "locks" / "infra.txt").read_text(encoding="utf-8")
    locked = re.search(r"^pulumi==(\S+)", lock, re.MULTILINE)
    assert locked
    assert installed == locked[1]


def test_one_check_stands_for_all() -> None:
    """The job that branch protection asks for waits for every other one."""
    ci = load(GITHUB / "workflows" / "ci.yml")["jobs"]
    assert set(ci["all-green"]["needs"]) == set(ci) - {"all-green"}
    assert "always()" in ci["all-green"]["if"]


def test_updates_wait_a_week() -> None:
    """Dependabot proposes nothing that is younger than seven days, and covers every directory."""
    updates = load(GITHUB / "dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == {
        "github-actions",
        "gomod",
        "npm",
        "pip",
    }
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates)


def test_every_file_has_an_owner() -> None:
    """CODEOWNERS names an owner for everything."""
    lines = (GITHUB / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    assert any(re.match(r"\*\s+@\S+", line) for line in lines)


def test_a_person_may_accept_other_rejections_and_a_merge_does_not() -> None:
    """The reason that is given by hand reaches the rollout of every stack; a push gives none."""
    deploy = load(GITHUB / "workflows" / "deploy.yml")
    (given,) = deploy[True]["workflow_dispatch"]["inputs"]
    calls = [job for job in deploy["jobs"].values() if "stack" in job.get("with", {})]
    assert len(calls) == 3
    assert {job["with"][given] for job in calls} == {f"${{{{ inputs.{given} }}}}"}
    (rollout,) = [step for step in release_job()["steps"] if step.get("id") == "rollout"]
    assert rollout["env"]["ACCEPT_REJECTIONS"] == f"${{{{ inputs.{given} }}}}"
    words = shlex.split(rollout["run"])
    assert words[words.index("--accept-rejections") + 1] == "$ACCEPT_REJECTIONS"
