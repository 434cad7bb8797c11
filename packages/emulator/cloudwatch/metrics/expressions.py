"""The syntax of metric math: text to tree, every name and function checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from emulator.errors import AwsError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<symbol><=|>=|==|!=|&&|\|\||[-+*/^<>(),\[\]]))"
)
_SPELLINGS = {"&&": "AND", "||": "OR"}
_BINDING = {"OR": 1, "AND": 2, "+": 4, "-": 4, "*": 5, "/": 5, "^": 7}
_BINDING |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 3)
_UNARY = 6
_MAX_DEPTH = 40
_MAX_OPERANDS = 200


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The id of another query, or one of FILL's words."""

    name: str


@dataclass(frozen=True, slots=True)
class Negation:
    """Unary minus."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two operands; `&&` and `||` are written AND and OR here."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """`[a, b]`: several series as one array."""

    items: tuple[Expression, ...]


Expression = Number | Text | Name | Negation | Binary | Call | ArrayOf


def invalid(message: str) -> AwsError:
    """The refusal of an expression."""
    return AwsError("ValidationError", message)


def parse(text: str) -> Expression:
    """The tree of `text`; a ValidationError says where it cannot be read."""
    parser = _Parser(text)
    tree = parser.expression(0)
    parser.expect("")
    return tree


def names(tree: Expression) -> set[str]:
    """The ids that `tree` refers to by name."""
    if isinstance(tree, Name):
        return {tree.name}
    return set().union(*(names(child) for child in children(tree)))


def calls(tree: Expression) -> list[Call]:
    """Every function call in `tree`."""
    own = [tree] if isinstance(tree, Call) else []
    return own + [call for child in children(tree) for call in calls(child)]


def children(tree: Expression) -> tuple[Expression, ...]:
    """The direct operands of `tree`."""
    match tree:
        case Negation(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case ArrayOf(items):
            return items
        case _:
            return ()


class _Parser:
    """Precedence climbing over a list of words that ends with an empty one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = _words(text)
        self.position = 0
        self.depth = 0
        self.operands = 0

    @property
    def kind(self) -> str:
        return self.words[self.position][0]

    @property
    def word(self) -> str:
        return self.words[self.position][1]

    def advance(self) -> str:
        word = self.word
        self.position += 1
        return word

    def expect(self, word: str) -> None:
        if self.word != word or (word and self.kind != "symbol"):
            wanted = f"'{word}'" if word else "the end"
            raise invalid(f"Error in expression '{self.text}': {wanted} expected at '{self.word}'")
        if word:
            self.advance()

    def expression(self, binding: int) -> Expression:
        """Operands joined by operators that bind tighter than `binding`; `^` binds to the right."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise invalid("The expression is nested too deeply")
        left = self.operand()
        while (power := self.operator_binding()) > binding:
            operator = _SPELLINGS.get(self.word, self.word)
            self.advance()
            left = Binary(operator, left, self.expression(power - (operator == "^")))
        self.depth -= 1
        return left

    def operator_binding(self) -> int:
        if self.kind not in ("symbol", "name"):
            return 0
        return _BINDING.get(_SPELLINGS.get(self.word, self.word), 0)

    def operand(self) -> Expression:
        self.operands += 1
        if self.operands > _MAX_OPERANDS:
            raise invalid(f"The expression has more than {_MAX_OPERANDS} operands")
        kind, word = self.kind, self.advance()
        if kind == "number":
            return Number(float(word))
        if kind == "text":
            return Text(word[1:-1])
        if kind == "name" and word not in _BINDING:
            return self.call(word) if self.word == "(" else Name(word)
        if word in ("-", "+"):
            operand = self.expression(_UNARY)
            return Negation(operand) if word == "-" else operand
        if word == "(":
            inner = self.expression(0)
            self.expect(")")
            return inner
        if word == "[":
            return ArrayOf(self.items("]"))
        shown = f"at '{word}'" if word else "at its end"
        raise invalid(f"Error in expression '{self.text}': an operand is missing {shown}")

    def call(self, function: str) -> Call:
        self.expect("(")
        return Call(function, self.items(")"))

    def items(self, closing: str) -> tuple[Expression, ...]:
        found: list[Expression] = []
        if self.word != closing:
            found.append(self.expression(0))
            while self.word == ",":
                self.advance()
                found.append(self.expression(0))
        self.expect(closing)
        return tuple(found)


def _words(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None or match.lastgroup is None:
            raise invalid(
                f"Error in expression '{text}': unreadable at '{stripped[position:][:20]}'"
            )
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return [*found, ("end", "")]
