"""Within a suite's pytest: leads it to an emulator, leaves out what is out of scope, records."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from emulator.tests.peers.lists import Listed
from emulator.tests.peers.suites import SUITES
from emulator.tests.running import trust
from sandbox import emulated

if TYPE_CHECKING:
    from emulator.tests.peers.suites import Suite

SUITE = "PEER_SUITE"
RECORD = "PEER_RECORD"
OUT, PASSED, FAILED = "out of scope", "passed", "failed"
_SETTLED = 0.2
"""Seconds after which a change of a function is done here."""
_NOT_ON_AWS = {
    "aws_only_localstack",
    "aws_needs_fixing",
    "aws_unknown",
    "aws_manual_setup_required",
}
"""LocalStack's marks of tests that do not hold, or were not tried, on AWS."""


_CODE = r"[^\" ]*/emulated-aws-[^/]+/code/[0-9a-f]{64}"


class Plugin:
    """Keeps how each test ended: `out of scope`, `passed` or `failed`."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.listed = Listed.read("out_of_scope.toml", suite.name)
        self.found: dict[str, str] = {}
        self.emulator = contextlib.ExitStack()
        self.test = ""

    def start(self, test: str) -> None:
        """Start an emulator for a test, in place of the one before, and lead every client to it."""
        self.emulator.close()
        place = self.emulator.enter_context(tempfile.TemporaryDirectory())
        led = self.emulator.enter_context(emulated.aws(Path(place), *self.suite.options(test)))
        os.environ.update({name: led[name] for name in led if name.startswith("AWS_")})
        boto3.setup_default_session()
        if self.suite.name == "moto":
            _begin_as_moto(boto3.DEFAULT_SESSION)

    def pytest_sessionstart(self) -> None:
        """Start the emulator that all tests share."""
        if not self.suite.fresh:
            self.start("")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Start the emulator of one test, or of one class, whose tests may share a client."""
        test = item.nodeid.rpartition("::")[0] if getattr(item, "cls", None) else item.nodeid
        if self.suite.fresh and test != self.test:
            self.test = test
            self.start(test)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what is out of scope."""
        out = {item for item in items if self._is_out(item)}
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=list(out))
        self.found |= {item.nodeid: OUT for item in out}

    def _is_out(self, item: pytest.Item) -> bool:
        marks = {mark.name for mark in item.iter_markers()}
        return bool(marks & _NOT_ON_AWS) or self.listed.pattern(item.nodeid) is not None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Read this machine's paths of a function's code as AWS's: they have to differ."""
        snapshot = getattr(item, "funcargs", {}).get("snapshot")
        if snapshot is not None:
            snapshot.add_transformer(snapshot.transform.regex(_CODE, "/var/task"), priority=-1)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a file that cannot be collected."""
        if report.failed:
            self.found[report.nodeid] = FAILED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record one phase of one test."""
        if report.failed:
            self.found[report.nodeid] = FAILED
        elif report.skipped:
            self.found[report.nodeid] = OUT
        elif report.when == "call":
            self.found[report.nodeid] = PASSED

    def pytest_unconfigure(self) -> None:
        """Leave the record, and end the emulator."""
        Path(os.environ[RECORD]).write_text(json.dumps(self.found), encoding="utf-8")
        self.emulator.close()


def pytest_configure(config: pytest.Config) -> None:
    """Join a suite's run."""
    suite = next(each for each in SUITES if each.name == os.environ[SUITE])
    if suite.name == "moto":
        _call_aws()
    config.pluginmanager.register(Plugin(suite))


def _begin_as_moto(session: Any) -> None:
    """Give moto's tests the role that they make of no policy, and time after each change.

    Its IAM takes any text for a trust policy, and its functions are active at once.
    """
    session.client("iam").create_role(
        RoleName="my-role", Path="/my-path/", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )
    for change in ("CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration"):
        session.events.register(f"after-call.lambda.{change}", lambda **_: time.sleep(_SETTLED))


def _call_aws() -> None:
    """Have moto replace nothing: boto3 goes where the environment leads it."""
    server_mode: Any = importlib.import_module("moto.core.models").ServerModeMockAWS
    server_mode._enable_patching = lambda *_, **__: None
    server_mode._disable_patching = lambda *_, **__: None
    server_mode._mock_env_variables = lambda _: None
    server_mode._unmock_env_variables = lambda _: None


if os.environ[SUITE] == "localstack" and sys.version_info < (3, 13):
    from emulator.tests.peers import older_python  # noqa: F401 - before pytest loads its plugins
