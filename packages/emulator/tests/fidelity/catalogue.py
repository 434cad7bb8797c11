"""The catalogue of behaviours."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

CATALOGUE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One row; `out` is why it is not emulated, empty for what is."""

    id: str
    text: str
    sources: tuple[str, ...]
    out: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Behaviours whose ids begin with the same letter."""

    title: str
    behaviours: tuple[Behaviour, ...]


def load(path: Path = CATALOGUE) -> tuple[Section, ...]:
    """The sections in order; raises `KeyError` for a source or a section that is not declared."""
    with path.open("rb") as file:
        document = tomllib.load(file)
    rows = [
        Behaviour(
            name,
            row["text"],
            tuple(_source(text, document["sources"]) for text in row["source"]),
            row.get("out", ""),
        )
        for name, row in document["behaviour"].items()
    ]
    sections: dict[str, list[Behaviour]] = {letter: [] for letter in document["sections"]}
    for row in rows:
        sections[row.id[0]].append(row)
    titles = document["sections"]
    return tuple(Section(titles[letter], tuple(found)) for letter, found in sections.items())


def behaviours(sections: tuple[Section, ...]) -> dict[str, Behaviour]:
    """Every row by its id."""
    return {row.id: row for section in sections for row in section.behaviours}


def _source(text: str, names: dict[str, str]) -> str:
    abbreviation, _, place = text.partition(" ")
    return f"{names[abbreviation]}: {place}" if place else names[abbreviation]
