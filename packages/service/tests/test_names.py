"""Names in AWS, and back from a name to its stack."""

from __future__ import annotations

from dataclasses import replace

import pytest
from service import declaration
from service.names import Names, stack_of

FIRST = declaration.load_all()[0]


def test_each_name_has_the_services_and_the_stacks_in_it() -> None:
    """So that no service, and no stack, has another's resource."""
    names = Names(replace(FIRST, resources="invoices"), "prod")
    assert names.function == "invoices-prod"
    assert names.log_group == "/aws/lambda/invoices-prod"
    alarms = [*names.standing_alarms, *names.release_alarms]
    assert len({*alarms}) == len(alarms) == 8
    for name in (names.dead_letter_queue, *alarms):
        assert name.startswith("invoices-")
        assert name.endswith("-prod")


def test_a_service_that_counts_no_outcomes_has_no_alarm_on_them() -> None:
    """`discover` names none that is not there."""
    names = Names(replace(FIRST, outcomes=None), "dev")
    assert names.rejections_alarm not in names.standing_alarms
    assert len(names.standing_alarms) == 4


def test_a_service_without_a_table_has_no_name_for_one() -> None:
    """Nobody grants or looks for a table that is not there."""
    assert Names(replace(FIRST, table=None), "dev").table is None


@pytest.mark.parametrize("stack", ["dev", "a-stack", "s" * 29])
def test_a_functions_name_tells_its_stack(stack: str) -> None:
    """For a command that a person can type; another's function tells none."""
    assert stack_of(Names(FIRST, stack).function) == stack
    assert stack_of(f"another-{stack}") == "STACK"
