"""Which part may import which: parts meet in files and in AWS's APIs, not in each other's code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from console.checkout import PACKAGES, ROOT

# Changed modules of the service, which the rehearsal lays over it when it builds a candidate: they
# lie with the rehearsal, yet belong to the service.
CANDIDATES = ROOT / "services/order_processor/candidates"

PACKAGED = (
    "artifact", "cloud", "console", "deploy", "emulator", "engine", "github", "load", "rehearsal",
    "release", "reporting", "sandbox", "service",
)  # fmt: skip
# Part → its directory. The service installs as `order_processor`.
PARTS = {
    "order_processor": ROOT / "services/order_processor/src/order_processor",
    "infra": ROOT / "infra",
    "loadtest": ROOT / "loadtest",
    **{part: PACKAGES / part for part in PACKAGED},
    "candidates": CANDIDATES,
}
# The rehearsal is no exception: it runs the other parts as processes and reads what they write.
# `reporting`, `cloud` and `sandbox` are below the parts (docs/adr/0011) and import none of them.
BELOW = {"console", "reporting", "cloud", "sandbox", "service"}
ALLOWED: dict[str, set[str]] = dict.fromkeys(PARTS, BELOW) | {
    "candidates": {"order_processor"},
    "order_processor": set(),
    **{part: {"console"} - {part} for part in BELOW},
    "deploy": BELOW | {"infra"},
    "loadtest": BELOW | {"load"},
    "rehearsal": BELOW | {"engine"},
}
# Not ours to judge: environments made inside a part's directory.
SKIPPED = {".venv", "__pycache__"}


def imported(source: str, package: str) -> set[str]:
    """Return the top packages that a module imports, wherever in it the import stands.

    `package` is the dotted package the module is in, from which relative imports count.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = package if node.level else str(node.module)
            found.add(module.split(".")[0])
        elif isinstance(node, ast.Call) and _is_import_call(node):
            found |= {_text(argument).split(".")[0] for argument in node.args[:1]}
    return found


def modules(part: str) -> Iterator[Path]:
    """Yield every module of a part, its tests left out: these may know more than the part."""
    for path in sorted(PARTS[part].rglob("*.py")):
        if part == "rehearsal" and path.is_relative_to(CANDIDATES):
            continue
        inside = path.relative_to(PARTS[part]).parts
        if "tests" not in inside and not SKIPPED & set(inside):
            yield path


def violations(part: str) -> list[str]:
    """Return what a part imports against the rule, as `module imports package`."""
    forbidden = set(PARTS) - {part} - ALLOWED[part]
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(part)
        for name in sorted(imported(path.read_text(encoding="utf-8"), part) & forbidden)
    ]


def _is_import_call(node: ast.Call) -> bool:
    return ast.unparse(node.func) in {"__import__", "import_module", "importlib.import_module"}


def _text(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


@pytest.mark.parametrize("part", PARTS)
def test_no_part_imports_another(part: str) -> None:
    """A part can be read, tested and replaced without the others."""
    assert violations(part) == []


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_looked_at(part: str) -> None:
    """A part that moved would otherwise pass unread."""
    assert list(modules(part))


@pytest.mark.parametrize(
    "source",
    [
        "import release",
        "import release.gate as g",
        "from release.gate import decide",
        "def f() -> None:\n    from release import gate",
        "if TYPE_CHECKING:\n    from release.gate import Policy",
        "import_module('release.gate')",
        "importlib.import_module('release')",
    ],
)
def test_every_way_of_importing_is_seen(source: str) -> None:
    """Late, typed and dynamic imports count as well."""
    assert "release" in imported(source, "rehearsal")


@pytest.mark.parametrize(
    "source",
    ["from . import release", "import releases", "name = 'release.gate'", "run('release', 'gate')"],
)
def test_a_name_alone_is_no_import(source: str) -> None:
    """Relative imports stay inside, and a command line that names a part imports nothing."""
    assert "release" not in imported(source, "rehearsal")
