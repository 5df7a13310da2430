"""From a pair of files to one dataset line."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from recipe_pipeline.common.seeding import key64
from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.dataset.pairs import Label, Post, Skipped, identities, read_pair
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.token_counts import measure
from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.repair import removed_in, repaired
from recipe_pipeline.schema.layout import laid_out

to_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps makes an encoder for each call


class Record(NamedTuple):
    """One example on its way to the file.

    ``order`` is its place after the shuffle, ``line`` a JSON text without a line end, ``meta`` its
    metadata.
    """

    order: int
    line: bytes
    meta: dict[str, Any]
    identities: tuple[int, ...]


def make_record(settings: DatasetSettings, stem: str) -> Record:
    """The record of one post. Raises Skipped if it gives no example, OSError."""
    post, label = read_pair(settings.blog_dir, settings.llm_dir, stem)
    if not label.recipe and not settings.include_empty:
        raise Skipped("no-recipe")
    _check_support(post, label, settings.min_support)
    example = build_example(
        post.text,
        laid_out(label.recipe, settings.sections, settings.key_order),
        label.reasoning if settings.reasoning == "keep" else "",
        settings.system_prompt,
    )
    lengths = measure(example["messages"])
    return Record(
        order=key64(f"order:{settings.seed}:{stem}"),
        line=to_json(example).encode("utf-8", "replace"),
        meta={
            **_meta(stem, post, label),
            "tokens": lengths.answer_only,
            "tokens_with_reasoning": lengths.with_reasoning,
        },
        identities=identities(post, label),
    )


def _check_support(post: Post, label: Label, min_support: float) -> None:
    """Take out of the label what the post does not state, as 03 does, and set its support by the post;
    raises Skipped if that is not enough."""
    if not min_support:
        return
    label.recipe, removed = repaired(label.recipe, post.text, post.name)
    label.meta["removed"] = [*removed_in(label.meta), *removed]
    found = ground(label.recipe, post.text, post.source)
    if found.support < min_support:
        raise Skipped("unsupported", *found.complaints(min_support))
    label.support = found.support


def _meta(stem: str, post: Post, label: Label) -> dict[str, Any]:
    """What a person wants to know about an example later; never part of the training text."""
    source = {
        "row": post.source.get("row"),
        "name": post.source.get("name"),
        "blog_model": post.meta.get("model"),
        "label_model": label.meta.get("model"),
    }
    meta = {
        "id": stem,
        "style": post.meta.get("style"),
        "kind": post.meta.get("kind") or ("complete" if label.recipe else "no_recipe"),
        "source": {key: value for key, value in source.items() if value is not None},
        "left_out": post.meta.get("left_out") or None,
        "support": None if label.support is None else round(label.support, 3),
        "removed": [entry["field"] for entry in removed_in(label.meta)] or None,
        "tries": label.meta.get("tries"),
    }
    return {key: value for key, value in meta.items() if value is not None}
