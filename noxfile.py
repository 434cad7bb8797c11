"""Sessions: what a person, the rehearsal and the workflows call. `nox -l` lists them."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

import nox
from packaging.specifiers import SpecifierSet

LINUX = "in this repository's dev container, in a Codespace, or on Windows in WSL2"
if sys.platform == "win32":
    print(f"Nothing of this runs on Windows itself: type it {LINUX}.", file=sys.stderr)
    sys.exit(2)

# nox puts the folder of its own program first.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "packages")]
from console.arguments import Parser  # noqa: E402
from console.checkout import IMPORTED_FROM, ROOT  # noqa: E402 - Windows could not import it
from console.errors import UsageError  # noqa: E402
from sandbox import emulated, environment  # noqa: E402
from service import declaration, outputs  # noqa: E402

nox.needs_version = ">=2026.10"
# Environments belong to locks, not to sessions: `install` makes them.
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "typecheck", "tests"]

# nox has read its own variables by now, and NOXPYTHON alone lets it run nothing and end with 0.
if any(name.startswith("NOX") and name != "NOX_CURRENT_SESSION" for name in os.environ):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NOX")}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], kept)  # noqa: S606
# Nothing of a person's Python, pip, uv or Locust settings redirects what is installed or run here.
clean = environment.outward()
os.environ.clear()
os.environ.update(clean)

THIS_PYTHON = "{}.{}".format(*sys.version_info)
STORAGE = "build/tools/storage"
AWSCLI = "build/tools/awscli"
GITHUB = "build/tools/github"
PEERS = {
    "peer-localstack": "packages/emulator/tests/peers/localstack.in",
    "peer-moto": "packages/emulator/tests/peers/moto.in",
}
"""What the suites of other emulators import, by lock: no part of the workspace shares it."""
CODE = ("bench", "infra", "loadtest", "packages", "services", "tests", "noxfile.py")
PORTABLE = (
    *(f"packages/{name}" for name in ("artifact", "cloud", "deploy", "github", "load", "release")),
    *("packages/console", "packages/sandbox", "infra", "loadtest", "noxfile.py"),
)
"""What runs on macOS as well: all but the emulated AWS and what stands on it."""


def refuse(sentence: str) -> NoReturn:
    """End for bad input; nox itself would end with 1, or with 3, which here means inconclusive."""
    print(sentence, file=sys.stderr)
    sys.exit(2)


def require_writable(session: nox.Session) -> None:
    """End with one sentence where nothing can be left: environments, artifacts, reports."""
    try:
        for place in (session.cache_dir.parent, Path("build")):
            place.mkdir(exist_ok=True)
            tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        refuse(
            f"This checkout cannot be written to ({error.filename}: {error.strerror}), and `.nox/` "
            "and `build/` are made in it: copy it to a folder of your own, or make it writable."
        )


def install(session: nox.Session, group: str, python: str | None = None) -> None:
    """Run the rest of the session in the environment of locks/GROUP.txt, which sessions share.

    So whatever uses a lock that is installed starts without a network. `python` is a version such
    as 3.13, fetched where it is missing; nox's own unless named.
    """
    if not nox.virtualenv.find_uv()[0]:
        refuse("There is no uv: install it beside nox by `pip install -r locks/nox.txt`.")
    require_writable(session)
    version = python or THIS_PYTHON
    shared = nox.virtualenv.VirtualEnv(
        str(session.cache_dir.parent / f"{group}-{version}"),
        interpreter=python, reuse_existing=True, venv_backend="uv",
    )  # fmt: skip
    try:
        new = shared.create()
    except nox.virtualenv.InterpreterNotFound:
        refuse(
            f"Python {python} is not here, and uv could not fetch it: type "
            f"`uv python install {python}` where there is a network, or install it otherwise."
        )
    session._runner.venv = shared  # noqa: SLF001 - nox has no word for a shared environment
    # A host that forbids bytecode would make every child process compile its imports anew.
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    session.install("--require-hashes", "-r", f"locks/{group}.txt", silent=not new)


def install_apart(session: nox.Session, place: str, *what: str) -> None:
    """Install into a directory what cannot share an environment with the rest."""
    session.install("--require-hashes", "--target", place, *what, silent=Path(place).exists())


def need_linux(session: nox.Session) -> None:
    """Refuse another system: the emulated AWS and the benches read /proc, and bind CPUs."""
    if sys.platform != "linux":
        refuse(f"nox -s {session.name} needs Linux: type it {LINUX}.")


def install_storage(session: nox.Session) -> None:
    """Install the kept storage emulator into a directory of its own: it pins another botocore."""
    need_linux(session)
    install_apart(session, STORAGE, "-r", "locks/storage.txt")


def install_awscli(session: nox.Session) -> None:
    """Install the AWS command line, for tests, into a directory of its own."""
    install_apart(session, AWSCLI, "-r", "locks/awscli.txt")


def install_github(session: nox.Session) -> None:
    """Install GitHub's own parser and evaluator of workflows, once per lock (npm is Node's)."""
    locked = Path("locks/github")
    place = Path(GITHUB)
    kept = place / "package-lock.json"
    lock = (locked / kept.name).read_bytes()
    if (place / "node_modules/.package-lock.json").exists() and kept.read_bytes() == lock:
        return
    place.mkdir(parents=True, exist_ok=True)
    for file in locked.iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    session.run("npm", "ci", "--prefix", GITHUB, "--ignore-scripts", "--no-audit", "--no-fund")


def install_samcli(session: nox.Session) -> None:
    """Install AWS's runtime interface emulator, which lies in the SAM CLI's wheel."""
    install_apart(session, "build/tools/samcli", "--no-deps", "-r", "locks/interface-emulator.txt")


def install_peers(session: nox.Session) -> None:
    """Install what the suites of other emulators import, each into a directory of its own."""
    for name in PEERS:
        install_apart(session, f"build/tools/{name}", "-r", f"locks/{name}.txt")


def call(
    session: nox.Session,
    *command: str,
    where: Callable[[], dict[str, str]] = environment.local,
    **variables: str,
) -> None:
    """Run a Python module; its exit statuses 2 and 3 become nox's own.

    2 is bad input and 3 is an inconclusive verdict: a workflow must be able to tell them from 1.
    `where` makes its environment: unless told otherwise the work stays on this machine.
    """
    try:
        session.run(
            "python", "-m", "console.tied", *command,
            env={**where(), "TIED_TO": str(os.getpid()), "TIED_AS": session.name, **variables},
            include_outer_env=False,
            interrupt_timeout=30, terminate_timeout=30,
        )  # fmt: skip
    except UsageError as error:
        refuse(str(error))
    except nox.command.CommandFailed as failure:
        if failure.return_code in (2, 3):
            sys.exit(failure.return_code)
        raise


def at(stack: str) -> Callable[[], dict[str, str]]:
    """What leads to a stack: `local` is on the emulated AWS that `nox -s emulator` runs."""
    return emulated.clients if stack == "local" else environment.outward


def stack_argument(session: nox.Session) -> tuple[str, list[str]]:
    """Split `-- STACK [further arguments]`; without a stack the session ends with status 2."""
    if not session.posargs or session.posargs[0].startswith("-"):
        refuse(f"Name the stack: nox -s {session.name} -- STACK")
    return session.posargs[0], list(session.posargs[1:])


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, who imports whom, workflows (GitHub's own linters too), and policies."""
    install(session, "check")
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": IMPORTED_FROM})
    session.run("zizmor", "--offline", "--persona", "auditor", ".github")
    # Named, since it finds them by itself in a git repository only.
    session.run("jactionlint", *map(str, Path(".github/workflows").glob("*.yml")))
    install_github(session)
    call(session, "rehearsal.workflows.lint")
    call(session, "infra.bootstrap.lint")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check every annotation (mypy --strict), for macOS too what runs there."""
    install(session, "check")
    darwin = ("--platform", "darwin", "--no-warn-unreachable", "--cache-dir", ".mypy_cache/darwin")
    services = os.pathsep.join(map(str, Path("services").glob("*/src")))
    call(session, "mypy", *CODE, MYPYPATH=services)
    call(session, "mypy", *darwin, "--exclude", "tests/|bench/", *PORTABLE, MYPYPATH=services)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, the integration tests on the emulated AWS included (-- PYTEST ARGUMENTS)."""
    install(session, "check")
    install_storage(session)
    install_awscli(session)
    install_github(session)
    if session.posargs:
        call(session, "pytest", *session.posargs)
        return
    integration, pulumi_cli = "infra/tests/integration", "infra/tests/pulumi"
    call(
        session, "pytest", "infra", f"--ignore={integration}", f"--ignore={pulumi_cli}",
        "--cov=infra", "--cov-report=term-missing", "--cov-fail-under=100",
    )  # fmt: skip
    parts = (part for part in CODE[:-1] if part != "infra")
    call(session, "pytest", "-n2", "--dist=loadfile", *parts, integration)
    if shutil.which("pulumi") or Path("build/tools/pulumi").exists():
        call(session, "pytest", pulumi_cli)
    else:
        session.warn("Not tried, as there is no Pulumi CLI: infra/tests/pulumi.")


def supports(service: declaration.Service, python: str) -> bool:
    """Whether the service's pyproject.toml names that version, such as 3.13."""
    project = nox.project.load_toml(service.folder / "pyproject.toml")["project"]
    return python in SpecifierSet(project["requires-python"])


@nox.session(default=False)
@nox.parametrize("python", ["3.11", "3.12", "3.13", "3.14"], ids=["3.11", "3.12", "3.13", "3.14"])
def service_tests(session: nox.Session, python: str) -> None:
    """Test each service with its own dependencies only, and the zip that each Python builds."""
    install(session, "service-test", python)
    supported = [each for each in declaration.load_all() if supports(each, python)]
    for service in supported:  # its versions are those of locks/check.txt, as all others are
        session.install("--require-hashes", "-r", str(service.lock), silent=True)
    every = (f"services/{service.name}/tests" for service in supported)
    alone = ("--ignore-glob=*/tests/deployed", "packages/artifact/tests", *every)
    call(session, "pytest", *(session.posargs or alone))


@nox.session(default=False)
def inputs(session: nox.Session) -> None:
    """Reject 10,000 malformed events for every reason: nox -s inputs [-- --examples N --seed N]."""
    install(session, "test")
    install_storage(session)
    for folder in sorted(Path("services").glob("*/tests/inputs")):
        service = folder.parents[1]
        call(
            session, f"services.{service.name}.tests.inputs", *session.posargs,
            PYTHONPATH=os.pathsep.join([IMPORTED_FROM, str(service / "src")]),
        )  # fmt: skip


@nox.session(default=False)
def engines(session: nox.Session) -> None:
    """Hold the two engines to the same on generated programs: [--agreements N] [--seed N]."""
    install(session, "rehearsal")
    path = os.pathsep.join([os.environ["PATH"], str(Path("build/tools").resolve())])
    call(session, "engine.differential", *session.posargs, PATH=path)


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build all zips or one, for the Python that AWS's stacks run: -- [STACK] [SERVICE]."""
    given = list(session.posargs)
    stack: list[str] = []
    service: list[str] = []
    while given and not given[0].startswith("-"):
        word = given.pop(0)
        (service if word in declaration.names() else stack).append(word)
    if len(stack) > 1 or len(service) > 1:
        known = ", ".join(declaration.names())
        refuse(f"Name one stack and one service at most; the services are: {known}.")
    install(session, "artifact")
    asked = ["python", "-m", "infra.stack_file", *stack]
    python = str(session.run(*asked, silent=True, log=False, success_codes=[0, 2])).strip()
    if python and not re.fullmatch(r"3\.\d+", python):
        refuse(python)
    install(session, "artifact", python or None)
    one = ("--service", *service) if service else ()
    command = ("artifact", "build", "--out", "build/artifact", *one, *given)
    call(session, *command, where=environment.outward)


@nox.session(default=False)
def verify(session: nox.Session) -> None:
    """Check that each artifact is the one its manifest describes."""
    install(session, "artifact")
    where = session.posargs or ["build/artifact"]
    call(session, "artifact", "verify", *where, where=environment.outward)


def define(name: str, what: str, does: Callable[..., None], *arguments: object) -> None:
    """Make the session of a row: `does(session, *arguments)`; `what` is its line in `nox -l`."""

    def body(session: nox.Session) -> None:
        does(session, *arguments)

    body.__doc__ = what
    nox.session(name=name, default=False)(body)


def operate(session: nox.Session, verb: str, *asked: str) -> None:
    """Do something with a stack through Pulumi: the one `asked` for, or what follows `--`."""
    if not asked:
        stack, further = stack_argument(session)
        asked = (stack, *further)
    install(session, "infra")
    call(session, "deploy", verb, *asked, where=environment.outward)


# fmt: off
OPERATIONS = {
    "preview": "Show what a deployment would change: nox -s preview -- STACK.",
    "recover": "Mend what an interrupted deployment left: nox -s recover -- STACK [--yes].",
    "move": "Take a stack's state to another backend: nox -s move -- STACK --to s3://BUCKET/PREFIX.",
    "destroy": "Delete a stack, but not what is guarded: nox -s destroy -- STACK [--yes].",
}
# fmt: on
for name, what in OPERATIONS.items():
    define(name, what, operate, name)


@nox.session(default=False)
def deploy(session: nox.Session) -> None:
    """Deploy the built artifact; the alias stays where it is: nox -s deploy -- STACK.

    The stack `local` goes to the emulated AWS by the in-process engine, which needs no Pulumi CLI.
    """
    stack, further = stack_argument(session)
    if stack == "local":
        install(session, "rehearsal")
        if not emulated.knows(Path("build/stacks/local")):
            further = ["--fresh", *further]
        # The emulated AWS runs functions on the Python that runs it.
        up = ("up", "--stack", stack, "--config", f"runtime=python{THIS_PYTHON}", *further)
        call(session, "engine", *up, where=at(stack))
    else:
        operate(session, "deploy", stack, *further)


@nox.session(default=False)
def bootstrap(session: nox.Session) -> None:
    """Prepare an AWS account, once, by a person: nox -s bootstrap -- preview|deploy ACCOUNT."""
    if len(session.posargs) != 2 or session.posargs[0] not in ("preview", "deploy"):
        refuse("Say what and where: nox -s bootstrap -- preview|deploy ACCOUNT")
    verb, stack = session.posargs
    operate(session, verb, stack, "--project", "bootstrap")


def outputs_of(session: nox.Session, stack: str, service: str) -> str:
    """Return a service's outputs file; a machine that did not deploy it asks AWS for them."""
    path = outputs.path(Path("build/stacks") / stack, service)
    if not path.exists():
        asked = ("--outputs", str(path), "--service", service, "discover", "--stack", stack)
        call(session, "release", *asked, where=at(stack))
    return str(path)


def services_of(session: nox.Session, further: list[str], *, one: bool) -> list[str]:
    """Take the service's name off what follows the stack; all of them where none is named.

    With `one` the session ends with status 2 where there are several to choose from.
    """
    known = declaration.names()
    if further[:1] == [""]:  # a form's field that was left empty
        further.pop(0)
    elif further and further[0] in known:
        return [further.pop(0)]
    if one and len(known) > 1:
        several = ", ".join(known)
        refuse(f"Name the service: nox -s {session.name} -- STACK SERVICE, one of: {several}.")
    return list(known)


def asks_for_help(session: nox.Session) -> bool:
    """Whether the options of a command are asked for: told before anything is done."""
    return bool({"-h", "--help"} & set(session.posargs))


class Release(NamedTuple):
    """A session that runs one command of the release tool on a service of a stack.

    Without a service's name it does each in turn, unless it needs to be told `one`.
    """

    what: str
    one: bool = False
    watches: bool = False


ALL_ALIKE = Release("")
# fmt: off
RELEASES = {
    "rollout": Release(
        "Smoke, warm, shift, watch, promote in one command: -- STACK [SERVICE] [--plan P].",
        watches=True),
    "status": Release("Show alias, candidate, alarms and DLQ messages: -- STACK [SERVICE]."),
    "rollback": Release(
        "Point the alias back at the version before: -- STACK [SERVICE] [--version N].", one=True),
    "smoke": Release(
        "Send the service's probes to the candidate by its number: -- STACK [SERVICE]."),
    "invoke": Release(
        "Send one event to the alias and show the answer: -- STACK [SERVICE] [FILE].", one=True),
    "warm": Release(
        "Start environments of the candidate, where there is room: -- STACK [SERVICE]."),
    "canary": Release(
        "Give the candidate a share of the traffic: -- STACK [SERVICE] [--weight W]."),
    "gate": Release(
        "Watch the canary and decide; a failing one is taken back: -- STACK [SERVICE].",
        watches=True),
    "watch": Release(
        "Watch what was promoted; it is taken back if it fails: -- STACK [SERVICE]."),
    "promote": Release("Point the alias at the candidate: -- STACK [SERVICE]."),
    "release_hold": Release(
        "Show what was rolled back from and is held; set or lift it: -- STACK [SERVICE] [--lift]."),
    "redrive": Release("Replay DLQ messages at a bounded rate: -- STACK [SERVICE].", one=True),
    "ledger": Release("Show what was decided, by whom and on what figures: -- STACK [SERVICE]."),
    "prune": Release(
        "Delete versions and ledger entries that nothing needs: -- STACK [SERVICE] [--keep N]."),
}
# fmt: on
LOCAL_WATCH = "--bake 20 --poll 5 --on-inconclusive synthetic --synthetic-rate 30"
"""How a gate watches the stack `local`, which nobody sends anything; options prevail."""
OF_ONE = ("--version", "--json")
"""Options that mean one service: a version's number, the file of one result."""


def release(session: nox.Session, command: str, row: Release = ALL_ALIKE) -> None:
    """Run a command on the services asked for; it ends as the first of them that fails does."""
    if asks_for_help(session):
        install(session, "release")
        call(session, "release", "--outputs", "-", command, "--help")
        return
    stack, further = stack_argument(session)
    # A canary that is ended is never a guess.
    one = row.one and "--canary-only" not in further
    one = one or any(option.startswith(OF_ONE) for option in further)
    defaults = LOCAL_WATCH.split() if row.watches and stack == "local" else ()
    services = services_of(session, further, one=one)
    install(session, "release")
    failure: Exception | SystemExit | None = None
    for service in services:
        try:
            file = outputs_of(session, stack, service)
            asked = ("--outputs", file, command, *defaults, *further)
            call(session, "release", *asked, where=at(stack))
        except (nox.command.CommandFailed, SystemExit) as ended:
            failure = failure or ended  # the others are released by themselves
    if failure:
        raise failure


for name, released in RELEASES.items():
    define(name, released.what, release, name, released)


@nox.session(default=False)
def drift(session: nox.Session) -> None:
    """Compare AWS with the last deployment, and the alias with the ledger: -- STACK [SERVICE].

    What AWS is compared with are the outputs in Pulumi's state. Where they cannot be had the
    session fails, and the alias is compared with the ledger all the same.
    """
    stack, _ = stack_argument(session)
    outputs.forget(Path("build/stacks") / stack)
    failure: Exception | SystemExit | None = None
    try:
        operate(session, "drift", stack)
    except (nox.command.CommandFailed, SystemExit) as ended:
        failure = ended  # what the alias says is worth knowing all the same
    release(session, "drift")
    if failure:
        raise failure


@nox.session(default=False)
def load(session: nox.Session) -> None:
    """Load a service: nox -s load -- STACK|local [SERVICE] [SCENARIO | report RUN_LOG].

    `local` is emulated on this machine; `report` judges a run again.
    """
    if asks_for_help(session):
        install(session, "rehearsal")
        call(session, "loadtest", "run", "--help")
        return
    stack, further = stack_argument(session)
    (service,) = services_of(session, further, one=True)
    scenario = further.pop(0) if further and not further[0].startswith("-") else "average"
    install(session, "rehearsal")
    if scenario == "report":
        file = outputs_of(session, stack, service)
        command = ("loadtest", "report", "--outputs", file, "--run-log")
        call(session, *command, *further, where=at(stack))
        return
    kept = (
        "--run-logs", f"build/load/{stack}-{scenario}",
        "--baselines", "build/baselines", "--job-summary", *further,
    )  # fmt: skip
    if stack == "local":
        install_storage(session)
        call(session, "loadtest.local", scenario, "--service", service, *kept)
        return
    call(
        session, "loadtest", "run", "--scenario", scenario,
        "--outputs", outputs_of(session, stack, service), *kept,
        where=environment.outward,
    )  # fmt: skip


class Run(NamedTuple):
    """A session that runs one command with what follows `--`, in the environment of a lock.

    `{python}` in a command is the Python that runs nox.
    """

    lock: str
    command: str
    needs: tuple[Callable[[nox.Session], None], ...]
    what: str
    where: Callable[[], dict[str, str]] = environment.local


STORAGE_TOO = (install_storage,)
# fmt: off
RUNS = {
    "tour": Run("rehearsal", "rehearsal.tour {python}", (),
        "Type the commands of docs/first-release.md, from the emulator to a rollback."),
    "emulator": Run("emulator", "emulator --env-file build/emulator.env", STORAGE_TOO,
        "Start the emulated AWS in the foreground; its variables go to build/emulator.env."),
    "pulumi_cli": Run("infra", "deploy.cli_build", (),  # with a person's Go, and its cache
        "Build the Pulumi CLI that locks/pulumi/ pins, where none is on the PATH; needs Go.",
        environment.outward),
    "rehearse": Run("rehearsal", "rehearsal", STORAGE_TOO,
        "Rehearse a release on this machine: build, deploy, canary, peak hour, gate, roll back."),
    "drill": Run("rehearsal", "rehearsal.drills", STORAGE_TOO,
        "Prove each claim of safety by a fault that would break it: [NAME ...] [--list]."),
    "faults": Run("rehearsal", "rehearsal.faults", STORAGE_TOO,
        "Hold exactly one effect per order against faults: [--orders N] [--seed N] [--only KIND]."),
    "workflows": Run("workflows", "rehearsal.workflows", (install_storage, install_github),
        "Execute the workflow files, step by step, against the emulated AWS: [SCENARIO ...]."),
    "bad_releases": Run("rehearsal", "rehearsal.trials.bad_releases", STORAGE_TOO,
        "Roll out every bad candidate under traffic; none may be promoted: [NAME ...] [--seed N]."),
    "good_releases": Run("rehearsal", "rehearsal.trials.good_releases", STORAGE_TOO,
        "Roll out a good release under traffic, again and again: [--runs N] [--side-by-side N]."),
    "explore": Run("release", "release.tests.explore", (),
        "Every fault at every call, every order of commands at once: [NAME ...] [--prove]."),
    "fidelity": Run("check", "emulator.tests.fidelity", (install_storage, install_awscli),
        "Run the tests behind docs/emulator-fidelity.md, the table of what the emulator holds."),
    "peer_suites": Run("check", "emulator.tests.peers", (install_storage, install_peers),
        "Run localstack's and moto's tests against the emulator: nox -s peer_suites -- PATH."),
    "sdks": Run("check", "emulator.tests.sdks", STORAGE_TOO,  # with a person's Go, and its cache
        "Hold the emulated AWS to what the SDKs for Go and JavaScript expect, where these are.",
        environment.outward),
    "provenance": Run("release", "github.provenance", (),
        "Check by gh that the workflow deploy built the artifact, from main: -- OWNER/NAME COMMIT.",
        environment.outward),
    "fork": Run("release", "github.fork", (),
        "Say what GitHub must know of a fork; --apply does it: -- OWNER/NAME [--reviewers WHO].",
        environment.outward),
    "new_service": Run("artifact", "service.creation", (),
        "Make a service from the template, in services/NAME: nox -s new_service -- NAME."),
    "tell": Run("release", "github.tell", (),
        "Open an issue that something failed, or comment on it: -- OWNER/NAME WHAT RUN.",
        environment.outward),
    "preflight": Run("infra", "infra.quotas", (),
        "Ask the account whether it can give what all stacks reserve: nox -s preflight [-- STACK].",
        environment.outward),
    "plan": Run("load", "loadtest plan", (),
        "Say what reserved concurrency a peak needs: nox -s plan -- --peak 40 --target 1%.",
        environment.outward),
    "gate_power": Run("release", "release.gate.power", (),
        "Simulate how often the gate errs, into build/bench/gate.json: [--runs N] [--seed N]."),
    "bench_client": Run("rehearsal", "bench.load", (need_linux,),
        "Measure what a request costs the load test's client, beside boto3, Locust's own and wrk."),
    "bench_reconciliation": Run("load", "bench.load.reconciliation", (),
        "Reconcile a million events and measure the memory it takes (-- --events N)."),
    "bench_handler": Run("bench", "bench.handler", (need_linux,),
        "Measure cold start, size and warm cost of the handler (-- --runs N, --update-budget)."),
    "bench_emulator": Run("emulator", "bench.emulator speed", (install_storage, install_samcli),
        "Measure the emulator beside MiniStack, AWS's interface emulator and a bare loop."),
    "throttling": Run("emulator", "bench.emulator throttling", STORAGE_TOO,
        "Compare the share of refused requests with Erlang's formula (-- --seconds N --seed N)."),
    "soak_emulator": Run("emulator", "bench.emulator soak", STORAGE_TOO,
        "Send asynchronous events while environments are killed (-- --events 100000 --seed N)."),
    "fuzz_emulator": Run("test", "bench.emulator fuzz", STORAGE_TOO,
        "Send malformed requests over a socket (-- --examples 10000 --seed N)."),
}
# fmt: on


def run(session: nox.Session, row: Run) -> None:
    """Run a row's command, in its environment."""
    if row.needs:  # each of them needs Linux: told before anything is installed
        need_linux(session)
    install(session, row.lock)
    for need in row.needs:
        need(session)
    command = [word.format(python=sys.executable) for word in row.command.split()]
    call(session, *command, *session.posargs, where=row.where)


for name, row in RUNS.items():
    define(name, row.what, run, row)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Lock every dependency group, into locks/, and every service, beside it (-- --upgrade)."""
    install(session, "artifact")  # uv itself
    project = nox.project.load_toml("pyproject.toml")
    groups = project["dependency-groups"].keys() - {"sdk", "service"}  # parts of others alone
    locked: dict[str, tuple[str, ...]] = {}
    locked |= {f"locks/{name}.txt": ("--group", f"pyproject.toml:{name}") for name in groups}
    locked |= {f"locks/{name}.txt": (file,) for name, file in PEERS.items()}
    for service in declaration.load_all():
        folder = service.folder.relative_to(ROOT)
        locked[f"{folder}/{service.lock.name}"] = (f"{folder}/pyproject.toml",)
    # The workspace's own packages are found in packages/: what they need is locked, they are not.
    own = [f"--no-emit-package={name}" for name in project["tool"]["uv"]["sources"]]
    # `check` includes all that share an environment; the others take its versions, so that a
    # part is tested with what it is deployed with. What has MiniStack or the AWS CLI stands alone.
    for file, what in sorted(locked.items(), key=lambda each: each[0] != "locks/check.txt"):
        group = Path(file).stem
        alone = group in ("check", "storage", "awscli", "lambda-emulator", *PEERS)
        constraints = [] if alone else ["--constraints", "locks/check.txt"]
        session.run(
            "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes",
            "--python-version", "3.11", "--no-emit-index-url", "--no-annotate",
            "--custom-compile-command", "nox -s lock",
            *what, "--output-file", file,
            *own, *constraints, *(["--no-deps"] if group == "interface-emulator" else []),
            *session.posargs, external=True,
        )  # fmt: skip
    install(session, "github")
    verb = "update" if "--upgrade" in session.posargs else "install"
    session.run(
        "npm", verb, "--prefix", "locks/github", "--package-lock-only",
        "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund",
    )  # fmt: skip


GROUPS = {
    "To begin with": "rehearse tour emulator load tests lint typecheck",
    "Build and deploy": "build verify preview deploy drift recover move destroy",
    "Release": (
        "rollout status rollback release_hold smoke invoke warm canary gate promote watch redrive "
        "ledger prune"
    ),
    "Plan": "plan preflight",
    "Prove a change": (
        "drill faults workflows bad_releases good_releases explore engines service_tests inputs "
        "fidelity peer_suites sdks fuzz_emulator soak_emulator"
    ),
    "Measure": (
        "bench_client bench_reconciliation bench_handler bench_emulator throttling gate_power"
    ),
    "GitHub": "fork provenance tell",
    "Once, or seldom": "new_service bootstrap pulumi_cli lock",
}


def list_in_groups() -> NoReturn:
    """Print every session under its heading, as `nox -l` would without headings, and end."""
    known = nox.registry.get()
    print(__doc__)
    for heading, names in GROUPS.items():
        print(f"\n{heading}")
        for name in names.split():
            print(f"  {name:21}{(known[name].func.__doc__ or '').splitlines()[0]}")
    sys.exit()


def refuse_unknown_sessions(arguments: list[str]) -> None:
    """End with one sentence and status 2 for a name that no session has."""
    options = Parser(add_help=False, allow_abbrev=False)
    options.add_argument("-s", "-e", "--session", "--sessions", nargs="*", action="extend")
    until = arguments.index("--") if "--" in arguments else None
    for name in options.parse_known_args(arguments[:until])[0].session or ():
        if name.partition("(")[0] not in nox.registry.get():
            refuse(f"There is no session {name}: `nox -l` lists them all.")


if sys.argv[1:] in (["-l"], ["--list"]):
    list_in_groups()
refuse_unknown_sessions(sys.argv[1:])
