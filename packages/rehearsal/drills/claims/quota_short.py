"""A deployment for which the account is too small is refused before it changes anything."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from console.errors import UsageError

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.journal import StepError
from rehearsal.stack import Stack

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

LIMIT, ASKED = 118, 50
CANDIDATE = "good-release"
REQUEST = re.compile(
    "`aws service-quotas request-service-quota-increase --service-code lambda "
    r"--quota-code L-B99A9384 --desired-value (\d+)`"
)
LOWER = re.compile(r"lower [\w-]+:reservedConcurrency to (\d+)")


def run(env: DrillEnvironment) -> Observation:
    """Ask for more than there is, then take either of the two ways out that the sentence names."""
    before = _everything(env)
    said = ""
    env.inject(lambda: None)
    try:
        env.deploy_candidate(CANDIDATE, **(_asking(ASKED) if env.faulty else {}))
    except UsageError as error:
        said = str(error)
    detected = env.seconds()
    request, lower = REQUEST.search(said), LOWER.search(said)
    if not request or not lower:
        raise StepError(f"the refusal does not say what helps: {said or 'there was none'}")
    changed = sorted(key for key, value in _everything(env).items() if value != before[key])
    if changed:
        raise StepError(f"the refused deployment had changed already: {', '.join(changed)}")
    version = env.deploy_candidate(CANDIDATE, **_asking(int(lower[1])))
    recovered = env.seconds()
    _deploy_elsewhere(env, int(request[1]))
    return Observation(
        f"refused with nothing changed, naming {lower[1]} as what fits and {request[1]} as the "
        f"quota to request; with {lower[1]} it became version {version}, and in an account with "
        f"{request[1]} the {ASKED} were granted",
        detected,
        recovered,
    )


def _asking(reserved: int) -> dict[str, int]:
    return {"reservedConcurrency": reserved}


def _everything(env: DrillEnvironment) -> dict[str, object]:
    """What a deployment could have changed of the function."""
    client, name = env.lambda_, env.function
    latest = client.get_function_configuration(FunctionName=name)
    return {
        "code": (latest["CodeSha256"], latest["RevisionId"]),
        "versions": [
            version["Version"]
            for version in client.list_versions_by_function(FunctionName=name)["Versions"]
        ],
        "aliases": client.list_aliases(FunctionName=name)["Aliases"],
        "reservation": client.get_function_concurrency(FunctionName=name).get(
            "ReservedConcurrentExecutions"
        ),
    }


def _deploy_elsewhere(env: DrillEnvironment, limit: int) -> None:
    """Deploy the refused request to an account that has the quota requested."""
    other = Stack(replace(env.settings, directory=env.path("granted")), env.children)
    other.start("--account-concurrency", str(limit))
    try:
        other.deploy(env.artifact(CANDIDATE), **_asking(ASKED))
    except UsageError as error:
        raise StepError(f"a quota of {limit} does not suffice: {error}") from error
    finally:
        other.emulator.stop()


DRILL = Drill(
    name="quota-short",
    claim=(
        "What the account's quotas do not allow is refused before any change, with the command "
        "that helps"
    ),
    fault=f"a deployment asks for {ASKED} reserved executions of an account that has {LIMIT}",
    run=run,
    needs=Needs(time_scale=60.0, emulator=("--account-concurrency", str(LIMIT))),
)
