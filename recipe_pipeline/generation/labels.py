"""Stage 3: blog posts -> schema.org recipe JSON with the reasoning of the LLM, one file each.

What its post does not state is taken out of a label. A label that the post still does not support is
requested again, with the faults named in the request; the best supported try is kept.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from itertools import islice

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import (
    POST_SUFFIX,
    RECIPE_SUFFIX,
    existing_path,
    list_stage,
    read_bytes,
    stage_path,
)
from recipe_pipeline.dataset.pairs import Label, Post
from recipe_pipeline.generation.engine import run_stage
from recipe_pipeline.generation.prompts import with_complaints
from recipe_pipeline.generation.run import WorkList
from recipe_pipeline.generation.settings import GenerationSettings, LabelSettings, StageSettings
from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.repair import repaired
from recipe_pipeline.llm.client import ChatRequest
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.replies import ReplyError, TryAgain, parse_recipe_reply, require_finished
from recipe_pipeline.llm.stage import ItemError
from recipe_pipeline.models.prompts import extraction_messages

MAX_POST_CHARACTERS = 200_000
"""About 50,000 tokens. A longer file is not a blog post and would only block the server."""

_CORRECTION = """

An earlier answer had the faults below. Read the post again and answer with the whole corrected JSON \
object; change nothing else.
"""

_SOURCE_META = ("style", "kind", "left_out")


@dataclass
class LabelItem:
    """A post and the tries at its label, with the reasons why there was another. ``renew``: the post
    changed after its label was made."""

    stem: str
    path: str
    renew: bool = False
    post: Post | None = None
    tries: int = 0
    best: Label | None = None
    complaints: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)


@dataclass
class LabelStage:
    """Builds the requests of stage 3 and writes the recipes."""

    settings: LabelSettings
    generation: GenerationSettings
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {"found": Counter(), "checked": Counter(), "removed": Counter()}
    )

    def request(self, item: LabelItem, repeat: int) -> ChatRequest:
        """The request for the recipe; raises ItemError for an unusable post."""
        try:
            post = item.post = item.post or Post.read(item.path)
        except OSError as error:
            raise ItemError("unreadable_post", f"{item.path}: {error.strerror}") from None
        if not post.text:
            raise ItemError("empty_post", f"{item.path} is empty")
        if len(post.text) > MAX_POST_CHARACTERS:
            raise ItemError(
                "post_too_long",
                f"{item.path} has {len(post.text):,} characters, more than {MAX_POST_CHARACTERS:,}",
            )
        messages = with_complaints(extraction_messages(post.text), _CORRECTION, item.complaints)
        # Every try has its own seed, or a server that honours it would repeat its answer.
        options = self.generation.sampling.options(item.stem, repeat + item.tries)
        return ChatRequest(messages, options)

    def accept(self, item: LabelItem, request: ChatRequest, reply: Reply) -> None:
        """Write recipe, reasoning and meta; raises ReplyError, OSError."""
        post = item.post
        assert post is not None
        try:
            label = self._read(post, request, reply)
            self._consider(item, post, label)
        except ReplyError as error:
            item.faults.append(error.reason)
            if isinstance(error, TryAgain):
                raise
            if error.reason == "invalid_recipe":
                item.complaints = (error.detail,)
            # An unreadable second try does not undo the first one.
            if item.best is None:
                raise
        assert item.best is not None
        self._write(item, item.best)

    def notes(self) -> list[str]:
        """Summary lines: what was found, and how much of it the posts support."""
        found, checked = self.counts["found"], self.counts["checked"]
        lines = []
        if found:
            lines.append("found: " + ", ".join(f"{k} {n:,}" for k, n in sorted(found.items())))
        if checked:
            counts = ", ".join(f"{name} {count:,}" for name, count in checked.most_common())
            hint = " (04 leaves these out)" if checked["not supported"] else ""
            lines.append(f"checked against the posts: {counts}{hint}")
        if removed := self.counts["removed"]:
            counts = ", ".join(f"{name} {count:,}" for name, count in removed.most_common())
            lines.append(f"removed or mended, going by the posts: {counts}")
        return lines

    def _read(self, post: Post, request: ChatRequest, reply: Reply) -> Label:
        require_finished(reply.finish_reason, reply.written)
        recipe, reasoning = parse_recipe_reply(reply.text, reply.reasoning)
        meta = {
            # The model that answered: some servers accept any name.
            "model": reply.model or self.generation.server.model,
            **self.generation.server.fields(request.options),
            "post_sha256": post.digest,
            "finish_reason": reply.finish_reason,
            "usage": reply.usage,
            **{key: post.meta[key] for key in _SOURCE_META if key in post.meta},
        }
        return Label(recipe, reasoning, meta)

    def _consider(self, item: LabelItem, post: Post, label: Label) -> None:
        """Keep the best label so far. Raises TryAgain if another try is worth it."""
        item.tries += 1
        if not self.settings.verify:
            item.best = label
            return
        label.recipe, removed = repaired(label.recipe, post.text, post.name)
        if removed:
            label.meta["removed"] = removed
        found = ground(label.recipe, post.text, post.source)
        label.support, complaints = found.support, found.complaints()
        label.meta["grounding"] = {"support": round(found.support, 3), "complaints": complaints}
        if item.best is None or label.support > (item.best.support or 0.0):
            item.best = label
        supported = (item.best.support or 0.0) >= DEFAULT_MIN_SUPPORT
        if not supported and item.tries <= self.settings.verify:
            item.complaints = tuple(complaints)
            raise TryAgain("unsupported", "; ".join(complaints))

    def _write(self, item: LabelItem, label: Label) -> None:
        label.meta["tries"] = item.tries
        if item.faults:
            label.meta["retries"] = item.faults
        label.write(stage_path(self.settings.output, item.stem, RECIPE_SUFFIX))
        found = self.counts["found"]
        several = "@graph" in label.recipe
        found["several recipes" if several else "one recipe" if label.recipe else "no recipe"] += 1
        if not label.reasoning:
            found["without reasoning"] += 1
        if label.support is not None:
            supported = label.support >= DEFAULT_MIN_SUPPORT
            retried = " after a retry" if item.tries > 1 else ""
            result = f"supported{retried}" if supported else "not supported"
            self.counts["checked"][result] += 1
        self.counts["removed"].update(entry["field"] for entry in label.meta.get("removed", ()))


def is_outdated(post: str, label: str) -> bool:
    """Whether the file ``post`` is newer than the file ``label`` and has another text than the one
    the label was made from.

    Contents are compared only if the times call for it, so that a folder of 100,000 takes a second.
    A hand-made label, which does not name its text, is never outdated.
    """
    try:
        times = os.stat(post)  # a post that was copied over the old one may keep its older mtime
        if max(times.st_mtime_ns, times.st_ctime_ns) < os.stat(label).st_mtime_ns:
            return False
        made_from = json.loads(read_bytes(label))["meta"]["post_sha256"]
        return made_from != Post.read(post).digest
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def generate_labels(settings: LabelSettings, generation: GenerationSettings) -> int:
    """Script 03; returns its exit code. Raises PipelineError."""
    stage = LabelStage(settings, generation)

    def item_of(stem: str, done: bool) -> LabelItem | None:
        path = existing_path(settings.posts, stem, POST_SUFFIX)
        renew = done and is_outdated(path, existing_path(settings.output, stem, RECIPE_SUFFIX))
        return None if done and not renew else LabelItem(stem, path, renew=renew)

    def list_work(done: Container[str]) -> WorkList:
        posts = list_stage(settings.posts, POST_SUFFIX)
        if not posts:
            raise PipelineError(
                f"there are no posts (*{POST_SUFFIX}) in {settings.posts}; run 02_generate_blogs.py "
                "first or pass another folder with --input"
            )
        stop = settings.skip + settings.limit if settings.limit else None
        total = max(0, min(len(posts), stop or len(posts)) - settings.skip)
        chosen = islice(posts, settings.skip, stop)
        items = (item_of(stem, stem in done) for stem in chosen)
        return WorkList(items, total, set(posts).__contains__)

    place = StageSettings(settings.output, RECIPE_SUFFIX, "recipes", generation.overwrite)
    return run_stage(stage, list_work, place, generation, stage.notes)
