"""Which times and yields a text states, in the ways pages print them."""

import pytest

from recipe_pipeline.text.evidence import PageEvidence
from recipe_pipeline.text.normalise import plain_words


def evidence_in(text):
    return PageEvidence(plain_words(text))


@pytest.mark.parametrize(
    ("text", "kind", "minutes"),
    [
        ("Prep Time: 10 minutes", "prep", {10}),
        ("PREP TIME 10 MINS", "prep", {10}),
        ("- Prep Time:\n- 5 mins", "prep", {5}),
        ("prep time\n23 Hr 20 Min", "prep", {1400}),
        ("Prep time\u00a0|\u00a015 minutes", "prep", {15}),
        ("Preparation: half an hour", "prep", {30}),
        ("Hands-on time: about 20 min", "prep", {20}),
        ("Prep Time: 25\n- Cook Time: 30", "prep", {25}),
        ("Prep Time: 25\n- Cook Time: 30", "cook", {30}),
        ("20 min prep | 40 min cook", "prep", {20}),
        ("20 min prep | 40 min cook", "cook", {40}),
        ("Cooking time: 1 hr 15 mins", "cook", {75}),
        ("Cook: 1½ hours", "cook", {90}),
        ("Bake time – 1 hour and 5 minutes", "cook", {65}),
        ("Total Time: 27-30 minutes", "total", {27, 30}),
        ("Total: 1:15", "total", {75}),
        ("Ready In:\n- \n45mins", "total", {45}),
        ("Ready in under 30 minutes!", "total", {30}),
        ("Total time: 2 days 3 hours", "total", {3060}),
        ("Cook time: 1 hour hr 15 minutes mins", "cook", {75}),
        ("Prep 5 Min - Cook 6 Min - Total 11 Min - Serves 2", "total", {11}),
        ("Prep 5 Min – Cook 6 Min – Total 11 Min", "cook", {6}),
        ("Serves 2. Easy. Total 11 Min. Vegan.", "total", {11}),
        ("It takes about 40 minutes all in.", "total", {40}),
        ("Zubereitungszeit 30 Minuten", "prep", {30}),
        ("Arbeitszeit ca. 10 Min. Koch-/Backzeit ca. 1 Std. 5 Min.", "cook", {65}),
        ("Gesamtzeit\n2 Stunden", "total", {120}),
        ("Temps de préparation : 15 min\nCuisson : 1h30\nTemps total : 2 h", "cook", {90}),
        ("Tiempo de preparación: 15 minutos. Tiempo total: 1 hora y 5 minutos", "total", {65}),
        ("Preparazione: 15 minuti\nTempo di cottura: 1 ora", "cook", {60}),
    ],
)
def test_a_labelled_time_is_stated(text, kind, minutes):
    assert evidence_in(text).stated_minutes(kind) == minutes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Cook for 5 minutes, then bake 20 minutes.", "cook"),
        ("Cook time may vary. Add 2 cups of rice.", "cook"),
        ("Prep Time: 10 minutes", "cook"),
        ("Prep time: 350°F oven, please", "total"),
        ("Total fat: 9g", "prep"),
        ("It takes no time at all.", "total"),
        ("Simmer for a total 20 minutes, stirring 5 minutes all in one direction.", "total"),
        ("Stir. Cook 6 min. Zubereitung: 200 g Butter schmelzen.", "cook"),
        ("", "prep"),
    ],
)
def test_a_step_or_a_stray_word_does_not_state_a_time(text, kind):
    assert evidence_in(text).stated_minutes(kind) == set()


def test_unlabelled_durations_are_mentioned():
    evidence = evidence_in("Bake for 1 h 10 mins. Rest ten minutes, simmer 45-50 minutes.")
    assert {70, 10, 45, 50} <= evidence.mentioned_minutes
    assert 30 not in evidence.mentioned_minutes


@pytest.mark.parametrize(
    ("text", "recipe_yield"),
    [
        ("Serves 4", "4 servings"),
        ("Servings: 8-10", "10 servings"),
        ("Yield: 4–6 servings 1x", "4 servings"),
        ("Yields:\n- 8 - 10 serving(s)", "8 servings"),
        ("Serves:\n- \n4", "4 servings"),
        ("YIELD — 4 servings", "4 servings"),
        ("makes about 36 cookies", "36 cookies"),
        ("This makes two dozen, or 24 muffins", "24 muffins"),
        ("enough for twelve people", "Serves 12"),
        ("9 brownies per pan", "9 brownies"),
    ],
)
def test_a_yield_beside_its_word_or_noun_is_stated(text, recipe_yield):
    assert evidence_in(text).states_yield(recipe_yield)


@pytest.mark.parametrize(
    ("text", "recipe_yield"),
    [
        ("Cook for 6 hours, then serve.", "6 servings"),
        ("Add 4 eggs and serve at once", "4 servings"),
        ("Serves 14", "4 servings"),
        ("Serves 4", ""),
        ("Serves 4", "a crowd"),
    ],
)
def test_a_number_elsewhere_does_not_state_a_yield(text, recipe_yield):
    assert not evidence_in(text).states_yield(recipe_yield)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Prep Time:20 minutesCook Time50 minutesTotal Time1 hour", 50),
        ("Cooking45 MinReady In55 Min", 45),
        ("Prep is thirty minutes, cooking an hour and a half.", 90),
        ("Prep is thirty minutes, cooking an hour and a half.", 30),
        ("about forty-five minutes later", 45),
        ("about twenty-two minutes later", 22),
        ("wait seven minutes", 7),
    ],
)
def test_glued_and_spelt_out_durations_are_mentioned(text, minutes):
    assert minutes in evidence_in(text).mentioned_minutes
    assert minutes + 7 not in evidence_in(text).mentioned_minutes


@pytest.mark.parametrize(
    "filling", ["─", " ", "\t", "\u00a0", " - ", " , ", "1", "1.", "and ", "a "]
)
def test_long_runs_of_one_character_are_read(filling):
    evidence = evidence_in(f"Prep time: 10 minutes{filling * 1_500}\nTotal time: 25 minutes")
    assert {10, 25} <= evidence.mentioned_minutes
    assert evidence.stated_minutes("total") == {25}
    assert not evidence.states_yield("4 servings")
