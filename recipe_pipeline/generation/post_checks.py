"""Does a reply look like a published post? Markdown is removed; other faults cause a retry."""

from __future__ import annotations

import re

from recipe_pipeline.generation.styles import STYLES
from recipe_pipeline.llm.replies import ReplyError
from recipe_pipeline.text.markdown import without_markdown

_ISO_DURATION = re.compile(r"\bP(?:\d+D)?T(?:\d+[HMS])+\b|\bP\d+D(?![\w-])")
# Words of the instructions that models take for headings. On real pages they are rare or absent.
_PROMPT_WORDS = {
    "personal story", "recipe card", "reader comments", "hook line", "advertising block",
    "newsletter block", "blog post",
    *(style.name.replace("_", " ") for style in STYLES),
}  # fmt: skip
_NUMBERED_READER = re.compile(r"(?:reader|commenter|user) #?\d{1,2}\b")
_LONGEST_HEADING = 60
_WORDS = re.compile(r"[^\W_]+(?:[\W_]+[^\W_]+)*")


class PostFault(ReplyError):
    """A fault, worded for the model that has to write the post again."""


def checked_post(post: str) -> str:
    """``post`` without Markdown.

    Raises:
        PostFault: it has ISO durations, or headings made of words of the instructions.
    """
    post = without_markdown(post)
    if code := _ISO_DURATION.search(post):
        raise PostFault(
            "iso_duration", f"the post says {code[0]!r}; a person writes times as '20 minutes'"
        )
    for line in post.splitlines():
        if _is_prompt_heading(line):
            raise PostFault(
                "prompt_words",
                f"the line {line.strip()[:60]!r} is made of the words of the instructions",
            )
    return post


def _is_prompt_heading(line: str) -> bool:
    words = _WORDS.search(line) if len(line) <= _LONGEST_HEADING else None
    if not words:
        return False
    text = words[0].lower().replace("_", " ")
    return text.removeprefix("style: ") in _PROMPT_WORDS or _NUMBERED_READER.match(text) is not None
