"""The two suites: where their tests are, and how each is led to the emulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = ROOT / "build" / "tools"
"""Where the session puts what the suites need, each in a directory of its own."""

_NOT_AGAINST_AWS = (
    *("container", "in_memory_localstack", "validation_tracking", "path_filter", "filters"),
    *("fixture_conflicts", "marker_report", "stepfunctions.fixtures", "cloudformation.fixtures"),
)


@dataclass(frozen=True, slots=True)
class Suite:
    """Another emulator's tests; `fresh` where each of them gets an account without a past.

    `regions` says which region tests assume, by the beginning of their ids; `by_the_minute` which
    read points by real minutes: there no time is divided.
    """

    name: str
    tests: tuple[str, ...]
    arguments: tuple[str, ...]
    variables: dict[str, str]
    fresh: bool
    time_scale: int
    regions: dict[str, str]
    by_the_minute: tuple[str, ...] = ()

    @property
    def libraries(self) -> Path:
        """What its tests import."""
        return TOOLS / f"peer-{self.name}"

    def options(self, test: str) -> tuple[str, ...]:
        """Return the options of the emulator that a test runs against."""
        found = next(
            (r for begin, r in self.regions.items() if test.startswith(begin)), "us-east-1"
        )
        scale = 1 if test.startswith(self.by_the_minute) else self.time_scale
        return (f"--time-scale={scale}", f"--region={found}", "--any-python")


SUITES = (
    Suite(
        "localstack",
        ("tests/aws/services/lambda_", "tests/aws/services/cloudwatch"),
        # Plain: pytest's own reading of `assert` would parse what older_python.py takes out.
        (
            "--assert=plain",
            *(f"-pno:localstack.testing.pytest.{name}" for name in _NOT_AGAINST_AWS),
        ),
        # As against AWS: every recording is compared whole, and nothing of LocalStack is started.
        {"TEST_TARGET": "AWS_CLOUD"},
        fresh=False,
        time_scale=60,
        regions={},
    ),
    Suite(
        "moto",
        ("tests/test_awslambda", "tests/test_cloudwatch"),
        (),
        {"TEST_SERVER_MODE": "true"},
        fresh=True,
        time_scale=10_000,  # they wait for nothing
        regions={
            "tests/test_awslambda/test_lambda_tags": "us-east-1",
            "tests/test_awslambda/": "us-west-2",
            "tests/test_cloudwatch/test_cloudwatch_alarms.py": "eu-west-1",
        },
        by_the_minute=("tests/test_cloudwatch/",),
    ),
)
