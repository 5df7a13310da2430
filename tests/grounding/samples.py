"""Two posts with faithful labels, and ways to change them."""

import copy

from recipe_pipeline.grounding.check import ground


def steps(*texts):
    return [{"@type": "HowToStep", "text": text} for text in texts]


SOUP = """Leek Soup

Prep time: 10 minutes
Cook time: 20 minutes
Serves 4

2 leeks
1 litre water
1 bay leaf
salt to taste

Slice the leeks thinly.
Boil them in the water with the bay leaf for 20 minutes.
Season with salt and serve hot.
"""


LABEL = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Leek Soup",
    "recipeYield": "4 servings",
    "prepTime": "PT10M",
    "cookTime": "PT20M",
    "recipeIngredient": ["2 leeks", "1 litre water", "1 bay leaf", "salt to taste"],
    "recipeInstructions": steps(
        "Slice the leeks thinly.",
        "Boil them in the water with the bay leaf for 20 minutes.",
        "Season with salt and serve hot.",
    ),
}


SOURCE = {
    "name": "Leek Soup",
    "ingredients": ["2 leeks", "1 liter water", "1 bay leaf", "salt to taste", "1 cup cream"],
    "directions": ["Slice the leeks thinly.", "Garnish with cream."],
    "prep_time": "PT10M",
    "total_time": "PT45M",
}


def changed(**fields):
    return {**copy.deepcopy(LABEL), **fields}


CARD = """Maafe

Ready in a while. Prep takes 10 minutes.

2 tablespoons peanut oil
1 onion
1/4 cup chopped peanuts

Bake for 20 minutes.
Toss with the onion and bake 15 minutes more.
"""


CARD_LABEL = {
    "@type": "Recipe",
    "name": "Maafe",
    "recipeIngredient": ["2 tablespoons peanut oil", "1 onion", "1/4 cup chopped peanuts"],
    "recipeInstructions": steps("Bake for 20 minutes.", "Toss with the onion and bake 15 minutes more."),
}  # fmt: skip


def omissions(label, post, source=None):
    return [f for f in ground(label, post, source).findings if "leaves it out" in f.reason]
