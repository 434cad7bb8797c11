"""GitHub's own packages are what parses, checks and evaluates; nothing here is kinder."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.workflows import github, lint
from rehearsal.workflows.github import EXPRESSION, DefinitionError, Scope, Status

if TYPE_CHECKING:
    from pathlib import Path

CONTEXTS: dict[str, Any] = {
    "inputs": {"stack": "dev", "empty": ""},
    "github": {"event": {"pull_request": {"head": {"repo": {"full_name": "A/b"}}}}},
    "steps": {"one": {"outcome": "skipped", "outputs": {"found": "7"}}},
    "needs": {"build": {"result": "success"}, "other": {"result": "skipped"}},
    "matrix": {"list": ["a", "B"], "n": 3},
}
STATUSES = {
    "success": Status(),
    "failure": Status(success=False, failure=True),
    "cancelled": Status(success=False, cancelled=True),
}
WORKFLOW = ".github/workflows/w.yml"
SMALL = """
name: small
on: {on}
jobs:
  j:
    runs-on: ubuntu-24.04
    {more}
    steps: [{{run: "true"}}]
"""


def write(root: Path, on: str = "push", more: str = "") -> None:
    """Put a small workflow into a repository."""
    place = root / WORKFLOW
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(SMALL.format(on=on, more=more), encoding="utf-8")


def condition(root: Path, text: str) -> github.Tree:
    """Return a job's `if` as GitHub's parser leaves it."""
    write(root, more=f"if: {json.dumps(text)}")
    return github.load(root, WORKFLOW)["jobs"]["j"]["if"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it''s'", "it's"),
        (".5", 0.5),
        ("0xff", 255),
        ("INPUTS.stack", "dev"),
        ("inputs.missing.further", None),
        ("matrix.list[1.9]", "B"),
        ("matrix.list[matrix.n]", None),
        ("inputs.empty || 'staging'", "staging"),
        ("inputs.stack == 'DEV' && '2400' || ''", "2400"),
        ("1 == 1 < 2", True),
        ("'a' == 'b' != 'c'", True),
        ("null == 0", True),
        ("'x' == 0", False),
        ("inputs == inputs", True),
        ("'a' < 'B'", True),
        ("true || false && false", True),
        ("steps.one.outputs.found == 7", True),
        ("contains(needs.*.result, 'skipped')", True),
        ("join(needs.*.result, ' ')", "success skipped"),
        ("format('{0}{{1}}', matrix.n)", "3{1}"),
        ("fromJSON('[1, 2]')[1]", 2),
        ("github.event.pull_request.head.repo.full_name == 'a/B'", True),
    ],
)
def test_an_expression_has_githubs_value(text: str, value: object) -> None:
    """Precedence, case, types, filters and functions are those of @actions/expressions."""
    assert Scope(CONTEXTS).value({EXPRESSION: text}) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("secrets.TOKEN", "Unrecognized named-value: 'secrets'"),
        ("NULL", "Unrecognized named-value"),
        ("hashFiles('x')", "hashFiles has no files here"),
        ("github.workspace", "workspace of a context is not known here"),
        ("sha('x')", "Unrecognized function: 'sha'"),
        ("inputs.stack ==", "Unexpected end"),
        ("a ? b : c", "Unexpected"),
    ],
)
def test_what_github_or_this_does_not_know_is_an_error(text: str, why: str) -> None:
    """It stands in the error; nothing is passed over."""
    with pytest.raises(DefinitionError, match=why):
        Scope(CONTEXTS).value({EXPRESSION: text})


def test_hash_files(tmp_path: Path) -> None:
    """The same for the same files, another for others, nothing for none."""
    asked = {EXPRESSION: "hashFiles('*.txt', 'none')"}
    found = [Scope({}, workspace=tmp_path).text(asked)]
    for name in ("a.txt", "b.txt", "c.md"):
        (tmp_path / name).write_text(name, encoding="utf-8")
        found.append(Scope({}, workspace=tmp_path).text(asked))
    assert found[0] == ""
    assert found[1] != found[2]
    assert found[2] == found[3]
    digests = b"".join(hashlib.sha256(name.encode()).digest() for name in ("a.txt", "b.txt"))
    assert found[3] == hashlib.sha256(digests).hexdigest()


def test_values_become_text_as_github_writes_them(tmp_path: Path) -> None:
    """Numbers, booleans and null within a text; what stands for itself keeps its type."""
    write(tmp_path, more="env: {A: 'load-${{ 1.50 }}-${{ true }}${{ null }}', B: 5, C: true}")
    env = github.load(tmp_path, WORKFLOW)["jobs"]["j"]["env"]
    assert Scope({}).texts(env) == {"A": "load-1.5-true", "B": "5", "C": "true"}
    assert Scope(CONTEXTS).text({EXPRESSION: "inputs"}) == "Object"
    assert Scope(CONTEXTS).value({EXPRESSION: "needs"}) == CONTEXTS["needs"]
    needs = Scope(CONTEXTS).value({EXPRESSION: "toJSON(needs)"})
    assert json.loads(needs) == CONTEXTS["needs"]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        (None, {"success"}),
        ("${{ github.event }}", {"success"}),
        ("github.event == 'x'", set()),
        ("${{ always() }}", {"success", "failure", "cancelled"}),
        ("${{ !cancelled() }}", {"success", "failure"}),
        ("FAILURE()", {"failure"}),
        ("${{ contains('always()', 'x') }}", set()),
        ("${{ (failure() || cancelled()) && github.event }}", {"failure", "cancelled"}),
    ],
)
def test_a_condition_needs_success_unless_it_asks_for_the_status(
    tmp_path: Path, text: str | None, runs: set[str]
) -> None:
    """`success()` is there where no status function is, and a text that looks like one is none."""
    tree = None if text is None else condition(tmp_path, text)
    found = {name for name, status in STATUSES.items() if Scope(CONTEXTS, status).holds(tree)}
    assert found == runs


@pytest.mark.parametrize(
    ("on", "more", "why"),
    [
        ("push", "concurrency: {group: g, cancel-in-progres: true}", "cancel-in-progres"),
        ("push", "concurrency: {group: g, cancel-in-progress: true, queue: max}", "queue: max"),
        ("push", "if: ${{ github.sha }} == true", "always evaluate to truthy"),
        ("push", "needs: none", "none"),
        ("push", "env: {A: '${{ steps.a.outputs.b }}'}", "steps"),
        ("{schedule: [{cron: every day}]}", "", "cron"),
        ("puhs", "", "puhs"),
    ],
)
def test_what_githubs_editor_finds_is_no_workflow(
    tmp_path: Path, on: str, more: str, why: str
) -> None:
    """A misspelt key at any depth, a name that does not exist, a condition that cannot fail."""
    write(tmp_path, on, more)
    with pytest.raises(DefinitionError, match=why):
        github.load(tmp_path, WORKFLOW)
    assert lint.main(tmp_path) == 1


def test_a_warning_stops_lint_but_no_run(tmp_path: Path) -> None:
    """GitHub starts a workflow that names a step which is not there."""
    write(tmp_path, more="name: ${{ github.nothing }}")
    assert github.load(tmp_path, WORKFLOW)["jobs"]["j"]["name"]["source"] == "${{ github.nothing }}"
    assert lint.main(tmp_path) == 1


def test_lint_looks_into_own_actions(tmp_path: Path) -> None:
    """An input that the repository's own action does not have is found, and so is a bad action."""
    action = tmp_path / ".github/actions/a/action.yml"
    action.parent.mkdir(parents=True)
    inputs = "{b: {description: b}}"
    good = f"name: a\ndescription: a\ninputs: {inputs}\nruns: {{using: composite, steps: []}}"
    action.write_text(good, encoding="utf-8")
    place = tmp_path / WORKFLOW
    write(tmp_path)
    assert lint.main(tmp_path) == 0
    step = '{uses: $/.github/actions/a, with: {c: "1"}}'
    place.write_text(place.read_text().replace('{run: "true"}', step), encoding="utf-8")
    assert github.problems(tmp_path, WORKFLOW) == [f"{WORKFLOW}:8:48: Invalid action input 'c'"]
    action.write_text(good.replace("using", "usin"), encoding="utf-8")
    assert lint.main(tmp_path) == 1
