"""The table that holds an item for each event that the service took, once."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.settings import COLD_WRITES
from infra.stack_file import PROJECT


@dataclass(frozen=True, slots=True)
class TableArgs:
    """`key` is the attribute of the event's id; `expires` that of the epoch second after which
    DynamoDB deletes an item that has it. `guarded` items survive a mistaken deletion and can be
    restored to any second; a cold table takes `warm_writes` a second at once."""

    name: str
    key: str
    expires: str | None
    guarded: bool
    warm_writes: int
    tags: dict[str, str]


class Table(pulumi.ComponentResource):
    """On demand, encrypted, keyed by the event's id."""

    def __init__(
        self, name: str, args: TableArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        # The type is part of every URN below: with another one Pulumi would make the table anew.
        super().__init__(f"{PROJECT}:infra:OrdersTable", name, None, opts)
        table = aws.dynamodb.Table(
            name,
            name=args.name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=args.key,
            attributes=[{"name": args.key, "type": "S"}],
            # AWS's own key for DynamoDB in this account: its use is in CloudTrail (docs/adr/0017).
            server_side_encryption={"enabled": True},
            ttl={"enabled": True, "attribute_name": args.expires} if args.expires else None,
            # Left out, what AWS has grown the table to meanwhile is no difference.
            warm_throughput=(
                {"write_units_per_second": args.warm_writes}
                if args.warm_writes > COLD_WRITES
                else None
            ),
            point_in_time_recovery={"enabled": args.guarded},
            deletion_protection_enabled=args.guarded,
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.guarded, retain_on_delete=args.guarded
            ),
        )
        self.name = table.name
        self.arn = table.arn
        self.register_outputs({"name": self.name, "arn": self.arn})
