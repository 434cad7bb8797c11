"""GitHub's expressions: read, evaluated and put into text, as its documentation has them.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions says what compares
how: strings ignore case, different types become numbers, `&&` and `||` return an operand. What the
workflows do not use (filters, most functions) is no part of this; meeting it is an error.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Value = Any
"""None, a boolean, a float, a string, a list or a mapping."""

Function = Callable[..., Value]

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS_FUNCTIONS = frozenset({"success", "failure", "always", "cancelled"})

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')"
    r"|(?P<number>[-+]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[<>!().,\[\]*]))"
)
_CONSTANTS: Mapping[str, Value] = {"true": True, "false": False, "null": None}


class ExpressionError(Exception):
    """An expression that is wrong, or beyond what is evaluated here."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees: contexts by name, functions by name in lower case."""

    contexts: Mapping[str, Value]
    functions: Mapping[str, Function]


def evaluate(text: str, scope: Scope) -> Value:
    """The value of an expression, without its `${{ }}`; raises ExpressionError."""
    parser = _Parser(_tokens(text), scope, text)
    value = parser.either()
    parser.end()
    return value


def interpolate(text: str, scope: Scope) -> Value:
    """The text with its expressions' values in place; one that is all expression keeps its type."""
    whole = EXPRESSION.fullmatch(text.strip())
    if whole and "${{" not in whole[1]:
        return evaluate(whole[1], scope)
    return EXPRESSION.sub(lambda found: to_text(evaluate(found[1], scope)), text)


def condition(text: str | bool | None, scope: Scope) -> bool:
    """Whether a step or job with that `if` runs; without a status function it needs success."""
    if text is None:
        return bool(scope.functions["success"]())
    source = str(text).strip()
    whole = EXPRESSION.fullmatch(source)
    if "${{" in source and (whole is None or "${{" in whole[1]):
        raise ExpressionError(f"if: {source}: text around an expression is always true on GitHub")
    inner = whole[1] if whole else source
    if not STATUS_FUNCTIONS & {name.lower() for name in _called(inner)}:
        inner = f"success() && ({inner})"
    return truthy(evaluate(inner, scope))


def truthy(value: Value) -> bool:
    """GitHub's: null, false, 0, NaN and the empty string are not."""
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return value is not None and value is not False and value != ""


def to_text(value: Value) -> str:
    """A value as GitHub writes it into text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, str):
        return value
    return "Array" if isinstance(value, list) else "Object"


def to_number(value: Value) -> float:
    """What a comparison of different types compares: NaN for what is no number."""
    if value is None or value == "":
        return 0.0
    if isinstance(value, bool | float):
        return float(value)
    try:
        return _number(value.strip()) if isinstance(value, str) else math.nan
    except ValueError:
        return math.nan


def equal(left: Value, right: Value) -> bool:
    """GitHub's loose equality."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if isinstance(left, list | Mapping) or isinstance(right, list | Mapping):
        return left is right
    if type(left) is type(right):
        return bool(left == right)
    return to_number(left) == to_number(right)


def less(left: Value, right: Value) -> bool:
    """Strings by their letters, all else by number; NaN is less than nothing."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() < right.lower()
    return to_number(left) < to_number(right)


def to_json(value: Value) -> str:
    """`toJSON`."""
    return json.dumps(value, indent=2, default=dict)


_COMPARISONS: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": less,
    ">": lambda left, right: less(right, left),
    "<=": lambda left, right: less(left, right) or equal(left, right),
    ">=": lambda left, right: less(right, left) or equal(left, right),
}


def _number(text: str) -> float:
    return float(int(text, 16)) if text.lower().startswith("0x") else float(text)


def _called(text: str) -> list[str]:
    tokens = _tokens(text)
    return [
        token
        for (kind, token), (_, after) in itertools.pairwise(tokens)
        if kind == "name" and after == "("
    ]


def _tokens(text: str) -> list[tuple[str, str]]:
    """Kind and text of each token."""
    found: list[tuple[str, str]] = []
    at, text = 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"{text}: {text[at:]!r} is no part of an expression")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Parser:
    """Evaluates while it reads: nothing in an expression has an effect."""

    def __init__(self, tokens: list[tuple[str, str]], scope: Scope, text: str) -> None:
        self._tokens, self._scope, self._text = tokens, scope, text.strip()
        self._at = 0

    def either(self) -> Value:
        """Operands of `||`: the first that is true, else the last."""
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if truthy(value) else other
        return value

    def end(self) -> None:
        """ExpressionError if something is left."""
        if self._at < len(self._tokens):
            raise self._wrong(f"{self._tokens[self._at][1]!r} is not expected")

    def _both(self) -> Value:
        value = self._compared()
        while self._take("&&"):
            other = self._compared()
            value = other if truthy(value) else value
        return value

    def _compared(self) -> Value:
        value = self._negated()
        while sign := self._take(*_COMPARISONS):
            value = _COMPARISONS[sign](value, self._negated())
        return value

    def _negated(self) -> Value:
        return not truthy(self._negated()) if self._take("!") else self._property()

    def _property(self) -> Value:
        value = self._atom()
        while sign := self._take(".", "["):
            if sign == ".":
                kind, key = self._next()
                if kind != "name":
                    raise self._wrong(f".{key} is not evaluated here")
                value = _member(value, key)
            else:
                value = _member(value, self.either())
                self._expect("]")
        return value

    def _atom(self) -> Value:
        kind, word = self._next()
        if kind == "string":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return _number(word)
        if word == "(":
            value = self.either()
            self._expect(")")
            return value
        if kind != "name":
            raise self._wrong(f"{word!r} is not evaluated here")
        if self._take("("):
            return self._call(word)
        if word.lower() in _CONSTANTS:
            return _CONSTANTS[word.lower()]
        if word not in self._scope.contexts:
            raise self._wrong(f"there is no context {word!r} here")
        return self._scope.contexts[word]

    def _call(self, name: str) -> Value:
        arguments: list[Value] = []
        while not self._take(")"):
            arguments.append(self.either())
            if not self._take(","):
                self._expect(")")
                break
        if name.lower() not in self._scope.functions:
            raise self._wrong(f"the function {name} is not evaluated here")
        return self._scope.functions[name.lower()](*arguments)

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise self._wrong("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *wanted: str) -> str | None:
        kind, token = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind != "sign" or token not in wanted:
            return None
        self._at += 1
        return token

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong(f"{sign!r} is missing")

    def _wrong(self, why: str) -> ExpressionError:
        return ExpressionError(f"{self._text}: {why}")


def _member(value: Value, key: Value) -> Value:
    """A member by its name, in any case; null where there is none."""
    if isinstance(value, Mapping):
        found = {str(name).lower(): member for name, member in value.items()}
        member = found.get(to_text(key).lower())
        # A file's whole numbers are numbers like all others.
        return float(member) if type(member) is int else member
    if isinstance(value, list) and isinstance(key, float) and 0 <= key < len(value):
        return value[int(key)]
    return None
