"""Posts (stage 2) and their labels (stage 3), matched by file name and checked.

The two folders are the only coupling: ``<blog>/<stem>.txt`` belongs to ``<llm>/<stem>.json``, in
the folder itself or in sub-folders of the same name on both sides. ``<stem>.meta.json`` beside the
post is used when it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.errors import PipelineError
from recipe_pipeline.schema_org import (
    RecipeInvalid,
    ingredient_lines,
    normalise_recipe,
    recipes_in,
)
from recipe_pipeline.text_match import tokenise

MAX_POST_BYTES = 4_000_000
META_SUFFIX = ".meta.json"


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


def iter_stems(folder: Path, suffix: str) -> Iterator[str]:
    """Relative stems ("00012-soup", "shard/00012-soup") of the files that end in ``suffix``.

    Hidden files (half-written ones among them) and sidecars are passed over; order is the file
    system's.
    """
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    pending.append(f"{prefix}{entry.name}/")
                elif entry.name.endswith(suffix) and not entry.name.endswith(META_SUFFIX):
                    yield prefix + entry.name.removesuffix(suffix)


def require_folder(folder: Path, flag: str, made_by: str) -> None:
    """Raises PipelineError when ``folder`` is not there."""
    if not folder.is_dir():
        raise PipelineError(f"no folder {folder}: run {made_by} first or give {flag}")


def read_pair(blog_dir: Path, llm_dir: Path, stem: str) -> Pair:
    """The pair of ``stem``. Raises Skipped when post or label is missing or unusable."""
    label_file = llm_dir / f"{stem}.json"
    try:
        label_bytes = label_file.read_bytes()
    except FileNotFoundError:
        raise Skipped("missing-label") from None
    post = _read_post(blog_dir / f"{stem}.txt")
    recipe, reasoning, label_meta = _read_label(label_bytes)
    source = _read_meta(blog_dir / f"{stem}{META_SUFFIX}")
    return Pair(
        stem=stem,
        post=post,
        recipe=recipe,
        reasoning=reasoning,
        source=source,
        label_meta=label_meta,
        identities=_identities(post, recipe, source),
    )


def _read_post(file: Path) -> str:
    if file.stat().st_size > MAX_POST_BYTES:
        raise Skipped("post-too-large", [f"more than {MAX_POST_BYTES} bytes"])
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Skipped("post-not-utf8", [f"byte {error.start + 1}"]) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    if not text:
        raise Skipped("empty-post")
    return text


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


def _read_meta(file: Path) -> dict[str, Any]:
    """The sidecar of a post; {} when there is none or it is no JSON object."""
    try:
        data = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def source_facts(source: dict[str, Any]) -> dict[str, Any]:
    """The facts of the source recipe in a post's sidecar; {} when it has none."""
    for key in ("facts", "source"):
        facts = source.get(key)
        if isinstance(facts, dict):
            inner = facts.get("facts")
            return inner if isinstance(inner, dict) else facts
    return {}


def _identities(post: str, recipe: dict[str, Any], source: dict[str, Any]) -> tuple[int, ...]:
    """What makes two posts tell the same recipe: source row, name with ingredients, or the text."""
    keys = [f"post:{' '.join(post.lower().split())}"]
    row = source.get("row")
    if isinstance(row, int):
        keys.append(f"row:{row}")
    facts = source_facts(source)
    if facts.get("name") and isinstance(facts.get("ingredients"), list):
        keys.append(_name_key(facts["name"], facts["ingredients"]))
    for part in recipes_in(recipe):
        # A name alone is no identity: there are many pancake recipes.
        if ingredient_lines(part):
            keys.append(_name_key(part.get("name", ""), ingredient_lines(part)))
    return tuple(dict.fromkeys(key64(key) for key in keys))


def _name_key(name: Any, ingredients: list[Any]) -> str:
    lines = sorted(" ".join(tokenise(str(line))) for line in ingredients)
    return f"recipe:{' '.join(tokenise(str(name)))}|{'|'.join(lines)}"


def key64(text: str) -> int:
    """A 64-bit hash that is the same in every process and on every machine."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
