"""The outcome of a game day: `report.json`, and the table on the terminal. Pure."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from reporting import markdown as tables
from reporting.amounts import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rehearsal.drills.drill import Row

# Heading and width of the columns whose text is wrapped; figures follow on the first line.
_TEXTS = (("claim", 28), ("injected fault", 22), ("what was seen", 36))
_FIGURES = ("detect", "recover", "lost")
_FIGURE_WIDTH = 8


def document(rows: Sequence[Row], seed: int, *, faulty: bool, started_at: str) -> dict[str, Any]:
    """Return `report.json`. `lost` is None where a drill's orders could not be reconciled."""
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
        "orders": dict(row.orders) if row.orders is not None else None,
        "timeScale": row.drill.needs.time_scale,
        "slots": row.drill.needs.slots,
        "rate": row.drill.needs.rate,
        "seconds": row.seconds,
    }


def table(report: Mapping[str, Any]) -> str:
    """Return the table of a `report.json`, for a terminal."""
    width = sum(wide + 2 for _, wide in _TEXTS) + len(_FIGURES) * _FIGURE_WIDTH
    lines = ["-" * width, _line([text for text, _ in _TEXTS], _FIGURES)]
    for row in report["drills"]:
        lines.append("-" * width)
        lines += _lines(row)
    lines += ["-" * width, summary(report)]
    return "\n".join(lines) + "\n"


def summary(report: Mapping[str, Any]) -> str:
    """Say in one line how many claims are proved."""
    lost = "unknown" if report["lost"] is None else report["lost"]
    without = " with every fault left out" if report["withoutFault"] else ""
    return (
        f"{report['proved']} of {report['claims']} claims proved{without}, orders lost: {lost}; "
        f"seed {report['seed']}, {seconds(report['seconds'])}"
    )


def markdown(report: Mapping[str, Any]) -> str:
    """Return a `report.json` as Markdown, for a job summary."""
    verdict = "pass" if report["proved"] == report["claims"] else "fail"
    head = ("", "claim", "injected fault", "what was seen", *_FIGURES)
    cells = (
        (
            tables.SIGNS["pass" if row["proved"] else "fail"],
            *(row["claim"], row["fault"], row["seen"]),
            *_figures(row),
        )
        for row in report["drills"]
    )
    title = f"## {tables.SIGNS[verdict]} Game day: {tables.escape(summary(report))}"
    return "\n".join([title, "", *tables.table(head, cells)]) + "\n"


def _figures(row: Mapping[str, Any]) -> list[str]:
    lost = "-" if row["lost"] is None else str(row["lost"])
    return [_seconds(row["detectSeconds"]), _seconds(row["recoverSeconds"]), lost]


def _lines(row: Mapping[str, Any]) -> list[str]:
    proof = "" if row["proved"] else " NOT PROVED"
    texts = [f"{row['name']}{proof}: {row['claim']}", row["fault"], row["seen"]]
    columns = [
        textwrap.wrap(text, wide) or [""] for text, (_, wide) in zip(texts, _TEXTS, strict=True)
    ]
    figures = _figures(row)
    height = max(map(len, columns))
    return [
        _line(
            [column[at] if at < len(column) else "" for column in columns],
            figures if at == 0 else [],
        )
        for at in range(height)
    ]


def _line(texts: Sequence[str], figures: Sequence[str]) -> str:
    cells = [f"{text:<{wide}}  " for text, (_, wide) in zip(texts, _TEXTS, strict=True)]
    return ("".join(cells) + "".join(f"{each:>{_FIGURE_WIDTH}}" for each in figures)).rstrip()


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
