import json

import pytest

from recipe_pipeline.extraction import structured
from recipe_pipeline.extraction.structured import page_recipe

RECIPE = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Lemon Rice",
    "recipeIngredient": ["1 cup rice", "1 lemon"],
    "recipeInstructions": [{"@type": "HowToStep", "text": "Boil the rice."}],
    "totalTime": "PT25M",
}


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
        monkeypatch.setattr(structured, "MAX_SCRIPT_CHARACTERS", 100)
        assert page_recipe(page(json.dumps(RECIPE))) == {}

    def test_a_wide_document_is_searched_within_limits(self, monkeypatch):
        monkeypatch.setattr(structured, "MAX_NODES", 50)
        assert page_recipe(page(json.dumps([{"@type": "Thing"}] * 60 + [RECIPE]))) == {}
        assert page_recipe(page(json.dumps([{"@type": "Thing"}] * 10 + [RECIPE])))

    def test_other_scripts_are_never_read(self):
        assert page_recipe(page(json.dumps(RECIPE), kind="text/javascript")) == {}
