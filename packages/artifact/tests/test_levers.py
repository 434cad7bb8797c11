"""A build can skip its levers; that the function works all the same is tested in its zip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from service import artifacts

from artifact import manifest
from artifact.__main__ import main
from artifact.levers import LEVERS
from artifact.substitution import SUBSTITUTES

if TYPE_CHECKING:
    from artifact.tests.conftest import Artifact

DOCSTRING = "botocore/docs/docstring.py"


def test_a_plain_zip_has_the_libraries_as_they_come(plain: Artifact) -> None:
    """Whole, with nothing of ours in them."""
    assert (plain.unpacked / "aws_lambda_powertools/event_handler/api_gateway.py").exists()
    assert (plain.unpacked / DOCSTRING).read_bytes() != (SUBSTITUTES / DOCSTRING).read_bytes()
    assert len(list((plain.unpacked / "botocore/data").iterdir())) > 300
    assert not (plain.unpacked / "patterns.json").exists()


def test_a_plain_zip_says_so_and_can_be_deployed(plain: Artifact, artifact: Artifact) -> None:
    """Its manifest names every lever as skipped, and describes it as any other."""
    assert plain.manifest["source"]["skipped"] == sorted(LEVERS)
    assert artifact.manifest["source"]["skipped"] == []
    assert manifest.differences(plain.manifest, plain.zip) == []
    assert artifacts.load(plain.out).code_sha256 == plain.manifest["codeSha256"]


def test_a_lever_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With those that there are, in one line."""
    with pytest.raises(SystemExit, match="2"):
        main(["build", "--skip", "patterns,pattern"])
    assert capsys.readouterr().err == (
        "Argument --skip: there is no pattern: choose from patterns, substitutes, parts, calls.\n"
    )
