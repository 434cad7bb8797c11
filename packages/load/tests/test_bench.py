"""The bench of clients: what it makes of its measurements, and that it measures at all."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from console.checkout import ROOT

from bench.load.__main__ import missed, summary


def rounds(*milliseconds: float) -> list[dict[str, float]]:
    """Return measurements that cost so much CPU a request."""
    return [
        {"requests": 1_000, "cpuSeconds": cost, "seconds": 1.0, "megabytes": 60.0}
        for cost in milliseconds
    ]


def test_ratios_are_medians_over_rounds() -> None:
    """Each round compares what ran in the same noise."""
    found = summary(
        {
            "boto3PerUser": rounds(0.9, 2.0, 1.0),
            "lean": rounds(0.03, 0.08, 0.02),
            "leanBatched": rounds(0.02, 0.02, 0.02),
            "wrk": rounds(0.005, 0.01, 0.005),
        },
        120.0,
    )
    assert found["leanerThanBoto3PerUser"] == pytest.approx(30)
    assert found["overWrk"] == pytest.approx(6)
    assert found["clients"]["lean"]["cpuMsPerRequest"] == pytest.approx(0.03)
    assert missed(found) == []


def test_goals_that_are_missed_are_named() -> None:
    """At least 25 times leaner, at most 8 times wrk, at most 150 MB."""
    met = {"leanerThanBoto3PerUser": 25.0, "overWrk": 8.0, "megabytesFor5000Users": 150.0}
    assert missed(met) == []
    assert missed(met | {"overWrk": None}) == []
    missing = {"leanerThanBoto3PerUser": 24.9, "overWrk": 8.1, "megabytesFor5000Users": 150.1}
    assert [sentence.split()[0] for sentence in missed(missing)] == list(met)


def test_the_client_is_many_times_leaner_than_boto3(tmp_path: Path) -> None:
    """A short bench, few users: half of what the long one has to reach, for the noise."""
    out = tmp_path / "client.json"
    subprocess.run(
        [sys.executable, "-m", "bench.load", "--rounds", "1", "--seconds", "0.7",
         "--users", "10", "--many", "300", "--out", str(out), "--only", "boto3PerUser,lean"],
        cwd=ROOT, check=False, timeout=120, capture_output=True,
    )  # fmt: skip
    found = json.loads(out.read_text())
    assert found["leanerThanBoto3PerUser"] > 12
    assert found["overWrk"] is None
    assert found["megabytesFor5000Users"] < 150
