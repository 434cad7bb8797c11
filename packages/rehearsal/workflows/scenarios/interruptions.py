"""Releases that somebody, or something, ends in the middle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rehearsal.workflows.scenarios.deploying import CLEAN_UP, DEV, ROLLOUT, STOPPED, merge
from rehearsal.workflows.scenarios.observation import Seen, relabel, watch
from rehearsal.workflows.world import ALIAS, function

if TYPE_CHECKING:
    from rehearsal.workflows.world import World


def cancelled_during_smoke(world: World) -> Seen:
    """The rollout goes on when its job is cancelled; the fence keeps it from beginning a canary."""
    relabel(world, "cancelled during smoke")
    sha = world.source.commit("Name the candidate anew")

    def smokes() -> bool:
        logs = world.hosting.root.glob(f"runs/{world.hosting.runs}/logs/dev - dev/try-it*.log")
        return any("release --outputs" in log.read_text(encoding="utf-8") for log in logs)

    with world.customers():
        seen = merge(world, sha, cancel_when=smokes)
    _cancelled(seen)
    return seen


def cancelled_merge(world: World) -> Seen:
    """Somebody cancels while the canary takes traffic: it ends, and so does the rollout."""
    relabel(world, "cancelled")
    sha = world.source.commit("Name the candidate anew")
    with world.customers():
        seen = merge(world, sha, cancel_when=lambda: "," in world.aliases()["dev"])
    _cancelled(seen)
    return seen


def lost_runner(world: World) -> Seen:
    """The runner dies while the canary takes traffic: nothing cleans up, and the canary stays."""
    relabel(world, "lost")
    sha = world.source.commit("Name the candidate anew")
    with world.customers():
        seen = merge(world, sha, lose_when=lambda: "," in world.aliases()["dev"])
    seen.expect("jobs", seen.run.results(), STOPPED)
    seen.expect("a canary", "," in seen.after["dev"], wanted=True)
    seen.served(dev=seen.after["dev"])
    return seen


def abandoned_canary(world: World) -> Seen:
    """The next morning's drift finds it: it was to be watched for minutes. A rollback ends it."""
    found = world.lambda_.get_alias(FunctionName=function("dev"), Name=ALIAS)
    said = json.loads(found["Description"])
    said["candidate"]["since"] = "2026-01-01T03:00:00.000Z"
    world.lambda_.update_alias(
        FunctionName=function("dev"), Name=ALIAS, Description=json.dumps(said)
    )
    seen = watch(world, lambda: world.run("drift.yml", "schedule", world.base))
    seen.expect("dev", seen.run.results().get("drift of dev"), "failure")
    step = "Compare AWS with the last deployment, the alias with the ledger"
    seen.failed_at("drift of dev", step, "`rollback --canary-only` ends it")
    seen.told(world, "Drift was found, or could not be looked for")
    given = {"environment": "dev", "what": "end the canary only", "reason": "nobody watches it"}
    world.run("rollback.yml", "workflow_dispatch", world.base, inputs=given)
    seen.after = world.aliases()
    seen.served(dev=seen.before["dev"].partition(",")[0])
    return seen


def _cancelled(seen: Seen) -> None:
    seen.expect("dev", seen.run.results().get(DEV), "cancelled")
    seen.ran(DEV, ROLLOUT, "cancelled")
    seen.ran(DEV, CLEAN_UP, "success")
    seen.served()
