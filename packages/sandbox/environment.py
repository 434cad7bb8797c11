"""The environment of work that must not leave this machine.

A person's shell and home hold settings for AWS, Locust, pip, uv, git and Python that were made for
other work, and that would redirect ours. So local work gets what is listed here, and nothing else.
"""

from __future__ import annotations

import ipaddress
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from console.checkout import IMPORTED_FROM, ROOT
from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOME: Final = ROOT / "build" / "home"
"""Local work's home: nobody's settings are in it."""

_KEPT: Final = {
    *("PATH", "USER", "LOGNAME", "TMPDIR", "TZ", "CI"),
    *("LANG", "LANGUAGE", "TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"),
    "NODE_EXTRA_CA_CERTS",
}
_KEPT_PREFIXES: Final = ("LC_", "GITHUB_")
_SECRET: Final = {"GITHUB_TOKEN"}
_PACKAGE_SOURCES: Final = {
    # Where packages come from, and how they are reached: a firm's mirror has to stay in force.
    *("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
    *("UV_INDEX_STRATEGY", "UV_KEYRING_PROVIDER", "UV_INSECURE_HOST", "UV_NATIVE_TLS"),
    *("UV_SYSTEM_CERTS", "UV_OFFLINE", "UV_HTTP_TIMEOUT", "UV_LINK_MODE", "UV_CACHE_DIR"),
    *("UV_CONFIG_FILE", "UV_PYTHON_INSTALL_DIR", "UV_PYTHON_INSTALL_MIRROR"),
    *("UV_PYTHON_DOWNLOADS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"),
    *("PIP_CERT", "PIP_CLIENT_CERT", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT", "PIP_CACHE_DIR"),
}
_PROXIES: Final = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def local(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for local work, made from `given` (the process's own by default).

    It leads to no AWS account: the emulated AWS's variables are laid over it (`sandbox.emulated`).
    Raises UsageError where `given` names an AWS endpoint that is not on this machine: whoever
    has set one expects it to be used.
    """
    given = os.environ if given is None else given
    refuse_remote(given)
    return {
        **{name: value for name, value in given.items() if _is_kept(name)},
        **_uv_places(given),
        **_without_proxy(given),
        "HOME": str(_home()),
        # Long work is watched line by line, also through a pipe.
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": IMPORTED_FROM,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # The person's own git configuration is gone, and with it that this checkout may be read.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": str(ROOT),
    }


def outward(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for work on AWS: a person's, without what breaks our tools.

    Python's variables change what is imported, uv's and pip's what is installed where.
    """
    given = os.environ if given is None else given
    kept = {
        name: value
        for name, value in given.items()
        if name in _PACKAGE_SOURCES or not name.startswith(("PYTHON", "UV_", "PIP_", "LOCUST_"))
    }
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": IMPORTED_FROM}


def refuse_remote(variables: Mapping[str, str]) -> None:
    """Raise UsageError for an AWS endpoint that is not on this machine."""
    for name, url in _endpoints(variables):
        if not is_loopback(url):
            raise UsageError(
                f"{name} is {url}, which is not this machine, and local work never leaves it: "
                f"unset {name}."
            )


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine's loopback, said without a name server."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _endpoints(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in variables.items():
        if value and (name == "AWS_ENDPOINT_URL" or name.startswith("AWS_ENDPOINT_URL_")):
            yield name, value


def _is_kept(name: str) -> bool:
    return name not in _SECRET and (
        name in _KEPT
        or name in _PACKAGE_SOURCES
        or name.upper() in _PROXIES
        or name.startswith(_KEPT_PREFIXES)
    )


def _without_proxy(given: Mapping[str, str]) -> dict[str, str]:
    """A proxy is for packages; what is on this machine is reached directly."""
    own = given.get("no_proxy") or given.get("NO_PROXY") or ""
    named = [part.strip() for part in own.split(",") if part.strip()]
    hosts = ",".join(dict.fromkeys([*named, *_LOOPBACK]))
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def _uv_places(given: Mapping[str, str]) -> dict[str, str]:
    """Where uv keeps packages and Pythons: what a person has already is not fetched again."""
    home = given.get("HOME", "")
    if not home:
        return {}
    cache = Path(given.get("XDG_CACHE_HOME") or f"{home}/.cache")
    data = Path(given.get("XDG_DATA_HOME") or f"{home}/.local/share")
    config = Path(given.get("XDG_CONFIG_HOME") or f"{home}/.config")
    places = {
        "UV_CACHE_DIR": cache / "uv",
        "UV_PYTHON_INSTALL_DIR": data / "uv" / "python",
        "PIP_CACHE_DIR": cache / "pip",
    }
    if (config / "uv" / "uv.toml").is_file():
        places["UV_CONFIG_FILE"] = config / "uv" / "uv.toml"
    return {name: given.get(name, str(place)) for name, place in places.items()}


def _home() -> Path:
    with suppress(OSError):  # a read-only checkout: whoever writes says so
        HOME.mkdir(parents=True, exist_ok=True)
    return HOME
