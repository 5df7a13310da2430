"""Recipes of the 650 sites whose layout recipe-scrapers knows, where a page's data has none.

Only methods that read the given HTML are called; the library fetches nothing.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

MAX_CHARACTERS = 3_000_000

_FIELDS = {
    "title": "name",
    "yields": "recipeYield",
    "prep_time": "prepTime",
    "cook_time": "cookTime",
    "total_time": "totalTime",
    "ingredients": "recipeIngredient",
    "instructions_list": "recipeInstructions",
}


def site_recipe(page: str, url: str) -> dict[str, Any]:
    """The recipe that the rules for the site of ``url`` find, as a JSON-LD object; ``{}`` if none."""
    if not url.startswith(("http://", "https://")) or len(page) > MAX_CHARACTERS:
        return {}
    import recipe_scrapers

    # Items nested hundreds deep would leave the library locked; microdata has been read before.
    page = re.sub(r"\bitemscope\b", "", page)
    try:
        scraper = recipe_scrapers.scrape_html(page, url)
    except Exception:  # an unknown site, or markup that breaks the library's parsers
        return {}
    recipe: dict[str, Any] = {"@type": "Recipe"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about fields that a site does not have
        for method, field in _FIELDS.items():
            try:
                recipe[field] = getattr(scraper, method)()
            except Exception:  # the rules raise whatever comes when a layout has changed
                continue
    return recipe
