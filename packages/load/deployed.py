"""What is deployed behind the alias: facts that a run's record needs and no verdict rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

    from load.aws import Aws, Outputs


def deployed(aws: Aws, outputs: Outputs) -> dict[str, Any]:
    """Return `codeSha256` (base64) and `memoryMb` of the alias's version; {} where not allowed."""
    client = cast("LambdaClient", aws.client("lambda"))
    try:
        found: Any = client.get_function_configuration(
            FunctionName=outputs.function, Qualifier=outputs.alias
        )
    except (BotoCoreError, ClientError):
        return {}
    return {"codeSha256": found.get("CodeSha256"), "memoryMb": found.get("MemorySize")}
