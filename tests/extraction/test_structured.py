import json
import time
from pathlib import Path

import pytest

from recipe_pipeline.extraction import json_ld, structured
from recipe_pipeline.extraction.page import read_page
from recipe_pipeline.extraction.structured import page_data
from recipe_pipeline.schema.recipe import instruction_texts, is_valid, recipes_in

FIELD_CASES = Path(__file__).parents[2].parent / "shared" / "field_cases"

RECIPE = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Lemon Rice",
    "recipeIngredient": ["1 cup rice", "1 lemon"],
    "recipeInstructions": [{"@type": "HowToStep", "text": "Boil the rice."}],
    "totalTime": "PT25M",
}


def page_recipe(html):
    return page_data(html).recipe


def page(*blocks: str, kind: str = "application/ld+json") -> str:
    scripts = "".join(f'<script type="{kind}">{block}</script>' for block in blocks)
    return f"<html><head>{scripts}</head><body><p>Text</p></body></html>"


class TestJsonLd:
    def test_a_complete_recipe_is_found_anywhere(self):
        graph = {"@context": "https://schema.org", "@graph": [{"@type": "WebSite"}, RECIPE]}
        for value in (RECIPE, [RECIPE], graph, {"mainEntity": RECIPE}):
            found = page_recipe(page(json.dumps({"@type": "Person"}), json.dumps(value)))
            assert found["name"] == "Lemon Rice"
            assert found["totalTime"] == "PT25M"

    @pytest.mark.parametrize(
        "kind",
        [
            ["NewsArticle", "Recipe"],
            "http://schema.org/Recipe",
            "https://schema.org/Recipe",
            ["https://schema.org/NewsArticle", "https://schema.org/Recipe"],
        ],
    )
    def test_every_spelling_of_the_type_is_accepted(self, kind):
        assert page_recipe(page(json.dumps({**RECIPE, "@type": kind})))["@type"] == "Recipe"

    def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_kept(self):
        author = {"@type": "Person", "name": "Jo \ud83d 🍲"}
        found = page_recipe(page(json.dumps({**RECIPE, "author": author})))
        assert found["author"]["name"] == "Jo ? 🍲"

    @pytest.mark.parametrize("key", ["name", "recipeIngredient", "recipeInstructions"])
    def test_an_incomplete_recipe_is_ignored(self, key):
        assert page_recipe(page(json.dumps({**RECIPE, key: None}))) == {}

    def test_markup_and_double_escapes_in_strings_become_text(self):
        value = {**RECIPE, "recipeIngredient": ["<b>2&amp;frac12; cups</b> &amp; a bit"]}
        assert page_recipe(page(json.dumps(value)))["recipeIngredient"] == ["2½ cups & a bit"]

    @pytest.mark.parametrize(
        "bomb",
        [
            "[" * 100_000 + "]" * 100_000,
            '{"a":' * 50_000 + "1" + "}" * 50_000,
            "{" + '"x": 1,' * 10 + "}",
            '{"@type": "Recipe", "cookTime": ' + "9" * 10_000 + "}",
            '{"@type": "Recipe", "name": "x", "recipeIngredient": [NaN]}',
            json.dumps({**RECIPE, "recipeInstructions": {"a": 1}}) + "garbage",
            "",
        ],
    )
    def test_bombs_and_garbage_are_skipped(self, bomb):
        assert page_recipe(page(bomb, json.dumps(RECIPE)))["name"] == "Lemon Rice"
        assert page_recipe(page(bomb)) == {}

    def test_an_enormous_script_is_not_parsed(self, monkeypatch):
        monkeypatch.setattr(json_ld, "MAX_SCRIPT_CHARACTERS", 100)
        assert page_recipe(page(json.dumps(RECIPE))) == {}

    def test_a_wide_document_is_searched_within_limits(self, monkeypatch):
        monkeypatch.setattr(structured, "MAX_NODES", 50)
        assert page_recipe(page(json.dumps([{"@type": "Thing"}] * 60 + [RECIPE]))) == {}
        assert page_recipe(page(json.dumps([{"@type": "Thing"}] * 10 + [RECIPE])))

    def test_other_scripts_are_never_read(self):
        assert page_recipe(page(json.dumps(RECIPE), kind="text/javascript")) == {}


def texts(recipe):
    return instruction_texts(recipe)


def found(**fields):
    """What is read of the recipe with these fields."""
    return page_data(page(json.dumps({**RECIPE, **fields})))


class TestBrokenJson:
    GOOD = json.dumps(RECIPE)

    @pytest.mark.parametrize(
        "block",
        [
            GOOD + ";",
            GOOD + "}",
            GOOD + "\n" + json.dumps({"@type": "Person", "name": "Jo"}),
            f"/*<![CDATA[*/{GOOD}/*]]>*/",
            f"<!--\n{GOOD}\n//-->",
            GOOD[:-1] + ", }",
            GOOD.replace('"name"', '/* the dish */ "name"'),
            GOOD.replace('"name"', '// the dish, see https://example.com\n"name"'),
            GOOD.replace("1 lemon", "1 cook\\'s lemon"),
            GOOD.replace("the rice.", 'the rice in a 9" pan.'),
            GOOD.replace("the rice.", "the\n\trice."),
            GOOD.replace('"1 cup rice", "1 lemon"', '"1 cup rice" "1 lemon"'),
            GOOD.replace('"', "&quot;"),
            f"var recipe = {GOOD};",
            f"<!--//--><![CDATA[//><!--\n{GOOD}\n//--><!]]>",
            f"//<![CDATA[\n{GOOD[:-1]},}}\n//]]>",
            f"Notice: Undefined index in recipe.php on line 3\n{GOOD}",
        ],
    )
    def test_what_can_be_mended_is_read(self, block):
        data = page_data(page(block))
        assert data.recipe["name"] == "Lemon Rice"
        assert len(data.recipe["recipeIngredient"]) == 2
        assert data.recipe["totalTime"] == "PT25M"
        assert texts(data.recipe)[0].startswith("Boil the")

    def test_a_script_that_breaks_off_is_reported_and_not_completed(self):
        data = page_data(page(self.GOOD[:-30]))
        assert data.recipe == {}
        assert data.report() == ["the page's JSON-LD is broken: the model is asked instead"]

    def test_mending_that_would_lose_text_is_refused(self, monkeypatch):
        monkeypatch.setattr("json_repair.loads", lambda text, **options: RECIPE)
        block = self.GOOD[:-1] + ', "description": "' + "a long story " * 20 + '",}'
        assert page_recipe(page(block)) == {}

    def test_nested_brackets_without_end_take_no_time(self):
        assert page_recipe(page('{"@type": "Recipe", "a": ' + "{" * 100_000 + "}")) == {}

    @pytest.mark.parametrize(
        "block",
        [
            '{"@type": "Recipe", wrong' + " " * 500_000 + "}",
            '{"@type": "Recipe", "name": "a\\" ' + " " * 60_000 + '",}',
            '{"@type": "Recipe", "name": "' + "/* " * 20_000 + '",}',
            json.dumps({**RECIPE, "description": "<a" * 200_000}),
        ],
        ids=["spaces", "spaces in a string", "comments", "tags"],
    )
    def test_long_scripts_take_no_time(self, block):
        start = time.process_time()
        page_data(page(block))
        assert time.process_time() - start < 3  # about a fifth of a second, or else many minutes


class TestOddFields:
    @pytest.mark.parametrize(
        "fields",
        [
            {"prepTime": "PTundefinedM"},
            {"prepTime": "PT"},
            {"prepTime": "PT-3H"},
            {"prepTime": "a while"},
            {"prepTime": False},
            {"recipeCuisine": False},
            {"recipeCategory": [True]},
            {"recipeYield": {"@type": "QuantitativeValue"}},
            {"keywords": {"@id": "#tags"}},
            {"description": {"a": {"b": [1]}}},
        ],
    )
    def test_an_unreadable_value_costs_that_value(self, fields):
        data = found(**fields)
        assert {**data.recipe} == RECIPE
        assert is_valid(data.recipe)

    def test_what_is_left_out_is_reported_in_one_line(self):
        _, line = found(prepTime="PTundefinedM", recipeCuisine=False).report()
        assert line == (
            "left out as unreadable: prepTime: 'PTundefinedM' is not a duration; recipeCuisine: expected "
            "text, found true/false"
        )

    def test_one_odd_step_or_ingredient_costs_that_one(self):
        steps = [{"@type": "HowToStep", "image": "x.jpg"}, *RECIPE["recipeInstructions"], 7]
        recipe = found(recipeInstructions=steps, recipeIngredient=["1 cup rice", True, "1 lemon"])
        assert recipe.recipe["recipeIngredient"] == RECIPE["recipeIngredient"]
        assert texts(recipe.recipe) == ["Boil the rice."]

    def test_the_heading_stands_in_for_a_name(self):
        block = page(json.dumps({**RECIPE, "name": False}))
        assert page_recipe(block.replace("<p>", "<h1>Rice, with lemon</h1><p>"))["name"] == (
            "Rice, with lemon"
        )

    def test_a_list_that_php_wrote_as_an_object_is_a_list(self):
        steps = {"0": {"@type": "HowToStep", "text": "Boil the rice."}, "2": "Squeeze the lemon."}
        recipe = found(
            recipeInstructions=steps, recipeIngredient={"1": "1 cup rice", "3": "1 lemon"}
        )
        assert recipe.recipe["recipeIngredient"] == RECIPE["recipeIngredient"]
        assert texts(recipe.recipe) == ["Boil the rice.", "Squeeze the lemon."]

    def test_one_recipe_in_two_scripts_is_put_together(self):
        one = {key: RECIPE[key] for key in ("@type", "name", "recipeIngredient")}
        two = {key: RECIPE[key] for key in ("@type", "name", "recipeInstructions", "totalTime")}
        blocks = (json.dumps({"@id": "#recipe", **part}) for part in (one, two))
        assert page_recipe(page(*blocks)) == RECIPE

    def test_addresses_keep_their_parameters(self):
        image = "https://example.com/a.jpg?w=1&copy=2&amp;h=3"
        assert found(image=image).recipe["image"] == "https://example.com/a.jpg?w=1&copy=2&h=3"


class TestMarkup:
    @pytest.mark.parametrize(
        "method",
        [
            "<ol><li>Boil the <b>rice</b>.</li><li>Serve it.</li></ol>",
            "<p>Boil the rice.</p>\n<p>Serve it.</p>",
            "Boil the rice.<br><br />Serve it.",
            "Boil the rice.\\r\\nServe it.",
            "&lt;p&gt;Boil the rice.&lt;/p&gt;&lt;p&gt;Serve it.&lt;/p&gt;",
            "<h3>Instructions</h3><ul><li>1. Boil the rice.</li><li>2. Serve it.</li></ul>",
            ["<div>Boil the rice.</div><div>Serve it.</div>"],
            [{"@type": "HowToStep", "text": "<p>Boil the rice.</p><p>Serve it.</p>"}],
            {"@type": "HowToSection", "itemListElement": {"text": "Boil the rice.<br>Serve it."}},
        ],
    )
    def test_becomes_steps(self, method):
        assert texts(found(recipeInstructions=method).recipe) == ["Boil the rice.", "Serve it."]

    @pytest.mark.parametrize(
        "lines",
        [
            "1 cup rice<br>1 lemon",
            "<ul><li>1 cup rice</li><li>1 lemon</li></ul>",
            ["<p>1 cup rice</p><p>1 lemon</p>"],
            "&lt;li&gt;1 cup &lt;em&gt;rice&lt;/em&gt;&lt;/li&gt;&lt;li&gt;1 lemon&lt;/li&gt;",
        ],
    )
    def test_becomes_ingredients(self, lines):
        assert found(recipeIngredient=lines).recipe == RECIPE

    def test_signs_that_are_no_markup_stay(self):
        steps = ["Keep the heat < 60 °C & stir > 5 minutes."]
        assert texts(found(recipeInstructions=steps).recipe) == steps


class TestStubs:
    @pytest.mark.parametrize(
        "fields",
        [
            {"recipeIngredient": "Chicken"},
            {"recipeIngredient": ["Chicken", "Rice"]},
            {"recipeInstructions": "https://example.com/soup"},
            {"recipeInstructions": ["See the full recipe on our website."]},
            {"recipeInstructions": ["Enjoy!"]},
        ],
    )
    def test_are_not_complete(self, fields):
        data = found(**fields)
        part = "ingredients" if "recipeIngredient" in fields else "instructions"
        assert data.recipe == {}
        assert data.notes == (f"the recipe in the page's JSON-LD has no usable {part}",)

    def test_ingredients_without_amounts_are_tags_if_the_text_has_amounts(self):
        block = page(json.dumps({**RECIPE, "recipeIngredient": ["rice", "lemon", "salt"]}))
        assert page_data(block, "Rice\nrice\nlemon\nsalt").recipe
        assert not page_data(block, "Rice\n1 cup rice\n2 tbsp lemon juice\n1/2 tsp salt").recipe


SOUP = {
    **RECIPE,
    "name": "Leek Soup",
    "recipeIngredient": ["2 leeks", "1 litre stock"],
    "recipeInstructions": ["Simmer the leeks in the stock."],
}
CAKE = {**RECIPE, "name": "Plum cake", "recipeIngredient": ["500 g plums", "250 g flour"]}


class TestSeveralRecipes:
    def names(self, blocks, head="", text="", url=""):
        html = page(json.dumps(blocks)).replace("<head>", f"<head>{head}")
        return [recipe["name"] for recipe in recipes_in(page_data(html, text, url).recipe)]

    @pytest.mark.parametrize(
        "head",
        [
            "<title>Plum cake - Jo cooks</title>",
            "<h1>Grandma's plum cake</h1>",
            '<meta property="og:title" content="The best Plum Cake recipe">',
        ],
    )
    def test_a_title_tells_the_page_s_own(self, head):
        assert self.names([RECIPE, SOUP, CAKE], head) == ["Plum cake"]

    def test_the_longer_of_two_names_that_fit(self):
        noodle = {**CAKE, "name": "Leek noodle soup"}
        blocks = [{**SOUP, "name": "Leek soup"}, noodle]
        assert self.names(blocks, "<h1>Leek noodle soup from Ghent</h1>") == ["Leek noodle soup"]

    def test_an_address_tells_it(self):
        blocks = [
            {**SOUP, "url": "https://jo.example/soup/"},
            {**CAKE, "mainEntityOfPage": {"@id": "https://www.jo.example/plums?utm=1"}},
        ]
        link = '<link rel="canonical" href="https://jo.example/plums/">'
        assert self.names(blocks, link) == ["Plum cake"]
        assert self.names(blocks, url="https://jo.example/soup#comments") == ["Leek Soup"]

    def test_the_main_entity_is_its_own(self):
        blocks = [SOUP, {"@type": "WebPage", "mainEntity": CAKE}]
        assert self.names(blocks) == ["Plum cake"]

    def test_the_main_entity_may_be_a_reference(self):
        page = {"@type": "WebPage", "mainEntity": {"@id": "#cake"}}
        assert self.names([page, SOUP, {**CAKE, "@id": "#cake"}]) == ["Plum cake"]

    def test_the_text_tells_it(self):
        assert self.names([SOUP, CAKE], text="Buy\n500 g plums\n250 g flour") == ["Plum cake"]

    def test_related_recipes_are_teasers(self):
        assert self.names([{**CAKE, "isRelatedTo": [SOUP]}]) == ["Plum cake"]

    def test_a_lone_teaser_is_not_the_page_s_recipe(self):
        html = page(json.dumps({**SOUP, "url": "https://jo.example/soup"}))
        data = page_data(html, "A story", "https://jo.example/plums")
        assert data.recipe == {}
        assert data.notes == ("the recipes in the page's JSON-LD belong to other pages",)

    @pytest.mark.parametrize(
        "blocks",
        [
            [SOUP, CAKE],
            {"@graph": [{"@type": "WebSite"}, SOUP, CAKE]},
            {"@type": "ItemList", "itemListElement": [{"item": SOUP}, {"item": CAKE}]},
            {"@type": "Article", "hasPart": [SOUP, CAKE]},
            [SOUP, CAKE, SOUP],
        ],
    )
    def test_a_collection_comes_out_as_a_graph(self, blocks):
        head = "<h1>Two dishes for autumn</h1>"
        html = page(json.dumps(blocks)).replace("<head>", f"<head>{head}")
        data = page_data(html)
        assert [recipe["name"] for recipe in data.recipe["@graph"]] == ["Leek Soup", "Plum cake"]
        assert is_valid(data.recipe)
        assert data.report()[0].startswith("the page has 2 complete JSON-LD recipes")

    def test_a_title_with_two_dishes_names_both(self):
        head = "<h1>Leek soup and plum cake for a Sunday</h1>"
        assert self.names([SOUP, RECIPE, CAKE], head) == ["Leek Soup", "Plum cake"]

    def test_other_parts_of_a_post_that_shows_them_are_its_own(self):
        text = "Plum cake\n500 g plums\n250 g flour\nLeek soup\n2 leeks\n1 litre stock"
        assert self.names([SOUP, CAKE, RECIPE], "<h1>Plum cake</h1>", text) == [
            "Leek Soup",
            "Plum cake",
        ]


LINES = ["250 g flour", "1 onion, sliced", "150 ml warm water"]
STEPS = ["Knead flour and water.", "Press in the onion.", "Bake for 10 minutes."]
CASES = sorted(FIELD_CASES.glob("jsonld-*/page-*.html"))


@pytest.mark.skipif(not CASES, reason="no field cases here")
class TestFieldCases:
    @pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
    def test_the_recipe_is_read(self, path):
        recipe = read_page(path.read_bytes(), path.name).recipe
        assert recipe["name"] == "Onion flatbread"
        assert recipe["recipeIngredient"] == LINES[: 2 if "propertyvalue" in path.stem else 3]
        assert texts(recipe) == STEPS
        assert is_valid(recipe)

    def test_a_post_with_three_recipes(self):
        path = FIELD_CASES / "jsonld-several-recipes" / "three.html"
        assert len(read_page(path.read_bytes(), path.name).recipe["@graph"]) == 3

    def test_times_and_yield_of_zero(self):
        path = FIELD_CASES / "zero-times" / "page.html"
        recipe = read_page(path.read_bytes(), path.name).recipe
        assert recipe.keys() & {"prepTime", "cookTime", "recipeYield", "totalTime"} == {"totalTime"}
