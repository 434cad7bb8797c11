"""The rule of a composite alarm: text to tree, and its truth by the states of other alarms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.cloudwatch.metrics.expressions import invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.cloudwatch.alarms.rules import State

_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_WORD = re.compile(r"\s*(?:(\"(?:[^\"\\]|\\.)*\")|([(),])|([^\s(),\"]+))")
_MAX_CHILDREN = 100
_MAX_ELEMENTS = 500
_MAX_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class InState:
    """`ALARM("name")` and the like."""

    state: str
    alarm: str


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of a rule."""

    operand: Rule


@dataclass(frozen=True, slots=True)
class Combined:
    """Two rules joined by AND or OR."""

    operator: str
    left: Rule
    right: Rule


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`AT_LEAST(n, STATE, (a, b))`; with `percent`, `least` is a share of the alarms."""

    least: int
    percent: bool
    state: str
    negated: bool
    alarms: tuple[str, ...]


Rule = Constant | InState | Not | Combined | AtLeast


def parse_rule(text: str) -> Rule:
    """The tree of `text`; a ValidationError where it cannot be read or is too large."""
    parser = _Parser(text)
    rule = parser.disjunction()
    if parser.word:
        raise invalid(f"AlarmRule must not contain '{parser.word}' at that place")
    if len(children(rule)) > _MAX_CHILDREN:
        raise invalid(f"AlarmRule must not name more than {_MAX_CHILDREN} alarms")
    return rule


def children(rule: Rule) -> set[str]:
    """The names or ARNs that `rule` names."""
    match rule:
        case InState(_, alarm):
            return {alarm}
        case Not(operand):
            return children(operand)
        case Combined(_, left, right):
            return children(left) | children(right)
        case AtLeast(_, _, _, _, alarms):
            return set(alarms)
        case Constant():
            return set()


def holds(rule: Rule, state_of: Callable[[str], State | None]) -> bool:
    """Whether `rule` is true; `state_of` gives None for an alarm that does not exist."""
    match rule:
        case Constant(value):
            return value
        case InState(state, alarm):
            return state_of(alarm) == state
        case Not(operand):
            return not holds(operand, state_of)
        case Combined("AND", left, right):
            return holds(left, state_of) and holds(right, state_of)
        case Combined(_, left, right):
            return holds(left, state_of) or holds(right, state_of)
        case AtLeast(least, percent, state, negated, alarms):
            count = sum((state_of(alarm) == state) != negated for alarm in alarms)
            return count * 100 >= least * len(alarms) if percent else count >= least


class _Parser:
    def __init__(self, text: str) -> None:
        self.words = _words(text)
        if len(self.words) > _MAX_ELEMENTS * 4:
            raise invalid(f"AlarmRule must not have more than {_MAX_ELEMENTS} elements")
        self.position = 0
        self.elements = 0
        self.depth = 0

    @property
    def word(self) -> str:
        return self.words[self.position]

    def advance(self) -> str:
        word = self.word
        if word:
            self.position += 1
        return word

    def expect(self, word: str) -> None:
        if self.advance() != word:
            raise invalid(f"AlarmRule must have '{word}' before '{self.word}'")

    def disjunction(self) -> Rule:
        rule = self.conjunction()
        while self.word == "OR":
            self.advance()
            rule = Combined("OR", rule, self.conjunction())
        return rule

    def conjunction(self) -> Rule:
        rule = self.factor()
        while self.word == "AND":
            self.advance()
            rule = Combined("AND", rule, self.factor())
        return rule

    def factor(self) -> Rule:
        self.elements += 1
        self.depth += 1
        if self.elements > _MAX_ELEMENTS or self.depth > _MAX_DEPTH:
            raise invalid(f"AlarmRule must not have more than {_MAX_ELEMENTS} elements")
        rule = self.operand(self.advance())
        self.depth -= 1
        return rule

    def operand(self, word: str) -> Rule:
        if word in ("TRUE", "FALSE"):
            return Constant(word == "TRUE")
        if word == "NOT":
            return Not(self.factor())
        if word == "(":
            rule = self.disjunction()
            self.expect(")")
            return rule
        if word in _STATES:
            self.expect("(")
            rule = InState(word, self.alarm())
            self.expect(")")
            return rule
        if word == "AT_LEAST":
            return self.at_least()
        raise invalid(f"AlarmRule must not contain '{word}' at that place")

    def alarm(self) -> str:
        word = self.advance()
        if word in ("", "(", ")", ","):
            raise invalid("AlarmRule must name an alarm in each pair of parentheses")
        return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word

    def at_least(self) -> Rule:
        self.expect("(")
        least = self.advance()
        if not re.fullmatch(r"\d{1,3}%?", least):
            raise invalid("AlarmRule must give AT_LEAST a number or a percentage first")
        self.expect(",")
        negated = self.word == "NOT"
        if negated:
            self.advance()
        state = self.advance()
        if state not in _STATES:
            raise invalid("AlarmRule must give AT_LEAST a state second")
        self.expect(",")
        self.expect("(")
        alarms = [self.alarm()]
        while self.word == ",":
            self.advance()
            alarms.append(self.alarm())
        self.expect(")")
        self.expect(")")
        number = int(least.rstrip("%"))
        return AtLeast(number, least.endswith("%"), state, negated, tuple(alarms))


def _words(text: str) -> list[str]:
    words: list[str] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _WORD.match(stripped, position)
        if match is None:
            raise invalid("AlarmRule cannot be read: a quotation mark has no partner")
        words.append(match[0].strip())
        position = match.end()
    return [*words, ""]
