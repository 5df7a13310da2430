"""Stage 2: recipes of the CSV -> blog posts, one ``.txt`` and one ``.meta.json`` each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from recipe_pipeline.common.stage_folder import META_SUFFIX, POST_SUFFIX, stage_path
from recipe_pipeline.common.storage import write_atomic, write_record
from recipe_pipeline.generation.engine import run_stage
from recipe_pipeline.generation.post_checks import (
    SOFT,
    faults_in,
    tidied,
    wanted_facts,
    wanted_steps,
)
from recipe_pipeline.generation.prompts import blog_messages, with_complaints
from recipe_pipeline.generation.run import WorkList
from recipe_pipeline.generation.settings import BlogSettings, GenerationSettings, StageSettings
from recipe_pipeline.generation.styles import Style, choose_kind, choose_left_out, choose_style
from recipe_pipeline.llm.client import ChatRequest
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.replies import (
    ReplyError,
    TryAgain,
    parse_post_reply,
    require_finished,
)
from recipe_pipeline.source.recipe import SourceRecipe
from recipe_pipeline.source.recipes import Recipes, read_recipes

_CORRECTION = """

An earlier post had the faults below. Write the whole post anew without them.
"""


@dataclass
class BlogItem:
    """A recipe, what its post should be like, and what was wrong with earlier ones.

    ``faults`` are the reasons of all replies so far, ``complaints`` tell the model about the last
    one; ``spare`` is the best post without other than `SOFT` faults: their weight, post and metadata.
    """

    stem: str
    row: int
    facts: dict[str, Any]
    style: Style
    kind: str
    left_out: tuple[str, ...]
    complaints: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)
    spare: tuple[int, str, dict[str, Any]] | None = None


@dataclass
class BlogStage:
    """Builds the requests of stage 2 and writes the posts; ``counts`` are styles, kinds, and the
    reasons for which posts were asked for again."""

    settings: BlogSettings
    generation: GenerationSettings
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {"styles": Counter(), "kinds": Counter(), "retried": Counter()}
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
        messages = with_complaints(messages, _CORRECTION, item.complaints)
        # Every try has its own seed, or a server that honours it would repeat its answer.
        number = max(repeat, len(item.faults))
        return ChatRequest(messages, self.generation.sampling.options(item.stem, number))

    def accept(self, item: BlogItem, request: ChatRequest, reply: Reply) -> None:
        """Write the post; raises ReplyError, OSError."""
        meta = self._meta(item, request, reply)
        try:
            post, meta = self._read(item, meta, reply)
        except ReplyError as error:
            item.faults.append(error.reason)
            # A worse second try does not undo the first one.
            if item.spare is None or isinstance(error, TryAgain):
                raise
            _, post, meta = item.spare
        if item.faults:
            meta["retries"] = item.faults
        # The post is written last: where there is a post, there is its sidecar.
        write_record(stage_path(self.settings.output, item.stem, META_SUFFIX), meta)
        write_atomic(stage_path(self.settings.output, item.stem, POST_SUFFIX), post + "\n")
        self.counts["styles"][item.style.name] += 1
        self.counts["kinds"][item.kind] += 1
        self.counts["retried"].update(item.faults)

    def _read(
        self, item: BlogItem, meta: dict[str, Any], reply: Reply
    ) -> tuple[str, dict[str, Any]]:
        """The post of a reply, or the better one before it, and its metadata; raises ReplyError,
        TryAgain for the first post with `SOFT` faults only."""
        require_finished(reply.finish_reason, reply.written)
        post = parse_post_reply(reply.text, reply.reasoning)
        if self.settings.unchecked:
            return post, meta
        post = tidied(post)
        wanted = item.facts, item.kind, item.left_out
        faults = list(faults_in(post, item.style, wanted_steps(*wanted), wanted_facts(*wanted)))
        item.complaints = tuple(fault.detail for fault in faults)
        for fault in faults:
            if fault.reason not in SOFT:
                raise fault
        best = (sum(fault.weight for fault in faults), post, meta)
        is_first = item.spare is None
        item.spare = best if item.spare is None else min(best, item.spare, key=itemgetter(0))
        if faults and is_first and len(item.faults) < self.generation.runner.reply_retries:
            raise TryAgain(faults[0].reason, "; ".join(item.complaints))
        return item.spare[1:]

    def notes(self) -> list[str]:
        """Summary lines: which styles and kinds were written, and why posts were asked for again."""
        shown = ("styles", "kinds" if self.settings.hard_cases else "", "retried")
        return [f"{name}: {_listed(self.counts[name])}" for name in shown if self.counts.get(name)]

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
        chosen = recipes.select(settings.skip, settings.limit)
        total = len(chosen) * settings.posts_per_recipe
        stems = set(recipes.stems())

        def is_wanted(stem: str) -> bool:
            return stem in stems or stem.rpartition("-")[0] in stems

        posts = _planned(chosen, settings.posts_per_recipe, stage, done)
        return WorkList(posts, total, is_wanted)

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
