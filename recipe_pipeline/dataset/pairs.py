"""Posts (stage 2) and their labels (stage 3), matched by file name, read once and checked.

The two folders are the only coupling: ``<blog>/<stem>.txt`` belongs to ``<llm>/<stem>.json``. The
sidecar ``<stem>.meta.json`` beside a post is used if it exists.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from recipe_pipeline.common.decoding import decode_text
from recipe_pipeline.common.seeding import key64, text_digest
from recipe_pipeline.common.stage_folder import (
    META_SUFFIX,
    POST_SUFFIX,
    RECIPE_SUFFIX,
    existing_path,
    read_bytes,
)
from recipe_pipeline.common.storage import write_record
from recipe_pipeline.schema.recipe import (
    RecipeInvalid,
    ingredient_lines,
    normalise_recipe,
    recipes_in,
)
from recipe_pipeline.text.normalise import tokenise

MAX_POST_BYTES = 4_000_000


class Skipped(Exception):
    """A post that gives no example: ``reason`` is a slug to count by, ``details`` explain it."""

    def __init__(self, reason: str, *details: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


@dataclass(frozen=True)
class Post:
    """A post: the text, and on first use its digest and sidecar."""

    path: str
    text: str

    @classmethod
    def read(cls, path: str) -> Post:
        r"""The post at ``path``, with ``\n`` line ends and no white space around it.

        UTF-8 (with or without BOM), or cp1252 as browsers assume if the bytes are not UTF-8. A byte
        that is undefined there becomes U+FFFD, and so do the few bytes that damage a UTF-8 text.
        Raises OSError.
        """
        text = decode_text(read_bytes(path))
        return cls(path, text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip())

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the text; a label records which text it was made from."""
        return text_digest(self.text)

    @cached_property
    def meta(self) -> dict[str, Any]:
        """The sidecar; ``{}`` if there is none or it cannot be read (nothing depends on it)."""
        with suppress(OSError, ValueError, RecursionError):
            meta = json.loads(read_bytes(self.path.removesuffix(POST_SUFFIX) + META_SUFFIX))
            if isinstance(meta, dict):
                return meta
        return {}

    @property
    def source(self) -> dict[str, Any]:
        """The recipe that the post was written from ("row" and its facts); {} if unknown."""
        facts = self.meta.get("source")
        return facts if isinstance(facts, dict) else {}

    @property
    def name(self) -> str:
        """The name of that recipe, "" if unknown or if the post has another dish as well."""
        return "" if self.meta.get("kind") == "two_dishes" else str(self.source.get("name") or "")


@dataclass
class Label:
    """The recipe of a post as canonical JSON-LD, the reasoning behind it, and its metadata.

    ``support`` is set once the label has been checked against its post.
    """

    recipe: dict[str, Any]
    reasoning: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    support: float | None = None

    @classmethod
    def parse(cls, payload: bytes) -> Label:
        """The label in the bytes of a file; raises Skipped if there is no valid one."""
        try:
            data = json.loads(payload.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise Skipped("label-not-json") from None
        if not isinstance(data, dict):
            raise Skipped("label-without-recipe", f"the file holds {type(data).__name__}")
        recipe = data.get("recipe")
        if "recipe" not in data and ("@type" in data or "@graph" in data):
            # A bare JSON-LD file, as a person would put there by hand.
            data, recipe = {}, data
        if not isinstance(recipe, dict | list):
            raise Skipped("label-without-recipe", 'no "recipe" object')
        try:
            recipe = normalise_recipe(recipe)
        except RecipeInvalid as error:
            raise Skipped("invalid-label", *error.complaints) from None
        reasoning, meta = data.get("reasoning"), data.get("meta")
        return cls(
            recipe,
            reasoning if isinstance(reasoning, str) else "",
            meta if isinstance(meta, dict) else {},
        )

    def write(self, path: Path) -> None:
        """Write the file of the label; raises OSError."""
        content = {"recipe": self.recipe, "reasoning": self.reasoning, "meta": self.meta}
        write_record(path, content)


def read_pair(blog_dir: Path, llm_dir: Path, stem: str) -> tuple[Post, Label]:
    """Post and label of ``stem``. Raises Skipped if one is missing or unusable."""
    try:
        payload = read_bytes(existing_path(llm_dir, stem, RECIPE_SUFFIX))
    except FileNotFoundError:
        raise Skipped("missing-label") from None
    path = existing_path(blog_dir, stem, POST_SUFFIX)
    size = os.stat(path).st_size
    if size > MAX_POST_BYTES:
        raise Skipped("post-too-large", f"{size:,} bytes; the limit is {MAX_POST_BYTES:,}")
    post = Post.read(path)
    if not post.text:
        raise Skipped("empty-post")
    label = Label.parse(payload)
    if label.meta.get("post_sha256", post.digest) != post.digest:
        raise Skipped("outdated-label", "the post has changed since its label was made")
    return post, label


def identities(post: Post, label: Label) -> tuple[int, ...]:
    """64-bit keys; posts that share one tell the same recipe: the same source row, the same name
    with the same ingredients, or the same text."""
    keys = [f"post:{' '.join(post.text.lower().split())}"]
    facts = post.source
    if isinstance(facts.get("row"), int):
        keys.append(f"row:{facts['row']}")
    if facts.get("name") and isinstance(facts.get("ingredients"), list):
        keys.append(_name_key(facts["name"], facts["ingredients"]))
    for part in recipes_in(label.recipe):
        # A name alone does not identify a recipe: there are many pancakes.
        if ingredient_lines(part):
            keys.append(_name_key(part.get("name", ""), ingredient_lines(part)))
    return tuple(dict.fromkeys(map(key64, keys)))


def _name_key(name: Any, ingredients: list[Any]) -> str:
    lines = sorted(map(_plain, map(str, ingredients)))
    return f"recipe:{_plain(str(name))}|{'|'.join(lines)}"


@lru_cache(maxsize=16384)
def _plain(line: str) -> str:
    return " ".join(tokenise(line))
