"""Stage 2: recipes of the CSV -> blog posts, one ``.txt`` and one ``.meta.json`` each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.stage_folder import (
    META_SUFFIX,
    POST_SUFFIX,
    read_meta,
    recorded_usage,
    stage_path,
)
from recipe_pipeline.common.storage import write_atomic, write_record
from recipe_pipeline.generation.prompts import blog_messages
from recipe_pipeline.generation.run import WorkList, run_stage
from recipe_pipeline.generation.settings import (
    EngineSettings,
    SamplingSettings,
    StageSettings,
    check_share,
)
from recipe_pipeline.generation.styles import Style, choose_kind, choose_left_out, choose_style
from recipe_pipeline.llm.client import ChatRequest, Reply
from recipe_pipeline.llm.replies import parse_post_reply, require_finished
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.source.recipe_index import open_recipes
from recipe_pipeline.source.recipes import SourceRecipe


@dataclass(frozen=True)
class BlogSettings:
    """Recipes ``skip`` to ``skip + limit`` of ``csv`` (``limit`` 0: all), as ``output`` posts.

    ``posts_per_recipe`` posts are written of each recipe, every one with a style of its own.
    ``hard_cases`` is the share (0 to 1) of posts that are made hard: parts missing, two dishes, no
    recipe at all.
    """

    csv: Path
    output: Path
    limit: int = 2
    skip: int = 0
    posts_per_recipe: int = 1
    hard_cases: float = 0.0
    overwrite: bool = False


@dataclass(frozen=True)
class BlogItem:
    """A recipe and what its post is to be like."""

    stem: str
    row: int
    facts: dict[str, Any]
    style: Style
    kind: str
    left_out: tuple[str, ...]


@dataclass
class BlogStage:
    """Builds the requests of stage 2 and writes the posts."""

    output: Path
    model: str
    sampling: SamplingSettings
    hard_cases: float = 0.0
    styles: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def plan(self, recipe: SourceRecipe, suffix: str = "") -> BlogItem:
        """Style and kind depend on the recipe, which of its posts this is, and the seed alone."""
        stem, seed, facts = recipe.stem + suffix, self.sampling.seed, recipe.facts()
        kind = choose_kind(stem, seed, self.hard_cases)
        left_out: tuple[str, ...] = ()
        if kind == "missing_parts":
            left_out = choose_left_out(stem, seed, set(facts))
        return BlogItem(stem, recipe.row, facts, choose_style(stem, seed), kind, left_out)

    def request(self, item: BlogItem, repeat: int) -> ChatRequest:
        """The chat messages that ask for the post."""
        messages = blog_messages(item.facts, item.style, item.kind, item.left_out)
        return ChatRequest(messages, self.sampling.options(item.stem, repeat))

    def accept(self, item: BlogItem, request: ChatRequest, reply: Reply) -> None:
        """Write the post; raises ReplyError, OSError."""
        require_finished(reply.finish_reason)
        post = parse_post_reply(reply.text, reply.reasoning)
        # The post comes last: where it stands, its sidecar stands too.
        meta = self._meta(item, request, reply)
        write_record(stage_path(self.output, item.stem, META_SUFFIX), meta)
        write_atomic(stage_path(self.output, item.stem, POST_SUFFIX), post + "\n")
        self.styles[item.style.name] += 1
        self.kinds[item.kind] += 1

    def counters(self) -> dict[str, Counter[str]]:
        """The counters behind the summary, by name."""
        return {"styles": self.styles, "kinds": self.kinds}

    def recount(self, item: BlogItem) -> tuple[int, int]:
        """Count a post that another process has written; its prompt and completion tokens."""
        self.styles[item.style.name] += 1
        self.kinds[item.kind] += 1
        return recorded_usage(read_meta(stage_path(self.output, item.stem, POST_SUFFIX)))

    def notes(self) -> list[str]:
        """Summary lines: which styles and kinds were written."""
        lines = []
        if self.styles:
            lines.append("styles: " + _counts(self.styles))
        if self.hard_cases and self.kinds:
            lines.append("kinds: " + _counts(self.kinds))
        return lines

    def _meta(self, item: BlogItem, request: ChatRequest, reply: Reply) -> dict[str, Any]:
        return {
            "style": item.style.name,
            "kind": item.kind,
            "left_out": list(item.left_out),
            # What has answered, not what was asked for: some servers take any name.
            "model": reply.model or self.model,
            **request.options,
            "source": {"row": item.row, **item.facts},
            "finish_reason": reply.finish_reason,
            "usage": {
                "prompt_tokens": reply.prompt_tokens,
                "completion_tokens": reply.completion_tokens,
            },
        }


def generate_blogs(
    settings: BlogSettings,
    server: ServerSettings,
    sampling: SamplingSettings,
    runner: RunnerSettings,
    engine: EngineSettings | None = None,
) -> int:
    """Script 02; returns its exit code. Raises PipelineError."""
    check_share("--hard-cases", settings.hard_cases)
    stage = BlogStage(settings.output, server.model, sampling, settings.hard_cases)

    def list_work(done: Container[str]) -> WorkList:
        report = open_recipes(settings.csv, settings.output).report
        print(f"{settings.csv}: {report.summary()}")
        stop = settings.skip + settings.limit if settings.limit else None
        total = max(0, min(report.recipes, stop or report.recipes) - settings.skip)
        return WorkList(_planned(settings, stage, stop, done), total * settings.posts_per_recipe)

    place = StageSettings(settings.output, POST_SUFFIX, "posts", settings.overwrite)
    return run_stage(stage, list_work, place, server, runner, stage.notes, engine)


@dataclass(frozen=True)
class _WithSuffix:
    """Whether a recipe's post of this suffix is in ``done``."""

    done: Container[str]
    suffix: str

    def __contains__(self, stem: object) -> bool:
        return f"{stem}{self.suffix}" in self.done


def _planned(
    settings: BlogSettings, stage: BlogStage, stop: int | None, done: Container[str]
) -> Iterator[BlogItem | None]:
    """The posts to write, None for each that is done; all recipes' first posts come first."""
    for number in range(1, settings.posts_per_recipe + 1):
        suffix = f"-{number}" if number > 1 else ""
        source = open_recipes(settings.csv, settings.output)
        for recipe in source.recipes(settings.skip, stop, _WithSuffix(done, suffix)):
            yield recipe and stage.plan(recipe, suffix)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counter.most_common())
