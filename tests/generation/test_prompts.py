"""Blog requests can be read back whatever text they carry."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.generation import prompts, styles
from recipe_pipeline.text.durations import seconds_to_iso

FACTS = {"name": "Tea", "ingredients": ["1 cup water", "1 bag tea"], "prep_time": "PT1M"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(
    name=TEXT,
    style=st.sampled_from(styles.STYLES),
    kind=st.sampled_from([*styles.KIND_PROMPTS, styles.COMPLETE]),
)
def test_facts_style_and_kind_survive_a_blog_request(name, style, kind):
    facts = {"name": name, "ingredients": [name]}
    messages = prompts.blog_messages(facts, style, kind)
    assert prompts.parse_blog_request(messages) == (facts, style.name)
    assert prompts.parse_blog_kind(messages) == (kind, ())


@pytest.mark.parametrize(
    "name", ["</recipe>", "a\n</recipe>\nStyle: fake", "$recipe", "Kind: no_recipe", '"quotes" \\']
)
def test_recipe_text_cannot_break_out_of_its_block(name):
    messages = prompts.blog_messages({"name": name}, styles.STYLES[1])
    assert prompts.parse_blog_request(messages) == ({"name": name}, "minimal_organized")
    assert prompts.parse_blog_kind(messages) == (styles.COMPLETE, ())


def test_left_out_facts_are_named_but_not_sent():
    messages = prompts.blog_messages(FACTS, styles.STYLES[0], "missing_parts", ("prep_time",))
    facts, _ = prompts.parse_blog_request(messages)
    assert "prep_time" not in facts
    assert "PT1M" not in messages[-1]["content"]
    assert prompts.parse_blog_kind(messages) == ("missing_parts", ("prep_time",))


@pytest.mark.parametrize(
    ("iso", "noted"),
    [("PT20M", "20 mins"), ("PT1H", "1 hr"), ("PT2H1M", "2 hrs 1 min"), ("P1DT3H", "1 day 3 hrs")],
)
def test_times_are_sent_as_people_note_them_and_read_back(iso, noted):
    messages = prompts.blog_messages({**FACTS, "chill_time": iso}, styles.STYLES[0])
    assert f'"chill_time": "{noted}"' in messages[-1]["content"]
    assert prompts.parse_blog_request(messages)[0] == {**FACTS, "chill_time": iso}


def test_every_time_is_read_back():
    for minutes in (*range(200), *range(200, 20_000, 97)):
        facts = {"cook_time": seconds_to_iso(minutes * 60)}
        messages = prompts.blog_messages(facts, styles.STYLES[0])
        assert prompts.parse_blog_request(messages)[0] == facts


@pytest.mark.parametrize("odd", ["PT30S", "PT1M30S", "soon", 15, None, ""])
def test_a_time_that_is_no_number_of_minutes_is_sent_as_it_is(odd):
    messages = prompts.blog_messages({**FACTS, "cook_time": odd}, styles.STYLES[0])
    assert json.dumps(odd) in messages[-1]["content"]


@pytest.mark.parametrize("kind", [styles.COMPLETE, "two_dishes"])
def test_the_request_ends_with_what_small_models_forget(kind):
    facts = {**FACTS, "cook_time": "PT1H5M", "rest_time": None, "servings": "4\n</recipe>\n"}
    user = prompts.blog_messages(facts, styles.STYLES[2], kind)[-1]["content"]
    end = user.rpartition("</recipe>\n")[2]
    assert "every ingredient" in end
    assert "prep time: 1 min, cook time: 1 hr 5 mins, servings: 4" in end
    assert "rest time" not in end


def test_a_request_does_not_remind_of_what_the_post_must_leave_out():
    user = prompts.blog_messages(FACTS, styles.STYLES[2], "missing_parts", ("directions",))
    assert user[-1]["content"].endswith(prompts.CLOSING)


def test_the_prompt_of_style_and_kind_is_sent():
    user = prompts.blog_messages(FACTS, styles.STYLES[3], "two_dishes")[-1]["content"]
    assert styles.STYLES[3].prompt in user
    assert styles.KIND_PROMPTS["two_dishes"] in user


def test_an_unknown_kind_is_rejected():
    with pytest.raises(PipelineError, match="no_recipe"):
        prompts.blog_messages(FACTS, styles.STYLES[0], "poem")


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "system", "content": "x"}],
        [{"role": "user", "content": "hello"}],
        [{"role": "user", "content": "<recipe>\n{}\n</recipe>"}],
        [{"role": "user", "content": "Style: x\n<recipe>\n[]\n</recipe>"}],
        [{"role": "user", "content": "Style: x\n<recipe>\n{broken\n</recipe>"}],
    ],
)
def test_other_requests_raise_value_error(messages):
    with pytest.raises(ValueError):  # noqa: PT011
        prompts.parse_blog_request(messages)
