"""What a page of any site can have a browser send here, and no AWS client sends."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORT = re.compile(r":\d*$")
_OF_PAGES = ("text/plain", "multipart/form-data")
"""The content types that a page may send without asking first, less the one that AWS's Query
protocol has (Fetch Standard, "CORS-safelisted request-header")."""


def refuse(headers: Mapping[str, str]) -> None:
    """Raise `AwsError` for what no AWS client sends; header names are lower case."""
    if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
        raise _refusal("This comes from a web page (Origin, Sec-Fetch-Site): no page may call.")
    if not _is_address(_PORT.sub("", headers.get("host", "localhost"))):
        # A page's own name may be made to lead to this machine.
        raise _refusal("The Host is a name: call the emulator by its address, or as localhost.")


def refuse_content(headers: Mapping[str, str]) -> None:
    """Raise `AwsError` for a body of a type that a page may send, and AWS has no protocol for."""
    content_type = headers.get("content-type", "").lower()
    if content_type.startswith(_OF_PAGES):
        raise _refusal(f"No AWS client sends {content_type}.")


@lru_cache
def _is_address(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _refusal(message: str) -> AwsError:
    return AwsError("AccessDeniedException", message, 403)
