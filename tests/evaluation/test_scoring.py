"""Worked examples of every metric, and the properties that must hold for any answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.evaluation.metrics import HEADLINE, METRICS
from recipe_pipeline.evaluation.scoring import score_document

POST = """Grandma's Lemon Bars! I could eat these all day.
Prep Time: 15 minutes | Cook Time: 1 hr 5 min | Total Time: 1 hr 20 min
Makes 16 bars
- 1½ cups flour
- 1/2 cup butter, melted
- 3 large eggs
- 2 tbsp lemon juice
Directions
Whisk the flour and butter, press into a pan.
Bake for 20 minutes at 350F.
Beat eggs with lemon juice, pour over the crust and bake until set."""

STEPS = [
    "Whisk the flour and butter, press into a pan.",
    "Bake for 20 minutes at 350F.",
    "Beat eggs with lemon juice, pour over the crust and bake until set.",
]


def recipe(**changes):
    base = {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Lemon Bars",
        "recipeYield": "16 bars",
        "prepTime": "PT15M",
        "cookTime": "PT1H5M",
        "totalTime": "PT1H20M",
        "recipeIngredient": [
            "1½ cups flour",
            "1/2 cup butter, melted",
            "3 large eggs",
            "2 tbsp lemon juice",
        ],
        "recipeInstructions": [{"@type": "HowToStep", "text": text} for text in STEPS],
    }
    changed = {**base, **changes}
    return {key: value for key, value in changed.items() if value is not None}


GOLD = recipe()
PAGE_GOLD = {
    "name": "Lemon Bars",
    "ingredients": GOLD["recipeIngredient"],
    "instructions": STEPS,
    "prep_time": 15,
    "cook_time": 65,
    "total_time": 90,  # the page says 80
    "yields": "16 servings",
}


def score(answer, gold=GOLD, post=POST, **options):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return score_document(text, gold, post, **options)


def test_a_perfect_answer_is_perfect_in_everything():
    result = score(GOLD)
    for key, metric in METRICS.items():
        value = result.value(key)
        if value is not None:
            assert value == (1 if metric.better == "higher" else 0), key
    assert result.value("times") == 1
    assert result.value("no_recipe") is None


def test_one_wrong_ingredient_of_four():
    lines = ["1½ cups flour", "1/2 cup butter, melted", "3 large eggs", "1 cup powdered sugar"]
    result = score(recipe(recipeIngredient=lines))
    # 3 pairs, 4 predicted, 4 gold: P = R = F1 = 3/4; 1 of 4 lines is not in the post.
    assert result.value("ingredient_precision") == pytest.approx(3 / 4)
    assert result.value("ingredient_recall") == pytest.approx(3 / 4)
    assert result.value("ingredient_f1") == pytest.approx(3 / 4)
    assert result.value("unsupported_ingredients") == pytest.approx(1 / 4)
    # 1 missed ingredient of 4 + 3 gold lines; 1 unsupported of 4 + 3 predicted lines.
    assert result.value("missed") == pytest.approx(1 / 7)
    assert result.value("unsupported") == pytest.approx(1 / 7)
    assert result.ingredients.lines("missed") == ["2 tbsp lemon juice"]
    assert result.ingredients.lines("unsupported") == ["1 cup powdered sugar"]


def test_precision_and_recall_differ_when_a_line_is_left_out():
    result = score(recipe(recipeIngredient=["3 large eggs", "1½ cups flour", "2 tbsp lemon juice"]))
    # 3 pairs of 3 predicted and 4 gold: P = 1, R = 3/4, F1 = 6/7.
    assert result.value("ingredient_precision") == 1
    assert result.value("ingredient_recall") == pytest.approx(3 / 4)
    assert result.value("ingredient_f1") == pytest.approx(6 / 7)


def test_the_spelling_of_a_fraction_does_not_matter():
    lines = ["1 1/2 cups Flour", "½ cup butter, melted", "3 large eggs", "2 tbsp lemon juice"]
    result = score(recipe(recipeIngredient=lines))
    assert result.value("ingredient_f1") == 1
    assert result.value("unsupported_ingredients") == 0


def test_a_line_copied_twice_counts_once():
    result = score(recipe(recipeIngredient=GOLD["recipeIngredient"] + ["3 large eggs"]))
    assert result.value("ingredient_precision") == pytest.approx(4 / 5)
    assert result.value("ingredient_recall") == 1
    # It is in the post: a repetition is not a hallucination.
    assert result.value("unsupported_ingredients") == 0
    assert result.ingredients.lines("extra") == ["3 large eggs"]


def test_reordered_steps_keep_their_words_but_lose_order():
    steps = [{"@type": "HowToStep", "text": text} for text in reversed(STEPS)]
    result = score(recipe(recipeInstructions=steps))
    assert result.value("steps_f1") == 1
    # 9 + 7 + 13 words (350F is two); reversed, the longest common subsequence is the longest step.
    assert result.value("steps_order") == pytest.approx(13 / 29)


def test_steps_written_as_one_cost_nothing():
    steps = [{"@type": "HowToStep", "text": " ".join(STEPS)}]
    result = score(recipe(recipeInstructions=steps))
    assert result.value("steps_f1") == result.value("steps_order") == 1
    assert result.value("unsupported_steps") == 0
    assert result.value("missed") == 0


def test_steps_f1_counts_words():
    gold = recipe(recipeInstructions=[{"@type": "HowToStep", "text": "mix eggs flour butter"}])
    answer = recipe(recipeInstructions=[{"@type": "HowToStep", "text": "mix eggs sugar"}])
    # 2 shared, 3 predicted, 4 gold: 2 * 2 / (3 + 4).
    assert score(answer, gold).value("steps_f1") == pytest.approx(4 / 7)


def test_hours_and_minutes_are_the_same_time():
    result = score(recipe(cookTime="PT65M", totalTime="PT80M"))
    assert result.value("cook_time") == result.value("total_time") == result.value("times") == 1


def test_wrong_and_missing_times_are_both_wrong():
    result = score(recipe(cookTime="PT20M", totalTime=None))
    assert result.value("prep_time") == 1
    assert result.value("cook_time") == 0
    assert result.value("total_time") == 0
    assert result.value("times") == pytest.approx(1 / 3)
    assert result.value("unsupported_times") == 0  # 20 minutes is mentioned, as a step


def test_a_time_that_the_post_does_not_mention_is_unsupported():
    # 15 and 65 minutes are mentioned, 45 is not.
    assert score(recipe(totalTime="PT45M")).value("unsupported_times") == pytest.approx(1 / 3)


def test_page_metadata_is_scored_only_where_the_page_states_it():
    result = score(recipe(totalTime=None), gold=PAGE_GOLD)
    assert result.value("prep_time") == result.value("cook_time") == 1
    assert result.value("total_time") is None  # 90 in gold, but not stated on the page
    assert result.value("yield") == 1  # "16 bars" and "16 servings" share the number


def test_a_yield_that_the_page_does_not_state_is_not_scored():
    result = score(recipe(recipeYield=None), gold={**PAGE_GOLD, "yields": "8 servings"})
    assert result.value("yield") is None


@pytest.mark.parametrize(
    ("predicted", "value"),
    [("Makes 16", 1), ("sixteen bars", 1), ("12-16 bars", 1), ("12 bars", 0), (None, 0)],
)
def test_yields_agree_by_number(predicted, value):
    assert score(recipe(recipeYield=predicted)).value("yield") == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Lemon Bars", 1),
        ("LEMON BARS Recipe", 1),
        ("Bars, Lemon", 1),
        ("I could eat these all day", 0),
        (None, 0),
    ],
)
def test_name(name, value):
    assert score(recipe(name=name)).value("name") == value


def test_a_hallucinated_step_is_unsupported():
    steps = [*STEPS, "Dust with cocoa powder and serve with vanilla ice cream."]
    result = score(recipe(recipeInstructions=[{"@type": "HowToStep", "text": s} for s in steps]))
    assert result.value("unsupported_steps") == pytest.approx(1 / 4)
    assert result.steps.lines("unsupported") == [steps[-1]]
    assert result.value("missed") == 0


def test_sections_and_plain_strings_are_read_as_steps():
    section = {
        "@type": "HowToSection",
        "name": "Bars",
        "itemListElement": [{"@type": "HowToStep", "text": text} for text in STEPS],
    }
    assert score(recipe(recipeInstructions=[section])).value("steps_f1") == 1
    headed = recipe(recipeInstructions=["Bars", *STEPS])
    assert score(recipe(recipeInstructions=[section]), headed).value("steps_f1") == 1
    strings = score(recipe(recipeInstructions=STEPS))
    assert strings.value("steps_f1") == 1
    assert strings.value("schema_valid") == 0  # readable, but not in the form of the dataset


@pytest.mark.parametrize(
    "answer", ["", "   ", "I am sorry, I cannot do that.", "[1, 2]", "null", "\x00"]
)
def test_an_answer_without_an_object_scores_nothing(answer):
    result = score(answer)
    for key in (
        "json_strict",
        "json_repaired",
        "schema_valid",
        "name",
        "ingredient_f1",
        "steps_f1",
    ):
        assert result.value(key) == 0, key
    assert result.value("times") == result.value("yield") == 0
    assert result.value("missed") == result.value("false_empty") == 1
    assert result.value("unsupported") is None  # nothing was claimed


@pytest.mark.parametrize(
    ("wrap", "strict"),
    [
        (lambda text: text, 1),
        (lambda text: f"<think>\nfour lines, {{}}?\n</think>\n\n{text}", 1),
        (lambda text: f"```json\n{text}\n```", 0),
        (lambda text: f"Here you are: {text} Enjoy!", 0),
        (lambda text: text[:-2], 0),
        (lambda text: text.replace('"name"', "'name'"), 0),
        (lambda text: f"[{text}]", 0),
        (lambda text: text[:-1] + ', "x": NaN}', 0),
    ],
)
def test_strict_json_and_json_after_repair_are_told_apart(wrap, strict):
    result = score(wrap(json.dumps(GOLD)))
    assert result.value("json_strict") == result.value("schema_valid") == strict
    assert result.value("json_repaired") == 1
    assert result.value("ingredient_f1") == 1


def test_an_answer_that_runs_on_for_ever_is_scored_in_finite_time():
    lines = ", ".join('"1 cup sugar"' for _ in range(15_000))
    result = score(f'{{"@type": "Recipe", "name": "Lemon Bars", "recipeIngredient": [{lines}')
    assert result.value("json_strict") == 0
    assert result.value("ingredient_precision") < 0.01


def test_no_recipe_in_the_post():
    assert score({}, gold={}).value("no_recipe") == 1
    assert score({}, gold={}).value("ingredient_f1") is None
    assert score(GOLD, gold={}).value("no_recipe") == 0
    assert score("no recipe here", gold={}).value("no_recipe") == 0
    assert score({"error": "no recipe"}, gold={}).value("no_recipe") == 0
    assert score({}, gold={}).groups["kind"] == "no_recipe"


def test_a_recipe_overlooked():
    result = score({})
    assert result.value("false_empty") == 1
    assert result.value("ingredient_f1") == 0
    assert score(GOLD).value("false_empty") == 0


DIP = recipe(
    name="Yogurt Dip",
    recipeIngredient=["1 cup yogurt", "1 clove garlic", "1 pinch salt"],
    recipeInstructions=[{"@type": "HowToStep", "text": "Stir everything together."}],
)


def graph(*recipes):
    bodies = [{k: v for k, v in r.items() if k != "@context"} for r in recipes]
    return {"@context": "https://schema.org", "@graph": bodies}


def test_two_dishes_are_paired_whatever_their_order():
    result = score(graph(DIP, GOLD), gold=graph(GOLD, DIP))
    assert result.value("all_dishes") == result.value("name") == result.value("ingredient_f1") == 1
    assert result.value("schema_valid") == 1
    assert result.groups["kind"] == "two_dishes"


def test_two_dishes_merged_into_one_are_not_found():
    mixed = recipe(recipeIngredient=GOLD["recipeIngredient"] + DIP["recipeIngredient"])
    result = score(mixed, gold=graph(GOLD, DIP))
    assert result.value("all_dishes") == 0
    assert result.value("name") == pytest.approx(1 / 2)
    # 4 of its 7 lines pair with the bars', the dip's 3 pair with nothing: 2 * 4 / (7 + 7).
    assert result.value("ingredient_f1") == pytest.approx(8 / 14)


def test_an_invented_third_recipe_means_not_all_dishes_are_found():
    result = score(graph(GOLD, DIP, recipe(name="Soup")), gold=graph(GOLD, DIP))
    assert result.value("all_dishes") == 0


def test_dozens_of_recipes_in_one_answer_are_paired_in_order():
    result = score(graph(*[GOLD] * 40))
    assert result.value("name") == 1
    assert result.value("ingredient_precision") == pytest.approx(4 / 160)


def test_groups_are_kept_and_length_is_added():
    groups = score(GOLD, groups={"style": "chaotic_unstructured", "kind": "missing_parts"}).groups
    assert groups == {"style": "chaotic_unstructured", "kind": "missing_parts", "length": "0-1k"}


def test_every_headline_metric_is_defined():
    assert set(HEADLINE) <= set(METRICS)
    assert all(metric.definition.endswith((".", ".)")) for metric in METRICS.values())


WORDS = st.sampled_from(
    ["flour", "egg", "2", "1/2", "½", "cup", "sugar", "bake", "<b>", "é", "酱", ".", "-"]
)
LINE = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | LINE,
    lambda child: st.lists(child, max_size=3) | st.dictionaries(LINE, child, max_size=3),
    max_leaves=6,
)
ANSWERS = st.one_of(
    st.text(max_size=60),
    st.fixed_dictionaries(
        {},
        optional={
            "@type": st.just("Recipe"),
            "name": JSON,
            "recipeIngredient": st.lists(LINE, max_size=6) | JSON,
            "recipeInstructions": st.lists(LINE, max_size=4) | JSON,
            "prepTime": st.sampled_from(["PT5M", "5 min", "", "P", "PT99999999999H"]) | JSON,
            "recipeYield": JSON,
            "@graph": JSON,
        },
    ).map(json.dumps),
)


@given(ANSWERS)
def test_any_answer_scores_between_0_and_1(answer):
    for gold in (GOLD, PAGE_GOLD, {}, graph(GOLD, DIP)):
        result = score(answer, gold=gold)
        for key in METRICS:
            value = result.value(key)
            assert value is None or 0 <= value <= 1, (key, value)


@given(st.lists(LINE, min_size=1, max_size=6), st.lists(LINE, max_size=4), st.data())
def test_gold_against_itself_is_one(ingredients, steps, data):
    gold = recipe(
        recipeIngredient=ingredients,
        recipeInstructions=[{"@type": "HowToStep", "text": step} for step in steps],
    )
    result = score(gold, gold=gold, post="\n".join([POST, *ingredients, *steps]))
    # A line such as "2" or "flour" is no whole ingredient line, whatever gold says.
    exempt = {"schema_valid", "unsupported", "unsupported_ingredients"}
    for key, metric in METRICS.items():
        value = result.value(key)
        assert value in (None, 1 if metric.better == "higher" else 0) or key in exempt, key
