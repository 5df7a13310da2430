"""Posts, recipes and a generator for the tests of 07: small, in our own words, no model."""

from __future__ import annotations

import json

from recipe_pipeline.dataset.chat import build_example

HOSTILE = (
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">'
    "</pre></script><svg onload='window.hacked = 3'>{{ 7 * 7 }}${hacked}&lt;b&gt;"
    '<a href="javascript:window.hacked=4">x</a>]]><!--'
)


def recipe(name="Lentil Soup", lines=("1 cup lentils", "4 cups water"), steps=("Simmer it all.",)):
    """A valid recipe."""
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": name,
        "recipeYield": "4 servings",
        "cookTime": "PT30M",
        "recipeIngredient": list(lines),
        "recipeInstructions": [{"@type": "HowToStep", "text": text} for text in steps],
    }


def post(data):
    """A post that says what ``data`` does."""
    lines = "\n".join(data["recipeIngredient"])
    steps = "\n".join(step["text"] for step in data["recipeInstructions"])
    return f"{data['name']}\nServes 4. Cook time: 30 minutes\n{lines}\n{steps}"


def write_chats(path, recipes, posts=None, metas=None):
    """A dataset file as 04 writes it, with its metadata file."""
    posts = posts or [post(data) if data else "I went to a cafe." for data in recipes]
    rows = [build_example(p, data, "thinking") for p, data in zip(posts, recipes, strict=True)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if metas is not None:
        text = "".join(json.dumps(meta) + "\n" for meta in metas)
        path.with_name(f"{path.stem}.meta.jsonl").write_text(text, encoding="utf-8")
    return path


class ScriptedGenerator:
    """A generator that answers with a function of the post and records the posts it gets."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.answer_tokens = 0
        self.failed = 0

    def count_tokens(self, text):
        return len(text) // 4

    def generate(self, posts, max_new_tokens, on_answer, *, repeat=0, names=()):
        for position, text in enumerate(posts):
            self.asked.append(text)
            self.answer_tokens += 10
            on_answer(position, self.answer(text))


def summaries(result):
    """The summaries of an `EvaluationResult`: for each model those of its first and of 08's answers."""
    return [of_model.summary for of_model in result.results]
