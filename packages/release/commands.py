"""Each command of the command line: options in, one call, its result out."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import terminal
from reporting.amounts import digest, number

from release import artifact
from release.aws import check_lifetime
from release.canary import canary
from release.drift import drift
from release.invoke import invoke
from release.judge import Request, judge
from release.promote import promote
from release.prune import prune
from release.redrive import list_letters, redrive
from release.remedy import Typed
from release.result import Exit, Result
from release.rollback import end_canary, rollback
from release.rollout import PLANS, Order, Rollout
from release.smoke import smoke
from release.status import show_ledger, status
from release.target import check_target, choose, wait_until_made
from release.warm import warm

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from release.clock import Clock
    from release.cloudwatch_adapter import Monitoring
    from release.lambda_adapter import Functions
    from release.outputs import Outputs
    from release.sqs_adapter import DeadLetters


@dataclass(frozen=True, slots=True)
class Systems:
    """What the commands work on; `letters` is None if the stack names no queue."""

    functions: Functions
    monitoring: Monitoring
    letters: DeadLetters | None
    clock: Clock


@dataclass(frozen=True, slots=True)
class Call:
    """One command: its systems, the stack and what was asked."""

    systems: Systems
    outputs: Outputs
    options: argparse.Namespace
    manifest: artifact.Manifest | None = None

    @property
    def version(self) -> str:
        """The version asked for, or the last deployment's; UsageError if neither is known."""
        return choose(self.options.version, self.outputs)

    @property
    def commit(self) -> str | None:
        """What is released: said, in the manifest, or of the workflow."""
        built = self.manifest.commit if self.manifest else None
        given: str | None = self.options.commit
        return given or built or os.environ.get("GITHUB_SHA")

    @property
    def pull_request(self) -> str | None:
        """By which pull request it came."""
        given: str | None = self.options.pull_request
        return given or (self.manifest.pull_request if self.manifest else None)


def run(systems: Systems, outputs: Outputs, options: argparse.Namespace) -> Result:
    """Run the command that the options name; UsageError as each says."""
    path = getattr(options, "manifest", None)
    manifest = artifact.load(path) if path else None
    if manifest is not None:
        outputs = replace(outputs, built_sha256=manifest.code_sha256)
    return COMMANDS[options.command](Call(systems, outputs, options, manifest))


def _say(line: str) -> None:
    print(terminal.shown(line, sys.stdout), flush=True)


def _letters(call: Call) -> DeadLetters:
    if call.systems.letters is None:
        raise UsageError("The outputs name no dead-letter queue (dlqQueueUrl): deploy again.")
    return call.systems.letters


def _status(call: Call) -> Result:
    systems = call.systems
    return status(systems.functions, systems.monitoring, systems.letters, call.outputs)


def _invoke(call: Call) -> Result:
    return invoke(call.systems.functions, call.outputs, call.options.event)


def _ledger(call: Call) -> Result:
    return show_ledger(call.systems.functions, call.options.last)


def _drift(call: Call) -> Result:
    systems = call.systems
    return drift(systems.functions, systems.monitoring, call.outputs, systems.clock)


def _prune(call: Call) -> Result:
    return prune(call.systems.functions, call.outputs, call.systems.clock, call.options.keep)


def _verify(call: Call) -> Result:
    if call.manifest is None:
        raise UsageError("Name the built artifact with --manifest FILE.")
    artifact.verify(call.manifest, call.options.provenance)
    check_target(call.systems.functions, call.outputs, call.version)
    message = f"Version {call.version} holds the artifact {digest(call.manifest.code_sha256)}."
    return Result(Exit.DONE, message, {"codeSha256": call.manifest.code_sha256})


def _smoke(call: Call) -> Result:
    systems = call.systems
    maximum = call.options.maximum_init_ms
    wait_until_made(systems.functions, systems.clock, call.version, _say)
    return smoke(systems.functions, call.outputs, systems.clock, call.version, maximum)


def _warm(call: Call) -> Result:
    systems, options = call.systems, call.options
    if not 0 <= options.weight <= 1:
        raise UsageError(
            f"A weight of {number(options.weight)} is impossible: name a share from 0 to 1."
        )
    return warm(
        systems.functions, systems.monitoring, call.outputs, systems.clock, call.version,
        options.weight, options.maximum_init_ms,
    )  # fmt: skip


def _canary(call: Call) -> Result:
    systems, options = call.systems, call.options
    return canary(
        systems.functions, call.outputs, systems.clock, call.version, options.weight, options.reason
    )


def _request(call: Call) -> Request:
    options = call.options
    return Request(
        version=call.version,
        since=getattr(options, "since", None),
        bake=options.bake,
        poll=options.poll,
        minimum_samples=options.minimum_samples,
        maximum_error_share=options.maximum_error_share,
        restore=getattr(options, "on_fail", "restore") == "restore",
        on_inconclusive=options.on_inconclusive,
        patience=options.patience,
        drive_rate=options.drive_rate,
        typed=Typed(options.command, call.outputs.stack, options.typed),
    )


def _gate(call: Call) -> Result:
    systems, request = call.systems, _request(call)
    check_lifetime(request.longest, systems.clock.now())
    return judge(systems.functions, systems.monitoring, call.outputs, systems.clock, request, _say)


def _promote(call: Call) -> Result:
    return promote(
        call.systems.functions,
        call.outputs,
        call.systems.clock,
        call.version,
        commit=call.commit,
        pull_request=call.pull_request,
        reason=call.options.reason,
    )


def _rollback(call: Call) -> Result:
    systems, options = call.systems, call.options
    if options.canary_only:
        return end_canary(systems.functions, call.outputs, systems.clock, fence=True)
    return rollback(
        systems.functions, call.outputs, systems.clock, options.version,
        commit=options.commit, reason=options.reason,
    )  # fmt: skip


def _rollout(call: Call) -> Result:
    systems, options = call.systems, call.options
    order = Order(
        version=call.version,
        steps=PLANS[options.plan] if options.steps is None else options.steps,
        gate=_request(call),
        commit=call.commit,
        pull_request=call.pull_request,
        reason=options.reason,
        maximum_init_ms=options.maximum_init_ms,
        within=options.within,
    )
    check_lifetime(order.longest, systems.clock.now())
    return Rollout(
        systems.functions, systems.monitoring, call.outputs, systems.clock, order, _say
    ).run()


def _redrive(call: Call) -> Result:
    systems, options = call.systems, call.options
    if options.list:
        return list_letters(_letters(call), options.max)
    return redrive(
        systems.functions,
        _letters(call),
        call.outputs,
        systems.clock,
        _say,
        rate=options.rate,
        maximum=options.max,
        wanted=options.only,
    )


COMMANDS: dict[str, Callable[[Call], Result]] = {
    "status": _status,
    "invoke": _invoke,
    "ledger": _ledger,
    "drift": _drift,
    "prune": _prune,
    "verify": _verify,
    "smoke": _smoke,
    "warm": _warm,
    "canary": _canary,
    "gate": _gate,
    "promote": _promote,
    "rollback": _rollback,
    "rollout": _rollout,
    "redrive": _redrive,
}
