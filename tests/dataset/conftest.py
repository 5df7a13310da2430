"""Folders of posts and labels to build a dataset from."""

import json

import pytest

from recipe_pipeline.dataset.build import build_dataset
from recipe_pipeline.dataset.settings import DatasetSettings


def soup(number, **fields):
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": f"Soup {number}",
        "recipeIngredient": [f"{number} onions", "1 l water"],
        "recipeInstructions": [{"@type": "HowToStep", "text": "Boil — then serve."}],
        **fields,
    }


class Folders:
    """A blog and a label folder that tests fill by hand."""

    def __init__(self, root):
        self.blog, self.llm, self.output = root / "blog", root / "llm", root / "out" / "data.jsonl"
        self.blog.mkdir()
        self.llm.mkdir()

    def post(self, stem, text=None, meta=None):
        data = text if isinstance(text, bytes) else (text or f"The post of {stem}.").encode()
        (self.blog / f"{stem}.txt").write_bytes(data)
        if meta is not None:
            (self.blog / f"{stem}.meta.json").write_text(json.dumps(meta))

    def label(self, stem, recipe, reasoning="I read it.", **meta):
        content = {"recipe": recipe, "reasoning": reasoning, "meta": {"model": "teacher", **meta}}
        (self.llm / f"{stem}.json").write_text(json.dumps(content))

    def pair(self, number, meta=None, **fields):
        """A post and a label that it supports; returns their stem."""
        stem = f"{number:05d}-soup"
        recipe = soup(number, **fields)
        lines = "\n".join(recipe["recipeIngredient"])
        text = f"The post of {stem}.\n\n{recipe['name']}\n{lines}\nBoil — then serve."
        self.post(stem, text, meta=meta)
        self.label(stem, recipe)
        return stem

    def build(self, **options):
        """Without the checks of the content unless ``options`` ask for them."""
        options = {"min_support": 0, **options}
        settings = DatasetSettings(self.blog, self.llm, self.output, **options)
        return build_dataset(settings)

    def dropped(self):
        lines = self.output.with_name("dropped.jsonl").read_text().splitlines()
        return {row["id"]: row for row in map(json.loads, lines)}

    def sides(self):
        """Side of the split ("train", "test") by stem."""
        sides = {}
        for side in ("train", "test"):
            lines = self.output.with_name(f"data_{side}.meta.jsonl").read_text().splitlines()
            sides.update((json.loads(line)["id"], side) for line in lines)
        return sides


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path)
