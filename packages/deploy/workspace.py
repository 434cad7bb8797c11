"""One stack on its backend, in a directory of its own that goes when it is done with."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import yaml
from console.errors import UsageError
from pulumi import automation as auto
from pulumi.automation.errors import (
    CommandError,
    ConcurrentUpdateError,
    StackAlreadyExistsError,
    StackNotFoundError,
)

from deploy import recovery
from deploy.changes import Watcher
from deploy.command import Command
from deploy.errors import LockedError, OperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from deploy.changes import Say
    from deploy.project import Project

_NO_LOGIN = "PULUMI_ACCESS_TOKEN must be set"


REFUSED = ()
"""No refusals of its own: see deploy.engine."""


@contextlib.contextmanager
def opened(
    project: Project,
    name: str,
    config: Mapping[str, str] | None = None,
    backend: str | None = None,
) -> Iterator[Stack]:
    """As `deploy.engine.opened`; raises UsageError where there is no CLI, too."""
    file = project.stack_file(name)
    with tempfile.TemporaryDirectory(prefix="pulumi-") as made:
        directory = Path(made)
        _settings(project, file, dict(config or {}), directory)
        variables = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
        # The stacks hold no secret: a bucket needs no passphrase unless a person chose one.
        if not os.environ.keys() & {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"}:
            variables["PULUMI_CONFIG_PASSPHRASE"] = ""
        if backend:
            variables["PULUMI_BACKEND_URL"] = backend
        yield Stack(project, name, directory, variables)


def _settings(project: Project, file: Path, config: dict[str, str], directory: Path) -> None:
    """Copy project and stack file: the CLI rewrites a stack file whenever it selects the stack."""
    whole = project.document
    kept = {key: value for key, value in whole.items() if key not in ("main", "stackConfigDir")}
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump(kept | {"runtime": "python"}), "utf-8")
    stack = yaml.safe_load(file.read_text("utf-8"))
    given = {key if ":" in key else f"{project.name}:{key}": value for key, value in config.items()}
    stack["config"] = (stack.get("config") or {}) | given
    (directory / file.name).write_text(yaml.safe_dump(stack), "utf-8")


class Stack:
    """The stack: what it is asked raises OperationError in the words of whoever refused."""

    def __init__(
        self, project: Project, name: str, directory: Path, variables: Mapping[str, str]
    ) -> None:
        self.project, self.name = project, name
        self._refused: str | None = None
        self._workspace = auto.LocalWorkspace(
            work_dir=str(directory),
            program=self._program,
            env_vars=variables,
            pulumi_command=Command(),
        )
        self._selected: auto.Stack | None = None

    @property
    def exists(self) -> bool:
        """Whether the backend has it, deployed or not."""
        if self._selected is None:
            with contextlib.suppress(StackNotFoundError), _worded():
                self._selected = auto.Stack.select(self.name, self._workspace)
                self._keep_passphrase()
        return self._selected is not None

    def create(self) -> None:
        """Make it on the backend unless it is there."""
        if not self.exists:
            # Somebody else may make it at the same moment.
            with contextlib.suppress(StackAlreadyExistsError), _worded():
                self._workspace.create_stack(self.name)

    def preview(self, say: Say) -> Watcher:
        """Ask what a deployment would change, in AWS as it is now."""
        return self._run(
            say, lambda w: self._stack.preview(on_event=w, color="never", refresh=True)
        )

    def up(self, say: Say, message: str | None = None) -> tuple[Watcher, dict[str, Any]]:
        """Deploy, and return the outputs too.

        First it finds what AWS holds, for Pulumi compares with its state alone.
        """
        left: auto.OutputMap = {}

        def work(watcher: Watcher) -> None:
            done = self._stack.up(on_event=watcher, color="never", refresh=True, message=message)
            left.update(done.outputs)

        return self._run(say, work), {key: output.value for key, output in left.items()}

    def compare(self, say: Say) -> Watcher:
        """Compare AWS with what was deployed; runs no program, changes nothing, takes no lock."""
        return self._run(say, lambda w: self._stack.preview_refresh(on_event=w, color="never"))

    def mend(self, region: str, say: Say) -> Watcher:
        """Record what may have been made, then take into the state what AWS holds."""
        self.replace_state(recovery.mended(self.state(), region))
        return self._run(say, lambda w: self._stack.refresh(on_event=w, color="never"))

    def destroy(self, say: Say) -> Watcher:
        """Delete everything but what is guarded, and what that needs."""
        return self._run(
            say,
            lambda w: self._stack.destroy(
                on_event=w, color="never", exclude_protected=True, refresh=True
            ),
        )

    def state(self) -> dict[str, Any]:
        """The state as the backend has it: `resources`, `pending_operations` and more."""
        with _worded():
            return dict(self._stack.export_stack().deployment or {})

    def replace_state(self, state: dict[str, Any]) -> None:
        """Put another state in its place; a backup of the last one stays on the backend."""
        with _worded():
            version = self._stack.export_stack().version
            self._stack.import_stack(auto.Deployment(version=version, deployment=state))

    def lock(self) -> str | None:
        """Who holds the stack, in Pulumi's words; None where nobody does.

        Pulumi has no question for it. Making a stack that is there asks for the lock first and
        changes nothing.
        """
        try:
            with _worded():
                self._workspace.create_stack(self.name)
        except StackAlreadyExistsError:
            return None
        except LockedError as locked:
            return str(locked)
        raise OperationError(f"Stack '{self.name}' was not on the backend.")

    def unlock(self) -> None:
        """Take the locks away."""
        with _worded():
            self._stack.cancel()

    def _keep_passphrase(self) -> None:
        """Hold to the passphrase of the state: without its salt any other would do, unseen."""
        provider = self._workspace.export_stack(self.name).deployment or {}
        salt = provider.get("secrets_providers", {}).get("state", {}).get("salt")
        if salt:
            file = Path(self._workspace.work_dir, f"Pulumi.{self.name}.yaml")
            settings = yaml.safe_load(file.read_text("utf-8"))
            file.write_text(yaml.safe_dump(settings | {"encryptionsalt": salt}), "utf-8")

    @property
    def _stack(self) -> auto.Stack:
        if not self.exists or self._selected is None:
            raise OperationError(f"Stack '{self.name}' was never deployed.")
        return self._selected

    def _program(self) -> None:
        try:
            self.project.program()
        except pulumi.RunError as refused:
            self._refused = str(refused)
            raise

    def _run(self, say: Say, work: Callable[[Watcher], object]) -> Watcher:
        with Watcher(say) as watcher:
            try:
                with _worded():
                    work(watcher)
            except LockedError:
                raise
            except OperationError as error:
                if self._refused:
                    raise UsageError(self._refused) from None
                raise OperationError("\n".join(watcher.errors) or str(error)) from None
        return watcher


@contextlib.contextmanager
def _worded() -> Iterator[None]:
    """Turn the CLI's failure into its own words."""
    try:
        yield
    except (StackNotFoundError, StackAlreadyExistsError):
        raise
    except ConcurrentUpdateError as error:
        raise LockedError(_words(error)) from None
    except CommandError as error:
        raise OperationError(_words(error)) from None


def _words(error: CommandError) -> str:
    """What the CLI wrote to its errors, without its code and the progress beside it."""
    said = str(error).rpartition("\n stderr: ")[2].strip()
    text = re.sub(r"^error: ", "", said, flags=re.MULTILINE) or str(error).strip()
    if _NO_LOGIN in text:
        text += "\nOr keep the state in a bucket: set PULUMI_BACKEND_URL, as s3://bucket/prefix."
    return text
