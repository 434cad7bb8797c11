"""The order store on DynamoDB: one conditional PutItem per order, one round trip."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from botocore import handlers
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from order_processor.repository import Confirmation, DependencyError

if TYPE_CHECKING:
    from order_processor.repository import OrderRecord

# Three attempts of at most 1 s + 3 s and two short pauses stay far below the function's 30 s, so a
# failing store surfaces as an error of ours with its name, not as a timeout. The write is
# conditional, hence safe to repeat.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    parameter_validation=False,  # every value here is made by this module
)
# Not the key of any order, and the condition below can never hold: priming writes nothing.
_PRIMING_ID = " priming"


class Client(Protocol):
    """What this module needs of botocore's DynamoDB client: one operation and the errors."""

    @property
    def exceptions(self) -> Any:
        """The error classes of the service, by their name."""
        ...

    def put_item(self, **request: Any) -> Any:
        """Call PutItem."""
        ...

    def close(self) -> None:
        """Close the connections; the next call opens one."""
        ...


def connect() -> Client:
    """Make the client: region, credentials and endpoint come from botocore's own variables."""
    return cast("Client", session().create_client("dynamodb", config=_CONFIG))


def session() -> Session:
    """Make a session with those of botocore's event handlers that can concern this module's calls.

    botocore registers the handlers of all its services in every session; leaving out the others'
    saves half of what the runtime itself costs (docs/adr/0008).
    """
    made = Session(include_builtin_handlers=False)
    emitter: Any = made.get_component("event_emitter")
    register = {
        None: emitter.register,
        handlers.REGISTER_FIRST: emitter.register_first,
        handlers.REGISTER_LAST: emitter.register_last,
    }
    builtin: list[Any] = handlers.BUILTIN_HANDLERS
    for event, handler, *position in builtin:
        kind, _, rest = event.partition(".")
        service = rest.partition(".")[0]
        if kind != "docs" and service in ("", "*", "dynamodb"):
            register[position[0] if position else None](event, handler)
    return made


class DynamoDBOrders:
    """An OrderRepository; the table's key is the string `orderId`, which begins with the source."""

    def __init__(self, client: Client, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def prime(self) -> None:
        """Open the connection and warm the code that `add` takes; writes nothing, never raises.

        The same operation as `add`, so that the role needs no further permission. Twice, since an
        order finds the connection open; a store that fails is not asked again.
        """
        with contextlib.suppress(BotoCoreError, ClientError):
            with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
                self._prime()
            self._prime()

    def _prime(self) -> None:
        self._client.put_item(
            TableName=self._table_name,
            Item={"orderId": {"S": _PRIMING_ID}},
            ConditionExpression="attribute_exists(orderId) AND attribute_not_exists(orderId)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    def add(self, record: OrderRecord) -> Confirmation:
        """Keep the record unless its key is taken, as OrderRepository says."""
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=_item(record),
                ConditionExpression="attribute_not_exists(orderId)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code != "ConditionalCheckFailedException":
                raise DependencyError(f"DynamoDB refused PutItem: {code}") from error
            return _kept(error)
        except BotoCoreError as error:
            raise DependencyError(f"DynamoDB did not answer: {type(error).__name__}") from error
        return record.confirmation


def _item(record: OrderRecord) -> dict[str, Any]:
    confirmation = record.confirmation
    item: dict[str, Any] = {
        "orderId": {"S": confirmation.key},
        # By this one a version that knows contract 1 compares, live again after a rollback.
        "contentDigest": {"S": confirmation.event_digest},
        "currency": {"S": confirmation.currency},
        # A string: DynamoDB's numbers drop trailing zeros, and the answer must come back unchanged.
        "total": {"S": confirmation.total},
        "lineCount": {"N": str(confirmation.line_count)},
        "lines": {"S": record.lines},
        "placedAt": {"S": record.placed_at},
        "confirmedAt": {"S": confirmation.confirmed_at},
        "functionVersion": {"S": record.function_version},
        "requestId": {"S": confirmation.request_id},
        "correlationId": {"S": record.correlation_id},
    }
    if confirmation.content_digest != confirmation.event_digest:
        item["meaningDigest"] = {"S": confirmation.content_digest}
    if record.customer_id is not None:
        item["customerId"] = {"S": record.customer_id}
    if confirmation.source is not None:
        item["source"] = {"S": confirmation.source}
    if record.expires_at is not None:
        item["expiresAt"] = {"N": str(record.expires_at)}
    return item


def _kept(conflict: ClientError) -> Confirmation:
    try:
        return _confirmation(cast("dict[str, Any]", conflict.response)["Item"])
    except (KeyError, ValueError) as error:
        raise DependencyError("DynamoDB returned no whole record of the order") from error


def _confirmation(item: dict[str, Any]) -> Confirmation:
    source, _, order_id = item["orderId"]["S"].rpartition(" ")
    return Confirmation(
        order_id=order_id,
        event_digest=item["contentDigest"]["S"],
        content_digest=item.get("meaningDigest", item["contentDigest"])["S"],
        currency=item["currency"]["S"],
        total=item["total"]["S"],
        line_count=int(item["lineCount"]["N"]),
        confirmed_at=item["confirmedAt"]["S"],
        request_id=item["requestId"]["S"],
        source=source or None,
    )
