"""Documents to evaluate on: dataset files of 04, posts with gold, web pages with gold.

A post is a line ``{"id", "text", "gold"}``. A web page has its "html" in the line, or names a "file"
beside the JSON lines file; a folder of pages has an ``index.jsonl``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.chat import (
    post_of,
    read_examples,
    read_json_lines,
    strip_reasoning,
)
from recipe_pipeline.dataset.files import meta_name
from recipe_pipeline.evaluation.pages import INDEX_NAME, page_file, text_of, visible_text

_CONTENT = ("text", "html", "file")
_EXPECTED = (
    """{"id", "text", "gold"} ("html" or "file" instead of "text" for web pages) or {"messages"}"""
)


@dataclass(frozen=True)
class EvaluationDocument:
    """A post, its gold (JSON-LD or page metadata) and the groups it is reported under.

    ``id`` is unique within a dataset; ``groups`` may have "style", "kind" and "source". ``page`` is
    all text that can be seen on a web page, of which ``post`` is what the text step has kept, and
    ``title`` its name; None for a document that came as text.
    """

    id: str
    post: str
    gold: dict[str, Any]
    groups: dict[str, str] = field(default_factory=dict)
    page: str | None = None
    title: str = ""


def load_documents(path: Path, limit: int | None = None) -> list[EvaluationDocument]:
    """The first ``limit`` (None or 0: all) documents of a JSON lines file or a folder of pages.

    A dataset of 04 is recognised by ``"messages"``; styles, kinds and sources come from the
    ``.meta.jsonl`` beside it if that has as many lines.

    Raises:
        PipelineError: the file is missing or empty, a line (named) is malformed, or a page cannot
            be read.
    """
    if path.is_dir():
        path = path / INDEX_NAME
        if not path.is_file():
            raise PipelineError(
                f"there is no {path}: a folder of pages needs one, with a line "
                '{"id", "file", "gold"} for each page'
            )
    if not path.is_file():
        raise PipelineError(
            f"dataset {path} does not exist: create one with 04_generate_finetuning_dataset.py "
            "--split 0.8, or name a file with --dataset"
        )
    first = next(read_json_lines(path), None)
    if first is None:
        raise PipelineError(f"dataset {path} is empty: expected {_EXPECTED} in each line")
    is_chat = isinstance(first[1], dict) and "messages" in first[1]
    documents = _read_chats(path) if is_chat else _read_rows(path)
    return list(_with_unique_ids(islice(documents, limit or None)))


def _read_rows(path: Path) -> Iterator[EvaluationDocument]:
    for number, row in read_json_lines(path):
        key = next((key for key in _CONTENT if isinstance(row, dict) and key in row), None)
        if key is None or not isinstance(row[key], str):
            found = ", ".join(row)[:100] if isinstance(row, dict) else "no object"
            raise PipelineError(
                f"{path}, line {number}: no document ({found}); expected {_EXPECTED}"
            )
        if not isinstance(row.get("gold"), dict):
            raise PipelineError(
                f'{path}, line {number}: "gold" must be the recipe as a JSON object ({{}}: no recipe)'
            )
        groups = {
            key: str(row[key]) for key in ("style", "kind", "source") if row.get(key) is not None
        }
        if "host" in row:
            groups.setdefault("source", str(row["host"]))
        identity, gold = str(row.get("id", number)), row["gold"]
        if key == "text":
            yield EvaluationDocument(identity, row["text"], gold, groups)
        elif key == "html":
            yield _page(identity, row["html"].encode("utf-8", "replace"), gold, groups)
        else:
            yield _page(identity, page_file(path.parent, row["file"]), gold, groups)


def _page(
    identity: str, content: bytes, gold: dict[str, Any], groups: dict[str, str]
) -> EvaluationDocument:
    text, title = text_of(content)
    return EvaluationDocument(identity, text, gold, groups, visible_text(content), title)


def _read_chats(path: Path) -> Iterator[EvaluationDocument]:
    metadata = _metadata(path)
    for number, example in enumerate(read_examples(path), start=1):
        messages = example["messages"]
        answer = strip_reasoning(messages[-1]["content"])
        try:
            gold = json.loads(answer)
        except (ValueError, RecursionError):
            gold = None
        if not isinstance(gold, dict):
            raise PipelineError(
                f"{path}, example {number}: the assistant's answer is not a JSON object"
            )
        meta = metadata[number - 1] if number <= len(metadata) else {}
        identity = str(meta.get("id") or f"line-{number:05d}")
        yield EvaluationDocument(identity, post_of(messages), gold, _groups(meta))


def _metadata(path: Path) -> list[dict[str, Any]]:
    """Lines of the metadata file; none if it is missing or has another number of lines."""
    file = meta_name(path)
    if not file.is_file():
        return []
    rows = [row if isinstance(row, dict) else {} for _, row in read_json_lines(file)]
    return rows if len(rows) == sum(1 for _ in read_examples(path)) else []


def _groups(meta: dict[str, Any]) -> dict[str, str]:
    groups = {key: str(meta[key]) for key in ("style", "kind") if meta.get(key)}
    source = meta.get("source")
    model = source.get("blog_model") if isinstance(source, dict) else source
    if model:
        groups["source"] = str(model)
    return groups


def _with_unique_ids(documents: Iterable[EvaluationDocument]) -> Iterator[EvaluationDocument]:
    """A second "x" becomes "x#2", because answers are stored by id."""
    seen: Counter[str] = Counter()
    for document in documents:
        seen[document.id] += 1
        times = seen[document.id]
        identity = document.id if times == 1 else f"{document.id}#{times}"
        # A lone surrogate is valid JSON, but tokenizers refuse it.
        post = document.post.encode("utf-8", "replace").decode("utf-8")
        yield replace(document, id=identity, post=post)
