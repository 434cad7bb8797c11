"""`services/NAME/service.toml`, typed and checked."""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from console.checkout import ROOT
from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FOLDER: Final = ROOT / "services"
FILE: Final = "service.toml"
_NAME: Final = r"[a-z][a-z0-9_]{0,39}"
LONGEST: Final = 18
"""Characters of `resources`: the longest AWS name made of it, with the longest stack name, has
IAM's 64."""
_RESOURCES: Final = rf"[a-z][a-z0-9-]{{0,{LONGEST - 1}}}"

_BELOW: Final = r"(?!.*\.\.)[^/].*"
_METRIC: Final = r"[A-Za-z0-9_./#-]{1,255}"
MOST_REASONS: Final = 100
"""Of two versions they fit into one GetMetricData, which takes 500 metrics."""


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table of the service's own, with one item for each event that it took.

    `key`, `digest` and `at` are attributes: the event's id, the SHA-256 of its content (hex) and
    when it was recorded (RFC 3339); `variable` tells the function the table's name. `expires` is
    the attribute with the epoch second after which DynamoDB deletes the item of a synthetic event.
    """

    name: str
    key: str
    digest: str
    at: str
    variable: str
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class Trimming:
    """What of its libraries a service never uses; paths below the folder that they are in."""

    without: tuple[str, ...] = ()
    """Glob patterns of what is not imported."""
    substitutes: tuple[str, ...] = ()
    """Modules that are imported, and for which the build has smaller ones."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the function counts in CloudWatch what became of events that no test sent.

    `confirmed`, `duplicate` and `rejected` are metrics in `namespace`, each in two dimension sets:
    the function, and the function with the version. `rejected` is also counted with the version and
    each of its `reasons`.
    """

    namespace: str
    confirmed: str
    duplicate: str
    rejected: str
    function_dimension: str
    version_dimension: str
    reason_dimension: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `settings` are the defaults of what a stack file may set for it, as text."""

    name: str
    """Its folder, and its package."""
    title: str
    resources: str
    """What its names in AWS begin with."""
    state_prefix: str
    """What its names in Pulumi's state begin with."""
    handler: str
    maximum_retries: int
    maximum_event_age_seconds: int
    settings: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The operations that it calls, by AWS service as botocore names it: the zip's botocore knows
    no others. It knows all where none are said."""
    trimming: Trimming = field(default_factory=Trimming)
    table: Table | None = None
    outcomes: Outcomes | None = None
    """Without them the gate judges its versions by errors and durations alone."""
    contract: Path | None = None
    """What its events must be, as JSON Schema: published beside the zip."""
    folder: Path = ROOT

    @property
    def package(self) -> Path:
        """The package that is built into the zip."""
        return self.folder / "src" / self.name

    @property
    def lock(self) -> Path:
        """The hash-locked dependencies of the zip."""
        return self.folder / "requirements.txt"

    @property
    def zip_name(self) -> str:
        """The artifact's file."""
        return f"{self.name}.zip"


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the services there are, by their folders' names, sorted."""
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{FILE}")))


def load_all(folder: Path = FOLDER) -> tuple[Service, ...]:
    """Return every service. Raises UsageError where two share names in AWS or in the state."""
    found = tuple(load(name, folder) for name in names(folder))
    check_apart(found)
    return found


def check_apart(found: Sequence[Service]) -> None:
    """Raise UsageError where two of the services share names in AWS or in the state."""
    for one, other in itertools.permutations(found, 2):
        if one.state_prefix == other.state_prefix:
            raise _same(one, other, f"the same state_prefix '{one.state_prefix}'")
        # The one's stack `b-dev` would be called as the other's `dev`.
        if f"{other.resources}-".startswith(f"{one.resources}-"):
            both = f"'{one.resources}' and '{other.resources}'"
            raise _same(one, other, f"resources whose names in AWS can be the same, {both}")


def _same(one: Service, other: Service, what: str) -> UsageError:
    return UsageError(
        f"Services {one.name} and {other.name} have {what}: change it in the newer one's {FILE}."
    )


def default(folder: Path = FOLDER) -> str:
    """Return the service that is meant where none is named.

    That is the only one, or the one that was there before the others: its names in Pulumi's state
    have no prefix. Raises UsageError where there is neither.
    """
    known = names(folder)
    first = known if len(known) == 1 else _without_prefix(folder)
    if not first:
        raise UsageError(f"Name the service, one of: {', '.join(known)}.")
    return first[0]


def chosen(name: str | None = None) -> Service:
    """Return the service of that name, or the default. Raises UsageError."""
    return load(name or default())


def _without_prefix(folder: Path) -> Sequence[str]:
    return [service.name for service in load_all(folder) if not service.state_prefix]


def load(name: str, folder: Path = FOLDER) -> Service:
    """Read one service. Raises UsageError for one that is not there or not well declared."""
    path = folder / name / FILE
    known = names(folder)
    if name not in known:
        raise UsageError(f"There is no service '{name}'; there are: {', '.join(known)}.")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path.relative_to(folder.parent)} cannot be read: {error}.") from None
    return _Reader(name, path, raw).service()


@dataclass(frozen=True, slots=True)
class _Reader:
    """What one file holds; each refusal names the file, the key and what to write."""

    name: str
    path: Path
    raw: Mapping[str, Any]

    def service(self) -> Service:
        if not re.fullmatch(_NAME, self.name):
            raise self._wrong("the folder's name", self.name, "a Python package's, lower case")
        function, calls = self._table("function"), self._table("calls")
        known = {"title", "resources", "state_prefix", "handler", "function", "settings"}
        known |= {"variables", "calls", "artifact", "table", "outcomes", "contract"}
        unknown = sorted(self.raw.keys() - known)
        if unknown:
            raise UsageError(f"{self._where} has the unknown key '{unknown[0]}': take it out.")
        return Service(
            name=self.name,
            title=self._text(self.raw, "title", r".+"),
            resources=self._text(self.raw, "resources", _RESOURCES),
            state_prefix=self._text(
                {"state_prefix": f"{self.name}-", **self.raw}, "state_prefix", r"([a-z0-9_]+-)?"
            ),
            handler=self._text(self.raw, "handler", rf"{self.name}(\.\w+)+"),
            maximum_retries=self._whole(function, "maximum_retries", 0, 2),
            maximum_event_age_seconds=self._whole(
                function, "maximum_event_age_seconds", 60, 21_600
            ),
            settings={key: _as_config(value) for key, value in self._table("settings").items()},
            variables={key: str(value) for key, value in self._table("variables").items()},
            calls={service: self._texts(calls, service, '["PutItem"]') for service in calls},
            trimming=self._trimming(self._table("artifact")),
            table=self._own_table(self._table("table")) if "table" in self.raw else None,
            outcomes=self._outcomes(self._table("outcomes")) if "outcomes" in self.raw else None,
            contract=self._file("contract"),
            folder=self.path.parent,
        )

    def _file(self, key: str) -> Path | None:
        if key not in self.raw:
            return None
        path = self.path.parent / self._text(self.raw, key, _BELOW)
        if not path.is_file():
            raise self._wrong(key, self.raw[key], "a file in the service's folder")
        return path

    def _trimming(self, raw: Mapping[str, Any]) -> Trimming:
        if unknown := sorted(raw.keys() - {"without", "substitutes"}):
            raise UsageError(f"[artifact] in {self._where} has the unknown key '{unknown[0]}'.")
        found = {key: self._texts(raw, key, '["library/part"]') for key in raw}
        for key, paths in found.items():
            for path in paths:
                self._text({key: path}, key, _BELOW)
        return Trimming(**found)

    def _own_table(self, raw: Mapping[str, Any]) -> Table:
        attributes = {key: self._text(raw, key, r"\w+") for key in ("key", "digest", "at")}
        if "expires" in raw:
            attributes["expires"] = self._text(raw, "expires", r"\w+")
        return Table(
            name=self._text(raw, "name", r"[a-z][a-z0-9-]{0,15}"),
            variable=self._text(raw, "variable", r"[A-Z][A-Z0-9_]*"),
            **attributes,
        )

    def _outcomes(self, raw: Mapping[str, Any]) -> Outcomes:
        metrics = ("confirmed", "duplicate", "rejected")
        dimensions = ("function_dimension", "version_dimension", "reason_dimension")
        named = {key: self._text(raw, key, _METRIC) for key in (*metrics, *dimensions)}
        reasons = self._texts(raw, "reasons", '["ID_INVALID"]')
        if len(reasons) > MOST_REASONS:
            raise self._wrong("reasons", f"{len(reasons)} codes", f"at most {MOST_REASONS}")
        namespace = self._text(raw, "namespace", rf"(?!AWS/){_METRIC}")
        return Outcomes(namespace=namespace, reasons=reasons, **named)

    def _texts(self, raw: Mapping[str, Any], key: str, example: str) -> tuple[str, ...]:
        given = raw.get(key)
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise self._wrong(key, given, f"a list, as {example}")
        return tuple(given)

    def _table(self, key: str) -> Mapping[str, Any]:
        found = self.raw.get(key, {})
        if not isinstance(found, dict):
            raise self._wrong(key, found, f"a table, [{key}]")
        return found

    def _text(self, raw: Mapping[str, Any], key: str, pattern: str) -> str:
        value = raw.get(key)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise self._wrong(key, value, f"text that matches {pattern}")
        return value

    def _whole(self, raw: Mapping[str, Any], key: str, low: int, high: int) -> int:
        value = raw.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(key, value, f"a whole number from {low} to {high}")
        return value

    @property
    def _where(self) -> str:
        return f"services/{self.name}/{FILE}"

    def _wrong(self, key: str, value: object, rule: str) -> UsageError:
        given = "missing" if value is None else f"{value!r}"
        return UsageError(f"{key} in {self._where} is {given}; write {rule}.")


def _as_config(value: object) -> str:
    """As Pulumi's config has it: text, with true and false in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)
