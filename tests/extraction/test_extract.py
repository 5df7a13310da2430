import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.extract import (
    Extraction,
    UnusableAnswer,
    interpret,
    is_cut_off,
    model_input,
    page_answer,
)
from recipe_pipeline.extraction.page import Page
from recipe_pipeline.extraction.settings import ModelSettings
from recipe_pipeline.extraction.structured import PageData

POST = "Toast\n\n- 2 slices bread\n- 1 tsp butter\n\n1. Toast the bread.\n2. Spread the butter.\n"
TOAST = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Toast",
    "recipeIngredient": ["2 slices bread", "1 tsp butter"],
    "recipeInstructions": [
        {"@type": "HowToStep", "text": "Toast the bread."},
        {"@type": "HowToStep", "text": "Spread the butter."},
    ],
}
ANSWER = json.dumps(TOAST)


def count(text: str) -> int:
    return len(text.split())


class TestInterpret:
    @pytest.mark.parametrize(
        "answer",
        [
            ANSWER,
            f"```json\n{ANSWER}\n```",
            f"Here it is: {ANSWER} Enjoy!",
            f"<think>{{draft}}</think>\n{ANSWER}",
            ANSWER.replace('"name": "Toast"', "'name': 'Toast'"),
        ],
    )
    def test_the_recipe_is_found_in_typical_answers(self, answer):
        assert interpret(answer, POST).document == TOAST

    def test_a_faithful_recipe_has_no_complaints(self):
        assert interpret(ANSWER, POST) == Extraction(TOAST)

    @pytest.mark.parametrize("end", range(40, len(ANSWER) - 1, 17))
    def test_an_answer_that_is_cut_off_is_not_a_recipe(self, end):
        with pytest.raises(UnusableAnswer, match="cut off"):
            interpret(ANSWER[:end].rstrip("}` \n"), POST)

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ("Serves: 4", {"recipeYield": "4 servings"}),
            ("- Yield: 9 slices 1x", {"recipeYield": "9 slices"}),
            ("6 people", {"recipeYield": "6 people"}),
            ("Enough for 6 people", {"recipeYield": "6 people"}),
            ("The recipe makes 16 fingers", {"recipeYield": "16 fingers"}),
            ("Servings\n4-6", {"recipeYield": "4-6 servings"}),
            ("Makes\n2 cups flour", {}),
            ("Prep Time: 5 min\nReady in 15 min", {"prepTime": "PT5M", "totalTime": "PT15M"}),
            ("Prep is 5 minutes, cooking 10 minutes.", {"prepTime": "PT5M", "cookTime": "PT10M"}),
            ("They take 10 minutes to cook.", {}),
            ("Serves 4 if you are not too hungry.", {}),
            ("Nutrition\nServing: 1 slice", {}),
        ],
    )
    def test_facts_that_the_answer_lacks_are_added_from_lines_of_their_own(self, lines, expected):
        recipe = {key: TOAST[key] for key in TOAST if key not in ("recipeYield", "totalTime")}
        document = interpret(json.dumps(recipe), f"{POST}\n{lines}").document
        assert {key: document[key] for key in document if key not in recipe} == expected

    def test_an_answer_cut_off_at_its_first_character_is_not_a_post_without_a_recipe(self):
        with pytest.raises(UnusableAnswer):
            interpret("{", POST)

    @pytest.mark.parametrize("change", [{"prepTime": "PT20M"}, {"recipeYield": "8 servings"}])
    def test_facts_that_the_text_does_not_state_are_taken_out(self, change):
        extraction = interpret(json.dumps({**TOAST, **change}), POST, strict=True)
        assert extraction.document == TOAST
        assert extraction.omitted[0].startswith(*change)
        assert extraction.unsupported == ()

    @pytest.mark.parametrize(
        ("stated", "expected"),
        [("Prep time: 2 minutes", "PT2M"), ("Prep time: 2 min\nPrep time: 20 min", "PT20M")],
    )
    def test_a_time_of_which_the_text_states_another_value_gets_that(self, stated, expected):
        answer = json.dumps({**TOAST, "prepTime": "PT20M"})
        extraction = interpret(answer, f"{POST}\n{stated}\nCook time: 20 minutes\n", strict=True)
        assert extraction.document["prepTime"] == expected

    @pytest.mark.parametrize("time", ["PT5M", "PT10M", None])
    def test_a_time_of_another_dish_is_not_this_one_s(self, time):
        other = (
            "Leek Soup\n\nPrep time: 10 minutes\n\n- 2 leeks, sliced\n- 1 litre stock\n- 1 potato\n\n"
            "1. Simmer the leeks and the potato in the stock until soft.\n2. Blend the soup.\n"
        )
        answer = json.dumps({**TOAST, "prepTime": time} if time else TOAST)
        assert interpret(answer, f"{POST}\n{other}").document == TOAST

    def test_another_value_than_the_text_has_is_unsupported_and_refused_if_strict(self):
        answer, post = json.dumps({**TOAST, "recipeYield": "8 servings"}), f"{POST}\nServes 2\n"
        assert len(interpret(answer, post).unsupported) == 1
        with pytest.raises(UnusableAnswer, match="does not support 1 line"):
            interpret(answer, post, strict=True)

    def test_unsupported_lines_are_counted(self):
        lines = [*TOAST["recipeIngredient"], "3 kg gold", "4 cups ink"]
        with pytest.raises(UnusableAnswer, match=r"2 lines .* '3 kg gold'.*'4 cups ink'"):
            interpret(json.dumps({**TOAST, "recipeIngredient": lines}), POST, strict=True)

    @pytest.mark.parametrize("wrap", ["{}", "```json\n{}\n```", "Here: {} Enjoy"])
    def test_half_a_surrogate_pair_is_replaced(self, wrap):
        answer = wrap.replace("{}", ANSWER.replace('"Toast"', '"Toast \\ud83d"'))
        assert interpret(answer, POST).document["name"] == "Toast ?"
        assert interpret(wrap.replace("{}", ANSWER.replace("Toast", "Toast \ud83d")), POST)

    @pytest.mark.parametrize("answer", ["{}", "```json\n{}\n```\nNo recipe.", "It has none: {}."])
    def test_an_empty_object_may_have_a_remark(self, answer):
        assert interpret(answer, POST).is_empty

    def test_an_empty_object_in_a_repeated_prompt_is_no_answer(self):
        with pytest.raises(UnusableAnswer, match="among other text"):
            interpret(f"If the text has no recipe, answer {{}}.\n\n{POST}", POST)

    def test_an_empty_object_means_nothing_was_found(self):
        extraction = interpret("{}", "A story about a train.")
        assert extraction.is_empty
        assert extraction.unsupported == ()


@pytest.mark.parametrize(
    ("answer", "cut"),
    [
        ('{"a": 1}', False),
        ('{"a": "x', True),
        ('{"a": ["x", ', True),
        ('{"a": "with } inside', True),
        ('{"a": "quoted \\" } brace"} and more', False),
        ('{"a": 1}\n```', False),
        ('[{"a": 1}] done', False),
    ],
)
def test_cut_off_answers_are_recognised(answer, cut):
    assert is_cut_off(answer) is cut


def test_a_page_with_its_own_recipe_needs_no_model_unless_told_otherwise():
    page = Page(POST, lambda: PageData(TOAST, "JSON-LD"))
    assert page_answer(page, ignore_page_data=False) == Extraction(TOAST)
    assert page_answer(page, ignore_page_data=True) is None
    assert page_answer(Page(POST), ignore_page_data=False) is None
    with pytest.raises(PipelineError, match="no readable text"):
        page_answer(Page("", lambda: PageData(TOAST, "JSON-LD")), ignore_page_data=True)


def test_only_long_text_is_cut_to_the_budget():
    assert model_input(Page(POST), 900, count).text == POST
    story = "The rain fell on the roof all night long.\n" * 500
    window = model_input(Page(story + POST + story), 900, count)
    assert "2 slices bread" in window.text
    assert count(window.text) <= 900
    assert window.is_cut


def test_a_context_that_is_too_small_names_both_flags():
    with pytest.raises(PipelineError, match=r"--context 2000 .* --max-new-tokens 1900"):
        ModelSettings(context_length=2000, max_new_tokens=1900)
