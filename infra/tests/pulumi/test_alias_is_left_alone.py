"""No schedule of deployments and rollouts makes either engine write the alias."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from console.checkout import ROOT
from service.names import ALIAS

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.tests.pulumi.team import Team

DEPLOYMENTS = 4
ENGINES = {"pulumi": "", "rehearsal": "engine.stack"}


def rolled(rng: random.Random, team: Team) -> str:
    """Write the alias as the release tool does, and people by hand; say what was done."""
    client, named = team.client("lambda"), {"FunctionName": team.function, "Name": ALIAS}
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=team.function)
    versions = [v["Version"] for page in pages for v in page["Versions"]][1:]
    chosen = rng.sample(versions, min(2, len(versions)))
    weights = {chosen[1]: 0.25} if len(chosen) == 2 and rng.random() < 0.6 else {}
    client.update_alias(
        **named,
        FunctionVersion=chosen[0],
        Description=f"entry {rng.randint(1, 99)}",
        RoutingConfig={"AdditionalVersionWeights": weights},
    )
    return f"alias on {chosen[0]}, weights {weights}"


def tuned(rng: random.Random, team: Team) -> str:
    """Change a setting, which publishes a version; say which."""
    memory = rng.choice([512, 640, 768])
    team.configure(memoryMb=memory)
    return f"memory {memory}"


def meddled(rng: random.Random, team: Team) -> str:
    """Change the function by hand, which the next deployment mends."""
    seconds = rng.randint(3, 60)
    client: Any = team.client("lambda")
    client.update_function_configuration(FunctionName=team.function, Timeout=seconds)
    client.get_waiter("function_updated_v2").wait(FunctionName=team.function)
    return f"timeout {seconds} by hand"


def point_at_the_program(team: Team) -> None:
    """Our engine runs what Pulumi.yaml names, and not the program inline."""
    path = team.tree / "Pulumi.yaml"
    text = path.read_text("utf-8").replace("main: infra/", f"main: {ROOT / 'infra'}/")
    path.write_text(text, "utf-8")


STEPS: list[Callable[[random.Random, Team], str]] = [rolled, rolled, tuned, tuned, meddled]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("engine", list(ENGINES))
def test_a_deployment_never_writes_the_alias(team: Team, engine: str, seed: int) -> None:
    """Its revision, which every write renews, is after each deployment what it was before."""
    rng, told = random.Random(seed), [f"seed {seed}"]
    client = team.client("lambda")

    def revision() -> str:
        found = client.get_alias(FunctionName=team.function, Name=ALIAS)
        return str(found["RevisionId"])

    point_at_the_program(team)
    team.must("deploy", STACK_ENGINE=ENGINES[engine])
    for _ in range(DEPLOYMENTS):
        told += [step(rng, team) for step in rng.sample(STEPS, 2)]
        before = revision()
        told.append(team.must("deploy", STACK_ENGINE=ENGINES[engine]))
        assert revision() == before, "\n".join(told)
