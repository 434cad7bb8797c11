"""The engine against a real program of queues, and an AWS in memory."""

from __future__ import annotations

import contextvars
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime import configure
from pulumi.runtime.mocks import MockSettings
from pulumi.runtime.proto.resource_pb2 import RegisterResourceRequest

from rehearsal.engine import deployment
from rehearsal.engine.errors import EngineError
from rehearsal.engine.monitor import Monitor
from rehearsal.engine.project import Project
from rehearsal.engine.providers import PROVIDERS
from rehearsal.engine.providers.base import Aws, Provider
from rehearsal.engine.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.engine.state import Properties

QUEUE = "aws:sqs/queue:Queue"
# Registers what `queues.json` beside it lists; each depends on the one before.
PROGRAM = """
import json, pathlib, pulumi, pulumi_aws
before = []
for name, spec in json.loads((pathlib.Path(__file__).parent / "queues.json").read_text()).items():
    if name == "raise":
        raise eval(spec)
    options = pulumi.ResourceOptions(depends_on=before, **spec.pop("options", {}))
    queue = pulumi_aws.sqs.Queue(name, **{"name": name, **spec}, opts=options)
    pulumi.export(name, queue.arn)
    before = [queue]
pulumi.export("size", pulumi.Config().require_int("size"))
"""


class Memory:
    """Queues in memory, and a journal of what was done to them."""

    def __init__(self) -> None:
        self.queues: dict[str, Properties] = {}
        self.journal: list[str] = []
        self.failures: dict[str, Exception] = {}

    def apply(self, aws: Aws, inputs: Properties, before: Properties) -> Properties:
        """Make or change a queue; `before` must be what it was."""
        del aws
        name = inputs["name"]
        if name in self.failures:
            raise self.failures.pop(name)
        self.journal.append(f"{'update' if before else 'create'} {name}")
        self.queues[name] = inputs
        return {"id": name, "arn": f"arn:{name}"}

    def delete(self, aws: Aws, outputs: Properties) -> None:
        """Remove a queue."""
        del aws
        self.journal.append(f"delete {outputs['id']}")
        del self.queues[outputs["id"]]


class Stack:
    """A project of queues with its state."""

    def __init__(self, root: Path, memory: Memory) -> None:
        self.memory, self.directory, self._program = memory, root / "stack", root / "program"
        self._program.mkdir()
        (self._program / "__main__.py").write_text(PROGRAM)
        self.operations: list[str] = []

    def up(self, queues: dict[str, Any]) -> dict[str, Any]:
        """Deploy the queues; return the outputs."""
        (self._program / "queues.json").write_text(json.dumps(queues))
        self.memory.journal.clear()
        self.operations.clear()
        return contextvars.Context().run(deployment.up, self._project(), self.directory, self._note)

    def destroy(self) -> None:
        """Delete everything."""
        self.memory.journal.clear()
        deployment.destroy(self._project(), self.directory, self._note)

    def _project(self) -> Project:
        config = {"aws:region": "us-east-1", "shop:size": "3"}
        return Project("shop", "dev", self._program, config)

    def _note(self, operation: str, type_: str, name: str) -> None:
        del type_
        self.operations.append(f"{operation} {name}")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Return an empty stack."""
    memory = Memory()
    monkeypatch.setitem(PROVIDERS, QUEUE, Provider(memory.apply, memory.delete))
    return Stack(tmp_path, memory)


def test_resources_are_made_in_the_order_of_their_dependencies(stack: Stack) -> None:
    """Outputs of AWS and of the program come back, and lie in outputs.json."""
    outputs = stack.up({"a": {}, "b": {}})
    assert stack.memory.journal == ["create a", "create b"]
    assert outputs == {"a": "arn:a", "b": "arn:b", "size": 3}
    assert json.loads((stack.directory / "outputs.json").read_text()) == outputs


def test_nothing_is_done_twice(stack: Stack) -> None:
    """An unchanged program touches AWS not at all."""
    first = stack.up({"a": {"delay_seconds": 1}})
    assert stack.up({"a": {"delay_seconds": 1}}) == first
    assert stack.memory.journal == []
    assert stack.operations == ["same a"]


def test_a_changed_input_is_an_update(stack: Stack) -> None:
    """Whole numbers arrive whole."""
    stack.up({"a": {"delay_seconds": 1}})
    stack.up({"a": {"delay_seconds": 2}})
    assert stack.memory.journal == ["update a"]
    assert stack.memory.queues["a"]["delaySeconds"] == 2


def test_what_cannot_change_is_replaced(stack: Stack) -> None:
    """A new name is a new queue; the old one goes."""
    stack.up({"a": {}})
    stack.up({"a": {"name": "other"}})
    assert stack.memory.journal == ["delete a", "create other"]


def test_what_is_registered_no_longer_is_deleted_last(stack: Stack) -> None:
    """Dependants go first, after everything new is there."""
    stack.up({"a": {}, "b": {}})
    stack.up({"c": {}})
    assert stack.memory.journal == ["create c", "delete b", "delete a"]


@pytest.mark.parametrize("changed", [{"delay_seconds": 9}, {}])
def test_ignored_changes_keep_the_last_states_value(stack: Stack, changed: Properties) -> None:
    """Changed or gone in the program, the value stays, even where something else is updated."""
    options = {"options": {"ignore_changes": ["delaySeconds"]}}
    stack.up({"a": {"delay_seconds": 1, **options}})
    stack.up({"a": {**changed, **options}})
    assert stack.memory.journal == []
    stack.up({"a": {**changed, **options, "max_message_size": 2048}})
    assert stack.memory.queues["a"] == {"name": "a", "delaySeconds": 1, "maxMessageSize": 2048}


def test_an_ignored_input_without_a_past_stays_out(stack: Stack) -> None:
    """What the state never held is not sent by a later deployment."""
    options = {"options": {"ignore_changes": ["delaySeconds"]}}
    stack.up({"a": options})
    stack.up({"a": {"delay_seconds": 5, **options}})
    assert stack.operations == ["same a"]


def test_a_protected_resource_is_not_deleted(stack: Stack) -> None:
    """Neither by leaving it out nor by replacing or destroying it."""
    stack.up({"a": {"options": {"protect": True}}})
    for attempt in (lambda: stack.up({}), stack.destroy, lambda: stack.up({"a": {"name": "b"}})):
        with pytest.raises(EngineError, match="'a' is protected"):
            attempt()
    assert list(stack.memory.queues) == ["a"]


def test_a_retained_resource_stays_in_aws(stack: Stack) -> None:
    """It leaves the state only."""
    stack.up({"a": {"options": {"retain_on_delete": True}}})
    stack.up({})
    assert list(stack.memory.queues) == ["a"]
    stack.destroy()
    assert stack.memory.journal == []


def test_a_failure_stops_and_can_be_resumed(stack: Stack) -> None:
    """What was done is remembered, what came after was not tried, nothing old is deleted."""
    stack.up({"old": {}})
    refusal = ClientError({"Error": {"Code": "Denied", "Message": "no\nway"}}, "CreateQueue")
    stack.memory.failures["b"] = refusal
    with pytest.raises(EngineError, match=r"AWS did not create .*Queue 'b'.*no way") as caught:
        stack.up({"a": {}, "b": {}, "c": {}})
    assert "\n" not in str(caught.value)
    assert stack.memory.journal == ["create a"]
    stack.up({"a": {}, "b": {}, "c": {}})
    assert stack.memory.journal == ["create b", "create c", "delete old"]


def test_nothing_is_applied_after_a_failure(stack: Stack, tmp_path: Path) -> None:
    """Resources that do not depend on the failed one are left alone as well."""
    stack.memory.failures["a"] = ValueError("broken")
    state = State.load(tmp_path / "state.json")
    monitor = Monitor(Aws("us-east-1"), state, lambda *_: None)

    def register(name: str) -> None:
        queue = Struct(fields={"name": Value(string_value=name)})
        request = RegisterResourceRequest(type=QUEUE, name=name, custom=True, object=queue)
        with pytest.raises((ValueError, EngineError)):
            monitor.RegisterResource(request)

    def both() -> None:
        configure(MockSettings(stack="dev", project="shop"))  # type: ignore[no-untyped-call]
        register("a")
        register("b")

    contextvars.Context().run(both)
    assert (stack.memory.journal, state.urns()) == ([], [])
    assert isinstance(monitor.failure, ValueError)


def test_an_unreachable_aws_is_named(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says where AWS was looked for."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    stack.memory.failures["a"] = EndpointConnectionError(endpoint_url="x")
    with pytest.raises(EngineError, match=r"AWS at http://127\.0\.0\.1:9 cannot be reached"):
        stack.up({"a": {}})


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        ("pulumi.RunError('Do this.')", r"^Do this\.$"),
        ("ValueError('broken')", r"The program failed with ValueError: broken \(.*main__\.py:\d+"),
    ],
)
def test_what_the_program_raises_is_one_sentence(stack: Stack, raised: str, sentence: str) -> None:
    """Its own refusals come through as they are; nothing is deleted."""
    stack.up({"a": {}})
    with pytest.raises(EngineError, match=sentence):
        stack.up({"raise": raised})
    assert list(stack.memory.queues) == ["a"]


def test_an_unknown_type_is_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine pretends nothing."""
    monkeypatch.delitem(PROVIDERS, QUEUE)
    with pytest.raises(EngineError, match="knows no aws:sqs/queue:Queue"):
        stack.up({"a": {}})


def test_destroy_deletes_dependants_first(stack: Stack) -> None:
    """The outputs go too; a second time there is nothing to do."""
    stack.up({"a": {}, "b": {}, "c": {}})
    stack.destroy()
    assert stack.memory.journal == ["delete c", "delete b", "delete a"]
    assert not (stack.directory / "outputs.json").exists()
    stack.destroy()
    assert stack.memory.journal == []


def test_a_new_aws_starts_without_a_past(stack: Stack) -> None:
    """After `forget` everything is made again."""
    stack.up({"a": {}})
    deployment.forget(stack.directory)
    stack.up({"a": {}})
    assert stack.memory.journal == ["create a"]
