"""What a function is made of: the role that it may run with, and its code as it can be fetched."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.tests.running import RUNTIME, trust, zipped

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

CODE = zipped({"app.py": "def handler(event, context): return 1"})


def _created(emulator: RunningEmulator, role_arn: str) -> tuple[str, str]:
    """Code and text that a creation with this role is refused with."""
    with pytest.raises(ClientError) as caught:
        emulator.client("lambda").create_function(
            FunctionName="never-made", Runtime=RUNTIME, Handler="app.handler", Role=role_arn,
            Code={"ZipFile": CODE},
        )  # fmt: skip
    error: Any = caught.value.response["Error"]
    return error["Code"], error["Message"]


UNASSUMABLE = (
    "InvalidParameterValueException",
    "The role defined for the function cannot be assumed by Lambda.",
)


@pytest.mark.behaviour("V42")
def test_a_role_that_lambda_may_not_assume_is_refused(emulator: RunningEmulator) -> None:
    """One that is not there, that trusts another service, or is of another account or path."""
    iam = emulator.client("iam")
    make = iam.create_role
    ec2 = make(RoleName="for-ec2", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    denied = json.loads(trust("lambda.amazonaws.com"))
    denied["Statement"][0]["Action"] = "sts:TagSession"
    tags = make(RoleName="tags-only", AssumeRolePolicyDocument=json.dumps(denied))
    none = make(RoleName="trusts-none", AssumeRolePolicyDocument='{"Version": "2012-10-17"}')
    good = emulator.role()
    assert _created(emulator, f"{good}-absent") == UNASSUMABLE
    assert _created(emulator, none["Role"]["Arn"]) == UNASSUMABLE
    assert _created(emulator, ec2["Role"]["Arn"]) == UNASSUMABLE
    assert _created(emulator, tags["Role"]["Arn"]) == UNASSUMABLE
    assert _created(emulator, good.replace(":role/", ":role/path/")) == UNASSUMABLE
    assert _created(emulator, good.replace("123456789012", "999999999999")) == (
        "AccessDeniedException",
        "Cross-account pass role is not allowed.",
    )


@pytest.mark.behaviour("V42")
def test_a_function_keeps_its_role_where_the_new_one_is_refused(emulator: RunningEmulator) -> None:
    """An update is judged as a creation is; a role below a path is as good as any."""
    lambda_, good = emulator.client("lambda"), emulator.role()
    name = emulator.deploy("def handler(event, context): return 1", Role=good)
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        lambda_.update_function_configuration(FunctionName=name, Role=f"{good}-absent")
    assert lambda_.get_function_configuration(FunctionName=name)["Role"] == good
    below = emulator.client("iam").create_role(
        RoleName="below", Path="/some/path/",
        AssumeRolePolicyDocument=trust("lambda.amazonaws.com"),
    )["Role"]["Arn"]  # fmt: skip
    lambda_.update_function_configuration(FunctionName=name, Role=below)
    emulator.settled(name)


@pytest.mark.behaviour("V44")
def test_code_is_fetched_from_where_it_lies_by_any_client(emulator: RunningEmulator) -> None:
    """The zip as it was sent, without credentials; a link that was not given leads nowhere."""
    name = emulator.deploy("", Code={"ZipFile": CODE})
    location = emulator.client("lambda").get_function(FunctionName=name)["Code"]["Location"]
    assert location.startswith("http://")
    with urllib.request.urlopen(location) as answer:  # noqa: S310 - http, as the line above shows
        fetched = answer.read()
    assert fetched == CODE
    assert zipfile.ZipFile(io.BytesIO(fetched)).namelist() == ["app.py"]
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(f"{location}x")  # noqa: S310
    refused.value.close()
