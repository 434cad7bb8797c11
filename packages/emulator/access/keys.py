"""Who holds which access key: root, execution roles' sessions, and what STS and IAM gave out."""

from __future__ import annotations

import re
import secrets
import time
from calendar import timegm
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from emulator.access import signatures
from emulator.aws import Credentials
from emulator.errors import AwsError
from emulator.storage import taken_for_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.access.signatures import Message, Signature

_GIVING = re.compile(
    rb"Action=(?:AssumeRole|AssumeRoleWithWebIdentity|GetSessionToken|CreateAccessKey)(?:&|$)"
)
_TAKING = re.compile(rb"Action=(?:DeleteAccessKey|UpdateAccessKey)(?:&|$)")
_ELEMENT = re.compile(r"<(AccessKeyId|SecretAccessKey|SessionToken|Expiration|UserName)>([^<]+)</")
_TOLD = 3600
"""Seconds for which a session that has expired is still known, so that it is told so."""
_UNKNOWN = "The security token included in the request is invalid."


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that IAM judges: `arn` is what AWS calls it, `source_arn` whose policies count.

    `session_policy` is the document that was given when the session was taken, or None.
    """

    arn: str
    source_arn: str
    session_policy: str | None = None

    @classmethod
    def of_role(cls, role_arn: str, session: str, policy: str | None = None) -> Principal:
        """A session of a role, as STS names it."""
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        return cls(f"arn:aws:sts::{account}:assumed-role/{name}/{session}", role_arn, policy)


@dataclass(frozen=True, slots=True)
class Held:
    """A key and who holds it; no principal for the account's root, whom nobody judges."""

    credentials: Credentials
    principal: Principal | None


def random_root() -> Credentials:
    """Keys of the account's root that nobody can know beforehand."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    name = "".join(secrets.choice(letters) for _ in range(16))
    return Credentials(f"AKIA{name}", secrets.token_urlsafe(30))


class Keys:
    """All keys that are known, by their ids; temporary ones go when they have expired."""

    def __init__(self, root: Credentials, account_id: str) -> None:
        self.root = root
        self._account_id = account_id
        self._held = {root.access_key_id: Held(root, None)}
        self._inactive: set[str] = set()

    def remember(self, credentials: Credentials, principal: Principal | None) -> None:
        """Know `credentials` from now on, and forget those that have expired."""
        now = time.time()
        self._held = {
            key: held
            for key, held in self._held.items()
            if not 0 < held.credentials.expires_at <= now - _TOLD
        }
        self._held[credentials.access_key_id] = Held(credentials, principal)

    def caller(self, signature: Signature, message: Message) -> Principal | None:
        """Who signed `message`; None for root. AwsError where AWS knows nobody who did."""
        held = self._held.get(signature.access_key_id)
        if held is None or signature.access_key_id in self._inactive:
            raise AwsError("UnrecognizedClientException", _UNKNOWN, 403)
        credentials = held.credentials
        if 0 < credentials.expires_at <= time.time():
            text = "The security token included in the request is expired"
            raise AwsError("ExpiredTokenException", text, 403)
        if signature.token != credentials.session_token:
            raise AwsError("UnrecognizedClientException", _UNKNOWN, 403)
        signatures.check(signature, credentials.secret_access_key, message)
        return held.principal

    def left_to_storage(self, signature: Signature) -> bool:
        """Whether storage checks this signature by itself, those of unknown keys included."""
        key = signature.access_key_id
        return key != self.root.access_key_id and not taken_for_root(key)

    def learn(self, asked: bytes, answered: bytes, caller: Principal | None) -> None:
        """Take over what an answer of STS or IAM gave or took, for what `caller` had asked."""
        if _GIVING.search(asked):
            self._give(parse_qs(asked.decode()), answered.decode(), caller)
        elif _TAKING.search(asked):
            form = parse_qs(asked.decode())
            key = form["AccessKeyId"][0]
            if form.get("Status") == ["Active"]:
                self._inactive.discard(key)
            else:
                self._inactive.add(key)

    def _give(self, form: Mapping[str, list[str]], answered: str, caller: Principal | None) -> None:
        given = dict(_ELEMENT.findall(answered))
        expiration = given.get("Expiration")
        credentials = Credentials(
            given["AccessKeyId"],
            unescape(given["SecretAccessKey"]),
            unescape(given["SessionToken"]) if "SessionToken" in given else None,
            timegm(time.strptime(expiration[:19], "%Y-%m-%dT%H:%M:%S")) if expiration else 0.0,
        )
        principal = caller  # of GetSessionToken
        if "RoleArn" in form:
            policy = form.get("Policy", [None])[0]
            principal = Principal.of_role(form["RoleArn"][0], form["RoleSessionName"][0], policy)
        elif "UserName" in given:
            arn = f"arn:aws:iam::{self._account_id}:user/{given['UserName']}"
            principal = Principal(arn, arn)
        self.remember(credentials, principal)
