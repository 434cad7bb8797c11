"""Names and ARNs of functions, versions and aliases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from emulator.errors import AwsError
from emulator.lambda_.state import refusals

LATEST = "$LATEST"

# The patterns of `NamespacedFunctionName` and of the invoke operation's `Qualifier` in botocore's
# Lambda service model, repeated in AWS's error texts.
NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
MAXIMUM_QUALIFIER = 128
QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"

_REFERENCE = re.compile(
    r"(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?"
    r"(?:(?P<region>(?:eusc-)?[a-z]{2}(?:(?:-gov)|(?:-iso(?:[a-z]?)))?-[a-z]+-\d{1}):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[a-zA-Z0-9-_\.]+)"
    r"(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?",
    re.ASCII,
)
_QUALIFIER = re.compile(QUALIFIER_PATTERN, re.ASCII)
_UNMATCHED = "failed to satisfy constraint: Member must satisfy regular expression pattern: "


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A function as a caller wrote it; parts that were left out are `None`."""

    name: str
    qualifier: str | None = None
    region: str | None = None
    account: str | None = None


@lru_cache(maxsize=4096)
def parse(reference: str, qualifier: str | None = None) -> FunctionReference:
    """Read `name`, `name:qualifier`, a partial or a full ARN, plus the separate `qualifier`.

    Raises `AwsError`: `ValidationException` for a malformed part,
    `InvalidParameterValueException` where the two qualifiers disagree.
    """
    match = _REFERENCE.fullmatch(reference)
    faults = []
    if qualifier is not None and len(qualifier) > MAXIMUM_QUALIFIER:
        faults.append(
            f"Value '{qualifier}' at 'qualifier' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAXIMUM_QUALIFIER}"
        )
    if match is None:
        faults.append(f"Value '{reference}' at 'functionName' {_UNMATCHED}{NAME_PATTERN}")
    if qualifier is not None and not _QUALIFIER.fullmatch(qualifier):
        faults.append(f"Value '{qualifier}' at 'qualifier' {_UNMATCHED}{QUALIFIER_PATTERN}")
    if match is None or faults:
        raise refusals.validation(*faults)
    derived = match["qualifier"]
    if derived and qualifier and derived != qualifier:
        raise refusals.invalid(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return FunctionReference(match["name"], derived or qualifier, match["region"], match["account"])


@dataclass(frozen=True, slots=True)
class Home:
    """The account and region that one emulator stands for."""

    account_id: str
    region: str

    def function(self, name: str, qualifier: str | None = None) -> str:
        """The ARN of a function or, with a `qualifier`, of its version or alias."""
        arn = f"arn:aws:lambda:{self.region}:{self.account_id}:function:{name}"
        return f"{arn}:{qualifier}" if qualifier else arn

    def require(self, reference: FunctionReference) -> None:
        """Refuse a reference into another region (404) or account (403), as AWS does."""
        if reference.region not in (None, self.region):
            raise refusals.not_found(
                f"Functions from '{reference.region}' are not reachable in this region "
                f"('{self.region}')"
            )
        if reference.account not in (None, self.account_id):
            raise AwsError(
                "AccessDeniedException",
                f"Account {self.account_id} is not authorized to use functions of account "
                f"{reference.account}: no resource-based policy allows it",
                403,
                message_key="Message",
            )
