"""What a provider of one resource type is: the AWS provider's behaviour, behind either engine.

Two ways lead in: the in-process engine calls these methods, and the Pulumi plugin protocol maps
onto them one to one (Check, Diff, Create, Read, Update, Delete). Property names are Pulumi's
(`visibilityTimeoutSeconds`). A value that is not known before a deployment is `UNKNOWN`. An archive
is `{"path": ..., "hash": ...}`: the path to a zip, and what tells one content from another.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError
from pulumi.runtime.rpc import UNKNOWN

from engine.errors import EngineError
from engine.providers.aws import Aws, described

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

__all__ = [
    "UNKNOWN",
    "Argument",
    "Aws",
    "Diff",
    "Failure",
    "PartialError",
    "Properties",
    "ProviderError",
    "Resource",
]

Properties = dict[str, Any]


class ProviderError(EngineError):
    """What the AWS provider, or AWS behind it, refused, in the provider's words."""


class PartialError(ProviderError):
    """A resource was made or changed, but not all of it: it belongs into the state all the same.

    The next deployment must call `update` on it, whatever `diff` says.
    """

    def __init__(self, message: str, id_: str, state: Properties) -> None:
        super().__init__(message)
        self.id, self.state = id_, state


@dataclass(frozen=True, slots=True)
class Argument:
    """What the AWS provider knows of one argument that a program may give."""

    default: Any = None
    """What it takes where the program leaves the argument out; None: it sends nothing."""
    required: bool = False
    replaces: bool = False
    """A change makes the resource anew."""
    computed: bool = False
    """Left out, whatever AWS answers stands and is no difference."""
    offered: bool = True
    """Whether the calls behind it are made here; if not, any value is refused."""
    only: Any = None
    """The one value that is offered here; None: all are."""
    read: bool = True
    """Whether `read` asks AWS for it; if not, the state's value is carried on."""
    normal: Callable[[Any], Any] = lambda value: value
    """The form in which two values are compared."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An argument that `check` refuses, and why."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Diff:
    """What a deployment must change; `replaced` are those of `changed` that need a new resource."""

    changed: frozenset[str]
    replaced: frozenset[str]
    delete_first: bool
    """The old resource must go before the new one is made."""


class Resource(ABC):
    """A resource type.

    `state` is everything known of a deployed resource: its arguments as AWS held them when it was
    last read or written, and what AWS computed. Errors of AWS come as ProviderError.
    """

    type: ClassVar[str]
    """Pulumi's token."""
    title: ClassVar[str]
    """What the provider calls it in its errors, such as `SQS Queue`."""
    name: ClassVar[str] = "name"
    """The argument that names the resource in AWS and in errors."""
    arguments: ClassVar[Mapping[str, Argument]]
    attributes: ClassVar[frozenset[str]] = frozenset({"arn"})
    """What AWS computes and no program gives."""

    def check(self, inputs: Properties) -> tuple[Properties, list[Failure]]:
        """Return the inputs with the provider's defaults in place, and what is refused."""
        unknown = [
            Failure(key, f"this provider knows no {key} of {self.type}")
            for key in sorted(inputs.keys() - self.arguments.keys())
        ]
        missing = [
            Failure(key, f'Missing required argument "{key}" of {self.type}')
            for key, argument in self.arguments.items()
            if argument.required and inputs.get(key) is None
        ]
        defaults = {
            key: argument.default
            for key, argument in self.arguments.items()
            if argument.default is not None and inputs.get(key) is None
        }
        filled = {**inputs, **defaults}
        absent = [
            Failure(key, f"{key} of {self.type} is not offered here")
            for key, argument in self.arguments.items()
            if not argument.offered and filled.get(key)
        ]
        other = [
            Failure(key, f"{key} of {self.type} can only be {argument.only} here")
            for key, argument in self.arguments.items()
            if argument.only not in (None, filled.get(key))
        ]
        return filled, [*unknown, *missing, *absent, *other]

    def diff(self, state: Properties, inputs: Properties, ignored: Collection[str] = ()) -> Diff:
        """Compare what is deployed with checked `inputs`; `ignored` arguments never differ."""
        changed = frozenset(
            key
            for key, argument in self.arguments.items()
            if key not in ignored and self._differs(argument, state.get(key), inputs.get(key))
        )
        replaced = frozenset(key for key in changed if self.arguments[key].replaces)
        # Where the program names what Pulumi would name, the old one must have gone, even where the
        # name changes (Pulumi's bridge, nameRequiresDeleteBeforeReplace).
        return Diff(changed, replaced, bool(replaced) and self.name == "name")

    @staticmethod
    def _differs(argument: Argument, held: Any, wanted: Any) -> bool:
        if argument.computed and wanted is None:
            return False
        if UNKNOWN in (held, wanted):
            return bool(held != wanted)
        # Absent, empty and zero are one to the provider.
        return bool(held or wanted) and argument.normal(held) != argument.normal(wanted)

    def planned(self, state: Properties | None, inputs: Properties) -> Properties:
        """Return what `create` or `update` would leave, without AWS: UNKNOWN where it decides."""
        if state is None:
            computed = [key for key, argument in self.arguments.items() if argument.computed]
            return dict.fromkeys((*computed, *self.attributes), UNKNOWN) | inputs
        changed = self.diff(state, inputs).changed
        return state | inputs | dict.fromkeys(self.recomputed(changed), UNKNOWN)

    def recomputed(self, changed: Collection[str]) -> Collection[str]:
        """Name the attributes that an update of `changed` sets anew."""
        del changed
        return ()

    def create(self, aws: Aws, inputs: Properties) -> tuple[str, Properties]:
        """Make the resource from checked `inputs`; return its id and state.

        What exists already is an error where AWS says so. Raises PartialError where it was made but
        could not be completed.
        """
        title = f"{self.title} ({inputs.get(self.name)})"
        with worded(f"creating {title}"):
            id_ = self._create(aws, inputs)
        try:
            with worded(f"creating {title}"):
                self._complete(aws, id_, inputs)
            state = self.read(aws, id_, inputs)
        except ProviderError as error:
            raise PartialError(str(error), id_, {**inputs, "id": id_}) from error
        if state is None:
            raise PartialError(f"reading {title}: couldn't find resource", id_, dict(inputs))
        return id_, state

    def read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        """Return what AWS holds now; None where it is gone.

        `state` is the last one, from which comes what AWS never tells; `{}` imports.
        """
        with worded(f"reading {self.title} ({id_})"):
            held = self._read(aws, id_, state)
        if held is None:
            return None
        carried = {
            key: state[key]
            for key, argument in self.arguments.items()
            if key in state
            and (
                not argument.read
                or (key in held and argument.normal(held[key]) == argument.normal(state[key]))
            )
        }
        # None is an absence; an import by another name answers with the id itself.
        return {"id": id_} | {key: v for key, v in (held | carried).items() if v is not None}

    def update(
        self,
        aws: Aws,
        id_: str,
        state: Properties,
        inputs: Properties,
        ignored: Collection[str] = (),
    ) -> Properties:
        """Bring AWS from `state` to checked `inputs`; return the new state.

        Of `ignored` arguments the state's values are sent where AWS takes them all together.
        Raises PartialError, whose state holds all of it, as the provider's does: only a `read`
        finds out what was not changed.
        """
        wanted = {key: value for key, value in inputs.items() if key not in ignored}
        wanted |= {key: state[key] for key in ignored if key in state}
        changed = self.diff(state, wanted).changed
        try:
            with worded(f"updating {self.title} ({id_})"):
                self._update(aws, id_, changed, state, wanted)
            after = self.read(aws, id_, {**state, **wanted})
        except ProviderError as error:
            raise PartialError(str(error), id_, {**state, **wanted}) from error
        if after is None:
            raise PartialError(f"reading {self.title} ({id_}): couldn't find resource", id_, state)
        return after

    def delete(self, aws: Aws, id_: str, state: Properties) -> None:
        """Remove the resource; one that is gone already is no error."""
        with worded(f"deleting {self.title} ({id_})"):
            self._delete(aws, id_, state)

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Return the id under which these inputs' resource is imported; None where there is none.

        Only what AWS names itself is asked for: `read` tells whether the id stands for anything.
        """
        del aws
        return str(inputs[self.name])

    def interrupted(self, state: Properties) -> Properties:
        """Return the state for an update whose end nobody saw: what must be done again differs."""
        return state

    def inputs(self, before: Properties, state: Properties) -> Properties:
        """Return the arguments of a state: those of `before`, or all that matter where it is {}."""
        if before:
            return {key: state.get(key) for key in before if state.get(key) is not None}
        return {
            key: state[key]
            for key, argument in self.arguments.items()
            if state.get(key) and (argument.required or not argument.computed)
        }

    @abstractmethod
    def _create(self, aws: Aws, inputs: Properties) -> str:
        """Make the one call that makes the resource; return its id."""

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:  # noqa: B027  optional
        """Wait for what was made, and make the further calls of a creation."""

    @abstractmethod
    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        """Ask AWS; None where it is gone."""

    def _update(  # noqa: B027  nothing of some can change
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        """Make the calls that the `changed` arguments need, in the provider's order.

        Where it fails it may take back in `inputs` what no `read` would find out.
        """

    @abstractmethod
    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        """Make the calls that remove it."""


class Put(Resource):
    """What one call makes and changes: its id is made of its names."""

    def _create(self, aws: Aws, inputs: Properties) -> str:
        self._put(aws, inputs)
        return str(self.identify(aws, inputs))

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if changed:
            self._put(aws, inputs)

    @abstractmethod
    def _put(self, aws: Aws, inputs: Properties) -> None:
        """Make the call."""


@contextlib.contextmanager
def worded(doing: str) -> Iterator[None]:
    """Turn AWS's refusals of what stands inside into ProviderError."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise ProviderError(f"{doing}: {described(error)}") from error
