"""What the tests of 08 share: a post, its recipe, a way to run the script, a scripted local model."""

import json

from recipe_pipeline.extraction.page_text import read_html
from tests.script_runs import run_script

POST = """Leek Soup
Prep time: 10 minutes
Ingredients
- 2 leeks
- 1 litre stock
Directions
1. Slice the leeks.
2. Simmer them in the stock for 20 minutes.
"""
SOUP = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Leek Soup",
    "prepTime": "PT10M",
    "recipeIngredient": ["2 leeks", "1 litre stock"],
    "recipeInstructions": [
        {"@type": "HowToStep", "text": "Slice the leeks."},
        {"@type": "HowToStep", "text": "Simmer them in the stock for 20 minutes."},
    ],
}
INVENTED = {**SOUP, "recipeIngredient": ["2 leeks", "1 litre stock", "3 oysters"]}
HTML = f"<html><body><h1>Leek Soup</h1><pre>{POST}</pre></body></html>"


def html_with(recipe, body=HTML):
    """A web page that has ``recipe`` as JSON-LD."""
    block = f'<script type="application/ld+json">{json.dumps(recipe)}</script>'
    return body.replace("<body>", f"<head>{block}</head><body>")


def run(*flags):
    """Exit code of 08 with these flags."""
    return run_script("08_extract.py", *flags)


class FakeGenerator:
    """A local model that answers from a list, whose last answer repeats; it records its calls."""

    batch_size = 2
    answer_tokens = 0
    constrained = False
    context_length = None

    def __init__(self, *answers):
        self.answers = list(answers)
        self.posts = []
        self.repeats = []

    def count_tokens(self, text):
        return len(text.split())

    def generate(self, posts, max_new_tokens, on_answer=None, *, repeat=0):
        self.posts += posts
        self.repeats.append(repeat)
        answers = [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0] for _ in posts]
        if on_answer is not None:
            for position, answer in enumerate(answers):
                on_answer(position, answer)
        return answers


def html_text(page: str) -> str:
    """The text that is read of a page."""
    return read_html(page).text
