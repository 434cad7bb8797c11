"""What a person reads where AWS cannot be asked, or refuses: one sentence, the same everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, NoRegionError
from console.checkout import ROOT

from cloud.refusals import sentence, translated

if TYPE_CHECKING:
    from pathlib import Path

OUTPUTS = {
    "stack": "dev",
    "service": "order_processor",
    "lambdaFunctionName": "order-processing-dev",
    "lambdaAliasName": "production",
    "tableName": "orders",
    "dlqQueueUrl": "http://127.0.0.1:9/queue",
    "logGroupName": "logs",
}


def refusal(code: str, message: str) -> ClientError:
    """AWS's answer to an operation."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetAlias")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidSignatureException", "Signature expired: 20261127T1 is now earlier than 2026."),
        ("SignatureDoesNotMatch", "Signature not yet current: 20261127T1 is still later than 2."),
        ("RequestExpired", "Request has expired."),
        ("RequestTimeTooSkewed", "The difference between the request time and now is too large."),
    ],
)
def test_a_wrong_clock_is_no_wrong_key(code: str, message: str) -> None:
    """AWS tells it under the code of a wrong signature; its own words are in ours."""
    said = sentence(refusal(code, message), "reading the alias")
    assert message.rstrip(".") in said
    assert "clock" in said
    assert "sign in" not in said


@pytest.mark.parametrize(
    "code", ["UnrecognizedClientException", "ExpiredToken", "Odd", "Throttling"]
)
def test_aws_own_words_are_never_lost(code: str) -> None:
    """Whoever has to mend it has to know them; however many lines they were."""
    said = sentence(refusal(code, "the very\nwords."), "reading")
    assert "the very words" in said
    assert code in said


def test_only_what_botocore_raises_is_translated() -> None:
    """A fault of our own stays a fault."""
    with pytest.raises(ValueError, match="ours"), translated("reading", RuntimeError):
        raise ValueError("ours")
    with pytest.raises(RuntimeError, match="AWS_ENDPOINT_URL"), translated("x", RuntimeError):
        raise ValueError("Invalid endpoint: nonsense")


def test_the_region_s_variable_is_named() -> None:
    """The one that every command reads."""
    assert "AWS_REGION" in sentence(NoRegionError(), "starting")


SETTINGS = {
    "a misspelt profile": ({"AWS_PROFILE": "prodd"}, "", "(prodd)", "AWS_PROFILE"),
    "a malformed file": ({}, "[default\nregion = x", "parse", "AWS_CONFIG_FILE"),
    "no region": ({}, "[default]\n", "No AWS region is set", "AWS_REGION"),
    "a nonsensical endpoint": (
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "nonsense"},
        "[default]\n",
        "nonsense",
        "AWS_ENDPOINT_URL",
    ),
}
COMMANDS = {
    "release": ("release", "--outputs", "{outputs}", "status"),
    "discover": ("release", "--outputs", "{new}", "discover", "--stack", "dev"),
    "load": (
        "loadtest",
        "run",
        "--scenario",
        "smoke",
        "--outputs",
        "{outputs}",
        "--run-log",
        "{b}",
    ),
}


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_persons_settings_that_lead_nowhere(tmp_path: Path, command: str, settings: str) -> None:
    """One sentence, exit 2: which thing is wrong, and which variable or file mends it."""
    environment, content, fault, remedy = SETTINGS[settings]
    config = tmp_path / "config"
    config.write_text(content, encoding="utf-8")
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(OUTPUTS), encoding="utf-8")
    places = {"outputs": outputs, "new": tmp_path / "new.json", "b": tmp_path / "books"}
    ran = subprocess.run(
        [sys.executable, "-m", *(part.format(**places) for part in COMMANDS[command])],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(config),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1), ran.stderr
    assert fault in ran.stderr
    assert remedy in ran.stderr
    assert not (tmp_path / "new.json").exists()
    assert not (tmp_path / "books").exists()
