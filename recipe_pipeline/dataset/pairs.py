"""Posts (stage 2) and their labels (stage 3), matched by file name and checked.

The two folders are the only coupling: ``<blog>/<stem>.txt`` belongs to ``<llm>/<stem>.json``.
``<stem>.meta.json`` beside the post is used when it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from recipe_pipeline.common.stage_folder import (
    POST_SUFFIX,
    RECIPE_SUFFIX,
    existing_path,
    post_digest,
    read_bytes,
    read_meta,
    read_post,
)
from recipe_pipeline.schema.recipe import (
    RecipeInvalid,
    ingredient_lines,
    normalise_recipe,
    recipes_in,
)
from recipe_pipeline.text.normalise import tokenise

MAX_POST_BYTES = 4_000_000


@dataclass(frozen=True)
class Pair:
    """A post with its valid label. ``identities``: 64-bit keys; a shared one means same recipe."""

    stem: str
    post: str
    recipe: dict[str, Any]
    reasoning: str
    source: dict[str, Any] = field(default_factory=dict)
    label_meta: dict[str, Any] = field(default_factory=dict)
    identities: tuple[int, ...] = ()


class Skipped(Exception):
    """A post that gives no example: ``reason`` is a slug to count by, ``details`` say more."""

    def __init__(self, reason: str, details: list[str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details or []


def read_pair(blog_dir: Path, llm_dir: Path, stem: str) -> Pair:
    """The pair of ``stem``. Raises Skipped when post or label is missing or unusable."""
    try:
        label_bytes = read_bytes(existing_path(llm_dir, stem, RECIPE_SUFFIX))
    except FileNotFoundError:
        raise Skipped("missing-label") from None
    post_path = existing_path(blog_dir, stem, POST_SUFFIX)
    post = _checked_post(post_path)
    recipe, reasoning, label_meta = _read_label(label_bytes)
    if label_meta.get("post_sha256", post_digest(post)) != post_digest(post):
        raise Skipped("outdated-label", ["the post has changed since its label was made"])
    source = read_meta(post_path)
    return Pair(
        stem=stem,
        post=post,
        recipe=recipe,
        reasoning=reasoning,
        source=source,
        label_meta=label_meta,
        identities=_identities(post, recipe, source),
    )


def _checked_post(path: str) -> str:
    size = os.stat(path).st_size
    if size > MAX_POST_BYTES:
        raise Skipped("post-too-large", [f"{size:,} bytes; at most {MAX_POST_BYTES:,} are read"])
    post = read_post(path)
    if not post:
        raise Skipped("empty-post")
    return post


def _read_label(payload: bytes) -> tuple[dict[str, Any], str, dict[str, Any]]:
    try:
        data = json.loads(payload.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Skipped("label-not-json") from None
    if not isinstance(data, dict):
        raise Skipped("label-without-recipe", [f"the file holds {type(data).__name__}"])
    recipe = data.get("recipe")
    if "recipe" not in data and ("@type" in data or "@graph" in data):
        # A bare JSON-LD file, as a person would put there by hand.
        data, recipe = {}, data
    if not isinstance(recipe, dict | list):
        raise Skipped("label-without-recipe", ['no "recipe" object'])
    try:
        recipe = normalise_recipe(recipe)
    except RecipeInvalid as error:
        raise Skipped("invalid-label", error.complaints) from None
    reasoning, meta = data.get("reasoning"), data.get("meta")
    return (
        recipe,
        reasoning if isinstance(reasoning, str) else "",
        meta if isinstance(meta, dict) else {},
    )


def source_facts(meta: dict[str, Any]) -> dict[str, Any]:
    """The source recipe in a post's sidecar ("row" and the facts); {} when there is none."""
    facts = meta.get("source")
    return facts if isinstance(facts, dict) else {}


def _identities(post: str, recipe: dict[str, Any], source: dict[str, Any]) -> tuple[int, ...]:
    """What makes two posts tell the same recipe: source row, name with ingredients, or the text."""
    keys = [f"post:{' '.join(post.lower().split())}"]
    facts = source_facts(source)
    if isinstance(facts.get("row"), int):
        keys.append(f"row:{facts['row']}")
    if facts.get("name") and isinstance(facts.get("ingredients"), list):
        keys.append(_name_key(facts["name"], facts["ingredients"]))
    for part in recipes_in(recipe):
        # A name alone is no identity: there are many pancake recipes.
        if ingredient_lines(part):
            keys.append(_name_key(part.get("name", ""), ingredient_lines(part)))
    return tuple(dict.fromkeys(key64(key) for key in keys))


def _name_key(name: Any, ingredients: list[Any]) -> str:
    lines = sorted(map(_plain, map(str, ingredients)))
    return f"recipe:{_plain(str(name))}|{'|'.join(lines)}"


@lru_cache(maxsize=16384)
def _plain(line: str) -> str:
    return " ".join(tokenise(line))


def key64(text: str) -> int:
    """A 64-bit hash that is the same in every process and on every machine."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
