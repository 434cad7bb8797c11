"""What a scenario did, and how that is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.workflows.runs import WorkflowRun
    from rehearsal.workflows.world import World


@dataclass(slots=True)
class Seen:
    """What a scenario did, and what of it is not as it must be."""

    run: WorkflowRun
    before: Mapping[str, str]
    after: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note a difference."""
        if found != wanted:
            self.problems.append(f"{what}: {found}, not {wanted}")

    def told(self, world: World, title: str) -> None:
        """An issue of that title leads to this run."""
        said = world.hosting.issues().get(title, [])
        found = any(f"/actions/runs/{self.run.run.number}\n" in text for text in said)
        self.expect(f"an issue {title!r} that leads to the run", found, wanted=True)

    def served(self, **aliases: str) -> None:
        """The aliases named serve that now, the others what they served before."""
        self.expect("aliases", dict(self.after), {**self.before, **aliases})

    def says(self, job: str, *texts: str) -> None:
        """The job's summary holds each text."""
        summary = next((done.summary for done in self.run.jobs if done.name == job), "")
        for text in texts:
            if text not in summary:
                self.problems.append(f"the summary of {job} lacks {text!r}")

    def failed_at(self, job: str, step: str, text: str = "") -> None:
        """The job's first failure is that step's, whose log holds the text."""
        steps = next((done.steps for done in self.run.jobs if done.name == job), [])
        failed = next((done for done in steps if done.outcome == "failure"), None)
        self.expect(f"first failure of {job}", failed.name if failed else None, step)
        if failed and text not in failed.log.read_text(encoding="utf-8"):
            self.problems.append(f"the log of {step} lacks {text!r}")

    def ran(self, job: str, step: str, outcome: str) -> None:
        """That step of that job ended so."""
        found = {
            s.name: s.outcome for done in self.run.jobs if done.name == job for s in done.steps
        }
        self.expect(f"{job}: {step}", found.get(step), outcome)


def watch(world: World, run: Callable[[], WorkflowRun]) -> Seen:
    """Do it, with a look at the aliases before and after."""
    before = world.aliases()
    done = run()
    return Seen(done, before, world.aliases())


def relabel(world: World, text: str) -> None:
    """Make a harmless change of the service."""
    content = f'"""Names the candidate in its log lines."""\n\nLABEL = "{text}"\n'
    (world.source.service.package / "version.py").write_text(content, encoding="utf-8")
