"""`python -m rehearsal.bad_releases`: every bad candidate there is, and good ones, at the gate.

One emulated AWS and one stack for all of them: each candidate is built, deployed and rolled out
under traffic by the commands that a person would type. No bad one may be promoted.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal import alias as alias_view
from rehearsal import commands
from rehearsal.journal import StepError
from rehearsal.processes import Children
from rehearsal.settings import CANDIDATES, ROOT, Settings, faults
from rehearsal.steps import clean_environment
from rehearsal.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rehearsal.processes import Child

WEIGHT, BAKE, PATIENCE = 0.5, 12, 30
"""A big share, a short watch and as much patience: a trial is to be over soon."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one candidate. `samples` of it were seen before the decision."""

    candidate: str
    good: bool
    version: str
    promoted: bool
    refused_by: str
    why: str
    samples: int
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the good one went live, or the bad one did not."""
        return self.promoted == self.good


class Trials:
    """The emulated AWS, the stack on it, and the candidates one after the other."""

    def __init__(self, settings: Settings, rate: float, children: Children) -> None:
        self._settings = settings
        self._rate = rate
        self._children = children
        self._environment = clean_environment()

    def prepare(self) -> None:
        """Start the emulator, deploy version 1 and make it live."""
        settings = self._settings
        env_file = settings.directory / "emulator.env"
        env_file.unlink(missing_ok=True)
        emulator = commands.emulator(settings, env_file)
        self._children.start("emulator", emulator, self._environment)
        deadline = time.monotonic() + 120
        while not env_file.exists():
            if time.monotonic() > deadline:
                raise StepError("the emulator was not ready in time")
            time.sleep(0.1)
        lines = env_file.read_text(encoding="utf-8").splitlines()
        self._environment |= dict(line.split("=", 1) for line in lines if "=" in line)
        version = self._deploy("first", None, fresh=True)
        self._release("promote", "--version", version, "--reason", "the first release")

    def run(self, candidate: str, overlay: Path, *, good: bool) -> Trial:
        """Build, deploy and roll out one candidate under traffic."""
        began = time.monotonic()
        version = self._deploy(candidate, overlay, fresh=False)
        outputs = self._outputs()
        function, alias = outputs["lambdaFunctionName"], outputs["lambdaAliasName"]
        with Traffic(self._environment, function, alias, self._rate, self._settings.seed):
            result = self._rollout(version)
        client = alias_view.client(self._environment)
        served = alias_view.read(client, function, alias)
        if not good and version in served.shares():
            self._release("rollback")
        steps = result.get("steps") or []
        last = steps[-1] if steps else result
        return Trial(
            candidate,
            good,
            version,
            served.shares() == {version: 1},
            _stage(last),
            str(result.get("message", "")),
            max((int(step.get("samples") or 0) for step in steps), default=0),
            round(time.monotonic() - began, 1),
        )

    def _rollout(self, version: str) -> dict[str, Any]:
        arguments = ("--version", version, "--steps", str(WEIGHT), "--poll", "1")
        watch = ("--bake", str(BAKE), "--on-inconclusive", "wait", "--patience", str(PATIENCE))
        path = self._settings.directory / "rollout.json"
        path.unlink(missing_ok=True)
        self._run("rollout", commands.release(
            self._settings, "rollout", *arguments, *watch, result=path,
        ))  # fmt: skip
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _deploy(self, name: str, overlay: Path | None, *, fresh: bool) -> str:
        out = self._settings.directory / "artifact"
        shutil.rmtree(out, ignore_errors=True)
        for step, command in (
            ("build", commands.build(out, overlay)),
            ("deploy", commands.deploy(self._settings, out, fresh=fresh)),
        ):
            child = self._run(f"{step}-{name}", command)
            if child.process.returncode:
                raise StepError(f"{step} of {name} failed: {child.last_line}")
        return str(self._outputs()["candidateVersion"])

    def _outputs(self) -> dict[str, str]:
        path = commands.outputs(self._settings)
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _release(self, command: str, *arguments: str) -> None:
        path = self._settings.directory / f"{command}.json"
        child = self._run(
            command, commands.release(self._settings, command, *arguments, result=path)
        )
        if child.process.returncode:
            raise StepError(f"{command} failed: {child.last_line}")

    def _run(self, name: str, command: list[str]) -> Child:
        return self._children.run(name, command, self._environment)


def main(arguments: Sequence[str]) -> int:
    """Try the candidates; 0 where every bad one was refused and all good ones but one promoted."""
    options = _parser().parse_args(arguments)
    settings = Settings(
        directory=options.directory.resolve(), seed=options.seed, storage_latency_ms=20
    )
    settings.directory.mkdir(parents=True, exist_ok=True)
    trials: list[Trial] = []
    with Children(ROOT, settings.directory / "logs") as children:
        bench = Trials(settings, options.rate, children)
        bench.prepare()
        for name in options.candidates or faults():
            trials.append(bench.run(name, CANDIDATES / name, good=False))
            _tell(trials[-1])
        for number in range(options.good):
            with tempfile.TemporaryDirectory() as folder:
                overlay = good_candidate(Path(folder), number)
                trials.append(bench.run(f"good-{number + 1}", overlay, good=True))
            _tell(trials[-1])
    report = summary(trials)
    (settings.directory / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    print(table(trials))
    print(
        f"bad: {report['bad']}, promoted {report['badPromoted']}; "
        f"good: {report['good']}, refused {report['goodRefused']}"
    )
    return int(bool(report["badPromoted"]) or report["goodRefused"] > 1)


def good_candidate(folder: Path, number: int) -> Path:
    """A harmless change: a new label in the log lines."""
    package = folder / "order_processor"
    package.mkdir()
    text = f'"""Names the candidate in its log lines."""\n\nLABEL = "good-{number + 1}"\n'
    (package / "version.py").write_text(text, encoding="utf-8")
    return folder


def summary(trials: Sequence[Trial]) -> dict[str, Any]:
    """The figures, and every trial."""
    bad, good = [t for t in trials if not t.good], [t for t in trials if t.good]
    return {
        "bad": len(bad),
        "badPromoted": sum(trial.promoted for trial in bad),
        "good": len(good),
        "goodRefused": sum(not trial.promoted for trial in good),
        "trials": [asdict(trial) for trial in trials],
    }


def table(trials: Sequence[Trial]) -> str:
    """One line per candidate."""
    width = max((len(trial.candidate) for trial in trials), default=0)
    return "\n".join(
        f"{'ok ' if trial.right else 'NOT'}  {trial.candidate:<{width}}  "
        f"{'promoted' if trial.promoted else 'refused by ' + trial.refused_by:<18}  "
        f"{trial.seconds:5.1f} s  {trial.samples:4d} samples  {trial.why}"
        for trial in trials
    )


def _stage(step: dict[str, object]) -> str:
    """Which step of a rollout said the last word."""
    if "decision" in step:
        return "gate"
    if "usedSlots" in step:
        return "warm"
    return "smoke" if "orderId" in step else "promote"


def _tell(trial: Trial) -> None:
    print(table([trial]), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bad_releases", description=__doc__)
    parser.add_argument("candidates", nargs="*", help="names in rehearsal/candidates/; all of them")
    parser.add_argument("--good", type=int, default=2, help="good candidates beside (%(default)s)")
    parser.add_argument("--rate", type=float, default=40.0, help="orders a second (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "bad-releases")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
