"""Stage 2: recipes of the CSV -> blog posts, one ``.txt`` and one ``.meta.json`` each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.common.stage_folder import META_SUFFIX, POST_SUFFIX, stage_path
from recipe_pipeline.common.storage import write_atomic, write_record
from recipe_pipeline.generation.engine import run_stage
from recipe_pipeline.generation.post_checks import PostFault, checked_post
from recipe_pipeline.generation.prompts import TEACHER_MODEL, blog_messages, with_complaints
from recipe_pipeline.generation.run import WorkList
from recipe_pipeline.generation.settings import BlogSettings, GenerationSettings, StageSettings
from recipe_pipeline.generation.styles import Style, choose_kind, choose_left_out, choose_style
from recipe_pipeline.llm.client import ChatRequest
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.replies import parse_post_reply, require_finished
from recipe_pipeline.source.recipe import SourceRecipe
from recipe_pipeline.source.recipes import Recipes, read_recipes

_CORRECTION = """

An earlier post had the fault below. Write the whole post anew without it.
"""


@dataclass
class BlogItem:
    """A recipe, what its post should be like, and what was wrong with an earlier one."""

    stem: str
    row: int
    facts: dict[str, Any]
    style: Style
    kind: str
    left_out: tuple[str, ...]
    fault: str = ""


@dataclass
class BlogStage:
    """Builds the requests of stage 2 and writes the posts; ``counts`` are styles and kinds."""

    settings: BlogSettings
    generation: GenerationSettings
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {"styles": Counter(), "kinds": Counter()}
    )

    def plan(self, recipe: SourceRecipe, suffix: str = "") -> BlogItem:
        """Style and kind depend on the recipe, the number of the post, and the seed alone."""
        stem, seed, facts = recipe.stem + suffix, self.generation.sampling.seed, recipe.facts()
        kind = choose_kind(stem, seed, self.settings.hard_cases)
        left_out: tuple[str, ...] = ()
        if kind == "missing_parts":
            left_out = choose_left_out(stem, seed, set(facts))
        return BlogItem(stem, recipe.row, facts, choose_style(stem, seed), kind, left_out)

    def request(self, item: BlogItem, repeat: int) -> ChatRequest:
        """The request for the post."""
        messages = blog_messages(item.facts, item.style, item.kind, item.left_out)
        messages = with_complaints(messages, _CORRECTION, [item.fault] if item.fault else [])
        return ChatRequest(messages, self.generation.sampling.options(item.stem, repeat))

    def accept(self, item: BlogItem, request: ChatRequest, reply: Reply) -> None:
        """Write the post; raises ReplyError, OSError."""
        require_finished(reply.finish_reason)
        post = parse_post_reply(reply.text, reply.reasoning)
        # The offline teacher writes Markdown on purpose, as some copied pages have it.
        if reply.model != TEACHER_MODEL:
            try:
                post = checked_post(post)
            except PostFault as fault:
                item.fault = fault.detail
                raise
        # The post is written last: where there is a post, there is its sidecar.
        meta = self._meta(item, request, reply)
        write_record(stage_path(self.settings.output, item.stem, META_SUFFIX), meta)
        write_atomic(stage_path(self.settings.output, item.stem, POST_SUFFIX), post + "\n")
        self.counts["styles"][item.style.name] += 1
        self.counts["kinds"][item.kind] += 1

    def notes(self) -> list[str]:
        """Summary lines: which styles and kinds were written."""
        shown = ("styles", "kinds") if self.settings.hard_cases else ("styles",)
        return [f"{name}: {_listed(self.counts[name])}" for name in shown if self.counts[name]]

    def _meta(self, item: BlogItem, request: ChatRequest, reply: Reply) -> dict[str, Any]:
        return {
            "style": item.style.name,
            "kind": item.kind,
            "left_out": list(item.left_out),
            # The model that answered: some servers accept any name.
            "model": reply.model or self.generation.server.model,
            **self.generation.server.fields(request.options),
            "source": {"row": item.row, **item.facts},
            "finish_reason": reply.finish_reason,
            "usage": reply.usage,
        }


def generate_blogs(settings: BlogSettings, generation: GenerationSettings) -> int:
    """Script 02; returns its exit code. Raises PipelineError."""
    stage = BlogStage(settings, generation)

    def list_work(done: Container[str]) -> WorkList:
        recipes = read_recipes(settings.csv)
        print(f"{settings.csv}: {recipes.report.summary()}")
        recipes = recipes.select(settings.skip, settings.limit)
        total = len(recipes) * settings.posts_per_recipe
        return WorkList(_planned(recipes, settings.posts_per_recipe, stage, done), total)

    place = StageSettings(settings.output, POST_SUFFIX, "posts", generation.overwrite)
    return run_stage(stage, list_work, place, generation, stage.notes)


def _planned(
    recipes: Recipes, posts_per_recipe: int, stage: BlogStage, done: Container[str]
) -> Iterator[BlogItem | None]:
    """The posts to write, None for finished ones; every recipe gets its first post before any second."""
    for number in range(1, posts_per_recipe + 1):
        suffix = f"-{number}" if number > 1 else ""
        for recipe in recipes.pending(lambda stem, end=suffix: f"{stem}{end}" in done):
            yield recipe and stage.plan(recipe, suffix)


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counter.most_common())
