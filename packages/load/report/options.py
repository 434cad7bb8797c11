"""The options of `run` and `report` about what they leave."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import amounts

from load.report.baseline.compare import RATIO
from load.report.files import Wishes

if TYPE_CHECKING:
    import argparse

    from console.arguments import Parser


def add_options(parser: Parser) -> None:
    """Add the options."""
    parser.add_argument(
        "--baselines", type=Path, help="keep passed runs here and compare with the last five"
    )
    parser.add_argument(
        "--worse-than", type=float, default=RATIO, help=f"ratio that counts as worse; {RATIO}"
    )
    parser.add_argument(
        "--fail-when-worse", action="store_true", help="end with status 1 when a figure got worse"
    )
    parser.add_argument(
        "--job-summary", action="store_true", help="add the report to GITHUB_STEP_SUMMARY"
    )


def wishes(options: argparse.Namespace) -> Wishes:
    """Return what was asked for. Raises UsageError, before any load, for what cannot be."""
    if not (math.isfinite(options.worse_than) and options.worse_than >= 1):
        raise UsageError(
            f"--worse-than is {amounts.number(options.worse_than)}; give a ratio of at least 1."
        )
    if options.fail_when_worse and options.baselines is None:
        raise UsageError("--fail-when-worse needs --baselines to compare with.")
    return Wishes(options.baselines, options.worse_than, options.job_summary)
