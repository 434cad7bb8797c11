"""The scenarios: name, shape, peak rate (events/s), duration (s), what is sent, and the retries.

A shape is a function of `load.scenarios`, or one of your own: from peak rate, duration and a day to
stages. What a run must hold to pass is in `thresholds.toml`, a table for each scenario.
"""

from pathlib import Path

from load.model.retries import Retries
from load.scenarios import LoadTests, Mix, Scenario, average, peak_hour, smoke, soak, spike

BUSINESS = Mix(asynchronous=0.10, invalid=0.02, repeated=0.02)
QUEUED = Mix(asynchronous=1.0)
PATIENT = Retries(tries=6, base=0.2, cap=5.0)

LOAD_TESTS = LoadTests(
    Path(__file__).parent,
    (
        Scenario("smoke", smoke, 5.0, 10.0, BUSINESS),
        Scenario("average", average, 80.0, 60.0, BUSINESS),
        Scenario("peak_hour", peak_hour, 80.0, 60.0, BUSINESS),
        Scenario("spike", spike, 160.0, 50.0, BUSINESS),
        Scenario("soak", soak, 40.0, 3_600.0, BUSINESS),
        Scenario("peak_hour_retries", peak_hour, 80.0, 60.0, BUSINESS, PATIENT),
        Scenario("peak_hour_async", peak_hour, 80.0, 60.0, QUEUED),
    ),
)
