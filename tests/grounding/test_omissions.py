"""What a label leaves out is found, and nothing else."""

import pytest

from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.check import ground
from tests.grounding.samples import CARD, CARD_LABEL, LABEL, SOUP, SOURCE, changed, omissions, steps


def test_a_time_of_the_source_that_the_post_states_is_missed():
    label = {key: value for key, value in LABEL.items() if key != "prepTime"}
    assert "prepTime: '10 minutes'" in ground(label, SOUP, SOURCE).complaints()[0]


@pytest.mark.parametrize(
    ("field", "line", "stated", "left_out"),
    [
        ("prepTime", "Prep time: 10 minutes", "Prep time: 10 minutes", True),
        ("prepTime", "Prep time: 10 minutes", "**Prep:** 10 min", True),
        ("prepTime", "Prep time: 10 minutes", "10m prep", True),
        ("prepTime", "Prep time: 10 minutes", "Prep Time:\n10 mins", True),
        ("prepTime", "Prep time: 10 minutes", "We prep for 10 minutes.", False),
        ("prepTime", "Prep time: 10 minutes", "Prep:\n1. Slice", False),
        ("prepTime", "Prep time: 10 minutes", "Prep: 10", False),
        ("recipeYield", "Serves 4", "Serves 4", True),
        ("recipeYield", "Serves 4", "Yield: 4 bowls", True),
        ("recipeYield", "Serves 4", "4 to 6 servings", True),
        ("recipeYield", "Serves 4", "This serves 4 of us.", False),
        ("recipeYield", "Serves 4", "Makes the best lunch.", False),
        ("recipeYield", "Serves 4", "Serving size: 4 ladles", False),
    ],
)
def test_facts_of_the_card_are_missed_even_without_a_source(field, line, stated, left_out):
    label = {key: value for key, value in LABEL.items() if key != field}
    missed = omissions(label, SOUP.replace(line, stated))
    assert [finding.field for finding in missed] == [field] * left_out


def test_a_step_of_the_source_that_the_post_gives_is_missed():
    label = changed(recipeInstructions=LABEL["recipeInstructions"][1:])
    assert any("Slice the leeks" in said for said in ground(label, SOUP, SOURCE).complaints())


@pytest.mark.parametrize(
    "furniture",
    [
        "When you try this stew, leave a comment!",
        "Use a link instead of a copy, and do not repost.",
        "10m prep",
        "1 h 20 min total",
        "9 reviews",
        "When you try this for your friends, let me know how it goes!",
    ],
)
def test_page_furniture_beside_the_lists_is_not_a_missing_entry(furniture):
    assert not omissions(CARD_LABEL, CARD)
    lines = CARD.splitlines()
    for place in (3, 5, 7, len(lines)):
        post = "\n".join([*lines[:place], furniture, *lines[place:]])
        missed = omissions(CARD_LABEL, post)
        assert not [f for f in missed if f.field in ("recipeIngredient", "recipeInstructions")], (
            post
        )


@pytest.mark.parametrize(
    "step",
    [
        "Portion the mixture into 4 portions.",
        "Pause and scrape down the sides.",
        "Once it is hot, add the chopped onion, one spoon at a time.",
        "At the same time, prepare the garnish: stir it with the sage.",
    ],
)
def test_a_step_between_those_of_the_label_is_missed_however_it_begins(step):
    post = CARD.replace("Toss with", f"{step}\nToss with")
    assert [finding.text for finding in omissions(CARD_LABEL, post)] == [step.lower()]


def test_foods_glued_to_a_step_are_not_a_missing_step():
    step = "Toss with the onion; simmer 15 minutes more."
    label = {**CARD_LABEL, "recipeInstructions": steps("Bake for 20 minutes.", step)}
    card = CARD.replace("Toss with the onion and bake 15 minutes more.", step)
    assert not omissions(label, card.replace(step, f"{step}1 onion, 1/4 cup chopped peanuts"))


def test_the_first_line_of_a_list_is_missed_even_with_a_can_size():
    beans, label = "1 (15 ounce) can beans, drained", changed(name="Leek Soup")
    post = SOUP.replace("2 leeks", f"{beans}\n2 leeks")
    assert [finding.text for finding in omissions(label, post)] == [beans]


def test_a_step_is_not_covered_by_another_with_the_same_words():
    source = {"directions": [step["text"] for step in CARD_LABEL["recipeInstructions"]]}
    assert not omissions(CARD_LABEL, CARD, source)
    label = {**CARD_LABEL, "recipeInstructions": CARD_LABEL["recipeInstructions"][1:]}
    assert [finding.text for finding in omissions(label, CARD, source)][:1] == [
        "Bake for 20 minutes."
    ]


def test_a_direction_contained_in_another_is_not_missed_if_the_post_has_it_once():
    source = {"directions": ["Boil them in the water with the bay leaf", *SOURCE["directions"]]}
    assert not omissions(LABEL, SOUP, source)


def test_an_ingredient_without_an_amount_is_found_in_a_comma_list():
    steps_text = "Whisk the milk.\nBeat in the eggs and the oil, salt and pepper, and let it rest."
    listed = "1 cup milk, 2 tbsp oil, 3 eggs, salt and pepper to taste"
    label = {"@type": "Recipe", "name": "Batter", "recipeIngredient": ["1 cup milk", "2 tbsp oil", "3 eggs"],
             "recipeInstructions": steps(*steps_text.splitlines())}  # fmt: skip
    source = {"ingredients": [*label["recipeIngredient"], "salt and pepper to taste"]}
    found = omissions(label, f"Batter\n{listed}\n{steps_text}", source)
    assert [finding.text for finding in found] == ["salt and pepper to taste"]
    # A step that names it is not a list.
    source = {"ingredients": [*label["recipeIngredient"], "salt and pepper"]}
    post = "\n".join(("Batter", *label["recipeIngredient"], steps_text))
    assert not omissions(label, post, source)


def test_an_ingredient_is_not_covered_by_a_similar_one_on_another_line():
    spices = ["1 tsp garlic powder", "1 tsp onion powder", "2 tsp sweet paprika"]
    post = "Rub\n\n" + "\n".join(spices) + "\n\nMix the spices well.\n"
    label = {**LABEL, "name": "Rub", "recipeInstructions": steps("Mix the spices well.")}
    label["recipeIngredient"] = spices
    assert not [
        f for f in ground(label, post).findings if f.field == "recipeIngredient" and f.score < 1
    ]
    label["recipeIngredient"] = spices[1:]
    assert "1 tsp garlic powder" in " ".join(ground(label, post).complaints(0.6))


def test_a_list_that_ends_early_is_noticed_across_a_heading():
    post = SOUP.replace("salt to taste\n", "salt to taste\nTo serve\nchives\n3 tbsp cream\n")
    found = ground(LABEL, post).findings
    assert [f.text for f in found if f.score < DEFAULT_MIN_SUPPORT] == ["3 tbsp cream"]


@pytest.mark.parametrize(
    ("stated", "left_out"),
    [
        ("Serves 4", True),
        ("Servings: 4", True),
        ("Yield:\n4 bowls", True),
        ("4-6 servings", True),
        ("Enough for 4 hungry people", True),
        ("Portions: 4", True),
        ("Divide into 4 portions.", False),
        ("Serving size: 4", False),
        ("For serving:\n4 lemons", False),
        ("Serve it warm.", False),
    ],
)
def test_a_yield_of_the_source_that_the_post_states_is_missed(stated, left_out):
    label = {key: value for key, value in LABEL.items() if key != "recipeYield"}
    source = {**SOURCE, "servings": 4}
    found = ground(label, SOUP.replace("Serves 4", stated), source).findings
    missed = [f for f in found if f.field == "recipeYield" and f.score < DEFAULT_MIN_SUPPORT]
    assert bool(missed) is left_out


def test_steps_with_a_glued_number_are_steps():
    lines = ["Slice the leeks thinly.", "Simmer them gently for long.", "Season and serve hot."]
    numbered = "\n".join(f"Step {n}{line}" for n, line in enumerate(lines, 1))
    post = f"Leek Soup\n\n2 leeks\n1 litre water\n\n{numbered}\n"
    label = {**LABEL, "recipeIngredient": ["2 leeks", "1 litre water"]}
    label["recipeInstructions"] = steps(lines[0], lines[2])
    found = ground(label, post).findings
    missed = [f.text for f in found if f.field == "recipeInstructions" and f.score < 0.6]
    assert missed == ["simmer them gently for long."]


SALAD = """Green Salad

Ingredients
1 cucumber
{}
2 tablespoons olive oil
{}

Directions
1. Slice the cucumber, and mix it with the soy sauce, olive oil, eggs and lemon zest.
2. {}
3. Toss well.
"""
SALAD_LABEL = {
    "@type": "Recipe",
    "name": "Green Salad",
    "recipeIngredient": ["1 cucumber", "2 tablespoons olive oil"],
    "recipeInstructions": steps(
        "Slice the cucumber, and mix it with the soy sauce, olive oil, eggs and lemon zest.", "Toss well."
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("inside", "below"),
    [
        (food, "3 radishes")
        for food in ("Soy sauce", "Lemon zest to taste", "Eggs", "Eggs - 2", "Lemon zest: 2 tsp", "Chopped eggs")
    ]
    + [("3 radishes", food) for food in ("soy sauce", "grated lemon zest", "soy sauce – 1 tsp")],
)  # fmt: skip
def test_a_food_of_the_steps_in_the_list_is_missed(inside, below):
    label = {**SALAD_LABEL, "recipeIngredient": [*SALAD_LABEL["recipeIngredient"], "3 radishes"]}
    post = SALAD.format(inside, below, "Toss well.")
    assert [f.field for f in omissions(label, post)] == ["recipeIngredient"]
    label["recipeIngredient"].append(inside if below == "3 radishes" else below)
    assert omissions(label, post) == []


@pytest.mark.parametrize(
    "line",
    ["Lemon dressing", "For the soy sauce", "Sauce", "Olive oil drizzle", "Eggs:", "Mix the eggs", "Garlic", "Directions"],
)  # fmt: skip
def test_a_heading_in_the_list_is_not_missed(line):
    assert omissions(SALAD_LABEL, SALAD.format(line, "", "Toss well.")) == []


@pytest.mark.parametrize(
    "step", ["Off the heat, stir in the oil and the eggs.", "1.Mix it with care."]
)  # fmt: skip
def test_a_step_opens_in_many_ways(step):
    missed = omissions(SALAD_LABEL, SALAD.format("", "", step))
    assert [f.field for f in missed] == ["recipeInstructions"]


PROSE = (
    "My rice! You need: 1 cup rice, 2 cups water, 3 tbsp. soy sauce, salt and 1 onion, finely chopped. Fry the "
    "onion for 5 minutes. Add the rice and stir in the water. Do not stop. Simmer it for 20 minutes, but do not "
    "let it boil. Season with soy sauce and salt."
)
PROSE_LABEL = {
    "@type": "Recipe",
    "name": "My rice",
    "recipeIngredient": ["1 cup rice", "2 cups water", "3 tbsp soy sauce", "salt", "1 onion, finely chopped"],
    "recipeInstructions": steps(
        "Fry the onion for 5 minutes.",
        "Add the rice and stir in the water.",
        "Simmer it for 20 minutes, but do not let it boil.",
        "Season with soy sauce and salt.",
    ),
}  # fmt: skip


def test_a_recipe_in_one_paragraph_is_compared_entry_by_entry():
    assert ground(PROSE_LABEL, PROSE).support == 1.0
    for key, count in (("recipeIngredient", 3), ("recipeInstructions", 3)):
        for number in range(count):
            label = {**PROSE_LABEL, key: [*PROSE_LABEL[key]]}
            del label[key][number]
            if (key, number) != ("recipeInstructions", 0):  # nothing of the method is above it
                assert [f.field for f in omissions(label, PROSE)] == [key], (key, number)
