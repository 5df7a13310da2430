"""Stage 3: blog posts -> schema.org recipe JSON with the reasoning of the LLM, one file each."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from recipe_pipeline.errors import PipelineError
from recipe_pipeline.generation import SamplingSettings, StageSettings, WorkList, run_stage
from recipe_pipeline.llm_client import ChatRequest, Reply, ServerSettings
from recipe_pipeline.prompts import extraction_messages
from recipe_pipeline.replies import parse_recipe_reply, require_finished
from recipe_pipeline.request_runner import ItemError, RunnerSettings
from recipe_pipeline.stage_folder import (
    POST_SUFFIX,
    RECIPE_SUFFIX,
    list_stage,
    read_meta,
    read_post,
    stage_path,
)
from recipe_pipeline.storage import write_json

MAX_POST_CHARACTERS = 200_000
"""About 50,000 tokens. More is no blog post but a wrong file, and would only block the server."""

_SOURCE_META = ("style", "kind", "left_out")


@dataclass(frozen=True)
class LabelSettings:
    """Posts ``skip`` to ``skip + limit`` of the folder ``posts`` (``limit`` None or 0: all)."""

    posts: Path
    output: Path
    limit: int | None = None
    skip: int = 0
    overwrite: bool = False


@dataclass
class LabelItem:
    """A post; ``digest`` is the SHA-256 of its text once it has been read."""

    stem: str
    path: str
    digest: str = ""


@dataclass
class LabelStage:
    """Builds the requests of stage 3 and writes the recipes."""

    output: Path
    model: str
    sampling: SamplingSettings
    results: Counter[str] = field(default_factory=Counter)

    def request(self, item: LabelItem, repeat: int) -> ChatRequest:
        """The chat messages that ask for the recipe; raises ItemError for an unusable post."""
        try:
            post = read_post(item.path)
        except OSError as error:
            raise ItemError("unreadable_post", f"{item.path}: {error.strerror}") from None
        if not post:
            raise ItemError("empty_post", f"{item.path} is empty")
        if len(post) > MAX_POST_CHARACTERS:
            raise ItemError(
                "post_too_long",
                f"{item.path} has {len(post):,} characters, more than {MAX_POST_CHARACTERS:,}",
            )
        item.digest = hashlib.sha256(post.encode("utf-8", "replace")).hexdigest()
        return ChatRequest(extraction_messages(post), self.sampling.options(item.stem, repeat))

    def accept(self, item: LabelItem, request: ChatRequest, reply: Reply) -> None:
        """Write recipe, reasoning and meta; raises ReplyError, OSError."""
        require_finished(reply.finish_reason)
        recipe, reasoning = parse_recipe_reply(reply.text, reply.reasoning)
        meta = read_meta(item.path)
        value = {
            "recipe": recipe,
            "reasoning": reasoning,
            "meta": {
                "model": self.model,
                **request.options,
                "post_sha256": item.digest,
                "finish_reason": reply.finish_reason,
                "usage": {
                    "prompt_tokens": reply.prompt_tokens,
                    "completion_tokens": reply.completion_tokens,
                },
                **{key: meta[key] for key in _SOURCE_META if key in meta},
            },
        }
        write_json(stage_path(self.output, item.stem, RECIPE_SUFFIX), value)
        self._count(recipe, reasoning)

    def notes(self) -> list[str]:
        """Summary line: what was found."""
        counts = [f"{name} {count:,}" for name, count in sorted(self.results.items())]
        return ["found: " + ", ".join(counts)] if counts else []

    def _count(self, recipe: dict[str, Any], reasoning: str) -> None:
        kind = "several recipes" if "@graph" in recipe else "one recipe" if recipe else "no recipe"
        self.results[kind] += 1
        if not reasoning:
            self.results["without reasoning"] += 1


def generate_labels(
    settings: LabelSettings,
    server: ServerSettings,
    sampling: SamplingSettings,
    runner: RunnerSettings,
) -> int:
    """Script 03; returns its exit code. Raises PipelineError."""
    stage = LabelStage(settings.output, server.model, sampling)

    def list_work() -> WorkList:
        posts = list_stage(settings.posts, POST_SUFFIX)
        if not posts:
            raise PipelineError(
                f"there is no post (*{POST_SUFFIX}) in {settings.posts}; run 02_generate_blogs.py "
                "first or name another folder with --input"
            )
        stop = settings.skip + settings.limit if settings.limit else None
        total = max(0, min(len(posts), stop or len(posts)) - settings.skip)
        chosen = islice(posts.items(), settings.skip, stop)
        return WorkList((LabelItem(stem, path) for stem, path in chosen), total)

    place = StageSettings(settings.output, RECIPE_SUFFIX, "recipes", settings.overwrite)
    return run_stage(stage, list_work, place, server, runner, stage.notes)
