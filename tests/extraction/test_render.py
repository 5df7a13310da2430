import json
import re

import pytest

from recipe_pipeline.extraction.render import render, script_safe_json
from recipe_pipeline.extraction.settings import SUFFIXES
from recipe_pipeline.schema.recipe import normalise_recipe

SOUP = normalise_recipe(
    {
        "@type": "Recipe",
        "name": "Leek & Potato Soup",
        "description": "Thick, plain and warm.",
        "recipeYield": "4 servings",
        "prepTime": "PT15M",
        "cookTime": "PT1H30M",
        "totalTime": "PT1H45M",
        "recipeIngredient": ["2 leeks", "½ kg potatoes", "1 l stock"],
        "recipeInstructions": [
            {"@type": "HowToStep", "text": "Wash the leeks."},
            {
                "@type": "HowToSection",
                "name": "Soup",
                "itemListElement": [
                    {"@type": "HowToStep", "text": "Boil everything."},
                    {"@type": "HowToStep", "text": "Mash."},
                ],
            },
        ],
        "recipeCategory": "Soup",
        "recipeCuisine": "Irish",
        "keywords": "soup, winter",
    }
)
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&lt;\u2028\x1b[2J"
NASTY = normalise_recipe(
    {
        "@type": "Recipe",
        "name": HOSTILE,
        "description": HOSTILE,
        "recipeYield": HOSTILE,
        "keywords": HOSTILE,
        "recipeIngredient": [HOSTILE, "[click](javascript:alert(1)) *bold* `code`"],
        "recipeInstructions": [
            {"@type": "HowToSection", "name": HOSTILE, "itemListElement": [{"text": HOSTILE}]}
        ],
    }
)


class TestHtml:
    def test_recipe_scrapers_reads_back_every_field(self):
        scrapers = pytest.importorskip("recipe_scrapers")
        scraped = scrapers.scrape_html(
            render(SOUP, "html"), org_url="https://example.com/soup", supported_only=False
        )
        assert scraped.title() == "Leek & Potato Soup"
        assert scraped.description() == "Thick, plain and warm."
        assert scraped.ingredients() == ["2 leeks", "½ kg potatoes", "1 l stock"]
        steps = ["Wash the leeks.", "Boil everything.", "Mash."]
        assert [step for step in scraped.instructions_list() if step != "Soup"] == steps
        assert (scraped.prep_time(), scraped.cook_time(), scraped.total_time()) == (15, 90, 105)
        assert scraped.yields() == "4 servings"
        assert scraped.category() == "Soup"
        assert scraped.cuisine() == "Irish"

    def test_recipe_scrapers_reads_hostile_strings_as_text(self):
        scrapers = pytest.importorskip("recipe_scrapers")
        scraped = scrapers.scrape_html(
            render(NASTY, "html"), org_url="https://example.com/x", supported_only=False
        )
        assert "alert(1)" in scraped.title()

    def test_no_string_of_a_recipe_becomes_markup(self):
        import lxml.html

        page = render(NASTY, "html")
        tree = lxml.html.document_fromstring(page)
        assert len(tree.xpath("//script")) == 1
        assert tree.xpath("//script/@type") == ["application/ld+json"]
        assert tree.xpath("//img | //iframe | //a | //@onerror | //@href | //@src") == []
        assert "\x1b" not in page

    def test_the_page_loads_and_runs_nothing(self):
        assert "default-src 'none'" in render(SOUP, "html")

    def test_the_card_shows_what_a_cook_needs(self):
        import lxml.html

        tree = lxml.html.document_fromstring(render(SOUP, "html"))
        assert tree.xpath("string(//h1)") == "Leek & Potato Soup"
        assert tree.xpath("//ul/li/text()") == ["2 leeks", "½ kg potatoes", "1 l stock"]
        assert tree.xpath("//ol/li/text()") == ["Wash the leeks.", "Boil everything.", "Mash."]
        assert tree.xpath("//h3/text()") == ["Soup"]
        facts = dict(zip(tree.xpath("//dt/text()"), tree.xpath("//dd/text()"), strict=True))
        assert facts["Cook"] == "1 h 30 min"
        assert facts["Yield"] == "4 servings"

    def test_the_json_in_the_page_is_the_recipe(self):
        block = re.search(r'ld\+json">\n(.*?)\n</script>', render(NASTY, "html"), re.DOTALL)
        assert json.loads(block[1]) == NASTY

    def test_nothing_in_the_json_can_end_its_script(self):
        text = script_safe_json(NASTY)
        assert not set("<>&\u2028\u2029") & set(text)


class TestTextFormats:
    def test_markdown_is_complete(self):
        assert render(SOUP, "markdown") == (
            "# Leek & Potato Soup\n\nThick, plain and warm.\n\n"
            "- **Yield:** 4 servings\n- **Prep:** 15 min\n- **Cook:** 1 h 30 min\n"
            "- **Total:** 1 h 45 min\n- **Category:** Soup\n- **Cuisine:** Irish\n"
            "- **Keywords:** soup, winter\n\n"
            "## Ingredients\n\n- 2 leeks\n- ½ kg potatoes\n- 1 l stock\n\n"
            "## Instructions\n\n1. Wash the leeks.\n\n"
            "### Soup\n\n1. Boil everything.\n2. Mash.\n"
        )

    def test_markdown_marks_are_escaped(self):
        text = render(NASTY, "markdown")
        assert r"\[click\](javascript:alert(1)) \*bold\* \`code\`" in text
        assert "<script>" not in text.replace("\\<", "")
        assert r"\&lt;" in text  # not the character "<"

    def test_plain_text_is_complete_and_free_of_terminal_codes(self):
        text = render(SOUP, "text")
        assert text.startswith("Leek & Potato Soup\n==================\n")
        for part in (
            "Total: 1 h 45 min",
            "- ½ kg potatoes",
            "1. Wash the leeks.",
            "Soup:\n1. Boil",
        ):
            assert part in text
        assert "\x1b" not in render(NASTY, "text")

    def test_several_recipes_are_all_rendered(self):
        both = normalise_recipe({"@graph": [SOUP, {**SOUP, "name": "Second"}]})
        for output_format in SUFFIXES:
            text = render(both, output_format)
            assert "Second" in text
            assert text.count("½ kg potatoes") >= 2

    def test_jsonld_is_the_document(self):
        assert json.loads(render(SOUP, "jsonld")) == SOUP

    def test_no_recipe_is_an_empty_object_or_no_text(self):
        assert json.loads(render({}, "jsonld")) == {}
        assert render({}, "markdown") == render({}, "text") == ""
        assert "No recipe found" in render({}, "html")
