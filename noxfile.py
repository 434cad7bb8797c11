"""Sessions: what a person, the rehearsal and the workflows call. `nox -l` lists them."""

from pathlib import Path

import nox

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "typecheck", "tests"]

ROOT = Path(__file__).parent
GROUPS = ("nox", "service", "emulator", "storage", "infra", "loadtest", "release", "rehearsal", "test", "check")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Resolve every dependency group into its hash-locked file in locks/."""
    for group in GROUPS:
        session.run(
            "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes",
            "--python-version", "3.11", "--no-emit-index-url", "--custom-compile-command", "nox -s lock",
            "--group", f"pyproject.toml:{group}", "--output-file", f"locks/{group}.txt", *session.posargs,
            external=True,
        )  # fmt: skip
