from pathlib import Path

import pytest
from console.errors import UsageError

from load.model import day_profile as hours
from loadtest.scenarios import LOAD_TESTS


def test_the_cited_hours_are_whole() -> None:
    """The hours add up to the published number of events of the data set."""
    assert len(hours.ORDERS_BY_HOUR) == 24
    assert sum(hours.ORDERS_BY_HOUR) == 3_421_083


@pytest.mark.parametrize("name", LOAD_TESTS.names)
def test_a_shape_lasts_as_long_as_asked_and_never_exceeds_its_peak(name: str) -> None:
    """Stages add up to the duration and no rate is above the peak rate."""
    stages = LOAD_TESTS.scenario(name, peak_rate=80, duration=30).stages()
    assert sum(stage.seconds for stage in stages) == pytest.approx(30)
    assert 0 < max(stage.rate for stage in stages) <= 80


@pytest.mark.parametrize("name", ["smoke", "peak_hour", "spike"])
def test_the_busiest_stage_has_the_peak_rate(name: str) -> None:
    """The peak rate is reached, not only bounded."""
    assert max(stage.rate for stage in LOAD_TESTS.scenario(name, 80, 30).stages()) == 80


def test_the_peak_hour_rises_and_falls() -> None:
    """The peak is neither first nor last."""
    rates = [stage.rate for stage in LOAD_TESTS.scenario("peak_hour").stages()]
    assert 0 < rates.index(max(rates)) < len(rates) - 1
    assert max(rates) > 5 * rates[0]


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    """The sentence says what there is to choose from."""
    with pytest.raises(UsageError, match=r"no scenario 'rush'.*peak_hour"):
        LOAD_TESTS.scenario("rush")


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_rates_and_durations_must_be_above_zero(value: float) -> None:
    """Nothing that cannot be run is run."""
    with pytest.raises(UsageError, match="peak rate"):
        LOAD_TESTS.scenario("smoke", peak_rate=value)
    with pytest.raises(UsageError, match="duration"):
        LOAD_TESTS.scenario("smoke", duration=value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "is empty"),
        ("{}", "is empty"),
        ("nonsense", "is no JSON"),
        ("[1, -2, 3]", "the weight -2; give 0 or more"),
        ("[1, NaN]", "the weight nan; give 0 or more"),
        ("[1, true]", "True among its weights"),
        ('[1, "2"]', "'2' among its weights"),
        ("[0, 0, 0]", "sends nothing"),
        ("[9, 0, 0, 0]", "sends nothing"),
    ],
)
def test_a_profile_that_cannot_be_sent_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """One sentence, before any load."""
    file = tmp_path / "profile.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=sentence):
        LOAD_TESTS.scenario("peak_hour", day=file)


def test_a_profile_of_ones_own_takes_the_place_of_the_cited_day(tmp_path: Path) -> None:
    """Its busiest stretch has the peak rate, its weights are compressed into the duration."""
    file = tmp_path / "profile.json"
    file.write_text("[0, 1, 2, 4, 2, 1]")
    assert [stage.rate for stage in LOAD_TESTS.scenario("soak", 80, 60, file).stages()] == [
        0, 20, 40, 80, 40, 20,
    ]  # fmt: skip
    assert LOAD_TESTS.scenario("average", 80, 60, file).stages()[0].rate == pytest.approx(
        80 * 10 / 24
    )


def test_a_missing_profile_is_refused(tmp_path: Path) -> None:
    """So is one that is not there."""
    with pytest.raises(UsageError, match="cannot be read"):
        LOAD_TESTS.scenario("peak_hour", day=tmp_path / "none.json")


def test_a_soak_repeats_the_whole_day() -> None:
    """An hour of soak has the day six times, nights included."""
    stages = LOAD_TESTS.scenario("soak", 24, 3_600).stages()
    assert len(stages) == 6 * 24
    assert stages[:24] == stages[24:48]
    assert min(stage.rate for stage in stages) < 1
