"""Posts and recipes are found in messy replies."""

from __future__ import annotations

import json
import random

import pytest

from recipe_pipeline.llm.replies import (
    ParsedAnswer,
    ReplyError,
    parse_answer,
    parse_post_reply,
    parse_recipe_reply,
    require_finished,
    split_reasoning,
)


def recipe(name="Soup", step="Boil."):
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": name,
        "recipeIngredient": ["1 cup water"],
        "recipeInstructions": [{"@type": "HowToStep", "text": step}],
    }


SOUP, TEA = json.dumps(recipe()), json.dumps(recipe("Tea"))
POST = "My grandmother made this soup every winter, and now so do I. Boil water."


@pytest.mark.parametrize(
    ("content", "field", "expected"),
    [
        ("answer", None, ("", "answer")),
        ("answer", "thought", ("thought", "answer")),
        ("answer", "  ", ("", "answer")),
        ("<think>\nthought\n</think>\n\nanswer", None, ("thought", "answer")),
        ("  <THINK>thought</THINK>answer", None, ("thought", "answer")),
        ("[THINK]thought[/THINK]answer", None, ("thought", "answer")),
        ("<thinking>thought</thinking>answer", None, ("thought", "answer")),
        ("<think>a</think>\n<think>b</think>answer", None, ("a\n\nb", "answer")),
        ("thought</think>answer", None, ("thought", "answer")),
        ("<think></think>answer", None, ("", "answer")),
        ("<think>a</think>answer", "field", ("field\n\na", "answer")),
        ("<think>a </think> b</think>answer", None, ("a\n\nb", "answer")),
        ("<think>never closed {}", None, ("never closed {}", "")),
        (None, "thought", ("thought", "")),
        (None, None, ("", "")),
    ],
)
def test_reasoning_is_found_wherever_the_server_puts_it(content, field, expected):
    assert split_reasoning(content, field) == expected


@pytest.mark.parametrize(
    "content",
    [
        SOUP,
        json.dumps(recipe(), indent=2),
        f"```json\n{SOUP}\n```",
        f"Here it is:\n\n```\n{SOUP}\n```\nEnjoy!",
        f"Here it is: {SOUP} Enjoy!",
        f"[{SOUP}]",
        f"{SOUP}\n{SOUP}",
        f"{{}} {SOUP}",
        f"<think>draft: {TEA}</think>{SOUP}",
        f"draft: {TEA}</think>{SOUP}",
        f"I use {{name}} as it is.\n{SOUP}",
        SOUP[:-1],
        SOUP.replace('"name"', "name"),
        SOUP.replace("}]}", "},],}"),
        SOUP.replace('"', "'"),
        SOUP[:-1] + ', "prepTime": NaN}',
        SOUP[:-1] + ', "cookTime": null, "keywords": ""}',
    ],
)
def test_the_recipe_is_found_and_normalised(content):
    assert parse_recipe_reply(content)[0] == recipe()


def test_two_recipes_of_one_post_become_a_graph():
    for content in (
        f"{SOUP}\n{TEA}",
        f"[{SOUP}, {TEA}]",
        f"```\n{SOUP}\n```\nand\n```\n{TEA}\n```",
    ):
        result, _ = parse_recipe_reply(content)
        assert [node["name"] for node in result["@graph"]] == ["Soup", "Tea"]


def test_the_last_of_two_versions_of_a_recipe_counts():
    better = json.dumps(recipe(step="Boil well."))
    assert parse_recipe_reply(f"{SOUP}\nCorrected:\n{better}")[0] == recipe(step="Boil well.")


def soup(name="Lentil soup", water="6 cups water", **changes):
    return {
        **recipe(name),
        "recipeIngredient": ["1 cup lentils", "2 onions", "1 lemon", water],
        **changes,
    }


@pytest.mark.parametrize(
    "between",
    [
        "\nThe title says more than that. Corrected:\n",
        "\n\n",
        "\nFinal answer: ",
        "\nWait, I forgot.\n",
    ],
)
def test_of_a_draft_and_its_correction_the_correction_counts(between):
    draft, right = json.dumps(soup("Soup", "5 cups water")), json.dumps(soup())
    assert parse_recipe_reply(f"{draft}{between}{right}")[0] == soup()
    fences = f"```json\n{draft}\n```\n{between}\n```json\n{right}\n```"
    assert parse_recipe_reply(fences)[0] == soup()
    assert parse_recipe_reply(f"```json\n{draft}\n```\n{between}\n{right}")[0] == soup()


def test_a_draft_that_was_quite_wrong_is_replaced_as_well():
    draft = json.dumps({**recipe("Bread"), "recipeIngredient": ["flour"]})
    content = f"{draft}\nThat is the other dish. Here is the corrected JSON:\n{json.dumps(soup())}"
    assert parse_recipe_reply(content)[0] == soup()


@pytest.mark.parametrize(
    "content",
    [
        '{"recipeYield": "4 servings"}\nis the yield.\n%s',
        '%s\nI took the yield from {"recipeYield": "4 servings"}.',
        '%s\nCorrected one field: {"recipeYield": "4 servings"}',
        '{"name": "Soup"}\n%s',
        '```json\n%s\n```\n```json\n{"recipeYield": "4 servings"}\n```',
    ],
)
def test_a_fragment_beside_the_recipe_is_not_a_second_recipe(content):
    assert parse_recipe_reply(content % json.dumps(soup()))[0] == soup()


@pytest.mark.parametrize("between", ["\n", "\nAnd finally the sauce:\n", "\nThe second recipe:\n"])
def test_two_dishes_with_some_ingredients_in_common_stay_two(between):
    sauce = {**recipe("Sauce"), "recipeIngredient": ["2 onions", "1 lemon", "oil", "salt"]}
    result, _ = parse_recipe_reply(f"{json.dumps(soup())}{between}{json.dumps(sauce)}")
    assert [node["name"] for node in result["@graph"]] == ["Lentil soup", "Sauce"]


def test_recipes_of_one_array_are_meant_to_stand_side_by_side():
    result, _ = parse_recipe_reply(json.dumps([soup(), soup("Lentil stew")]))
    assert len(result["@graph"]) == 2


QUOTED = {**recipe('Nana\'s "best" soup', "Stir. Then rest, 5'."), "description": "a\\b ½"}


def escaped(text):
    """As it would stand between quotes."""
    return json.dumps(text)[1:-1]


@pytest.mark.parametrize(
    "content",
    [
        escaped(json.dumps(QUOTED)),
        escaped(json.dumps(QUOTED, indent=2)),
        json.dumps(QUOTED, indent=2).replace("\\", "\\\\").replace('"', '\\"'),
        json.dumps(json.dumps(QUOTED)),
        escaped(escaped(json.dumps(QUOTED))),
        f"```json\n{escaped(json.dumps(QUOTED))}\n```",
        f"Here it is: {escaped(json.dumps(QUOTED))}",
        f"<think>hm</think>{escaped(json.dumps(QUOTED))}",
    ],
)
def test_an_answer_with_escaped_quotes_is_read(content):
    assert parse_recipe_reply(content)[0] == QUOTED


@pytest.mark.parametrize("content", ['{\\"name\\": \\"Soup', r"{\"\"\"}", r"{\\\"a", '{\\n\\"'])
def test_a_broken_escaped_answer_is_not_a_post_without_a_recipe(content):
    with pytest.raises(ReplyError):
        parse_recipe_reply(content)


@pytest.mark.parametrize("extra", [r"Bob \ud83c", r"\uDE00 Bob", r"\ud83d\ude00 \ud83d"])
def test_half_an_emoji_is_replaced(extra):
    reply = json.dumps({**recipe(), "author": "X"}).replace('"X"', f'"{extra}"')
    parsed, _ = parse_recipe_reply(reply)
    assert json.dumps(parsed, ensure_ascii=False).encode()
    assert ("😀" in parsed["author"]) == ("ude00" in extra)


@pytest.mark.parametrize("content", ["{}", "```json\n{}\n```", "<think>none</think>\n{}", "[]"])
def test_no_recipe_is_a_result(content):
    assert parse_recipe_reply(content)[0] == {}


def test_reasoning_comes_with_the_recipe():
    assert parse_recipe_reply(SOUP, "it boils")[1] == "it boils"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "empty_reply"),
        ("", "empty_reply"),
        (" \n ", "empty_reply"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("There is no recipe here.", "no_json"),
        (f"<think>{SOUP}</think>", "no_answer"),
        (f"<think>{SOUP}", "no_answer"),
        ('["a", "b"]', "not_an_object"),
        (SOUP.replace('"Soup"', "NaN"), "invalid_recipe"),
        ('{"name": "Soup"}', "invalid_recipe"),
        ('{"error": "no"}', "invalid_recipe"),
        (SOUP[:90], "truncated"),
        ('{"name": "Soup", "recipeIngredient": ["1 cup wa', "truncated"),
        ("x" * 100_000, "no_json"),
        ("{" * 100_000, "truncated"),
        ("}" * 100_000, "no_json"),
        ('{"a":' * 100_000, "truncated"),
        ("[[" * 50_000, "no_json"),
    ],
)
def test_every_unusable_reply_has_its_reason(content, reason):
    with pytest.raises(ReplyError) as error:
        parse_recipe_reply(content)
    assert error.value.reason == reason
    assert error.value.detail


def test_a_reply_of_100000_characters_is_parsed():
    long = "Stir. " * 17_000
    parsed, _ = parse_recipe_reply(json.dumps(recipe(step=long)))
    assert len(parsed["recipeInstructions"][0]["text"]) > 100_000


@pytest.mark.parametrize(
    "content", [POST, f"  {POST}\n", f"<think>hm</think>{POST}", f"```markdown\n{POST}\n```"]
)
def test_reasoning_and_fences_are_removed_from_a_post(content):
    assert parse_post_reply(content) == POST


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty_reply"),
        (f"<think>{POST}", "no_answer"),
        ("I'm sorry, but I cannot write about this.", "refusal"),
        ("As an AI language model I do not cook, so this is not possible.", "refusal"),
        ("Unfortunately, I'm not able to write this blog post for you.", "refusal"),
        ("I'm sorry, but I don't have enough information to write this post.", "refusal"),
        ("I'm sorry, I don't see a recipe in your message. Could you share it?", "refusal"),
        ("I'm sorry, but I can't continue with this topic, it is not for me.", "refusal"),
        ("I cannot and will not write this post, whatever you say to me.", "refusal"),
        ("I’m sorry, but this request goes against my guidelines.", "refusal"),
        ("I can't help with requests about alcohol. Is there anything else?", "refusal"),
        ("Soup!", "too_short"),
        (json.dumps({"post": POST}), "not_a_post"),
    ],
)
def test_every_reply_that_is_not_a_post_has_its_reason(content, reason):
    with pytest.raises(ReplyError) as error:
        parse_post_reply(content)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    "hook",
    [
        "I can't stop making these fluffy pancakes!",
        "I can’t believe how easy this is!",
        "I can't help but share this one.",
        "I won't lie, this is messy.",
        "I'm sorry but these brownies are illegal.",
        "I'm afraid I ate the whole tray.",
        "Unfortunately I have to tell you: it is addictive.",
        "The content of my fridge, in one bowl.",
        "I can't help myself around fresh peaches!",
        "I won't write a novel before the recipe, promise.",
        "I can't do this without garlic.",
        "Sorry, I can't stop talking about it.",
    ],
)
def test_a_hook_line_is_not_a_refusal(hook):
    post = f"{hook} 1 cup flour, 2 eggs. Mix, rest, fry. #pancakes"
    assert parse_post_reply(post) == post


def test_a_long_post_that_starts_with_an_apology_is_not_a_refusal():
    post = "I'm sorry I have not posted for weeks! " + POST * 20
    assert parse_post_reply(post) == post


def test_a_reply_cut_off_by_the_token_limit_is_not_retried():
    with pytest.raises(ReplyError) as error:
        require_finished("length")
    assert (error.value.reason, error.value.repeatable) == ("truncated", False)


@pytest.mark.parametrize(
    ("text", "repeatable"),
    [
        ("Stir the soup. " * 200, True),
        ("".join(f"It is part of the {'past' if n % 3 else 'future'}. " for n in range(200)), True),
        ("It boils. " * 20, False),  # too short to tell
        (" ".join(f"{n} g of flour number {n * 7919 % 1000}" for n in range(300)), False),
        ("".join(random.Random(0).choices("abcdefghij \n", k=6000)), False),
    ],
)
def test_a_reply_that_repeats_itself_up_to_the_limit_is_asked_for_again(text, repeatable):
    with pytest.raises(ReplyError) as caught:
        require_finished("length", text)
    assert caught.value.repeatable == repeatable
    assert caught.value.reason == ("repetitive" if repeatable else "truncated")


@pytest.mark.parametrize("reason", ["max_tokens", "MAX_TOKENS", "model_length"])
def test_other_words_for_the_token_limit_are_known(reason):
    with pytest.raises(ReplyError, match="--max-tokens"):
        require_finished(reason)


@pytest.mark.parametrize("reason", ["SAFETY", "refusal", "tool_calls", "function_call"])
def test_a_reply_that_ended_for_another_reason_is_asked_for_again(reason):
    with pytest.raises(ReplyError) as error:
        require_finished(reason)
    assert error.value.repeatable


def test_a_filtered_reply_is_rejected_and_a_finished_one_passes():
    with pytest.raises(ReplyError, match="filter"):
        require_finished("content_filter")
    require_finished("stop")
    require_finished(None)


@pytest.mark.parametrize(
    ("answer", "data", "strict"),
    [
        (SOUP, recipe(), True),
        (f"<think>hm</think>{SOUP}", recipe(), True),
        ("{}", {}, True),
        (f"```json\n{SOUP}\n```", recipe(), False),
        (f"{SOUP}\n{TEA}", {"@graph": [recipe(), recipe("Tea")]}, False),
        ('{"name": NaN}', {"name": None}, False),
        ('{"name": "Soup", "recipeIngredient": ["1 cup wa', None, False),
        ("no JSON at all", None, False),
    ],
)
def test_an_answer_is_strict_or_repaired(answer, data, strict):
    parsed = parse_answer(answer)
    if data is None and "{" in answer:
        data = {"name": "Soup", "recipeIngredient": ["1 cup wa"]}  # completed where it breaks off
    assert parsed == ParsedAnswer(data, strict)


@pytest.mark.parametrize("answer", ["{", '{"', "```json\n{"])
def test_an_answer_cut_off_at_its_first_character_is_not_no_recipe(answer):
    assert parse_answer(answer) == ParsedAnswer(None, strict=False)
