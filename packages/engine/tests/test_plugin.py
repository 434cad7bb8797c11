"""The providers behind Pulumi's plugin protocol, asked as the CLI asks them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from console import lifelines
from engine import plugin
from engine.providers import PROVIDERS
from engine.providers.base import UNKNOWN, PartialError
from engine.wire import read, write
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUEUE = "urn:pulumi:local::order-processing::x:y:Component$aws:sqs/queue:Queue::dead-letters"


def struct(**properties: Any) -> struct_pb2.Struct:
    """Return the message for plain properties."""
    return json_format.ParseDict(properties, struct_pb2.Struct())


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Start the executable, as the CLI does: it prints the port that it listens on."""
    with lifelines.tied(
        [str(plugin.install(tmp_path / "bin")), "127.0.0.1:1"],
        env={**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "us-east-1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            asked = provider_pb2_grpc.ResourceProviderStub(channel)
            asked.Configure(provider_pb2.ConfigureRequest(args=struct(region="us-east-1")))
            yield asked
        lifelines.end(process)


def test_it_does_not_outlive_a_cli_that_was_killed(tmp_path: Path) -> None:
    """Which has no time to end it: as long as it lives, it holds the CLI's pipe."""
    path = plugin.install(tmp_path / "bin")
    cli = ["sh", "-c", f'"{path}" 127.0.0.1:1 & wait']
    with lifelines.tied(cli, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline())
        process.kill()
        process.communicate(timeout=30)


def test_check_fills_in_defaults_and_refuses_what_is_not_known(
    stub: provider_pb2_grpc.ResourceProviderStub,
) -> None:
    """By the name of the argument."""
    answer = stub.Check(provider_pb2.CheckRequest(urn=QUEUE, news=struct(name="q", moon=1)))
    assert read(answer.inputs)["visibilityTimeoutSeconds"] == 30
    assert [failure.property for failure in answer.failures] == ["moon"]


def test_a_change_of_name_makes_a_new_one(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    """And says so of that argument alone."""
    olds, news = struct(name="q"), struct(name="r")
    answer = stub.Diff(provider_pb2.DiffRequest(urn=QUEUE, olds=olds, news=news))
    assert list(answer.replaces) == list(answer.diffs) == ["name"]


def test_a_preview_asks_nobody(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    """What AWS decides is not known before."""
    request = provider_pb2.CreateRequest(urn=QUEUE, properties=struct(name="q"), preview=True)
    assert read(stub.Create(request).properties)["url"] == UNKNOWN


def test_an_absent_aws_is_the_call_s_error(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    """In a sentence that names the resource."""
    with pytest.raises(grpc.RpcError) as refused:
        stub.Create(provider_pb2.CreateRequest(urn=QUEUE, properties=struct(name="q")))
    assert str(refused.value.details()).startswith("creating SQS Queue (q): ")


def test_an_unknown_type_is_named(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    """And the resource that needs it."""
    urn = "urn:pulumi:local::order-processing::aws:sns/topic:Topic::news"
    with pytest.raises(grpc.RpcError) as refused:
        stub.Check(provider_pb2.CheckRequest(urn=urn, news=struct(name="t")))
    assert refused.value.details() == (
        "This engine knows no aws:sns/topic:Topic: 'news' needs one."
    )


def test_what_was_begun_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine gets the id and the state of what is not complete, and why."""

    class RefusedError(Exception):
        """What grpc raises."""

    class Context:
        """Keeps the failure."""

        status: Any = None

        def abort_with_status(self, status: Any) -> None:
            """As grpc's."""
            self.status = status
            raise RefusedError

    def create(*_: object) -> object:
        raise PartialError("no tags", "q-id", {"name": "q"})

    monkeypatch.setattr(PROVIDERS["aws:sqs/queue:Queue"], "create", create)
    context: Any = Context()
    served = plugin.Plugin()
    served.Configure(provider_pb2.ConfigureRequest(args=struct(region="us-east-1")), context)
    request = provider_pb2.CreateRequest(urn=QUEUE, properties=struct(name="q"))
    with pytest.raises(RefusedError):
        served.Create(request, context)
    [(_, packed)] = context.status.trailing_metadata
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(packed).details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("q-id", ["no tags"])
    assert read(detail.properties) == {"name": "q"}


def test_an_archive_comes_back_as_it_was() -> None:
    """The providers see where it lies and what tells it from another."""
    archive = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7"}
    given = struct(code=archive | {"path": "/a.zip", "hash": "ab"}, size=3)
    plain = read(given)
    assert plain == {"code": {"path": "/a.zip", "hash": "ab"}, "size": 3}
    assert json_format.MessageToDict(write(plain, given)) == json_format.MessageToDict(given)
