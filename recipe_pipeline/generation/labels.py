"""Stage 3: blog posts -> schema.org recipe JSON with the reasoning of the LLM, one file each."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import (
    POST_SUFFIX,
    RECIPE_SUFFIX,
    existing_path,
    list_stage,
    post_digest,
    read_bytes,
    read_meta,
    read_post,
    recorded_usage,
    stage_path,
)
from recipe_pipeline.common.storage import write_record
from recipe_pipeline.dataset.pairs import source_facts
from recipe_pipeline.generation.label_verification import (
    Candidate,
    Tries,
    Verification,
    with_complaints,
)
from recipe_pipeline.generation.run import WorkList, run_stage
from recipe_pipeline.generation.settings import (
    EngineSettings,
    SamplingSettings,
    StageSettings,
)
from recipe_pipeline.llm.client import ChatRequest, Reply
from recipe_pipeline.llm.replies import AskAgain, ReplyError, parse_recipe_reply, require_finished
from recipe_pipeline.llm.runner import ItemError
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.models.prompts import extraction_messages

MAX_POST_CHARACTERS = 200_000
"""About 50,000 tokens. More is no blog post but a wrong file, and would only block the server."""

_SOURCE_META = ("style", "kind", "left_out")


@dataclass(frozen=True)
class LabelSettings:
    """Posts ``skip`` to ``skip + limit`` of the folder ``posts`` (``limit`` None or 0: all).

    ``verify``: how often a label that its post does not support is asked for again; 0 leaves the
    check out.
    """

    posts: Path
    output: Path
    limit: int | None = None
    skip: int = 0
    overwrite: bool = False
    verify: int = 1


@dataclass
class LabelItem:
    """A post; ``post`` is its text once it has been read."""

    stem: str
    path: str
    post: str = ""
    renew: bool = False
    """The post has changed since its label was made."""
    tries: Tries = field(default_factory=Tries)


@dataclass
class LabelStage:
    """Builds the requests of stage 3 and writes the recipes."""

    output: Path
    model: str
    sampling: SamplingSettings
    verification: Verification = field(default_factory=Verification)
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
        item.post = post
        messages = with_complaints(extraction_messages(post), item.tries.complaints)
        # Another seed for every try, or a server that honours it would say the same again.
        options = self.sampling.options(item.stem, repeat + item.tries.count)
        return ChatRequest(messages, options)

    def accept(self, item: LabelItem, request: ChatRequest, reply: Reply) -> None:
        """Write recipe, reasoning and meta; raises ReplyError, OSError."""
        meta = read_meta(item.path)
        try:
            candidate = self._candidate(item, request, reply, meta)
            chosen = self.verification.consider(
                item.tries, candidate, item.post, source_facts(meta)
            )
        except AskAgain:
            raise
        except ReplyError as error:
            if error.reason == "invalid_recipe":
                item.tries.complaints = (error.detail,)
            if item.tries.best is None:
                raise
            # A second try that cannot be read does not undo the first one.
            chosen = item.tries.best
        self.verification.settle(item.tries, chosen)
        value = {"recipe": chosen.recipe, "reasoning": chosen.reasoning, "meta": chosen.meta}
        write_record(stage_path(self.output, item.stem, RECIPE_SUFFIX), value)
        self._count(chosen.recipe, chosen.reasoning)

    def _candidate(
        self, item: LabelItem, request: ChatRequest, reply: Reply, meta: dict[str, Any]
    ) -> Candidate:
        require_finished(reply.finish_reason)
        recipe, reasoning = parse_recipe_reply(reply.text, reply.reasoning)
        label_meta = {
            # What has answered, not what was asked for: some servers take any name.
            "model": reply.model or self.model,
            **request.options,
            "post_sha256": post_digest(item.post),
            "finish_reason": reply.finish_reason,
            "usage": {
                "prompt_tokens": reply.prompt_tokens,
                "completion_tokens": reply.completion_tokens,
            },
            **{key: meta[key] for key in _SOURCE_META if key in meta},
        }
        return Candidate(recipe, reasoning, label_meta)

    def counters(self) -> dict[str, Counter[str]]:
        """The counters behind the summary, by name."""
        return {"results": self.results, "verification": self.verification.results}

    def recount(self, item: LabelItem) -> tuple[int, int]:
        """Count a recipe that another process has written; its prompt and completion tokens."""
        path = stage_path(self.output, item.stem, RECIPE_SUFFIX)
        try:
            label = json.loads(path.read_text(encoding="utf-8"))
            recipe, reasoning, meta = label["recipe"], label["reasoning"], label["meta"]
        except (OSError, ValueError, KeyError, TypeError):
            return 0, 0  # changed by hand meanwhile; it is there, which is what counts
        self.verification.recount(meta)
        self._count(recipe, reasoning)
        return recorded_usage(meta)

    def notes(self) -> list[str]:
        """Summary lines: what was found, and how much of it the posts support."""
        counts = [f"{name} {count:,}" for name, count in sorted(self.results.items())]
        found = ["found: " + ", ".join(counts)] if counts else []
        return found + self.verification.notes()

    def _count(self, recipe: dict[str, Any], reasoning: str) -> None:
        kind = "several recipes" if "@graph" in recipe else "one recipe" if recipe else "no recipe"
        self.results[kind] += 1
        if not reasoning:
            self.results["without reasoning"] += 1


def is_outdated(post: str, label: str) -> bool:
    """Whether ``post`` was written after its label and is another text than the label was made of.

    The files are read only where their times speak for it: a folder of 100,000 is looked through
    in a second. A label made by hand, which does not say of which text, is never outdated.
    """
    try:
        times = os.stat(post)  # a post that was copied over the old one may keep its older mtime
        if max(times.st_mtime_ns, times.st_ctime_ns) < os.stat(label).st_mtime_ns:
            return False
        made_of = json.loads(read_bytes(label))["meta"]["post_sha256"]
        return made_of != post_digest(read_post(post))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def generate_labels(
    settings: LabelSettings,
    server: ServerSettings,
    sampling: SamplingSettings,
    runner: RunnerSettings,
    engine: EngineSettings | None = None,
) -> int:
    """Script 03; returns its exit code. Raises PipelineError."""
    verification = Verification(settings.verify)
    stage = LabelStage(settings.output, server.model, sampling, verification)

    def item_of(stem: str, done: bool) -> LabelItem | None:
        path = existing_path(settings.posts, stem, POST_SUFFIX)
        renew = done and is_outdated(path, existing_path(settings.output, stem, RECIPE_SUFFIX))
        return None if done and not renew else LabelItem(stem, path, renew=renew)

    def list_work(done: Container[str]) -> WorkList:
        posts = list_stage(settings.posts, POST_SUFFIX)
        if not posts:
            raise PipelineError(
                f"there is no post (*{POST_SUFFIX}) in {settings.posts}; run 02_generate_blogs.py "
                "first or name another folder with --input"
            )
        stop = settings.skip + settings.limit if settings.limit else None
        total = max(0, min(len(posts), stop or len(posts)) - settings.skip)
        chosen = islice(posts, settings.skip, stop)
        return WorkList((item_of(stem, stem in done) for stem in chosen), total)

    place = StageSettings(settings.output, RECIPE_SUFFIX, "recipes", settings.overwrite)
    return run_stage(stage, list_work, place, server, runner, stage.notes, engine)
