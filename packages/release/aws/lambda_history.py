"""Lambda: the ledger's entries (aliases that nobody invokes) and the published versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release.aws.clients import translated
from release.errors import AliasChangedError
from release.stored import StoredEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from types_boto3_lambda.client import LambdaClient
    from types_boto3_lambda.type_defs import AliasConfigurationTypeDef

PREFIX = "ledger-"


class LambdaHistory:
    """`History` on the Lambda API."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._control = client
        self._function = function

    def add_entry(self, entry: StoredEntry) -> None:
        """Keep it; AliasChangedError if its name is taken."""
        with translated("writing the ledger"):
            try:
                self._control.create_alias(
                    FunctionName=self._function,
                    Name=PREFIX + entry.name,
                    FunctionVersion=entry.version,
                    Description=entry.text,
                )
            except self._control.exceptions.ResourceConflictException:
                raise AliasChangedError from None

    def entries(self) -> Sequence[StoredEntry]:
        """All of them, in no order."""
        with translated("reading the ledger"):
            return [
                StoredEntry(
                    alias["Name"].removeprefix(PREFIX),
                    alias["FunctionVersion"],
                    alias.get("Description", ""),
                )
                for alias in self._aliases()
                if alias["Name"].startswith(PREFIX)
            ]

    def delete_entry(self, name: str) -> None:
        """Forget it; one that is gone already is no error."""
        with translated("pruning the ledger"):
            self._control.delete_alias(FunctionName=self._function, Name=PREFIX + name)

    def referenced(self) -> frozenset[str]:
        """Versions that some alias names, weights included, the ledger's entries left out."""
        found: set[str] = set()
        with translated("reading the aliases"):
            for alias in self._aliases():
                if not alias["Name"].startswith(PREFIX):
                    routing = alias.get("RoutingConfig") or {}
                    found |= {
                        alias["FunctionVersion"],
                        *(routing.get("AdditionalVersionWeights") or {}),
                    }
        return frozenset(found)

    def published(self) -> Mapping[str, str]:
        """The digest of each published version (base64) by its number, oldest first."""
        with translated("listing the versions"):
            pages = self._control.get_paginator("list_versions_by_function").paginate(
                FunctionName=self._function
            )
            found = {v["Version"]: v["CodeSha256"] for page in pages for v in page["Versions"]}
        found.pop("$LATEST", None)
        return dict(sorted(found.items(), key=lambda item: int(item[0])))

    def snapshots(self) -> frozenset[str]:
        """The published versions that environments start from a snapshot of."""
        with translated("listing the versions"):
            pages = self._control.get_paginator("list_versions_by_function").paginate(
                FunctionName=self._function
            )
            return frozenset(
                version["Version"]
                for page in pages
                for version in page["Versions"]
                if version.get("SnapStart", {}).get("OptimizationStatus") == "On"
            )

    def delete_version(self, number: str) -> bool:
        """Delete it unless an alias names it; whether it is gone."""
        with translated(f"deleting version {number}"):
            try:
                self._control.delete_function(FunctionName=self._function, Qualifier=number)
            except self._control.exceptions.ResourceConflictException:
                return False
            except self._control.exceptions.ResourceNotFoundException:
                return True
        return True

    def _aliases(self) -> Iterator[AliasConfigurationTypeDef]:
        for page in self._control.get_paginator("list_aliases").paginate(
            FunctionName=self._function
        ):
            yield from page["Aliases"]
