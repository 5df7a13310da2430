"""Pages with several dishes: each gets its recipe. What only looks like a second dish gets none."""

import json

import pytest

from recipe_pipeline.evaluation.page_answers import user_answer
from recipe_pipeline.extraction.other_cards import other_cards
from tests.extraction.kitchen import POST, SOUP, run

DIP = """Honey Mustard Dip
Serves 4
Ingredients
- 3 tbsp mustard
- 1 tbsp honey
- 2 tbsp mayonnaise
Directions
1. Whisk the mustard with the honey.
2. Stir in the mayonnaise and chill.
"""
BREAD = """Quick Garlic Bread

1 loaf white bread
3 tbsp butter
2 cloves garlic

Mash the butter with the garlic and spread it over the bread.
Bake the bread for 10 minutes.
"""
STORY = "We had this on the beach last summer.\n"


def recipe(name, ingredients, steps):
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": name,
        "recipeIngredient": ingredients,
        "recipeInstructions": [{"@type": "HowToStep", "text": step} for step in steps],
    }


DIPPED = recipe(
    "Honey Mustard Dip",
    ["3 tbsp mustard", "1 tbsp honey", "2 tbsp mayonnaise"],
    ["Whisk the mustard with the honey.", "Stir in the mayonnaise and chill."],
) | {"recipeYield": "4 servings"}
BAKED = recipe(
    "Quick Garlic Bread",
    ["1 loaf white bread", "3 tbsp butter", "2 cloves garlic"],
    [
        "Mash the butter with the garlic and spread it over the bread.",
        "Bake the bread for 10 minutes.",
    ],
)
CAKE = """Butter Cake
Ingredients
- 2 cups flour
- 1 cup sugar
- 4 oz butter
- 3 eggs
Method
1. Beat the butter with the sugar.
2. Add the eggs and the flour.
3. Bake for 40 minutes.
"""
CAKED = recipe(
    "Butter Cake",
    ["2 cups flour", "1 cup sugar", "4 oz butter", "3 eggs"],
    ["Beat the butter with the sugar.", "Add the eggs and the flour.", "Bake for 40 minutes."],
)
TWO = f"{POST}\n{STORY}\n{DIP}\nTips\nTry not to crowd the pan.\n"


def names_of(document):
    return [each["name"] for each in document.get("@graph", [document])]


@pytest.fixture
def extracted(tmp_path, local, capsys):
    """``extracted(page, *answers)``: the document, the texts that the model was asked, stderr."""

    def extract(page, *answers, flags=()):
        generator = local(*answers)
        (tmp_path / "page.txt").write_text(page, encoding="utf-8")
        assert run(tmp_path / "page.txt", *flags) == 0
        printed = capsys.readouterr()
        return json.loads(printed.out), generator.posts, printed.err

    return extract


def test_a_second_dish_is_asked_about_by_itself(extracted):
    document, asked, printed = extracted(TWO, SOUP, DIPPED)
    assert names_of(document) == ["Leek Soup", "Honey Mustard Dip"]
    assert document["@context"] == "https://schema.org"
    assert asked[1].startswith("Honey Mustard Dip\nServes 4")
    assert "leek" not in asked[1]
    assert "left out" not in printed


def test_a_collection_is_in_the_order_of_the_page(extracted):
    page = f"{DIP}\n{STORY}\n{CAKE}\n{STORY}\n{BREAD}"
    document, asked, _ = extracted(page, CAKED, DIPPED, BAKED)
    assert names_of(document) == ["Honey Mustard Dip", "Butter Cake", "Quick Garlic Bread"]
    assert len(asked) == 3
    assert [text.split("\n")[0] for text in asked[1:]] == [
        "Honey Mustard Dip",
        "Quick Garlic Bread",
    ]


def test_an_answer_that_mixes_two_dishes_is_asked_for_again_without_the_other(extracted):
    mixed = {**SOUP, "recipeInstructions": DIPPED["recipeInstructions"]}
    document, asked, _ = extracted(TWO, mixed, SOUP, DIPPED)
    assert document["@graph"][0]["recipeInstructions"] == SOUP["recipeInstructions"]
    assert names_of(document) == ["Leek Soup", "Honey Mustard Dip"]
    assert "mustard" not in asked[1]
    assert "- 2 leeks" in asked[1]


@pytest.mark.parametrize(
    "second",
    [
        "nonsense",
        "{}",
        SOUP,
        {**DIPPED, "name": "Leek Soup"},
        {key: value for key, value in DIPPED.items() if key != "recipeInstructions"},
        {**DIPPED, "recipeIngredient": ["9 eggs", "4 pounds beef", "3 oysters"]},
        {"@graph": [DIPPED, BAKED]},
        '{"@type": "Recipe", "name": "Honey Mustard Dip", "recipeIngredient": ["3 tbsp',
    ],
)
@pytest.mark.parametrize("flags", [(), ("--strict",)])
def test_an_unusable_second_answer_costs_the_second_recipe_only(extracted, second, flags):
    document, asked, printed = extracted(TWO, SOUP, second, flags=flags)
    assert document == SOUP
    assert len(asked) == 2
    assert "left out: the recipe below 'Honey Mustard Dip': no usable answer" in printed


def test_a_model_that_fails_on_the_second_question_costs_the_second_recipe_only(
    extracted, local, monkeypatch
):
    from recipe_pipeline.models.generator import PostFailed
    from tests.extraction.kitchen import FakeGenerator

    generate = FakeGenerator.generate

    def fails(self, posts, *args, **options):
        if "leek" not in posts[0]:
            raise PostFailed("too long")
        return generate(self, posts, *args, **options)

    monkeypatch.setattr(FakeGenerator, "generate", fails)
    document, _, printed = extracted(TWO, SOUP)
    assert document == SOUP
    assert "left out: the recipe below 'Honey Mustard Dip': too long" in printed


def test_a_folder_gets_one_whole_file_per_page(tmp_path, local):
    pages, out = tmp_path / "pages", tmp_path / "out"
    pages.mkdir()
    for name, text in {"a": TWO, "b": POST, "c": TWO}.items():
        (pages / f"{name}.txt").write_text(text, encoding="utf-8")
    # Two pages at a time: the first questions of a batch, then what is left of it.
    generator = local(SOUP, SOUP, DIPPED, SOUP, "nonsense")
    assert run(pages, "--output", out) == 0
    documents = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*.json")
    }
    assert names_of(documents["a"]) == ["Leek Soup", "Honey Mustard Dip"]
    assert documents["b"] == documents["c"] == SOUP
    assert len(generator.posts) == 5


def test_a_folder_killed_between_the_questions_starts_with_that_page_again(
    tmp_path, local, monkeypatch
):
    from tests.extraction.kitchen import FakeGenerator

    pages, out = tmp_path / "pages", tmp_path / "out"
    pages.mkdir()
    for name, text in {"a": TWO, "b": POST}.items():
        (pages / f"{name}.txt").write_text(text, encoding="utf-8")
    generate = FakeGenerator.generate

    def dies(self, posts, *args, **options):
        if posts[0].startswith("Honey"):
            raise KeyboardInterrupt
        return generate(self, posts, *args, **options)

    local(SOUP)
    with monkeypatch.context() as patched:
        patched.setattr(FakeGenerator, "generate", dies)
        run(pages, "--output", out)
    assert [path.name for path in out.glob("*.json")] == ["b.json"]
    generator = local(SOUP, DIPPED)
    assert run(pages, "--output", out) == 0
    assert names_of(json.loads((out / "a.json").read_text(encoding="utf-8")))[1:] == [
        "Honey Mustard Dip"
    ]
    assert len(generator.posts) == 2


def test_07_puts_the_same_answers_together():
    answers = [json.dumps(SOUP), json.dumps(DIPPED)]
    assert names_of(json.loads(user_answer(answers, TWO, ""))) == ["Leek Soup", "Honey Mustard Dip"]
    answers = ["nonsense", json.dumps(SOUP), "nonsense"]
    assert json.loads(user_answer(answers, TWO, "")) == SOUP


LOOK_ALIKES = {
    "the list in other units": CAKE.replace(
        "Method", "Metric Measures\n- 250 g flour\n- 200 g sugar\n- 115 g butter\n- 3 eggs\nMethod"
    ),
    "a shopping list": "Shopping List\n- flour 250 g\n- butter 4 oz\n- 3 eggs\nPack the bags.\n\n"
    + CAKE,
    "the recipe in the article": "Mixing The Batter\nAdd 2 cups flour.\n- 2 cups of flour\n- 1 cup of sugar\n"
    "- 3 large eggs\nStir the flour, the sugar and the eggs in a bowl.\n\n" + CAKE,
    "a part with a list of its own": CAKE.replace(
        "Method\n", "Lemon Icing\n- 2 cups icing sugar\n- 1 lemon\n- 2 tbsp milk\nMethod\n"
    )
    + "4. Stir the icing sugar with the milk and the lemon.\n",
    "foods below the steps": CAKE.replace(
        "the sugar.", "the sugar.\n4 oz butter\n1 cup sugar"
    ).replace("the flour.", "the flour.\n3 eggs\n2 cups flour"),
    "teasers": CAKE
    + "You May Also Like\n25 Cozy Soups for December\n15 Cakes for Kids\n7 Easy Dips\n12 Best Pies\n"
    "Get the recipe.\n",
    "comments": CAKE
    + "Comments\nJane Doe\n2 cups of rye flour worked.\nMary Sue\n3 tbsp milk and 1 tsp salt\n"
    "1 tsp vanilla\nAdd the milk to the flour, it works.\n",
    "variations": CAKE
    + "Tips and Variations\n- 1 tsp cinnamon\n- 2 tbsp rum\n- 1 cup nuts\nNotes\n"
    "Store it in a tin.\n",
    "nutrition": CAKE
    + "Nutrition Facts\nTotal Fat 18 g\nSodium 190 mg\nProtein 6 g\nSugar 26 g\nServe with a salad.\n",
    "products": CAKE
    + "Our Favourite Mixers\n£50 at one shop\n$80 at another\n20% Off\n60 at a third\nUse it daily.\n",
    "a list without a method": CAKE
    + "Party Favourites\n- 2 lb ham\n- 1 lb cheese\n- 3 loaves bread\nSee you soon!\n",
    "a method about other foods": CAKE
    + "Picnic Things\n- 2 lb ham\n- 1 lb cheese\n- 3 loaves bread\nWash the leeks and boil them.\n",
}


@pytest.mark.parametrize("kind", LOOK_ALIKES)
def test_what_only_looks_like_a_second_dish_is_none(kind):
    assert other_cards(LOOK_ALIKES[kind], CAKED) == []


@pytest.mark.parametrize(
    "card",
    [
        DIP,
        BREAD,
        "**Green Salad**\n\n**What You'll Need**\n☐\n4 tomatoes\n☐\n1 cucumber\n☐\nolive oil – 4 tbs\n\n"
        "**Method**\nToss the vegetables in a bowl.\n",
        "Mint Tea\nIngredients: 4 cups water | 2 tbsp sugar | 1 bunch mint\nMethod\n"
        "Boil the water with the sugar and pour over the mint.\n",
        "Tangy Coleslaw\nPrep 15 mins\n- Whisk the mayonnaise and vinegar in a bowl.\n- Add the cabbage.\n"
        "Ingredients\n- 1 cabbage\n- 1 cup mayonnaise\n- 2 tbsp vinegar\n",
    ],
)
def test_a_card_is_found_below_and_above_another_one(card):
    [below] = other_cards(f"{CAKE}\n{STORY}\n{card}", CAKED)
    [above] = other_cards(f"{card}\n{STORY}\n{CAKE}", CAKED)
    assert below.name == above.name
    assert "Butter Cake" not in above.text
    assert card.split("\n")[0] in below.text


@pytest.mark.parametrize(
    "page", ["", "\n" * 9, "- 1 egg\n" * 5000, "Stir. " * 20000, "- \n* \n1.\n"]
)
def test_odd_pages_have_no_cards(page):
    assert other_cards(page, CAKED) == []
