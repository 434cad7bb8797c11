"""Tags of alarms and dashboards, and the three operations on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MAX_TAGS = 50


class Tags:
    """The tags of every resource by ARN; `exists` tells which ARNs there are."""

    def __init__(self, exists: Callable[[str], bool]) -> None:
        self._exists = exists
        self._tags: dict[str, dict[str, str]] = {}

    def operations(self) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Each operation by its name."""
        return {
            "TagResource": self.tag_resource,
            "UntagResource": self.untag_resource,
            "ListTagsForResource": self.list_tags,
        }

    def put(self, arn: str, tags: Sequence[Mapping[str, str]]) -> None:
        """Add `tags` to the resource, replacing those of the same key."""
        merged = {**self._tags.get(arn, {}), **{tag["Key"]: tag["Value"] for tag in tags}}
        if len(merged) > _MAX_TAGS:
            raise AwsError("InvalidParameterValue", f"A resource has at most {_MAX_TAGS} tags")
        if merged:
            self._tags[arn] = merged

    def drop(self, arn: str) -> None:
        """Forget the tags of a resource that is gone."""
        self._tags.pop(arn, None)

    def all(self) -> list[tuple[str, dict[str, str]]]:
        """Each resource that has tags, by its ARN."""
        return list(self._tags.items())

    def tag_resource(self, given: dict[str, Any]) -> dict[str, Any]:
        """Add or replace tags."""
        self._check(given)
        self.put(given["ResourceARN"], given["Tags"])
        return {}

    def untag_resource(self, given: dict[str, Any]) -> dict[str, Any]:
        """Remove tags by key."""
        self._check(given)
        tags = self._tags.get(given["ResourceARN"], {})
        for key in given["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags(self, given: dict[str, Any]) -> dict[str, Any]:
        """The tags in the order they were given; none for what is not there."""
        tags = self._tags.get(given["ResourceARN"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _check(self, given: Mapping[str, Any]) -> None:
        if not self._exists(given["ResourceARN"]):
            raise AwsError("ResourceNotFoundException", "Unknown", 404)
