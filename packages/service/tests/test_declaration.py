"""A service's declaration: read whole, or refused with the sentence that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from service import declaration, probes
from service.declaration import load, load_all, names

if TYPE_CHECKING:
    from pathlib import Path

LEAST = """
title = "Invoices"
resources = "invoices"
handler = "invoices.handler.handler"
[function]
maximum_retries = 2
maximum_event_age_seconds = 3600
"""


def declare(folder: Path, name: str, text: str) -> None:
    """Write a service's declaration."""
    (folder / name).mkdir(parents=True)
    (folder / name / "service.toml").write_text(text, encoding="utf-8")


def test_every_service_here_is_well_declared() -> None:
    """With its package, its probes, and names that no other one has."""
    found = load_all()
    assert found
    for service in found:
        assert service.package.is_dir()
        assert callable(probes.load(service).accepted)


def test_what_a_declaration_leaves_out_has_a_value(tmp_path: Path) -> None:
    """A service without a table, whose names in the state tell it apart."""
    declare(tmp_path, "invoices", LEAST)
    service = load("invoices", tmp_path)
    assert service.table is None
    assert service.state_prefix == "invoices-"
    assert service.zip_name == "invoices.zip"
    assert service.settings == {}


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ('resources = "invoices"', 'resources = "Invoices"', "resources in services/invoices/serv"),
        ('resources = "invoices"', "", "is missing; write text"),
        (
            "invoices.handler.handler",
            "handler.handler",
            "handler in services/invoices/",
        ),
        ("maximum_retries = 2", "maximum_retries = 3", "a whole number from 0 to 2"),
        ("maximum_retries = 2", "maximum_retries = true", "a whole number from 0 to 2"),
        ("[function]", "[functions]", "has the unknown key 'functions': take it out"),
        ('title = "Invoices"', 'title = "Invoices', "cannot be read"),
        ("[function]", 'table = "x"\n[function]', "write a table, [table]"),
        ("[function]", '[table]\nname = "i"\n[function]', "key in services/invoices/service.toml"),
        ("[function]", "[artifact]\nonly = []\n[function]", "has the unknown key 'only'"),
        (
            "[function]",
            '[artifact]\nwithout = ["/etc"]\n[function]',
            "without in services/invoices",
        ),
        ("[function]", '[artifact]\nwithout = ["a/../.."]\n[function]', "is 'a/../..'; write text"),
    ],
)
def test_a_wrong_declaration_is_refused(
    tmp_path: Path, was: str, becomes: str, sentence: str
) -> None:
    """One sentence names the file, the key and what to write."""
    assert was in LEAST
    declare(tmp_path, "invoices", LEAST.replace(was, becomes))
    with pytest.raises(UsageError) as refused:
        load("invoices", tmp_path)
    assert sentence in str(refused.value)


def test_an_unknown_service_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    """Nothing is guessed."""
    declare(tmp_path, "invoices", LEAST)
    with pytest.raises(UsageError, match="no service 'invoice'; there are: invoices"):
        load("invoice", tmp_path)


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        ("invoices", "can be the same, 'invoices' and 'invoices'"),
        # Its `dev` would be the other's `eu-dev`.
        ("invoices-eu", "can be the same, 'invoices' and 'invoices-eu'"),
    ],
)
def test_two_services_never_share_their_names(tmp_path: Path, resources: str, told: str) -> None:
    """One's deployment would take the other's resources for its own."""
    declare(tmp_path, "invoices", LEAST)
    other = LEAST.replace("invoices.handler", "bills.handler")
    declare(tmp_path, "bills", other.replace('"invoices"', f'"{resources}"'))
    with pytest.raises(UsageError, match=told):
        load_all(tmp_path)


def test_two_services_never_share_a_prefix_in_the_state(tmp_path: Path) -> None:
    """And names that only begin alike are two."""
    declare(tmp_path, "invoices", LEAST)
    other = LEAST.replace("invoices.handler", "bills.handler").replace('"invoices"', '"invoicesx"')
    declare(tmp_path, "bills", other)
    assert len(load_all(tmp_path)) == 2
    same = other.replace("[function]", 'state_prefix = "invoices-"\n[function]')
    (tmp_path / "bills" / "service.toml").write_text(same)
    with pytest.raises(UsageError, match="have the same state_prefix 'invoices-'"):
        load_all(tmp_path)


def test_what_it_calls_is_a_list_of_operations(tmp_path: Path) -> None:
    """By AWS service; anything else is refused."""
    declare(tmp_path, "invoices", LEAST + '[calls]\ns3 = ["GetObject"]\n')
    assert load("invoices", tmp_path).calls == {"s3": ("GetObject",)}
    (tmp_path / "invoices" / "service.toml").write_text(LEAST + '[calls]\ns3 = "GetObject"\n')
    with pytest.raises(UsageError, match=r"write a list, as \[\"PutItem\"\]"):
        load("invoices", tmp_path)


OUTCOMES = """
[outcomes]
namespace = "Invoices"
confirmed = "Confirmed"
duplicate = "Duplicate"
rejected = "Rejected"
function_dimension = "FunctionName"
version_dimension = "ExecutedVersion"
reason_dimension = "ReasonCode"
reasons = ["TOO_LATE"]
"""


def test_outcomes_are_whole_or_not_there(tmp_path: Path) -> None:
    """A service without them is one whose answers nobody compares."""
    declare(tmp_path, "invoices", LEAST)
    assert load("invoices", tmp_path).outcomes is None
    declare(tmp_path, "bills", LEAST.replace("invoices.handler", "bills.handler") + OUTCOMES)
    outcomes = load("bills", tmp_path).outcomes
    assert outcomes is not None
    assert (outcomes.rejected, outcomes.reasons) == ("Rejected", ("TOO_LATE",))


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ('rejected = "Rejected"\n', "", "rejected in services/invoices/service.toml is missing"),
        ('"Invoices"\nconf', '"AWS/Lambda"\nconf', "namespace in services/invoices/"),
        ('["TOO_LATE"]', '"TOO_LATE"', "write a list, as"),
        ('["TOO_LATE"]', str([f"R{n}" for n in range(101)]), "is '101 codes'; write at most 100"),
    ],
)
def test_wrong_outcomes_are_refused(tmp_path: Path, was: str, becomes: str, sentence: str) -> None:
    """A metric that does not exist would be judged as a quiet one."""
    assert was in OUTCOMES
    declare(tmp_path, "invoices", LEAST + OUTCOMES.replace(was, becomes))
    with pytest.raises(UsageError) as refused:
        load("invoices", tmp_path)
    assert sentence in str(refused.value)


def test_the_default_is_the_only_one(tmp_path: Path) -> None:
    """Where there are more, one has to be named."""
    declare(tmp_path, "invoices", LEAST)
    assert declaration.default(tmp_path) == "invoices"
    other = LEAST.replace("invoices.handler", "bills.handler").replace('"invoices"', '"bills"')
    declare(tmp_path, "bills", other)
    assert names(tmp_path) == ("bills", "invoices")
    with pytest.raises(UsageError, match="Name the service, one of: bills, invoices"):
        declaration.default(tmp_path)


def test_the_service_that_was_there_first_is_the_default(tmp_path: Path) -> None:
    """So that what a team has typed until now proves the same after it makes a second service."""
    declare(tmp_path, "invoices", LEAST.replace("[function]", 'state_prefix = ""\n[function]'))
    other = LEAST.replace("invoices.handler", "bills.handler").replace('"invoices"', '"bills"')
    declare(tmp_path, "bills", other)
    assert declaration.default(tmp_path) == "invoices"


def test_probes_that_lack_something_are_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    declare(tmp_path, "invoices", LEAST)
    service = load("invoices", tmp_path)
    with pytest.raises(UsageError, match=r"has no probes\.py"):
        probes.load(service)
    (tmp_path / "invoices" / "probes.py").write_text("def accepted(mark, at):\n    return []\n")
    with pytest.raises(UsageError, match=r"services/invoices/probes\.py has no drawn: add it"):
        probes.load(service)


def test_what_is_wrong_with_an_answer_is_told_in_words() -> None:
    """Each member that differs, and each that is not there."""
    probe = probes.Probe({}, {"status": "rejected"}, present=("reasons",))
    assert probe.problems({"status": "rejected", "reasons": ["x"]}) == []
    assert probe.problems(None) == ["status None, not 'rejected'", "no reasons"]
