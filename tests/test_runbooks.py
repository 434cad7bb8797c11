"""The runbooks: a page for every alarm and every drill, and nothing in them that is not there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from console.checkout import ROOT
from rehearsal.drills.catalogue import DRILLS
from rehearsal.workflows.sessions import sessions, table
from release.cli.arguments import parse
from service.declaration import names as services

from infra.tests.recording import SERVICE, Recording, deploy, write_artifact

RUNBOOKS = ROOT / "docs" / "runbooks"
INDEX = RUNBOOKS / "README.md"
PAGES = sorted(path for path in RUNBOOKS.glob("*.md") if path != INDEX)
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*/**/*.md")]
    if not any(part.startswith(".") or part == "build" for part in path.relative_to(ROOT).parts)
)
STACK = "dev"
PAGE_OF_AN_ALARM = re.compile(r"Runbook: docs/runbooks/([\w-]+\.md)$")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)")
ROW = re.compile(r"^\| `([^`]+)` \|.*\]\(([\w-]+\.md)\) \|$", re.MULTILINE)
COMMAND = re.compile(r"nox (?:-R )?-s +[^`\n]*")
NAME = re.compile(r"`(order-processing-[a-z-]*<stack>)`")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Return what the program registers for a stack."""
    return deploy(STACK, write_artifact(tmp_path_factory.mktemp("artifact")))


@pytest.fixture(scope="module")
def alarms(deployed: Recording) -> dict[str, str]:
    """Return the page that each alarm's description names, composite alarms included."""
    pages = {}
    for alarm in deployed.of_type("Alarm"):
        name = alarm.inputs.get("name") or alarm.inputs.get("alarmName", "")
        # Another service's alarms have the same pages, which name the first one's.
        if alarm.custom and name.startswith(f"{SERVICE.resources}-"):
            found = PAGE_OF_AN_ALARM.search(alarm.inputs["alarmDescription"])
            assert found, alarm.inputs
            pages[name] = found[1]
    return pages


def commands(path: Path) -> Iterator[list[str]]:
    """Yield the words after `nox -s` of every command that a document names."""
    for line in path.read_text(encoding="utf-8").splitlines():
        for found in COMMAND.findall(line):
            words = shlex.split(found.replace("\\", ""), comments=True)
            yield words[words.index("-s") + 1 :]


def release_sessions() -> set[str]:
    """Return the sessions that hand what follows the stack to the release tool."""
    return {"drift", *table("GROUPS")["Release"].split()}


def rows() -> dict[str, str]:
    """Return the index: page by alarm and by drill."""
    return dict(ROW.findall(INDEX.read_text(encoding="utf-8")))


def title(page: str) -> str:
    """Return a page's heading and what it says it serves."""
    return "\n".join((RUNBOOKS / page).read_text(encoding="utf-8").splitlines()[:4])


def test_every_alarm_has_its_page(alarms: dict[str, str]) -> None:
    """The page that an alarm's description names is there, and is about that alarm."""
    assert len(alarms) >= 6
    for name, page in alarms.items():
        generic = f"`{name.removesuffix(STACK)}<stack>`"
        assert generic in title(page), name


def test_the_index_has_every_alarm_and_every_drill(alarms: dict[str, str]) -> None:
    """With the same page as the alarm's description, and nothing else."""
    named = {f"{name.removesuffix(STACK)}<stack>": page for name, page in alarms.items()}
    found = rows()
    assert {name: page for name, page in found.items() if name in named} == named
    assert set(found) == set(named) | {drill.name for drill in DRILLS}


def test_every_drill_has_its_page() -> None:
    """The page says which drill proves it."""
    for drill in DRILLS:
        text = (RUNBOOKS / rows()[drill.name]).read_text(encoding="utf-8")
        assert f"`nox -s drill -- {drill.name}`" in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_page_can_be_found(path: Path) -> None:
    """The index leads to it."""
    assert f"]({path.name})" in INDEX.read_text(encoding="utf-8")


def test_what_a_page_names_exists(deployed: Recording) -> None:
    """Alarms, queues and functions are called in AWS as the pages call them."""
    known = {
        str(value)
        for resource in deployed.resources.values()
        for key, value in resource.inputs.items()
        if key in ("name", "dashboardName")
    }
    for path in [*PAGES, INDEX]:
        for name in NAME.findall(path.read_text(encoding="utf-8")):
            assert name.replace("<stack>", STACK) in known, f"{path.name}: {name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link of a document."""
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        assert "://" in target or (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist(path: Path) -> None:
    """Every session that a document names, every option of the release tool, every drill."""
    drills = {drill.name for drill in DRILLS} | {"NAME"}
    for session, *rest in commands(path):
        assert session in sessions(), session
        if session == "drill" and rest:
            assert set(rest[1:]) <= drills, rest
        if session in release_sessions() and rest:
            separator, stack, *options = rest
            assert separator == "--", rest
            assert stack.islower() or stack == "STACK", rest
            if options and options[0] in ("NAME", "SERVICE", *services()):
                options.pop(0)
            values = ["1" if word == "N" else word for word in options]
            assert parse(["--outputs", "outputs.json", session, *values]).command == session


def test_release_sessions_are_seen() -> None:
    """Without them no option would be checked."""
    wanted = {"status", "rollback", "redrive", "rollout", "drift", "ledger", "warm", "gate"}
    assert release_sessions() >= wanted
