"""Does a reply look like a published post? If not, 02 requests it again and says why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recipe_pipeline.generation.styles import STYLES, Style
from recipe_pipeline.grounding.post_index import VERBS, canonical
from recipe_pipeline.llm.replies import ReplyError
from recipe_pipeline.text.vocabulary import KITCHEN_VERBS

WRONG_LENGTH = "wrong_length"
LENGTH_TOLERANCE = 0.4  # beyond the range that the style asks for

_ISO_DURATION = re.compile(r"\bP(?:\d+D)?T(?:\d+[HMS])+\b|\bP\d+D(?![\w-])")
# Names that models give to the parts of a post, or read in the request. No real page has them.
_PROMPT_WORDS = {
    "personal story", "recipe card", "reader comments", "hook line", "advertising block",
    "newsletter block", "blog post",
    *(style.name.replace("_", " ") for style in STYLES),
}  # fmt: skip
_NUMBERED_READER = re.compile(r"(?:reader|commenter|user) #?\d{1,2}\b")
_LONGEST_HEADING = 60
_WORDS = re.compile(r"[^\W_]+(?:[\W_]+[^\W_]+)*")
_HASHTAGS = re.compile(r"(?:#\w+[\s.!,]*)+")
# Where an instruction may begin: after any mark (an emoji, a dash) but those within a sentence or a
# word, and after words such as "then". Commas are looked at later.
_SENTENCE_ENDS = re.compile(
    r"[^\w\s,'’()/-]+|\n|\s-\s|\b(?:then|and|now|just|next|first|finally|step \d+)\b"
)
_WORD = re.compile(r"[^\W\d_]+")
# Without those that tell a reader what to do apart from cooking ("Enjoy!", "Leave a comment", "Freeze
# what is left"), and those that are other words, too ("a pinch").
_IMPERATIVES = set(KITCHEN_VERBS.split()) - {
    "adjust", "brown", "check", "continue", "cool", "enjoy", "evenly", "freeze", "gently",
    "immediately", "increase", "leave", "let", "make", "measure", "move", "open", "pat", "pause",
    "pin", "pinch", "pound", "prepare", "return", "serve", "smooth", "taste", "tip",
}  # fmt: skip
_TELLERS = {"i", "we", "you", "they"}
_FEWEST_WORDS_AFTER_COMMA = 3  # "flour, cream, oil" are foods
_FEWEST_VERBS = 2
_FEWEST_IN_LONG, _LONG = 3, 300  # a post of 300 words can have two verbs in its tips alone


class PostFault(ReplyError):
    """A fault, worded for the model that has to write the post again."""


def wanted_steps(facts: Mapping[str, Any], kind: str, left_out: Sequence[str]) -> list[str] | None:
    """The directions that a post must tell (empty: any), None if it must not have steps."""
    if kind == "no_recipe" or "directions" in left_out:
        return None
    steps = facts.get("directions")
    return [str(step) for step in steps] if isinstance(steps, list | tuple) else []


def faults_in(post: str, style: Style, directions: Sequence[str] | None) -> Iterator[PostFault]:
    """What no person would publish, and what the request asked for and the post lacks.

    ``post`` has no Markdown; ``directions`` as from `wanted_steps`. The length comes last.
    """
    if code := _ISO_DURATION.search(post):
        yield PostFault(
            "iso_duration", f"the post says {code[0]!r}; a person writes times as '20 minutes'"
        )
    lines = [line.strip() for line in post.splitlines() if line.strip()]
    if heading := next(filter(_is_prompt_heading, lines), ""):
        yield PostFault("prompt_words", f"no real post has the line {heading[:60]!r}")
    if len(lines) > 1 and _HASHTAGS.fullmatch(lines[0]):
        yield PostFault(
            "hashtag_title", f"the title is {lines[0][:60]!r}; a person writes it in words"
        )
    if directions is not None and not _tells_steps(post, directions):
        yield PostFault("no_steps", "the post does not say how the dish is made")
    if (count := len(post.split())) and is_off_length(count, style):
        low, high = style.words or (0, 0)
        yield PostFault(
            WRONG_LENGTH, f"the post has {count} words; it should have {low:,} to {high:,}"
        )


def is_off_length(count: int, style: Style) -> bool:
    """Whether a post of ``count`` words is far from the length that the style asks for."""
    if style.words is None:
        return False
    low, high = style.words
    return not (1 - LENGTH_TOLERANCE) * low <= count <= (1 + LENGTH_TOLERANCE) * high


def _is_prompt_heading(line: str) -> bool:
    words = _WORDS.search(line) if len(line) <= _LONGEST_HEADING else None
    if not words:
        return False
    text = words[0].lower().replace("_", " ")
    return text.removeprefix("style: ") in _PROMPT_WORDS or _NUMBERED_READER.match(text) is not None


def _tells_steps(post: str, directions: Sequence[str]) -> bool:
    """Whether the post has a few instructions, or as many as a source with fewer."""
    fewest = _FEWEST_IN_LONG if len(post.split()) > _LONG else _FEWEST_VERBS
    if directions:
        fewest = min(fewest, len(_instructions_in("\n".join(directions))))
    return len(_instructions_in(post)) >= fewest


def _instructions_in(text: str) -> set[str]:
    """The kitchen verbs that open a sentence or its part ("In a bowl, whisk the eggs"), and those of
    a report ("I whisked the eggs")."""
    found = set()
    for sentence in _SENTENCE_ENDS.split(text.lower()):
        for number, part in enumerate(sentence.split(",")):
            words = _WORD.findall(part)
            if not words or (number and len(words) < _FEWEST_WORDS_AFTER_COMMA):
                continue
            is_told = words[0] in _TELLERS and len(words) > 1 and canonical(words[1]) in VERBS
            is_fact = words[:2] in (["cook"], ["cook", "time"])  # of the recipe: "Cook: 20 minutes"
            if is_told or (words[0] in _IMPERATIVES and not is_fact):
                found.add(canonical(words[1] if is_told else words[0]))
    return found
