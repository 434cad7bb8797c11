"""Each command of the command line: options in, one call, its result out."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting.amounts import digest, number

from release.aws.clients import check_lifetime
from release.commands import hold
from release.commands import verify as artifact
from release.commands.canary import canary
from release.commands.drift import drift
from release.commands.invoke import invoke
from release.commands.live_watch import watch_live
from release.commands.promote import promote
from release.commands.prune import prune
from release.commands.redrive import list_messages, redrive
from release.commands.rollback import end_canary, rollback
from release.commands.rollout import Rollout, RolloutRequest
from release.commands.smoke import smoke
from release.commands.status import show_ledger, status
from release.commands.warm import warm
from release.gate.judge import Request, judge
from release.plans import shares
from release.remedy import Typed
from release.result import Exit, Result
from release.state.versions import check_target, choose, wait_until_made

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from release.context import Release


@dataclass(frozen=True, slots=True)
class Call:
    """One command: what it works on and what was asked."""

    release: Release
    options: argparse.Namespace
    manifest: artifact.Manifest | None = None

    @property
    def version(self) -> str:
        """The version asked for, or the last deployment's; UsageError if neither is known."""
        return choose(self.options.version, self.release.outputs)

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


def run(release: Release, options: argparse.Namespace) -> Result:
    """Run the command that the options name; UsageError as each says."""
    path = getattr(options, "manifest", None)
    manifest = artifact.load(path, release.outputs.service) if path else None
    if manifest is not None:
        outputs = replace(release.outputs, built_sha256=manifest.code_sha256)
        release = replace(release, outputs=outputs)
    return COMMANDS[options.command](Call(release, options, manifest))


def _invoke(call: Call) -> Result:
    return invoke(call.release, call.options.event)


def _ledger(call: Call) -> Result:
    return show_ledger(call.release.functions, call.options.last)


def _prune(call: Call) -> Result:
    return prune(call.release, call.options.keep)


def _verify(call: Call) -> Result:
    if call.manifest is None:
        raise UsageError("Name the built artifact with --manifest FILE.")
    artifact.verify(call.manifest, call.options.provenance)
    check_target(call.release, call.version)
    message = f"Version {call.version} holds the artifact {digest(call.manifest.code_sha256)}."
    return Result(Exit.DONE, message, {"codeSha256": call.manifest.code_sha256})


def _smoke(call: Call) -> Result:
    wait_until_made(call.release, call.version)
    options = call.options
    return smoke(call.release, call.version, options.maximum_init_ms, seed=options.seed)


def _warm(call: Call) -> Result:
    options = call.options
    if not 0 <= options.weight <= 1:
        raise UsageError(
            f"A weight of {number(options.weight)} is impossible: name a share from 0 to 1."
        )
    return warm(call.release, call.version, options.weight, options.maximum_init_ms)


def _canary(call: Call) -> Result:
    return canary(call.release, call.version, call.options.weight, call.options.reason)


def _request(call: Call) -> Request:
    options = call.options
    return Request(
        version=call.version,
        since=getattr(options, "since", None),
        bake=options.bake,
        poll=options.poll,
        minimum_samples=options.minimum_samples,
        maximum_error_share=options.maximum_error_share,
        accept_rejections=options.accept_rejections or None,
        restore=getattr(options, "on_fail", "restore") == "restore",
        on_inconclusive=options.on_inconclusive,
        patience=options.patience,
        synthetic_rate=options.synthetic_rate,
        typed=Typed(options.command, call.release.outputs.place, options.typed),
    )


def _gate(call: Call) -> Result:
    request = _request(call)
    check_lifetime(request.longest, call.release.clock.now())
    return judge(call.release, request)


def _promote(call: Call) -> Result:
    seconds = call.release.outputs.watch_seconds
    done = promote(
        call.release,
        call.version,
        commit=call.commit,
        pull_request=call.pull_request,
        reason=call.options.reason,
        watch=seconds,
    )
    if not done.details.get("changed") or not seconds:
        return done
    typed = Typed("watch", call.release.outputs.place).again()
    return replace(done, message=f"{done.message} `{typed}` watches it for {number(seconds, 's')}.")


def _hold(call: Call) -> Result:
    options = call.options
    if options.set:
        return hold.put(call.release, options.commit, options.reason)
    if options.lift:
        return hold.lift(call.release, options.reason)
    return hold.show(call.release)


def _watch(call: Call) -> Result:
    check_lifetime(call.release.outputs.watch_seconds, call.release.clock.now())
    return watch_live(call.release, poll=call.options.poll, abandoned=call.options.abandoned)


def _rollback(call: Call) -> Result:
    options = call.options
    named = [each for each in (options.version, options.commit, options.canary_only) if each]
    if len(named) > 1:  # a form's fields that were left empty name nothing
        raise UsageError("Name one of --version, --commit and --canary-only: nothing was changed.")
    if options.canary_only:
        return end_canary(call.release, fence=True, reason=options.reason)
    return rollback(
        call.release, options.version or None, commit=options.commit or None, reason=options.reason
    )


def _rollout(call: Call) -> Result:
    options = call.options
    request = RolloutRequest(
        version=call.version,
        steps=options.steps or shares(options.plan or call.release.outputs.plan),
        gate=_request(call),
        commit=call.commit,
        pull_request=call.pull_request,
        reason=options.reason,
        maximum_init_ms=options.maximum_init_ms,
        watch=call.release.outputs.watch_seconds if options.watch is None else options.watch,
        within=options.within,
    )
    check_lifetime(request.longest, call.release.clock.now())
    return Rollout(call.release, request).run()


def _redrive(call: Call) -> Result:
    options = call.options
    if options.list:
        return list_messages(call.release, options.max)
    return redrive(call.release, rate=options.rate, maximum=options.max, wanted=options.only)


COMMANDS: dict[str, Callable[[Call], Result]] = {
    "status": lambda call: status(call.release),
    "invoke": _invoke,
    "ledger": _ledger,
    "drift": lambda call: drift(call.release),
    "prune": _prune,
    "verify": _verify,
    "smoke": _smoke,
    "warm": _warm,
    "canary": _canary,
    "gate": _gate,
    "promote": _promote,
    "rollback": _rollback,
    "rollout": _rollout,
    "watch": _watch,
    "release_hold": _hold,
    "redrive": _redrive,
}
