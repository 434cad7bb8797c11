"""The AWS provider as a resource that a program makes for others to name: account and region."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.providers.base import Argument, Properties, ProviderError, Resource

if TYPE_CHECKING:
    from engine.providers.aws import Aws

TYPE = "pulumi:providers:aws"


class AwsProvider(Resource):
    """`aws.Provider`: of the stack's own region, for there is one AWS here; AWS holds none."""

    type = TYPE
    title = "AWS provider"
    name = "region"
    attributes = frozenset()
    arguments = {
        "region": Argument(required=True, replaces=True),
        "allowedAccountIds": Argument(),
        "version": Argument(),
        # What the SDK fills in.
        "skipCredentialsValidation": Argument(),
        "skipMetadataApiCheck": Argument(),
        "skipRegionValidation": Argument(),
    }

    def _create(self, aws: Aws, inputs: Properties) -> str:
        _check(aws, inputs)
        return str(inputs["region"])

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        del aws
        return {"region": id_, **state}

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        del id_, changed, state
        _check(aws, inputs)

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        """Nothing is left to remove."""


def _check(aws: Aws, inputs: Properties) -> None:
    if inputs["region"] != aws.region:
        raise ProviderError(
            f"A provider of {inputs['region']} beside the stack's {aws.region} is not offered here."
        )
    allowed = inputs.get("allowedAccountIds") or []
    # Pulumi's SDK writes a provider's lists as JSON.
    allowed = json.loads(allowed) if isinstance(allowed, str) else allowed
    sts: Any = aws.session.client("sts")
    account = sts.get_caller_identity()["Account"] if allowed else None
    if allowed and account not in allowed:
        raise ProviderError(f"AWS account ID not allowed: {account}")


KINDS = (AwsProvider(),)
