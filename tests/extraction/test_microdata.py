import pytest

from recipe_pipeline.extraction.structured import page_data
from recipe_pipeline.schema.recipe import instruction_texts

MICRODATA = """<html><body><div itemscope itemtype="http://schema.org/Recipe">
<h1 itemprop="name">Lemon Rice</h1> <time itemprop="totalTime" datetime="PT25M">25 min</time>
<meta itemprop="recipeYield" content="2 bowls">
<ul><li itemprop="recipeIngredient">1 cup rice</li><li itemprop="recipeIngredient">1 lemon</li></ul>
<ol itemprop="recipeInstructions"><li>Boil the rice.</li><li>Squeeze the lemon.</li></ol>
</div></body></html>"""

STEP = '<li itemprop="recipeInstructions" itemscope itemtype="https://schema.org/HowToStep">'


@pytest.mark.parametrize(
    "html",
    [
        MICRODATA,
        MICRODATA.replace('"recipeIngredient"', '"ingredients"'),
        MICRODATA.replace("<ul>", '<ul itemprop="recipeIngredient">'),
        MICRODATA.replace('datetime="PT25M"', ""),
        MICRODATA.replace(
            '<li itemprop="recipeIngredient">1 lemon</li>',
            '<li><a href="/lemon" itemprop="recipeIngredient">1 lemon</a></li>',
        ),
        MICRODATA.replace("</ol>", "</ol><ol>").replace('<ol itemprop="recipeInstructions">', "<ol>")
        .replace("<li>Boil the rice.", f'{STEP}<span itemprop="text">Boil the rice.</span>')
        .replace("<li>Squeeze the lemon.", f"{STEP}Squeeze the lemon."),
        f"<div itemscope itemtype='https://schema.org/Article'>{MICRODATA}</div>",
    ],
)  # fmt: skip
def test_a_recipe_in_the_mark_up_is_read(html):
    data = page_data(html)
    assert data.origin == "microdata"
    assert data.recipe["recipeIngredient"] == ["1 cup rice", "1 lemon"]
    assert instruction_texts(data.recipe) == ["Boil the rice.", "Squeeze the lemon."]
    assert (data.recipe["recipeYield"], data.recipe["totalTime"]) == ("2 bowls", "PT25M")


def test_json_ld_comes_first_and_microdata_stands_in_for_it():
    stub = '<script type="application/ld+json">{"@type": "Recipe", "name": "Rice"}</script>'
    assert page_data(stub + MICRODATA).origin == "microdata"
    empty = MICRODATA.replace("recipeInstructions", "x")
    assert page_data(stub + empty).notes == (
        "the recipe in the page's JSON-LD has no usable ingredients",
        "the recipe in the page's microdata has no usable instructions",
    )


@pytest.mark.parametrize(
    "bomb",
    [  # The first would leave extruct locked for the next.
        '<div itemscope itemprop="a" itemtype="http://schema.org/Recipe">' * 3000,
        '<div itemscope itemtype="http://schema.org/Recipe">' + '<b itemprop="name">' * 3000,
        '<div itemscope itemtype="http://schema.org/Recipe">' + '<p itemprop="name">x</p>' * 20_000,
        '<div itemscope itemtype="http://schema.org/Recipe" id=a itemref="a a a">' * 200,
        "".join(
            f'<p id=i{i} itemref=i{i + 1} itemprop=name itemscope itemtype="http://schema.org/Recipe">'
            for i in range(2000)
        ).replace("<p", "</p><p"),
    ],
    ids=range(5),
)
def test_marked_up_bombs_are_read(bomb):
    page_data(f"<html><body>{bomb}</body></html>")
    assert page_data(MICRODATA).recipe
