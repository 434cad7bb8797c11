"""The bucket that holds the state of every stack of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.bootstrap.statements import deny, document

if TYPE_CHECKING:
    from collections.abc import Sequence


class StateBucket(pulumi.ComponentResource):
    """Versioned, encrypted, never public, over TLS only.

    Locking is Pulumi's own: a lock file in the bucket beside the state, looked for before and after
    it is written. S3 itself locks nothing.
    """

    def __init__(
        self, name: str, bucket_name: str, stacks: Sequence[str], opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__("order-processing:bootstrap:StateBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            bucket=bucket_name,
            opts=pulumi.ResourceOptions(parent=self, protect=True, retain_on_delete=True),
        )
        aws.s3.BucketVersioning(
            name,
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=child,
        )
        # S3's own key: the stacks hold no secret, and a key of ours would be one more to lose.
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        blocked = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=pulumi.Output.json_dumps(tls_only(f"arn:aws:s3:::{bucket_name}")),
            # S3 refuses two changes of a bucket's access at once.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[blocked]),
        )
        for stack in stacks:
            # Pulumi writes this where a backend is empty, and a first preview's role may only read.
            aws.s3.BucketObjectv2(
                f"{name}-{stack}",
                bucket=bucket.id,
                key=f"{stack}/.pulumi/meta.yaml",
                content="version: 1\n",
                opts=pulumi.ResourceOptions(
                    parent=self,
                    retain_on_delete=True,
                    ignore_changes=["content"],  # from then on it is the CLI's
                ),
            )
        self.register_outputs({})


def tls_only(bucket_arn: str) -> dict[str, Any]:
    """Refuse every request that does not come over TLS, whoever sends it."""
    statement = deny(
        "TlsOnly",
        ["s3:*"],
        [bucket_arn, f"{bucket_arn}/*"],
        {"Bool": {"aws:SecureTransport": "false"}},
    )
    return document([statement | {"Principal": "*"}])
