import json
import warnings

import pytest

from recipe_pipeline.extraction import site_rules
from recipe_pipeline.extraction.page import read_page
from recipe_pipeline.extraction.structured import page_data

PAGE = """<html><head><link rel="canonical" href="https://rainbowplantlife.com/lemon-rice">
<meta property="og:title" content="Lemon Rice"></head><body><h1>Lemon Rice</h1></body></html>"""


class Scraper:
    """What recipe-scrapers gives for a page whose layout has half changed."""

    def title(self):
        return "Lemon Rice"

    def ingredients(self):
        warnings.warn("a field is not there", stacklevel=1)
        return ["1 cup rice", "1 lemon"]

    def instructions_list(self):
        return ["Boil the rice.", "Squeeze the lemon."]

    def yields(self):
        return "0 servings"

    def total_time(self):
        return 25

    def __getattr__(self, name):
        raise AttributeError(name)


@pytest.fixture
def known(monkeypatch):
    """The addresses with which recipe-scrapers is asked."""
    asked = []

    def scrape_html(html, url):
        asked.append(url)
        if "itemscope" in html or "unknown" in url:
            raise ValueError(url)
        return Scraper()

    monkeypatch.setattr("recipe_scrapers.scrape_html", scrape_html)
    return asked


def test_a_page_without_data_is_read_by_the_rules_for_its_site(known, recwarn):
    data = page_data(PAGE.replace("<h1>", "<h1 itemscope>"))
    assert known == ["https://rainbowplantlife.com/lemon-rice"]
    assert data.recipe["recipeIngredient"] == ["1 cup rice", "1 lemon"]
    assert data.recipe["totalTime"] == "PT25M"
    assert "recipeYield" not in data.recipe
    assert "recipe-scrapers" in data.report()[0]
    assert not recwarn


def test_the_address_comes_first_and_files_have_none(known):
    page_data(PAGE, url="https://unknown.example/a")
    assert read_page(PAGE.encode(), "page.html").recipe
    assert not page_data("<html><h1>Rice</h1></html>", url="page.html").recipe
    assert known == ["https://unknown.example/a", "https://rainbowplantlife.com/lemon-rice"]


def test_data_of_the_page_comes_first(known):
    recipe = {
        "@type": "Recipe",
        "name": "Lemon Rice",
        "recipeIngredient": ["2 cups rice"],
        "recipeInstructions": "Boil the rice for long.",
    }
    block = f'<script type="application/ld+json">{json.dumps(recipe)}</script>'
    assert page_data(PAGE.replace("</head>", block)).origin == "JSON-LD"
    assert known == []


def test_unknown_sites_and_enormous_pages_are_left_alone(monkeypatch):
    assert site_rules.site_recipe(PAGE, "https://unknown.example/") == {}
    assert site_rules.site_recipe(PAGE, "http://[") == {}
    monkeypatch.setattr(site_rules, "MAX_CHARACTERS", 10)
    assert site_rules.site_recipe(PAGE, "https://allrecipes.com/a") == {}
