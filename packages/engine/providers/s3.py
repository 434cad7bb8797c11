"""Buckets, what is set for one, and objects."""

from __future__ import annotations

from typing import Any

from engine.providers.aws import Aws, retried, unless_gone, wait
from engine.providers.base import Argument, Properties, Put, Resource
from engine.providers.values import json_text

_NO_BUCKET = ("NoSuchBucket", "404")
_PROPAGATION_SECONDS = 120


class Bucket(Resource):
    """`aws_s3_bucket`: its id is its name. What is set for it are resources of their own."""

    type = "aws:s3/bucket:Bucket"
    title = "S3 Bucket"
    name = "bucket"
    arguments = {
        "bucket": Argument(required=True, replaces=True),
        "forceDestroy": Argument(default=False, read=False, offered=False),
        "tags": Argument(offered=False),
    }

    def _create(self, aws: Aws, inputs: Properties) -> str:
        bucket, where = inputs["bucket"], {"LocationConstraint": aws.region}
        # The region that has no constraint.
        more: Any = {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": where}
        retried(
            lambda: aws.s3.create_bucket(Bucket=bucket, **more),
            {"OperationAborted": ""},
            _PROPAGATION_SECONDS,
        )
        wait(lambda: _there(aws, bucket), f"{self.title} ({bucket})", _PROPAGATION_SECONDS)
        return str(bucket)

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        return {"bucket": id_, "arn": f"arn:aws:s3:::{id_}"} if _there(aws, id_) else None

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(lambda: aws.s3.delete_bucket(Bucket=id_), *_NO_BUCKET)


class Setting(Put):
    """What is set for a bucket, under whose name it is read."""

    name = "bucket"
    attributes = frozenset()

    def _create(self, aws: Aws, inputs: Properties) -> str:
        retried(lambda: self._put(aws, inputs), {"NoSuchBucket": ""}, _PROPAGATION_SECONDS)
        return str(inputs["bucket"])

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        wait(lambda: bool(self._read(aws, id_, {})), f"{self.title} ({id_})", _PROPAGATION_SECONDS)


class Versioning(Setting):
    """`aws_s3_bucket_versioning`: one that was never on is none."""

    type = "aws:s3/bucketVersioning:BucketVersioning"
    title = "S3 Bucket Versioning"
    arguments = {
        "bucket": Argument(required=True, replaces=True),
        "versioningConfiguration": Argument(required=True),
    }

    def _put(self, aws: Aws, inputs: Properties, status: str | None = None) -> None:
        wanted: Any = {"Status": status or inputs["versioningConfiguration"]["status"]}
        aws.s3.put_bucket_versioning(Bucket=inputs["bucket"], VersioningConfiguration=wanted)

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        found = unless_gone(lambda: aws.s3.get_bucket_versioning(Bucket=id_), *_NO_BUCKET)
        if not found or not found.get("Status"):
            return None
        return {"bucket": id_, "versioningConfiguration": {"status": found["Status"]}}

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(lambda: self._put(aws, {"bucket": id_}, "Suspended"), *_NO_BUCKET)


def _algorithms(rules: Any) -> Any:
    """Rules by what they name; whether a key is kept with the bucket, AWS decides."""
    return [(rule or {}).get("applyServerSideEncryptionByDefault") for rule in rules or ()]


class Encryption(Setting):
    """`aws_s3_bucket_server_side_encryption_configuration`, with S3's own key."""

    type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    title = "S3 Bucket Server-side Encryption Configuration"
    arguments = {
        "bucket": Argument(required=True, replaces=True),
        "rules": Argument(required=True, normal=_algorithms),
    }

    def _put(self, aws: Aws, inputs: Properties) -> None:
        rules: Any = [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": found["sseAlgorithm"]}}
            for found in _algorithms(inputs["rules"])
        ]
        aws.s3.put_bucket_encryption(
            Bucket=inputs["bucket"], ServerSideEncryptionConfiguration={"Rules": rules}
        )

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        gone = ("ServerSideEncryptionConfigurationNotFoundError", *_NO_BUCKET)
        found = unless_gone(lambda: aws.s3.get_bucket_encryption(Bucket=id_), *gone)
        if not found:
            return None
        held = [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
                }
            }
            for rule in found["ServerSideEncryptionConfiguration"]["Rules"]
        ]
        return {"bucket": id_, "rules": held}

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(lambda: aws.s3.delete_bucket_encryption(Bucket=id_), *_NO_BUCKET)


_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class PublicAccessBlock(Setting):
    """`aws_s3_bucket_public_access_block`."""

    type = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    title = "S3 Bucket Public Access Block"
    arguments = {"bucket": Argument(required=True, replaces=True)} | dict.fromkeys(
        _BLOCKS, Argument(default=False)
    )

    def _put(self, aws: Aws, inputs: Properties) -> None:
        wanted: Any = {api: inputs[key] for key, api in _BLOCKS.items()}
        aws.s3.put_public_access_block(
            Bucket=inputs["bucket"], PublicAccessBlockConfiguration=wanted
        )

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        gone = ("NoSuchPublicAccessBlockConfiguration", *_NO_BUCKET)
        found = unless_gone(lambda: aws.s3.get_public_access_block(Bucket=id_), *gone)
        held = found["PublicAccessBlockConfiguration"] if found else {}
        blocks = {key: held.get(api, False) for key, api in _BLOCKS.items()}
        return {"bucket": id_, **blocks} if found else None

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(lambda: aws.s3.delete_public_access_block(Bucket=id_), *_NO_BUCKET)


class BucketPolicy(Setting):
    """`aws_s3_bucket_policy`."""

    type = "aws:s3/bucketPolicy:BucketPolicy"
    title = "S3 Bucket Policy"
    arguments = {
        "bucket": Argument(required=True, replaces=True),
        "policy": Argument(required=True, normal=json_text),
    }

    def _put(self, aws: Aws, inputs: Properties) -> None:
        aws.s3.put_bucket_policy(Bucket=inputs["bucket"], Policy=inputs["policy"])

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        gone = ("NoSuchBucketPolicy", *_NO_BUCKET)
        found = unless_gone(lambda: aws.s3.get_bucket_policy(Bucket=id_), *gone)
        return {"bucket": id_, "policy": found["Policy"]} if found else None

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(lambda: aws.s3.delete_bucket_policy(Bucket=id_), *_NO_BUCKET)


class Object(Resource):
    """`aws_s3_object` of a text: its id is `bucket/key`, and its content is never read back."""

    type = "aws:s3/bucketObjectv2:BucketObjectv2"
    title = "S3 Object"
    name = "key"
    attributes = frozenset({"etag", "versionId"})
    arguments = {
        "bucket": Argument(required=True, replaces=True),
        "key": Argument(required=True, replaces=True),
        "content": Argument(required=True, read=False),
        "forceDestroy": Argument(default=False, read=False),
    }

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Bucket and key."""
        return f"{inputs['bucket']}/{inputs['key']}"

    def recomputed(self, changed: Any) -> Any:
        """A new version."""
        return self.attributes if changed else ()

    def _create(self, aws: Aws, inputs: Properties) -> str:
        aws.s3.put_object(
            Bucket=inputs["bucket"], Key=inputs["key"], Body=inputs["content"].encode()
        )
        return f"{inputs['bucket']}/{inputs['key']}"

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        bucket, _, key = id_.partition("/")
        found = unless_gone(lambda: aws.s3.head_object(Bucket=bucket, Key=key), *_NO_BUCKET)
        if not found:
            return None
        version = {"etag": found["ETag"].strip('"'), "versionId": found.get("VersionId")}
        return {"bucket": bucket, "key": key, **version}

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if changed:
            self._create(aws, inputs)

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        bucket, _, key = id_.partition("/")
        pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        for page in pages:
            for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if found["Key"] == key:
                    aws.s3.delete_object(Bucket=bucket, Key=key, VersionId=found["VersionId"])


def _there(aws: Aws, bucket: str) -> bool:
    return unless_gone(lambda: aws.s3.head_bucket(Bucket=bucket), *_NO_BUCKET) is not None


KINDS = (Bucket(), Versioning(), Encryption(), PublicAccessBlock(), BucketPolicy(), Object())
