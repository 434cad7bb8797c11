"""The engine against a real program of queues, and an AWS in memory."""

from __future__ import annotations

import contextvars
import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from engine import deployment, monitor
from engine.errors import EngineError
from engine.monitor import Monitor
from engine.project import Project
from engine.providers import PROVIDERS
from engine.providers.aws import Aws
from engine.providers.base import UNKNOWN
from engine.providers.sqs import Queue
from engine.state import Pending, Record, State
from engine.steps import Steps
from google.protobuf.struct_pb2 import Struct, Value
from pulumi.output import Unknown
from pulumi.runtime import configure
from pulumi.runtime.mocks import MockSettings
from pulumi.runtime.proto.resource_pb2 import RegisterResourceRequest

if TYPE_CHECKING:
    from pathlib import Path

    from engine.state import Properties

QUEUE = "aws:sqs/queue:Queue"
URN = f"urn:pulumi:dev::shop::{QUEUE}::"
# Registers what `queues.json` beside it lists; each depends on the one before.
PROGRAM = """
import json, pathlib, pulumi, pulumi_aws
before, own = [], None
for name, spec in json.loads((pathlib.Path(__file__).parent / "queues.json").read_text()).items():
    if name == "raise":
        raise eval(spec)
    if name == "run":
        eval(spec)
        continue
    if name == "provider":
        own = pulumi_aws.Provider("own", region=spec)
        continue
    options = pulumi.ResourceOptions(depends_on=before, provider=own, **spec.pop("options", {}))
    queue = pulumi_aws.sqs.Queue(name, **{"name": name, **spec}, opts=options)
    pulumi.export(name, queue.arn)
    before = [queue]
pulumi.export("size", pulumi.Config().require_int("size"))
"""


class Memory(Queue):
    """Queues in memory, and a journal of what was done to them."""

    def __init__(self) -> None:
        self.queues: dict[str, Properties] = {}
        self.journal: list[str] = []
        self.failures: dict[str, Exception] = {}
        self.late: set[str] = set()
        """Queues that are made, and whose making fails all the same."""

    def _create(self, aws: Aws, inputs: Properties) -> str:
        name = str(inputs["name"])
        if name in self.failures:
            raise self.failures.pop(name)
        if name in self.queues:
            raise refusal("QueueNameExists", "A queue already exists with the same name")
        self.journal.append(f"create {name}")
        self.queues[name] = dict(inputs)
        return name

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        if id_ in self.late:
            self.late.remove(id_)
            raise refusal("Late", "made but not finished")

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        held = self.queues.get(id_)
        return {**held, "arn": f"arn:{id_}"} if held else None

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        self.journal.append(f"update {id_}")
        self.queues[id_] |= {key: inputs.get(key) for key in changed}

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        self.journal.append(f"delete {id_}")
        del self.queues[id_]

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Name, as if it were the id."""
        return str(inputs["name"])


def refusal(code: str, message: str) -> ClientError:
    """Return a refusal of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateQueue")


class Stack:
    """A project of queues with its state."""

    def __init__(self, root: Path, memory: Memory) -> None:
        self.memory, self.directory, self._program = memory, root / "stack", root / "program"
        self._program.mkdir()
        (self._program / "__main__.py").write_text(PROGRAM)
        self.operations: list[str] = []

    def up(self, queues: dict[str, Any], *, refreshed: bool = False) -> dict[str, Any]:
        """Deploy the queues; return the outputs."""
        self._write(queues)
        return contextvars.Context().run(
            deployment.up, self.project(), self.directory, self._note, refreshed=refreshed
        )

    def preview(self, queues: dict[str, Any]) -> list[str]:
        """Return what a deployment of the queues would do."""
        self._write(queues)
        contextvars.Context().run(deployment.preview, self.project(), self.directory, self._note)
        return self.operations

    def _write(self, queues: dict[str, Any]) -> None:
        (self._program / "queues.json").write_text(json.dumps(queues))
        self.memory.journal.clear()
        self.operations.clear()

    def destroy(self) -> None:
        """Delete everything."""
        self.memory.journal.clear()
        deployment.destroy(self.project(), self.directory, self._note)

    def state(self) -> State:
        """Return what is recorded."""
        return State.load(self.directory / "state.json")

    def project(self) -> Project:
        """Return the project as the command line loads it."""
        config = {"aws:region": "us-east-1", "shop:size": "3"}
        return Project("shop", "dev", self._program, config)

    def _note(self, operation: str, type_: str, name: str) -> None:
        del type_
        self.operations.append(f"{operation} {name}")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Return an empty stack."""
    memory = Memory()
    monkeypatch.setitem(PROVIDERS, QUEUE, memory)
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
    held = stack.memory.queues["a"]
    assert (held["delaySeconds"], held["maxMessageSize"]) == (1, 2048)


def test_an_ignored_input_without_a_past_stays_out(stack: Stack) -> None:
    """What the state never held is not sent by a later deployment."""
    options = {"options": {"ignore_changes": ["delaySeconds"]}}
    stack.up({"a": options})
    stack.up({"a": {"delay_seconds": 5, **options}})
    assert stack.operations == ["same a"]


def test_a_protected_resource_is_not_deleted(stack: Stack) -> None:
    """Neither by leaving it out nor by replacing or destroying it."""
    stack.up({"a": {"options": {"protect": True}}})
    renamed = {"a": {"name": "b", "options": {"protect": True}}}
    for attempt in (lambda: stack.up({}), stack.destroy, lambda: stack.up(renamed)):
        with pytest.raises(EngineError, match=r"'a' is protected|unable to replace .*::a"):
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
    stack.memory.failures["b"] = refusal("Denied", "no\nway")
    with pytest.raises(EngineError, match=r"^creating SQS Queue \(b\): .*Denied: no way") as caught:
        stack.up({"a": {}, "b": {}, "c": {}})
    assert "\n" not in str(caught.value)
    assert stack.memory.journal == ["create a"]
    stack.up({"a": {}, "b": {}, "c": {}})
    assert stack.memory.journal == ["create b", "create c", "delete old"]


def test_nothing_is_applied_after_a_failure(stack: Stack, tmp_path: Path) -> None:
    """Resources that do not depend on the failed one are left alone as well."""
    stack.memory.failures["a"] = ValueError("broken")
    state = State.load(tmp_path / "state.json")
    monitor = Monitor(Steps(Aws("us-east-1"), state, lambda *_: None, dry_run=False))

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
    stack.memory.queues.clear()
    stack.up({"a": {}})
    assert stack.memory.journal == ["create a"]


def test_what_exists_already_is_an_error(stack: Stack) -> None:
    """Nothing that the state does not know is taken over; each try fails in the same way."""
    stack.memory.queues["a"] = {"name": "a", "delaySeconds": 7}
    for _ in range(2):
        with pytest.raises(EngineError, match=r"^creating SQS Queue \(a\): .*QueueNameExists"):
            stack.up({"a": {}})
    assert stack.memory.queues == {"a": {"name": "a", "delaySeconds": 7}}
    assert stack.state().urns() == []


def test_what_was_changed_by_hand_is_put_right(stack: Stack) -> None:
    """A deployment alone compares with the state and sees nothing; one that refreshes does."""
    stack.up({"a": {"delay_seconds": 1}, "b": {}})
    stack.memory.queues["a"]["delaySeconds"] = 5
    del stack.memory.queues["b"]
    stack.up({"a": {"delay_seconds": 1}, "b": {}})
    assert stack.memory.journal == []
    stack.up({"a": {"delay_seconds": 1}, "b": {}}, refreshed=True)
    assert stack.memory.journal == ["update a", "create b"]
    assert stack.memory.queues["a"]["delaySeconds"] == 1


def test_a_comparison_names_what_was_changed(stack: Stack) -> None:
    """By argument, with both values; without writing, the state stays as it was."""
    stack.up({"a": {"delay_seconds": 1}, "b": {}})
    assert deployment.refresh(stack.project(), stack.directory) == []
    stack.memory.queues["a"]["delaySeconds"] = 5
    del stack.memory.queues["b"]
    found = deployment.refresh(stack.project(), stack.directory, write=False)
    assert [(drift.name, drift.held) for drift in found] == [("a", {"delaySeconds": 5}), ("b", {})]
    assert found[0].was == {"delaySeconds": 1}
    assert len(stack.state().urns()) == 2


def test_what_aws_holds_is_read_from_it_alone(stack: Stack) -> None:
    """Not what the state says, and not what is left to others."""
    ignored = {"options": {"ignore_changes": ["delaySeconds"]}}
    stack.up({"a": {"delay_seconds": 1}, "b": {"delay_seconds": 1, **ignored}, "c": {}})
    stack.memory.queues["a"]["delaySeconds"] = 5
    del stack.memory.queues["c"]
    held = deployment.held(stack.project(), stack.directory)
    assert held["Queue a"]["delaySeconds"] == 5
    assert "delaySeconds" not in held["Queue b"]
    assert held["Queue c"] == {}


def test_a_preview_says_what_would_be_done(stack: Stack) -> None:
    """Outputs are unknown where AWS decides them; neither AWS nor the state is touched."""
    assert stack.preview({"a": {}}) == ["create a"]
    stack.up({"a": {"delay_seconds": 1}, "b": {}})
    before = stack.state().urns()
    assert stack.preview({"a": {"delay_seconds": 2}, "c": {}}) == [
        "update a",
        "create c",
        "delete b",
    ]
    assert stack.memory.journal == []
    assert stack.state().urns() == before


def test_an_incomplete_resource_is_in_the_state(stack: Stack) -> None:
    """It was made, so the next deployment goes on with it instead of making it again."""
    stack.memory.late.add("a")
    with pytest.raises(EngineError, match="made but not finished"):
        stack.up({"a": {}})
    stack.up({"a": {}})
    assert stack.operations == ["update a"]
    stack.up({"a": {}})
    assert stack.operations == ["same a"]


@pytest.mark.parametrize("made", [True, False])
def test_a_killed_creation_is_recovered(stack: Stack, *, made: bool) -> None:
    """What AWS has is taken into the state, what it has not is forgotten."""
    stack.up({"a": {}})
    state = stack.state()
    urn = f"{URN}b"
    inputs, _ = stack.memory.check({"name": "b"})
    state.pending.append(Pending("creating", urn, Record(QUEUE, "b", custom=True, inputs=inputs)))
    state.save()
    if made:
        stack.memory.queues["b"] = dict(inputs)
        with pytest.raises(EngineError, match="QueueNameExists"):
            stack.up({"a": {}, "b": {}})
    settled = deployment.recover(stack.project(), stack.directory)
    assert [(note.urn, known) for note, known in settled] == [(urn, made)]
    assert deployment.recover(stack.project(), stack.directory) == []
    stack.up({"a": {}, "b": {}})
    assert stack.operations == ["same a", "same b" if made else "create b"]


def test_an_interrupted_function_is_published_again() -> None:
    """No reading tells what was changed and not published: its code is sent anew."""
    function = PROVIDERS["aws:lambda/function:Function"]
    inputs: Properties = {"name": "f", "sourceCodeHash": "abc", "memorySize": 256}
    assert function.diff(inputs, inputs).changed == frozenset()
    again = function.diff(function.interrupted(inputs), inputs).changed
    assert again == {"sourceCodeHash"}
    assert {"version", "qualifiedArn"} <= set(function.recomputed(again))


def test_a_kill_leaves_a_note_of_what_was_begun(stack: Stack) -> None:
    """The note is on disk before AWS is called."""

    class Killed(BaseException):
        pass

    stack.memory.failures["a"] = cast("Exception", Killed())
    steps = Steps(Aws("us-east-1"), stack.state(), lambda *_: None, dry_run=False)
    with pytest.raises(Killed):
        steps.apply(f"{URN}a", Record(QUEUE, "a", custom=True, inputs={"name": "a"}))
    assert [note.operation for note in stack.state().pending] == ["creating"]


def test_a_renamed_resource_is_the_same_by_its_alias(stack: Stack) -> None:
    """Nothing is made or deleted in AWS."""
    stack.up({"a": {}})
    stack.up({"b": {"name": "a", "options": {"aliases": [f"{URN}a"]}}})
    assert stack.memory.journal == []
    assert [urn.rpartition("::")[2] for urn in stack.state().urns()] == ["b"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"import_": "a"}, "import_"),
        ({"ignore_changes": ["tags.Author"]}, "'tags.Author' inside an argument"),
        ({"replace_on_changes": ["tags.Author"]}, "'tags.Author' inside an argument"),
    ],
)
def test_what_this_engine_cannot_do_is_refused_by_name(
    stack: Stack, options: Properties, what: str
) -> None:
    """Nothing is done instead of it."""
    with pytest.raises(EngineError, match=f"asks for {what}.*Pulumi CLI"):
        stack.up({"a": {"options": options}})


def test_an_explicit_provider_is_of_the_stacks_own_region(stack: Stack) -> None:
    """It stands for the one AWS that is here, and deploys what names it; another is refused."""
    stack.up({"provider": "us-east-1", "a": {}})
    assert stack.memory.journal == ["create a"]
    stack.up({"provider": "us-east-1", "a": {}})
    assert stack.memory.journal == []
    with pytest.raises(EngineError, match="eu-west-1 beside the stack's us-east-1"):
        stack.up({"provider": "eu-west-1", "b": {}})


def test_what_this_engine_would_not_run_is_refused(stack: Stack) -> None:
    """Instead of a deployment that leaves it out."""
    asked = "pulumi.runtime.register_resource_transform(lambda args: None)"
    with pytest.raises(EngineError, match=r"asks for a stack transform.*Pulumi CLI"):
        stack.up({"run": asked, "a": {}})


@pytest.mark.parametrize(
    ("queue", "said"),
    [({"kms_master_key_id": "k"}, "knows no kmsMasterKeyId"), ({"name": None}, "name")],
)
def test_arguments_that_the_provider_does_not_know_are_refused(
    stack: Stack, queue: Properties, said: str
) -> None:
    """Nothing is left out in silence."""
    with pytest.raises(EngineError, match=said):
        stack.up({"a": queue})


def test_what_is_not_known_yet_is_so_within_lists_too() -> None:
    """A preview compares them as text, as the protocol carries them."""
    unknown: Any = Unknown
    assert monitor._plain({"queries": [{"version": unknown()}]}) == {
        "queries": [{"version": UNKNOWN}]
    }
