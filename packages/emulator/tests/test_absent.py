from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import cbor2
import pytest
from botocore.exceptions import ClientError
from emulator.absent import AbsentService
from emulator.http import Request
from emulator.tests.aws_cli import aws, require

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator


@pytest.mark.parametrize(
    ("service", "call", "code", "named"),
    [
        ("ec2", "describe_regions", "InvalidAction", "DescribeRegions"),
        ("cloudformation", "list_stacks", "InvalidAction", "ListStacks"),
        ("ecr", "describe_repositories", "UnknownOperationException", "DescribeRepositories"),
        ("stepfunctions", "list_state_machines", "UnknownOperationException", "ListStateMachines"),
        ("efs", "describe_file_systems", "UnknownOperationException", "GET /2015-02-01"),
        ("route53", "list_hosted_zones", "InvalidAction", "GET /2013-04-01/hostedzone"),
    ],
)
def test_a_service_that_is_not_here_is_named_to_its_client(
    emulator: RunningEmulator, service: str, call: str, code: str, named: str
) -> None:
    """EC2's XML, Query, JSON 1.1 and 1.0, REST with JSON and with XML."""
    with pytest.raises(ClientError) as caught:
        getattr(emulator.client(service), call)()
    error = caught.value.response["Error"]
    assert error["Code"] == code
    signed = {"stepfunctions": "states", "efs": "elasticfilesystem"}.get(service, service)
    assert error["Message"].startswith(f"The service {signed} is not emulated, so {named}")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_client_that_speaks_cbor_is_answered_in_it() -> None:
    """The operation is part of the path."""
    path = "/service/Partners/operation/ListShares"
    request = Request("POST", path, {}, {"smithy-protocol": "rpc-v2-cbor"}, b"\xbf\xff")
    answer = asyncio.run(AbsentService("partners", lambda: "id").handle(request))
    told = cbor2.loads(answer.body)
    assert told["__type"] == "UnknownOperationException"
    assert told["message"] == "The service partners is not emulated, so ListShares is not either."
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"


def test_the_command_line_prints_it(emulator: RunningEmulator) -> None:
    """The message is whole."""
    require()
    printed = aws(emulator.environment, "ecr", "describe-repositories").stderr
    assert "The service ecr is not emulated, so DescribeRepositories is not either." in printed
