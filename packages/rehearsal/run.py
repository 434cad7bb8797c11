"""The order of a rehearsal's steps, and what is left of it at the end."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from console.checkout import ROOT
from console.errors import UsageError
from console.limits import EMULATOR, allow_open_files
from console.processes import Children
from console.runs import new_run
from reporting.markdown import summarise
from sandbox.emulated import STORAGE
from service.candidates import COLD_SHIFT

from rehearsal import assemble, pulumi
from rehearsal.journal import Journal
from rehearsal.report import markdown, page, terminal
from rehearsal.settings import AWS_PROVIDER, PULUMI_ENGINE, RUNS
from rehearsal.steps import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rehearsal.settings import Settings

    Action = tuple[str, Callable[[Rehearsal], str]]


def rehearse(settings: Settings) -> int:
    """Run every step and leave the report; return 0 where all held and 1 otherwise."""
    settings = prepare(settings)
    journal = Journal(total=len(sequence(settings)) + 1)
    with Children(ROOT, settings.directory / "logs") as children:
        rehearsal = Rehearsal(settings, children, journal)
        try:
            run_steps(rehearsal)
        finally:
            if rehearsal.watcher is not None:
                rehearsal.watcher.stop()
    leave_report(rehearsal)
    if journal.failed and settings.provider == AWS_PROVIDER:
        print("With AWS's own provider: see 'When the job fails' in docs/engines.md.")
    return 1 if journal.failed else 0


def leave_report(rehearsal: Rehearsal) -> None:
    """Write report.json and report.html and show the verdict table."""
    directory = rehearsal.settings.directory
    with rehearsal.journal.step("Write the report") as seen:
        seen.text = str(directory / "report.html")
    document = assemble.report(rehearsal).to_json()
    (directory / "report.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    drawn = page.render(document, assemble.series(rehearsal))
    (directory / "report.html").write_text(drawn, encoding="utf-8")
    if directory.parent == RUNS:
        for name in ("report.html", "report.json"):
            show_last(directory / name)
    summarise(markdown.render(document))
    print(terminal.render(document))


def show_last(report: Path) -> None:
    """Leave a copy beside the run's directory, where the README leads; two at once do not mix."""
    copy = report.with_name(f"{report.name}.copy")
    shutil.copyfile(report, copy)
    copy.replace(report.parent.parent / report.name)


def prepare(settings: Settings) -> Settings:
    """Make the run's directory, a new one where none was named, and return the settings with it.

    Raises `UsageError` where a rehearsal cannot begin.
    """
    if not STORAGE.is_dir():
        raise UsageError("the storage emulator is not installed; run `nox -s rehearse`")
    if settings.engine == PULUMI_ENGINE and not pulumi.available():
        raise UsageError("there is no Pulumi CLI; build it by `nox -s pulumi_cli`")
    try:
        allow_open_files(EMULATOR)
    except UsageError as error:
        raise UsageError(str(error)) from error
    try:
        if settings.directory == RUNS:
            return replace(settings, directory=new_run(RUNS))
        settings.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {settings.directory}: {error.strerror}") from error
    return settings


def sequence(settings: Settings) -> list[Action]:
    """Return the steps in order; a faulty candidate has to be refused instead of promoted."""
    steps: list[Action] = [
        ("Build the artifact", Rehearsal.build_first),
        ("Start the emulated AWS", Rehearsal.start_emulator),
        ("Deploy the Pulumi program, stack local", Rehearsal.deploy_first),
        ("Make version 1 live", Rehearsal.go_live),
        ("Build and deploy a changed version 2", Rehearsal.deploy_second),
        ("Smoke-test version 2 by its qualifier", Rehearsal.smoke),
        ("Start the peak hour at the alias", Rehearsal.start_load),
    ]
    if settings.fault == COLD_SHIFT:
        steps.append(("Shift all traffic to version 2 without warming it", Rehearsal.shift_cold))
    elif settings.bad:
        steps.append(("Roll version 2 out; the gate is to refuse it", Rehearsal.roll_out))
    else:
        steps.append(("Roll version 2 out: warm, shift, gate, promote", Rehearsal.roll_out))
        steps.append(("Roll back and forward", Rehearsal.roll_back_and_forward))
    steps.append(("See the peak hour through", Rehearsal.finish_load))
    if not settings.bad:
        steps.append(("Hold the shifts to their budget", Rehearsal.judge_shifts))
    steps.append(("Reconcile every event sent", Rehearsal.reconcile))
    if settings.engine == PULUMI_ENGINE:
        steps.append(("Deploy again, compare, change by hand, mend", Rehearsal.hold_deployment))
        steps.append(("Compare with what our own engine leaves", Rehearsal.compare_engines))
    return steps


def run_steps(rehearsal: Rehearsal) -> None:
    """Run the steps; once one has failed only those that judge what already happened still do."""
    journal = rehearsal.journal
    for name, action in sequence(rehearsal.settings):
        if journal.failed and not rehearsal.judges(action):
            journal.skip(name, "an earlier step did not hold")
            continue
        if rehearsal.refused_already():
            journal.skip(name, "the smoke test refused the candidate")
            continue
        with journal.step(name) as seen:
            seen.text = action(rehearsal)
