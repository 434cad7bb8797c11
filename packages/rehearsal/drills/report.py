"""The outcome of a game day: `report.json`, and the table on the terminal. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reporting import markdown as tables
from reporting import terminal
from reporting.amounts import count, seconds
from reporting.verdicts import EMOJI, held

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rehearsal.drills.drill import Row

_FIGURES = ("detect", "recover", "lost")


def document(rows: Sequence[Row], seed: int, *, faulty: bool, started_at: str) -> dict[str, Any]:
    """Return `report.json`. `lost` is None where a drill's events could not be reconciled."""
    losses = [row.lost for row in rows]
    return {
        "schema": 1,
        "claims": len(rows),
        "proved": sum(row.proved for row in rows),
        "lost": None if None in losses else sum(loss or 0 for loss in losses),
        "withoutFault": not faulty,
        "seed": seed,
        "startedAt": started_at,
        "seconds": round(sum(row.seconds for row in rows), 1),
        "drills": [_row(row) for row in rows],
    }


def _row(row: Row) -> dict[str, Any]:
    seen = row.observation
    return {
        "name": row.drill.name,
        "claim": row.drill.claim,
        "fault": row.drill.fault,
        "proved": row.proved,
        "seen": row.objection or (seen.seen if seen else ""),
        "detectSeconds": round(seen.detect_seconds, 2) if seen else None,
        "recoverSeconds": round(seen.recover_seconds, 2) if seen else None,
        "lost": row.lost,
        "events": dict(row.events) if row.events is not None else None,
        "timeScale": row.drill.needs.time_scale,
        "concurrency": row.drill.needs.concurrency,
        "rate": row.drill.needs.rate,
        "seconds": row.seconds,
    }


def table(report: Mapping[str, Any], columns: int | None = None) -> str:
    """Return the table of a `report.json`, `columns` wide or as wide as the terminal."""
    wide = columns or terminal.width()
    rule = "-" * wide
    lines = [rule]
    for row in report["drills"]:
        proof = "proved" if row["proved"] else "NOT PROVED"
        figures = zip(_FIGURES, _figures(row), strict=True)
        facts = [
            (row["name"], f"{proof}: {row['claim']}"),
            ("injected fault", row["fault"]),
            ("what was seen", row["seen"]),
            ("", ", ".join(f"{name} {figure}" for name, figure in figures)),
        ]
        lines += [*terminal.pairs(facts, wide), rule]
    return "\n".join([*lines, *terminal.wrapped(summary(report), wide)]) + "\n"


def summary(report: Mapping[str, Any]) -> str:
    """Say in one line how many claims are proved."""
    lost = "unknown" if report["lost"] is None else count(report["lost"])
    without = " with every fault left out" if report["withoutFault"] else ""
    return (
        f"{report['proved']} of {report['claims']} claims proved{without}, events lost: {lost}; "
        f"seed {report['seed']}, {seconds(report['seconds'])}"
    )


def markdown(report: Mapping[str, Any]) -> str:
    """Return a `report.json` as Markdown, for a job summary."""
    verdict = held(report["proved"] == report["claims"])
    head = ("", "claim", "injected fault", "what was seen", *_FIGURES)
    cells = (
        (
            EMOJI[held(row["proved"])],
            *(row["claim"], row["fault"], row["seen"]),
            *_figures(row),
        )
        for row in report["drills"]
    )
    title = f"## {EMOJI[verdict]} Game day: {tables.escape(summary(report))}"
    return "\n".join([title, "", *tables.table(head, cells)]) + "\n"


def _figures(row: Mapping[str, Any]) -> list[str]:
    lost = "unknown" if row["lost"] is None else count(row["lost"])
    return [seconds(row["detectSeconds"]), seconds(row["recoverSeconds"]), lost]
