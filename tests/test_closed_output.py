"""Every command line goes on quietly once nobody reads it any more, as under `… | head`."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from console.checkout import IMPORTED_FROM, PACKAGES, ROOT

PIPED = """
import sys
from console import closed_output
closed_output.tolerate()
for number in range(50_000):
    print("line", number)
print("the work went on", file=sys.stderr)
sys.exit(3)
"""
# Others' own, and what never prints a line for people: what Pulumi's engine and the emulator run.
FOREIGN = {"mypy", "pytest", "console.tied", "infra", "infra.bootstrap", "emulator.corrections"}


def command_lines() -> list[str]:
    """Return every module of ours that a nox session runs, and every part's own."""
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    found = re.findall(r'(?:call\(session, |Run\("[\w-]+", )"([\w.]+)|"-m", "([\w.]+)"', text)
    places = [path.parent.relative_to(ROOT) for path in ROOT.glob("[!.]*/**/__main__.py")]
    ours = [place for place in places if not {"build", ".venv"} & set(place.parts)]
    own = {".".join(place.parts).removeprefix("packages.") for place in ours}
    return sorted(({called or ran for called, ran in found} | own) - FOREIGN)


def source(module: str) -> Path:
    """Return the file that `python -m` runs."""
    for root in (PACKAGES, ROOT):
        place = root / module.replace(".", "/")
        if place.is_dir():
            return place / "__main__.py"
        if place.with_suffix(".py").is_file():
            return place.with_suffix(".py")
    raise LookupError(module)


def run_unread(*arguments: str, **variables: str) -> tuple[int, str]:
    """Run Python with nobody at the other end of its output; return its status and its errors."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **variables},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    return process.wait(), said


def test_there_are_command_lines() -> None:
    """An empty list would hold nothing."""
    assert {"release", "rehearsal", "loadtest", "artifact"} <= set(command_lines())


@pytest.mark.parametrize("module", command_lines())
def test_every_command_line_takes_the_one_precaution(module: str) -> None:
    """As the first thing that it does."""
    tree = ast.parse(source(module).read_text(encoding="utf-8"))
    (block,) = (
        node for node in tree.body if isinstance(node, ast.If) and "__main__" in ast.dump(node.test)
    )
    assert ast.unparse(block.body[0]) == "closed_output.tolerate()"


@pytest.mark.parametrize("module", ["release", "rehearsal", "loadtest", "artifact", "emulator"])
def test_help_that_nobody_reads_ends_quietly(module: str) -> None:
    """No traceback, no "Exception ignored", and the exit status that it would have had."""
    assert run_unread("-m", module, "--help") == (0, "")


def test_the_work_goes_on_to_its_own_exit_status() -> None:
    """A rollout must not stop half-way because its reader has seen enough."""
    assert run_unread("-c", PIPED) == (3, "the work went on\n")


def test_a_command_that_nox_runs_goes_on_as_well(tmp_path: Path) -> None:
    """Where its streams are watched too: nothing that is laid over them may get in the way."""
    (tmp_path / "long_work.py").write_text(PIPED)
    made = {"TIED_TO": str(os.getpid()), "PYTHONPATH": f"{IMPORTED_FROM}{os.pathsep}{tmp_path}"}
    found = run_unread("-m", "console.tied", "long_work", **made)
    assert found == (3, "the work went on\n")


def test_errors_that_nobody_reads_are_no_error() -> None:
    """`2>&1 | head` closes both streams."""
    code = (
        "import os, sys; os.dup2(1, 2); from console import closed_output; "
        "closed_output.tolerate(); print('x', file=sys.stderr); print('y'); sys.exit(3)"
    )
    assert run_unread("-c", code) == (3, "")


def test_what_a_command_starts_is_not_disturbed_either() -> None:
    """Children that are started once the reader is gone write to nowhere."""
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1)'], check=True)"
    code = f"{PIPED.replace('sys.exit(3)', '')}\n{child}"
    assert run_unread("-c", code) == (0, "the work went on\n")
