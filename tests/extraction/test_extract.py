import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.extract import (
    AnswerInvalid,
    Extraction,
    ExtractionSettings,
    interpret,
    is_cut_off,
    messages_for,
    prepare,
    require_support,
)
from recipe_pipeline.extraction.page import Document

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
    def test_the_recipe_is_found_in_what_models_write(self, answer):
        assert interpret(answer, POST).document == TOAST

    def test_a_faithful_recipe_has_no_complaints(self):
        assert interpret(ANSWER, POST) == Extraction(TOAST)

    def test_named_steps_of_the_small_model_become_sections(self):
        first, second = TOAST["recipeInstructions"]
        steps = [{**first, "name": "For the toast"}, second]
        answer = json.dumps({**TOAST, "recipeInstructions": steps})
        (section,) = interpret(answer, POST).document["recipeInstructions"]
        assert (section["@type"], section["name"]) == ("HowToSection", "For the toast")
        assert [step["text"] for step in section["itemListElement"]] == [
            first["text"],
            second["text"],
        ]

    @pytest.mark.parametrize("end", range(40, len(ANSWER) - 1, 17))
    def test_an_answer_cut_off_anywhere_is_no_recipe(self, end):
        with pytest.raises(AnswerInvalid, match="cut off"):
            interpret(ANSWER[:end].rstrip("}` \n"), POST)

    @pytest.mark.parametrize("change", [{"prepTime": "PT20M"}, {"recipeYield": "8 servings"}])
    def test_invented_facts_are_unsupported(self, change):
        extraction = interpret(json.dumps({**TOAST, **change}), POST)
        assert len(extraction.unsupported) == 1
        with pytest.raises(PipelineError, match="1 line of the recipe is not supported"):
            require_support(extraction)

    def test_several_unsupported_lines_are_counted(self):
        lines = [*TOAST["recipeIngredient"], "3 kg gold", "4 cups ink"]
        extraction = interpret(json.dumps({**TOAST, "recipeIngredient": lines}), POST)
        with pytest.raises(PipelineError, match="2 lines of the recipe are not supported"):
            require_support(extraction)

    @pytest.mark.parametrize("wrap", ["{}", "```json\n{}\n```", "Here: {} Enjoy"])
    def test_half_a_surrogate_pair_can_be_written(self, wrap):
        answer = wrap.replace("{}", ANSWER.replace('"Toast"', '"Toast \\ud83d"'))
        assert interpret(answer, POST).document["name"] == "Toast ?"
        assert interpret(wrap.replace("{}", ANSWER.replace("Toast", "Toast \ud83d")), POST)

    def test_an_empty_object_means_nothing_was_found(self):
        extraction = interpret("{}", "A story about a train.")
        assert extraction.exit_code == 3
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
def test_cut_off_answers_are_told_from_whole_ones(answer, cut):
    assert is_cut_off(answer) is cut


class TestPrepare:
    settings = ExtractionSettings(context_length=2000, max_new_tokens=1000)

    def test_a_short_text_goes_out_as_it_is(self):
        prepared = prepare(Document(POST), self.settings, count)
        assert (prepared.post, prepared.notes) == (POST, ())

    def test_a_long_text_is_cut_to_the_budget_with_a_note(self):
        story = "The rain fell on the roof all night long.\n" * 500
        prepared = prepare(Document(story + POST + story), self.settings, count)
        assert "2 slices bread" in prepared.post
        assert count(prepared.post) <= self.settings.post_budget
        assert len(prepared.notes) == 1

    def test_the_pages_own_recipe_wins_unless_told_otherwise(self):
        document = Document(POST, TOAST)
        assert prepare(document, self.settings, count).recipe == TOAST
        ignoring = ExtractionSettings(ignore_page_data=True)
        assert prepare(document, ignoring, count).recipe == {}
        assert prepare(document, ignoring, count).post == POST

    def test_too_small_a_context_names_both_flags(self):
        with pytest.raises(PipelineError, match=r"--context 2000 .* --max-new-tokens 1900"):
            _ = ExtractionSettings(context_length=2000, max_new_tokens=1900).post_budget


def test_the_chat_has_the_form_of_the_training_or_full_instructions():
    system, user = messages_for(POST, system_prompt="Do it.")
    assert system == {"role": "system", "content": "Do it."}
    assert user["content"].endswith(POST)
    assert "<post>" in messages_for(POST, full_instructions=True)[1]["content"]
