"""What a zip leaves out of its libraries is what its service declares, and no other service's."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from service import creation
from service.declaration import FILE, FOLDER, Trimming, load

from artifact import dependencies
from artifact.substitution import SUBSTITUTES

if TYPE_CHECKING:
    from pathlib import Path

FIRST = load("order_processor")
MADE = "invoice_processor"
JMESPATH = "aws_lambda_powertools/utilities/jmespath_utils/__init__.py"
RESOLVER = "aws_lambda_powertools/event_handler/api_gateway.py"
BATCH = "aws_lambda_powertools/utilities/batch/base.py"


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """Return a folder of two services: the second is the template's, with the first's libraries."""
    folder = tmp_path / "services"
    shutil.copytree(FOLDER, folder)
    creation.create(MADE, folder)
    shutil.copy(FIRST.lock, folder / MADE)
    return folder


def test_a_new_service_keeps_what_the_first_leaves_out(services: Path, tmp_path: Path) -> None:
    """Until it says otherwise, and then what it says; the first's zip stays as it was."""
    whole = dependencies.prepared(load(MADE, services), tmp_path / "cache")
    for part in (RESOLVER, BATCH, "botocore/docs/method.py", "urllib3/http2/connection.py"):
        assert (whole / part).exists(), part
    assert list(whole.glob("dateutil/zoneinfo/*.tar.gz"))
    assert (whole / JMESPATH).read_bytes() != (SUBSTITUTES / JMESPATH).read_bytes()
    declared = services / MADE / FILE
    own = f'[artifact]\nwithout = ["{BATCH}"]\nsubstitutes = ["{JMESPATH}"]\n'
    declared.write_text(f"{declared.read_text()}\n{own}")
    bare = dependencies.prepared(load(MADE, services), tmp_path / "cache")
    assert bare != whole
    assert (bare / RESOLVER).exists()
    assert not (bare / BATCH).exists()
    assert (bare / JMESPATH).read_bytes() == (SUBSTITUTES / JMESPATH).read_bytes()
    first = dependencies.prepared(load(FIRST.name, services), tmp_path / "cache")
    assert not (first / RESOLVER).exists()


def test_what_leaves_nothing_out_is_refused(tmp_path: Path) -> None:
    """A library that renames a part is looked at by a person; nothing half-done stays."""
    stale = replace(FIRST, trimming=Trimming(without=("botocore/dox",)))
    with pytest.raises(UsageError, match="without 'botocore/dox' in service"):
        dependencies.prepared(stale, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
