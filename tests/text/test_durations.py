"""Times in every usual spelling become one canonical ISO 8601 duration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.text.durations import (
    CANONICAL,
    iso_to_minutes,
    parse_seconds,
    seconds_to_iso,
    spell_minutes,
    to_iso,
)


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("PT75M", "PT1H15M"),
        ("PT1H15M", "PT1H15M"),
        ("pt1h", "PT1H"),
        ("PT1.5H", "PT1H30M"),
        ("PT5400S", "PT1H30M"),
        ("PT90S", "PT1M30S"),
        ("P1DT2H", "P1DT2H"),
        ("PT26H", "P1DT2H"),
        ("P1W", "P7D"),
        ("P30M", "PT30M"),
        ("PT15-20M", "PT20M"),
        ("PT1H10–15M", "PT1H15M"),
        ("P1H", "PT1H"),
        ("PT0M", "PT0M"),
        ("P0D", "PT0M"),
        (90, "PT1H30M"),
        (90.0, "PT1H30M"),
        ("45", "PT45M"),
        ("30 minutes", "PT30M"),
        ("1,440 minutes", "P1D"),
        ("1,5 hours", "PT1H30M"),
        ("30 min.", "PT30M"),
        ("1 hr 15 min", "PT1H15M"),
        ("1 hour and 15 minutes", "PT1H15M"),
        ("1 hour, 15 minutes", "PT1H15M"),
        ("1h15", "PT1H15M"),
        ("1h 15m", "PT1H15M"),
        ("1:15", "PT1H15M"),
        ("1 1/2 hours", "PT1H30M"),
        ("1½ hours", "PT1H30M"),
        ("1 ½ hours", "PT1H30M"),
        ("½ hour", "PT30M"),
        ("1⅓ hours", "PT1H20M"),
        ("1 and a half hours", "PT1H30M"),
        ("half an hour", "PT30M"),
        ("an hour", "PT1H"),
        ("forty-five minutes", "PT45M"),
        ("eighteen minutes", "PT18M"),
        ("twenty-two minutes", "PT22M"),
        ("a 20-minute", None),
        ("about 20-25 minutes", "PT25M"),
        ("20 to 25 mins", "PT25M"),
        ("5–6 hrs", "PT6H"),
        ("1 hour to 90 minutes", "PT1H30M"),
        ("10 minutes (plus cooling)", "PT10M"),
        ("2 days 5 mins", "P2DT5M"),
        ("1 day 1 hr 15 mins", "P1DT1H15M"),
        ("PT1H 30M", "PT1H30M"),
        ("1 hour hr 15 minutes mins", "PT1H15M"),
        ("20 mins minutes", "PT20M"),
        ("35 minuti", "PT35M"),
        ("1 Stunde und 20 Minuten", "PT1H20M"),
        ("1 h 30", "PT1H30M"),
        ("2 heures", "PT2H"),
        ("1 hora 5 minutos", "PT1H5M"),
    ],
)
def test_a_usual_spelling_is_read(written, iso):
    assert to_iso(written) == iso


@pytest.mark.parametrize(
    "value",
    ["", "overnight", "30 minutes plus chilling", "PT", "P", "PT20M-PT25M", "1 hour 30", "soon",
     "10 mins + 5 mins", -5, float("nan"), float("inf"), 1e300, "9" * 300, True, None, [], {},
     "P1Y", "1.2.3", "PT-5M", "5 apples"],
)  # fmt: skip
def test_text_that_is_not_a_duration_gives_none_rather_than_a_guess(value):
    assert to_iso(value) is None


@given(st.integers(min_value=0, max_value=40 * 24 * 60))
def test_minutes_survive_the_round_trip(minutes):
    iso = to_iso(minutes)
    assert CANONICAL.fullmatch(iso)
    assert iso_to_minutes(iso) == minutes
    assert to_iso(iso) == iso


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0 min"), (5, "5 min"), (60, "1 h"), (75, "1 h 15 min"), (1500, "25 h")],
)
def test_minutes_are_spelt_for_people(minutes, text):
    assert spell_minutes(minutes) == text


@given(st.text(max_size=60))
def test_any_text_gives_none_or_a_canonical_duration(text):
    iso = to_iso(text)
    assert iso is None or CANONICAL.fullmatch(iso)


def test_iso_to_minutes_rounds_and_refuses_words():
    assert iso_to_minutes("PT1H30M") == 90
    assert iso_to_minutes("PT1M40S") == 2
    assert iso_to_minutes("90 minutes") is None
    assert iso_to_minutes(90) is None


def test_seconds_are_kept_where_there_are_any():
    assert seconds_to_iso(90061) == "P1DT1H1M1S"  # 1 d + 1 h + 1 min + 1 s
    assert parse_seconds("30 seconds") == 30


@pytest.mark.parametrize("text", ["PT1H15M", "P1DT2H", "P2D", "PT45S"])
def test_canonical_accepts(text):
    assert CANONICAL.fullmatch(text)


@pytest.mark.parametrize("text", ["P", "PT", "P1DT", "PT1.5H", "1H", "PT1H ", "pt1h", ""])
def test_canonical_refuses(text):
    assert not CANONICAL.fullmatch(text)
