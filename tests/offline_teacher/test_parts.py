"""The teacher's building blocks: grammar, spellings, ingredient lines, directions, facts."""

from __future__ import annotations

import re
import statistics
from dataclasses import replace
from random import Random

import pytest

from recipe_pipeline.offline_teacher.composer import compose
from recipe_pipeline.offline_teacher.page import lists
from recipe_pipeline.offline_teacher.page.layout import draw_layout
from recipe_pipeline.offline_teacher.page.typography import typeset, typeset_all
from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.phrases.book import GRAMMAR
from recipe_pipeline.offline_teacher.phrases.grammar import Grammar, tidy
from recipe_pipeline.offline_teacher.recipe.builder import _step_groups
from recipe_pipeline.offline_teacher.recipe.content import Content, Group, document_label
from recipe_pipeline.offline_teacher.recipe.directions import compose_directions, dish_kind
from recipe_pipeline.offline_teacher.recipe.facts import read_facts
from recipe_pipeline.offline_teacher.recipe.ingredients import (
    LineStyle,
    decorate,
    food_of,
    has_amount,
    names_a_part,
    section_names,
    with_bare_foods,
    with_repeats,
    without_amount,
    write_line,
)
from recipe_pipeline.offline_teacher.recipe.names import short_name
from recipe_pipeline.offline_teacher.recipe.step_details import elaborate
from recipe_pipeline.text.durations import parse_seconds

PLAIN = LineStyle(0, "sign", "comma", "keep", False, "", False)


def styled(**changes) -> LineStyle:
    return LineStyle(**{**PLAIN.__dict__, **changes})


# --- grammar ---------------------------------------------------------------------------------


def test_alternatives_nest_and_slots_are_inserted_verbatim():
    grammar = Grammar({"pet": ("{big {red|blue}|small} <name>",)})
    said = {grammar.say("pet", Random(n), {"name": "{x|y} <pet>"}) for n in range(40)}
    assert said == {"Big red {x|y} <pet>", "Big blue {x|y} <pet>", "Small {x|y} <pet>"}


@pytest.mark.parametrize("template", ["{a|b", "a}", "{a{b}"])
def test_unbalanced_templates_are_errors(template):
    with pytest.raises(ValueError, match="unbalanced"):
        Grammar({}).fill(template, Random(0), {})


def test_unknown_names_are_errors():
    with pytest.raises(KeyError):
        Grammar({"a": ("<b>",)}).say("a", Random(0), {})


def test_tidying_a_sentence_leaves_the_name_of_the_dish_alone():
    grammar = Grammar({"a": ("so it is . <name> , <name>",)})
    assert (
        grammar.say("a", Random(0), {"name": "a  egg . pie"})
        == "So it is. a  egg . pie, a  egg . pie"
    )


def test_several_never_repeats_a_template():
    grammar = Grammar({"n": ("one", "two", "three")})
    assert sorted(grammar.say_several("n", 9, Random(1), {})) == ["One", "Three", "Two"]


def test_every_rule_of_the_phrase_book_expands():
    slots = dict.fromkeys(
        ("name", "short", "these", "is", "is_q", "it", "s", "main", "second"), "Zebra"
    )
    rng = Random(3)
    for rule, templates in GRAMMAR.rules.items():
        for _ in range(3 * len(templates)):
            text = GRAMMAR.say(rule, rng, slots)
            assert text
            assert not set("{}<>") & set(text)
            assert "  " not in text


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("a apple  a day .", "An apple a day."),
        ("use it. then rest! ok", "Use it. Then rest! Ok"),
        ("a one-pot meal", "A one-pot meal"),
    ],
)
def test_joined_parts_are_tidied(raw, mended):
    assert tidy(raw) == mended


# --- spellings -------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [1, 5, 45, 60, 61, 75, 90, 120, 200, 1440, 1505, 2885])
def test_every_spelling_of_a_time_means_the_same_time(minutes):
    for style in range(wording.CLOCK_STYLES):
        assert parse_seconds(wording.clock(minutes, style)) == minutes * 60


def test_spoken_times_mean_the_same_time():
    assert wording.spoken(75, Random(1)) in {
        *wording.SPOKEN[75],
        "1 hour 15 minutes",
        "1 hr 15 mins",
    }
    # Phrases with "quarter" are beyond the parser; they are listed under the right number here.
    understood = [
        (minutes, text)
        for minutes, texts in wording.SPOKEN.items()
        for text in texts
        if "quarter" not in text
    ]
    for minutes, text in understood:
        assert parse_seconds(text) in (minutes * 60, None), text


@pytest.mark.parametrize(
    ("line", "style", "expected"),
    [
        ("1½ cups milk", "ascii", "1 1/2 cups milk"),
        ("½ cup milk", "ascii", "1/2 cup milk"),
        ("1 1/2 cups milk", "sign", "1½ cups milk"),
        ("1½ cups milk", "spaced", "1 ½ cups milk"),
        ("1½ cups milk", "slash", "1 1⁄2 cups milk"),
        ("1/16 sheet", "sign", "1/16 sheet"),
        ("9x13/2 pan", "sign", "9x13/2 pan"),
    ],
)
def test_fractions_are_respelled_with_the_same_value(line, style, expected):
    assert wording.respell_fractions(line, style) == expected


def test_units_change_only_after_a_number():
    line = "2 tablespoons butter from 1 cup of teaspoons"
    assert wording.respell_units(line, 1) == "2 tbsp butter from 1 cup of teaspoons"
    assert wording.respell_units("½ teaspoon salt", 4) == "½ t salt"
    assert wording.respell_units(line, 0) == line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1 cup milk", "1 cup (240 ml) milk"),
        ("½ cup heavy cream", "½ cup (120 ml) heavy cream"),
        ("2 cups flour", "2 cups flour"),
        ("1 cup peanut butter cookies and milk", "1 cup peanut butter cookies and milk"),
    ],
)
def test_metric_amounts_are_added_only_to_liquids(line, expected):
    assert wording.add_metric(line) == expected


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (0, "at 350 degrees F (175 degrees C)."),
        (1, "at 350°F (175°C)."),
        (2, "at 350°F."),
        (3, "at 350F."),
    ],
)
def test_oven_temperatures_are_respelled(style, expected):
    assert wording.respell_degrees("at 350 degrees F (175 degrees C).", style) == expected


def test_a_typo_swaps_letters_and_leaves_short_words_alone():
    assert wording.misspell("a big cat", Random(0)) == "a big cat"
    typo = wording.misspell("wonderful", Random(0))
    assert typo != "wonderful"
    assert sorted(typo) == sorted("wonderful")


# --- ingredient lines ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "food", "bare"),
    [
        (
            "1½ cups shredded Cheddar cheese, divided",
            "Cheddar cheese",
            "shredded Cheddar cheese, divided",
        ),
        ("2 (15 ounce) cans white beans, drained", "white beans", "white beans, drained"),
        ("12 eggs", "eggs", "eggs"),
        ("salt and pepper to taste", "salt and pepper", "salt and pepper to taste"),
        ("1 pinch of saffron", "saffron", "saffron"),
        ("2 cloves garlic, minced", "garlic", "garlic, minced"),
        ("3-4 tbsp olive oil", "olive oil", "olive oil"),
        ("1 1⁄2 teaspoons salt", "salt", "salt"),
    ],
)
def test_food_and_amount_are_separated(line, food, bare):
    assert food_of(line) == food
    assert without_amount(line) == bare
    assert has_amount(line) == (bare != line)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (PLAIN, "2 tablespoons butter, melted"),
        (styled(units=1, note="paren"), "2 tbsp butter (melted)"),
        (styled(note="bare", case="lower"), "2 tablespoons butter melted"),
        (styled(trim_notes=True), "2 tablespoons butter"),
        (styled(trim_notes=True, amount_last=" – "), "Butter – 2 tablespoons"),
        (styled(case="capital"), "2 tablespoons butter, melted"),
    ],
)
def test_a_line_is_written_in_the_style_of_its_author(style, expected):
    assert write_line("2  tablespoons butter, melted", style) == expected


def test_lines_without_a_leading_amount_are_unchanged():
    assert write_line("salt to taste", styled(amount_last=": ")) == "salt to taste"
    assert write_line("1 (9 inch) pie crust", styled(amount_last=": ")) == "1 (9 inch) pie crust"


def test_section_names_differ_from_each_other():
    parts = [["flour"], ["butter", "sugar"], ["parsley", "cheese"]]
    for seed in range(60):
        names = section_names(parts, "Pie", "Apple", "Mom's Apple Pie", Random(seed))
        assert len(set(names)) == 3
    assert names_a_part("For the Sauce")
    assert not names_a_part("You'll Also Need")


def test_remarks_are_added_to_few_lines_and_at_their_end():
    lines = ["1 onion", "2 eggs", "salt"]
    changed = 0
    for seed in range(100):
        out = decorate(lines, Random(seed))
        assert all(new.startswith(old) for new, old in zip(out, lines, strict=True))
        changed += out != lines
    assert 5 < changed < 40
    assert decorate([], Random(0)) == []


def test_only_oils_get_the_remarks_of_oils():
    lines = ["1 tbsp olive oil", "1 tbsp red wine vinegar"]
    written = [decorate(lines, Random(seed)) for seed in range(2000)]
    assert any("peanut, canola" in oil for oil, _ in written)
    assert not any("peanut, canola" in vinegar for _, vinegar in written)


# --- directions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "category", "kind"),
    [
        ("Banana Bread", "", "bake"),
        ("Green Smoothie", "", "drink"),
        ("Slow Cooker Pulled Pork", "", "slow"),
        ("Mom's Best", "soups-stews-and-chili", "soup"),
        ("Cobb Salad", "", "cold"),
        ("Spaghetti Carbonara", "", "pasta"),
        ("Grilled Corn", "", "grill"),
        ("Stuffed Peppers", "", "oven"),
        ("Mystery", "", "pan"),
    ],
)
def test_the_kind_of_dish_decides_how_it_is_cooked(name, category, kind):
    assert dish_kind(name, category) == kind
    lines = [
        "1 cup flour",
        "2 eggs",
        "1 pound chicken",
        "1 onion",
        "8 ounces spaghetti",
        "1 cup milk",
    ]
    seen = set()
    for seed in range(25):
        steps = compose_directions(name, category, lines, 30, Random(seed))
        assert 2 <= len(steps) <= 19  # up to seven, and up to twelve that a wordy author adds
        assert all(step[0].isupper() or step[0] == "(" for step in steps)
        assert all(step.endswith((".", "!", ".)")) for step in steps)
        assert "<" not in "".join(steps)
        seen.add(steps)
    assert len(seen) >= 20


def test_terse_directions_are_short_and_wordy_ones_have_times_and_asides():
    lines = ["1 pound chicken", "1 onion", "2 cups broth"]
    terse = [compose_directions("Soup", "", lines, 30, Random(n), terse=True) for n in range(60)]
    wordy = [compose_directions("Soup", "", lines, 30, Random(n)) for n in range(60)]
    assert max(map(len, terse)) <= 7
    assert max(map(len, wordy)) > 9
    assert statistics.median(len(" ".join(steps)) for steps in wordy) > 1.5 * statistics.median(
        len(" ".join(steps)) for steps in terse
    )
    asides = " ".join(step for steps in wordy for step in steps)
    assert re.search(r"\d+ to \d+ minutes|\d+-\d+ min", asides)


def test_added_steps_name_only_foods_of_the_recipe():
    foods = ["zucchini", "quark"]
    steps = [
        step for seed in range(80) for step in elaborate(["Mix.", "Serve."], foods, Random(seed))
    ]
    others = r"\b(?:chicken|butter|flour|sugar|cheese|milk|onion|garlic|egg|rice)s?\b"
    assert not [step for step in steps if re.search(others, step)]
    assert any("quark" in step for step in steps)
    assert all(
        elaborate(["Mix.", "Serve."], foods, Random(n))[-1].startswith("Serve.") for n in range(9)
    )


def test_directions_without_ingredients_or_time_are_still_sentences():
    steps = compose_directions("Soup", "", [], None, Random(1))
    assert steps
    assert all(step.strip() for step in steps)


# --- facts and labels ------------------------------------------------------------------------


def test_facts_keep_what_is_known_and_drop_what_is_malformed():
    facts = read_facts(
        {
            "name": "  Pie ",
            "ingredients": ["1  egg", None, 3, {"x": 1}],
            "directions": "Bake.",
            "prep_time": "PT10M",
            "cook_time": "later",
            "additional_time": "PT8H",
            "servings": 4,
            "category": "desserts.pies-and-tarts.apple",
        }
    )
    assert facts.name == "Pie"
    assert facts.ingredients == ("1 egg", "3")
    assert facts.directions == ("Bake.",)
    assert facts.times == {"prep": 10}
    assert facts.other_times == {"additional": 480}
    assert facts.servings == "4"
    assert facts.category == "Desserts"


def test_a_recipe_without_a_name_is_refused():
    with pytest.raises(ValueError, match="no name"):
        read_facts({"ingredients": ["1 egg"]})


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Ham and Cheese Breakfast Tortillas", "Tortillas"),
        ("Best Banana Bread Recipe", "Banana Bread"),
        ("Mom's Pie (Gluten-Free)", "Pie"),
        ("123", "dish"),
    ],
)
def test_short_names(name, short):
    assert short_name(name) == short


def test_labels_contain_only_what_the_content_states():
    content = Content(
        name="Pie",
        ingredients=(Group("For the Crust", ("1 cup flour",)), Group(None, ("2 apples",))),
        steps=(Group(None, ("Mix.",)), Group("To Finish", ("Bake.",))),
        times={"total": 1515},
    )
    assert document_label([content]) == {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Pie",
        "totalTime": "P1DT1H15M",
        "recipeIngredient": ["1 cup flour", "2 apples"],
        "recipeInstructions": [
            {"@type": "HowToStep", "text": "Mix."},
            {
                "@type": "HowToSection",
                "name": "To Finish",
                "itemListElement": [{"@type": "HowToStep", "text": "Bake."}],
            },
        ],
    }
    assert document_label([]) == {}
    graph = document_label([content, content])
    assert [node["@type"] for node in graph["@graph"]] == ["Recipe", "Recipe"]
    assert "@context" not in graph["@graph"][0]


@pytest.mark.parametrize(
    ("plain", "set_"),
    [
        ("don't", "don’t"),
        ('form a "dough" ball', "form a “dough” ball"),
        ('"wet sand", then', "“wet sand”, then"),
        ('- "Done" ("just")\n"next"', "- “Done” (“just”)\n“next”"),
        ('a 9" pan', "a 9” pan"),
        ('**"Secret" Sauce**', "**“Secret” Sauce**"),
        ('(it "sings.")', "(it “sings.”)"),
    ],
)
def test_quotation_marks_become_curly(plain, set_):
    assert typeset(plain) == set_
    assert typeset_all({"it's": [plain, 1, None]}) == {"it's": [set_, 1, None]}


def test_typesetting_a_line_or_its_page_gives_the_same_line():
    line = 'Mix until "smooth"; it\'s 9" wide ("about").'
    assert typeset(line) in typeset(f"Steps\n- {line}\n1. {line}\nStep 1{line}")


def test_ingredients_repeated_after_a_step_are_not_in_the_label():
    content = Content(
        "Toast",
        (Group(None, ("2 slices bread", "1 tbsp butter")),),
        (Group(None, ("Toast the bread.", "Spread the butter", "Serve.")),),
    )
    layout = replace(draw_layout("fluffy_organized", "Toast", Random(1)), foods_in_steps=", ")
    layout = replace(layout, step_mark="- ")
    assert lists.step_lines(content, layout) == [
        "- Toast the bread.2 slices bread", "- Spread the butter", "- Serve.",
    ]  # fmt: skip
    assert content.step_lines[0] == "Toast the bread."


def test_long_methods_have_up_to_five_sections_and_the_first_may_be_unnamed():
    lines = [f"Step {n}." for n in range(12)]
    seen = set()
    for seed in range(300):
        groups = _step_groups(lines, "pie", "apples", (), Random(seed))
        assert [line for group in groups for line in group.lines] == lines
        assert all(group.lines for group in groups)
        headings = [group.heading for group in groups]
        assert len(set(headings)) == len(headings)
        assert None not in headings[1:]
        seen.add((len(groups), headings[0] is None))
    assert {(1, True), (2, False), (2, True), (3, False), (5, False), (5, True)} <= seen


def test_some_lists_have_foods_without_an_amount():
    lines = [f"{n} cups food{n}, chopped" for n in range(2, 12)]
    written = [with_bare_foods(lines, Random(seed)) for seed in range(300)]
    changed = [out for out in written if out != lines]
    assert 30 < len(changed) < 90
    for out in changed:
        bare = [(old, new) for old, new in zip(lines, out, strict=True) if old != new]
        assert 1 <= len(bare) <= 3
        assert all(new == old.split(" cups ")[1].capitalize() for old, new in bare)
    assert with_bare_foods(lines[:3], Random(0)) == lines[:3]


def test_later_parts_of_a_list_may_repeat_a_food_of_the_first():
    parts = [
        ["2 cups flour", "1/2 cup butter", "salt"],
        ["1 cup powdered sugar", "2 teaspoons milk"],
    ]
    seen = set()
    for seed in range(60):
        repeated = with_repeats(parts, Random(seed))
        assert repeated[0] == parts[0]
        added = [line for line in repeated[1] if line not in parts[1]]
        assert [line for line in repeated[1] if line in parts[1]] == parts[1]
        assert all(line.endswith(("flour", "butter")) for line in added)
        seen.update(added)
    assert {"2 cups flour", "1/2 cup butter"} < seen
    assert with_repeats([parts[0]], Random(1)) == [parts[0]]


def test_steps_may_follow_the_ingredients_without_a_heading():
    facts = {
        "name": "Plain Toast",
        "ingredients": ["2 slices bread", "1 tablespoon butter", "1 pinch salt"],
        "directions": ["Toast the bread on both sides.", "Spread the butter over it and season."],
    }
    bare = 0
    for seed in range(300):
        composition = compose(facts, "fluffy_organized", seed)
        steps = [step["text"] for step in composition.label["recipeInstructions"] if "text" in step]
        lines = [line.strip("-*•▢◦–□· ") for line in composition.post.splitlines() if line.strip()]
        at = [lines.index(step) for step in steps if step in lines]
        if at and lines[at[0] - 1] == composition.label["recipeIngredient"][-1]:
            bare += 1
    assert 5 <= bare <= 60
