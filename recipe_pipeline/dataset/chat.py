"""The chat message format of the dataset: writing and reading one example."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT, user_message

THINK_START, THINK_END = "<think>", "</think>"
_EXPECTED = "expected a JSON Lines file, with one JSON object in each line"
ROLES = ("system", "user", "assistant", "tool")

_THINK_MARKS = re.compile(r"</?think>", re.IGNORECASE)
_THINK_BLOCK = re.compile(r"\s*<think>(?:.*?</think>\s*|.*\Z)", re.DOTALL)


def build_example(
    post: str,
    recipe: dict[str, Any],
    reasoning: str = "",
    system_prompt: str | None = None,
) -> dict[str, list[dict[str, str]]]:
    """``{"messages": [system, user, assistant]}`` of one post and its label.

    The assistant turn is ``<think>\\n<reasoning>\\n</think>\\n\\n<recipe>`` with the recipe as JSON
    on a single line; without reasoning it is the JSON alone. Think marks inside the reasoning are
    removed: they would end the block early. ``system_prompt`` None is the built-in one.
    """
    answer = json.dumps(recipe, ensure_ascii=False, allow_nan=False)
    thoughts = _THINK_MARKS.sub("", reasoning).strip()
    if thoughts:
        answer = f"{THINK_START}\n{thoughts}\n{THINK_END}\n\n{answer}"
    return {
        "messages": [
            {"role": "system", "content": system_prompt or EXTRACTION_SYSTEM_PROMPT},
            {"role": "user", "content": user_message(post)},
            {"role": "assistant", "content": answer},
        ]
    }


def strip_reasoning(assistant_text: str) -> str:
    """``assistant_text`` without the think block it starts with; "" if the block never ends."""
    return split_reasoning(assistant_text)[1]


def split_reasoning(assistant_text: str) -> tuple[str, str]:
    """The think block that ``assistant_text`` starts with ("" if none), and what follows it."""
    match = _THINK_BLOCK.match(assistant_text)
    end = match.end() if match else 0
    return assistant_text[:end], assistant_text[end:]


def post_of(messages: Sequence[Mapping[str, str]]) -> str:
    """The post of an example, read back from its first user message."""
    content = next(message["content"] for message in messages if message["role"] == "user")
    return content.removeprefix(user_message(""))


def read_examples(path: Path) -> Iterator[dict[str, Any]]:
    """The examples of a dataset file (JSON lines, UTF-8), one at a time; blank lines are skipped.

    Raises:
        PipelineError: naming file and line of the first thing that is not in the format.
    """
    for number, example in read_json_lines(path):
        if problem := _problem_of(example):
            raise PipelineError(
                f"{path}, line {number}: {problem}; expected "
                '{"messages": [system, user, assistant]} as 04 writes it'
            )
        yield example


def read_json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Number (from 1) and value of each line of ``path`` (UTF-8) that is not blank.

    Raises PipelineError, which names the file and the line that is not JSON.
    """
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                line = line.removeprefix(codecs.BOM_UTF8)
                if line.strip():
                    yield number, _parsed(line, f"{path}, line {number}")
    except OSError as error:
        raise PipelineError(f"cannot read {path}: {error.strerror}") from error


def _parsed(line: bytes, where: str) -> Any:
    try:
        return json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 text (byte {error.start + 1})"
        raise PipelineError(f"{where}: {problem}; {_EXPECTED}") from error
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", "nested too deeply, or a number is too long")
        raise PipelineError(f"{where}: not valid JSON ({reason}); {_EXPECTED}") from error


def _problem_of(example: Any) -> str | None:
    messages = example.get("messages") if isinstance(example, dict) else None
    if not isinstance(messages, list) or not messages:
        return 'no "messages" list'
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            return f"message {number} has an unknown role"
        if not isinstance(message.get("content"), str):
            return f"the content of message {number} is not text"
    if messages[-1]["role"] != "assistant" or not messages[-1]["content"].strip():
        return "the last message is not an assistant answer"
    if not any(message["role"] == "user" for message in messages):
        return "there is no user message"
    return None
