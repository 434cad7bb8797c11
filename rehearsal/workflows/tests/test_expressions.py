"""Expressions mean what GitHub's documentation says."""

from __future__ import annotations

import json

import pytest

from rehearsal.workflows.expressions import (
    ExpressionError,
    Function,
    Scope,
    condition,
    evaluate,
    interpolate,
    to_json,
)

CONTEXTS = {
    "inputs": {"stack": "dev", "empty": ""},
    "github": {"event": {"pull_request": {"head": {"repo": {"full_name": "A/b"}}}}},
    "steps": {"one": {"outcome": "skipped", "outputs": {"found": "7"}}},
    "needs": {"build": {"result": "success"}},
    "list": ["a", "b"],
}


def scope(status: str = "success") -> Scope:
    """Return a scope in which a job stands so."""
    functions: dict[str, Function] = {
        "success": lambda: status == "success",
        "failure": lambda: status == "failure",
        "always": lambda: True,
        "cancelled": lambda: status == "cancelled",
        "tojson": to_json,
    }
    return Scope(CONTEXTS, functions)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it''s'", "it's"),
        ("1.5", 1.5),
        ("0xff", 255.0),
        ("inputs.stack", "dev"),
        ("inputs['STACK']", "dev"),
        ("inputs.missing", None),
        ("inputs.missing.further", None),
        ("list[1]", "b"),
        ("inputs.empty || 'staging'", "staging"),
        ("inputs.stack || 'staging'", "dev"),
        ("inputs.stack == 'soak' && '2400' || ''", ""),
        ("inputs.stack == 'DEV' && '2400' || ''", "2400"),
        ("inputs.stack == 'dev' && inputs.empty", ""),
        ("!inputs.empty", True),
        ("!(1 == 1)", False),
        ("null == 0", True),
        ("null == ''", True),
        ("false == 0", True),
        ("'' == 0", True),
        ("'x' == 0", False),
        ("'x' != 0", True),
        ("'1' == true", True),
        ("inputs == inputs", True),
        ("inputs == 'Object'", False),
        ("2 < 3 && 3 >= 3", True),
        ("'a' < 'B'", True),
        ("true || false && false", True),
        ("steps.one.outputs.found == 7", True),
        ("steps.gone.outcome != 'skipped'", True),
        ("github.event.pull_request.head.repo.full_name == 'a/B'", True),
    ],
)  # fmt: skip
def test_an_expression_has_githubs_value(text: str, value: object) -> None:
    """Case, types and precedence are those of the documentation."""
    assert evaluate(text, scope()) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("secrets.TOKEN", "no context 'secrets'"),
        ("hashFiles('x')", "function hashFiles"),
        ("needs.*.result", r"\.\* is not evaluated"),
        ("inputs.stack ==", "ends too early"),
        ("inputs.stack inputs.stack", "'inputs' is not expected"),
        ("(true", "missing"),
        ("a ? b : c", "no part of an expression"),
    ],
)
def test_what_is_not_known_is_an_error(text: str, why: str) -> None:
    """Its name is in the error; nothing is passed over."""
    with pytest.raises(ExpressionError, match=why):
        evaluate(text, scope())


def test_text_around_expressions() -> None:
    """Values become text as on GitHub; an expression alone keeps its type."""
    assert interpolate("load-${{ inputs.stack }}-${{ 1 }}-${{ true }}${{ null }}", scope()) == (
        "load-dev-1-true"
    )
    assert interpolate("${{ inputs }}!", scope()) == "Object!"
    assert interpolate("${{ needs }}", scope()) is CONTEXTS["needs"]
    assert json.loads(interpolate("${{ toJSON(needs) }}", scope())) == CONTEXTS["needs"]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        (None, {"success"}),
        ("${{ inputs.stack == 'dev' }}", {"success"}),
        ("inputs.stack == 'dev'", {"success"}),
        ("inputs.stack == 'prod'", set()),
        ("${{ always() }}", {"success", "failure", "cancelled"}),
        ("${{ !cancelled() }}", {"success", "failure"}),
        ("${{ failure() }}", {"failure"}),
        ("${{ (failure() || cancelled()) && steps.one.outcome != 'skipped' }}", set()),
        ("${{ (failure() || cancelled()) && steps.one.outcome == 'skipped' }}",
         {"failure", "cancelled"}),
        (True, {"success"}),
    ],
)  # fmt: skip
def test_a_condition_needs_success_unless_it_asks_for_the_status(
    text: str | bool | None, runs: set[str]
) -> None:
    """`success()` is there where no status function is."""
    found = {s for s in ("success", "failure", "cancelled") if condition(text, scope(s))}
    assert found == runs


def test_a_condition_that_is_always_true_by_mistake() -> None:
    """Text beside an expression makes a string, which is true: refused here."""
    with pytest.raises(ExpressionError, match="always true"):
        condition("${{ false }} == true", scope())
