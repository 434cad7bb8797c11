"""`python -m rehearsal.trials.good_releases`: a good release at the gate, over and over.

Each run has traffic of its own seed and is kept in DIRECTORY/runs.jsonl as soon as it has ended, so
that a killed session goes on where it was. What a run's release said lies beside it, in the folder
of its stack.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser, positive, whole
from console.checkout import ROOT
from console.processes import Children
from reporting import amounts
from service import declaration, probes
from service.candidates import GOOD

from rehearsal.command import ended
from rehearsal.settings import Settings
from rehearsal.trials.trial import RATE, Trial, Trials, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

ALLOWED = 1
"""Refusals of a hundred runs."""

RUNS_PER_STACK = 12
"""After so many a new emulated AWS and a new deployment."""

AGAIN = "one more rehearsal of the same version"


def main(arguments: Sequence[str]) -> int:
    """Run what is left of the runs; 0 where no more than one in a hundred was refused."""
    options = _parser().parse_args(arguments)
    return ended("good_releases", lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    options.service = declaration.chosen(options.service)
    directory: Path = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    kept = directory / "runs.jsonl"
    if options.fresh:
        kept.unlink(missing_ok=True)
    forget_torn_line(kept)
    seeds = range(options.seed, options.seed + options.runs)
    done = {trial.seed for trial in read(kept)}
    _run_all(Session(directory, kept, options), [seed for seed in seeds if seed not in done])
    trials = [trial for trial in read(kept) if trial.seed in seeds]
    refused = sum(not trial.promoted for trial in trials)
    low, high = exact_interval(refused, len(trials))
    report = {"runs": len(trials), "refused": refused, "interval": [low, high]}
    (directory / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    print(
        f"good: {len(trials)} runs, {refused} refused "
        f"(with 95 % certainty between {amounts.share(low)} and {amounts.share(high)})"
    )
    return int(refused > ALLOWED * max(1, len(trials) // 100))


def read(kept: Path) -> list[Trial]:
    """The runs so far."""
    if not kept.exists():
        return []
    with kept.open(encoding="utf-8") as lines:
        return [Trial(**json.loads(line)) for line in lines]


def forget_torn_line(kept: Path) -> None:
    """A line that was cut short by a kill is no run."""
    if kept.exists() and (text := kept.read_text(encoding="utf-8")):
        whole = text[: text.rfind("\n") + 1]
        kept.write_text(whole, encoding="utf-8")


def exact_interval(hits: int, runs: int, certainty: float = 0.95) -> tuple[float, float]:
    """The interval of a share by the binomial distribution itself (Clopper and Pearson, 1934)."""
    tail = (1 - certainty) / 2

    def at_most(number: int, share: float) -> float:
        return sum(comb(runs, k) * share**k * (1 - share) ** (runs - k) for k in range(number + 1))

    def where(number: int, chance: float) -> float:
        """The share at which so few hits have that chance."""
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if at_most(number, middle) > chance else (low, middle)
        return (low + high) / 2

    return (
        0.0 if hits == 0 else where(hits - 1, 1 - tail),
        1.0 if hits == runs else where(hits, tail),
    )


def _run_all(session: Session, seeds: Sequence[int]) -> None:
    """A run for each seed, a batch after the other on each of the stacks side by side."""
    probes.load(session.options.service)  # by one thread: the others then find it imported
    with ThreadPoolExecutor(session.options.side_by_side) as pool:
        batches = [
            pool.submit(session.run_batch, seeds[at : at + RUNS_PER_STACK])
            for at in range(0, len(seeds), RUNS_PER_STACK)
        ]
        try:
            for batch in as_completed(batches):
                batch.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            session.stop()
            raise


@dataclass(slots=True)
class Session:
    """What the batches share."""

    directory: Path
    kept: Path
    options: argparse.Namespace
    _stacks: list[Children] = field(default_factory=list)
    _over: bool = False

    def run_batch(self, seeds: Sequence[int]) -> None:
        """Some runs on one stack, which leaves its logs and results in a folder of its own."""
        settings = Settings(
            service=self.options.service,
            directory=self.directory / f"from-seed-{seeds[0]}",
            seed=seeds[0],
            storage_latency_ms=20,
        )
        with Children(ROOT, settings.directory / "logs") as children:
            self._stacks.append(children)
            if self._over:
                return
            trials = Trials(settings, self.options.rate, children)
            trials.prepare()
            trials.offer(GOOD)
            for seed in seeds:
                # From the second run on, the version was rolled back from: that needs a reason.
                reason = AGAIN if seed != seeds[0] else None
                self._keep(trials.run(GOOD, seed, good=True, reason=reason))

    def _keep(self, trial: Trial) -> None:
        with self.kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(trial)) + "\n")
        print(f"seed {trial.seed:3d}  {table([trial])}", flush=True)

    def stop(self) -> None:
        """End every process of every stack: no batch goes on, and none begins."""
        self._over = True
        with ThreadPoolExecutor() as pool:
            pool.map(Children.stop, self._stacks)


def _parser() -> Parser:
    parser = Parser(prog="good_releases", description=__doc__)
    parser.add_argument("--service", metavar="NAME", help="the first one, by default")
    parser.add_argument("--runs", type=whole(1), default=100, help="in all (%(default)s)")
    parser.add_argument(
        "--side-by-side", type=whole(1), default=1, metavar="N",
        help="at most so many at a time, each with an emulated AWS of its own: a run takes about "
        "half a core, and on a machine that is too small good releases fail (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--fresh", action="store_true", help="forget the runs so far")
    parser.add_argument("--rate", type=positive, default=RATE, help="events a second (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the first run (%(default)s)")
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "good-releases")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
