"""What every page builder works with: contents, prose, layout and the random generator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from recipe_pipeline.offline_teacher.page.article import Article
from recipe_pipeline.offline_teacher.page.layout import Layout
from recipe_pipeline.offline_teacher.recipe.content import Content

Block = list[str]


@dataclass
class Page:
    """Everything a builder needs; ``contents`` holds one recipe or several, in post order."""

    contents: list[Content]
    article: Article
    layout: Layout
    rng: Random
    other_times: dict[str, int]
    length: float = 1.0  # scales the amount of prose and furniture around the recipe

    def layout_for(self, index: int) -> Layout:
        """The layout of recipe ``index``: only the first one can have its times in the opening."""
        if index and self.layout.meta_place in ("prose", "glance", "nutrition"):
            place = "after" if self.layout.card == "bare" else "before"
            return replace(self.layout, meta_place=place)
        return self.layout

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def join(self, blocks: list[Block]) -> str:
        return self.layout.gap.join("\n".join(block) for block in blocks if block)
