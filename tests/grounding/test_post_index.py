"""An amount, unit or time is the same however it is written."""

import pytest

from recipe_pipeline.grounding.post_index import line_tokens, tokens_of
from recipe_pipeline.text.evidence import PageEvidence


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        ("1 1/2 Cups flour", ["1.5", "cup", "flour"]),
        ("one and a half cups flour", ["1.5", "cup", "flour"]),
        ("a cup and a half of milk", ["1.5", "cup", "of", "milk"]),
        ("3 T sugar, 1 t salt", ["3", "tablespoon", "sugar", "1", "teaspoon", "salt"]),
        ("1,000 g beef", ["1000", "gram", "beef"]),
        ("1,5 l stock", ["1.5", "liter", "stock"]),
        ("a dozen eggs", ["12", "egg"]),
        ("half a dozen eggs", ["6", "egg"]),
        ("three quarters of an hour", ["0.75", "hour"]),
        ("twenty-five minutes", ["25", "minute"]),
        ("forty minutes", ["40", "minute"]),
        ("a teaspoon of salt", ["1", "teaspoon", "of", "salt"]),
        ("leaves, loaves and tomatoes", ["leaf", "loaf", "and", "tomato"]),
        ("250g flour", ["250", "gram", "flour"]),
        ("the third layer", ["the", "third", "layer"]),
        ("Step 3: fry", ["fri"]),
        ("2. Fry 2 eggs", ["fri", "2", "egg"]),
        ("1️⃣ Fry it", ["fri", "it"]),
        ("", []),
    ],
)
def test_equal_amounts_are_equal_tokens(written, tokens):
    assert list(line_tokens(written).words) == tokens


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Prep Time30 minutesSoak Time20 minutesTotal Time:50 minutes", (30, None, 50)),
        ("25 mins prep\n50 mins cook\n1 hour, 15 mins total", (25, 50, 75)),
        ("Prep\n15 mins\nCook\n30 mins", (15, 30, None)),
        ("- Prep 25\nCooking 35\nReady In 50", (25, 35, 50)),
        ("You need a quarter of an hour for the prep. All in all, count on 30 minutes.", (15, None, 30)),
        ("Preparation time:5mCooking time10mReady in15m", (5, 10, 15)),
        ("Prep takes thirty minutes. Start to finish it takes an hour and a half.", (30, None, 90)),
        ("PREP – 30 mins  COOK – 3 hrs 30 mins  TOTAL – 4 hrs", (30, 210, 240)),
        ("10m prep\n45m cook\n18h 55m total", (10, 45, 1135)),
        ("Preparation | 10 mins  Cooking | 20 mins  Ready In | 30 mins  3 servings", (10, 20, 30)),
        ("Prep | 10 min  Cook | 20 min  Total | 30 min", (10, 20, 30)),
        ("Prep | 10 mins  Additional Time | 5 mins  Cook | 20 mins  Total | 35 mins", (10, 20, 35)),
        ("You need 5 minutes for the prep and twenty minutes of cooking.", (5, 20, None)),
        ("Preparation 35 Min\nCooking 25 Min\nReady In 1 Hr", (35, 25, 60)),
        ("Preparation10 minCooking:5 minReady In:15 min", (10, 5, 15)),
        ("PREP:20 MINCOOK: 1 HRTOTAL: 1 HR 20 MIN", (20, 60, 80)),
    ],
)  # fmt: skip
def test_times_are_read_from_badly_copied_cards_and_from_sentences(text, stated):
    evidence = PageEvidence(tokens_of(text).plain)
    for kind, minutes in zip(("prep", "cook", "total"), stated, strict=True):
        assert (minutes in evidence.stated_minutes(kind)) == (minutes is not None)
