"""Does a reply look like a published post? If not, 02 requests it again and says why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from recipe_pipeline.generation.prompts import as_noted
from recipe_pipeline.generation.styles import STYLES, Style
from recipe_pipeline.grounding.facts import TIMES
from recipe_pipeline.grounding.omissions import states_ingredient
from recipe_pipeline.grounding.post_index import NO_BREAK, VERBS, canonical, index_of, is_number
from recipe_pipeline.llm.replies import ReplyError
from recipe_pipeline.text.durations import iso_to_minutes
from recipe_pipeline.text.markdown import without_markdown
from recipe_pipeline.text.vocabulary import KITCHEN_VERBS, NOT_FOR_FOOD

WRONG_LENGTH, MISSING_FACTS, PLACEHOLDER = "wrong_length", "missing_facts", "placeholder"
REPETITIVE = "repetitive"
SOFT = (WRONG_LENGTH, MISSING_FACTS, PLACEHOLDER, REPETITIVE)
"""Faults of a post that is better than none."""
LENGTH_TOLERANCE = 0.4  # beyond the range that the style asks for

_ISO_DURATION = re.compile(r"\bP(?:\d+D)?T(?:\d+[HMS])+\b|\bP\d+D(?![\w-])")
# Names that models give to the parts of a post, or read in the request. No real page has them.
_PROMPT_WORDS = {
    "personal story", "recipe card", "reader comments", "hook line", "advertising block",
    "newsletter block", "blog post",
    *(style.name.replace("_", " ") for style in STYLES),
}  # fmt: skip
_LABEL = re.compile(r"\A(?:blog post|post|title|caption)\s*:\s+", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"\[(?:your|insert|author|reader|name|link|website|blog|date|title|url|menu|button|first|last)\b[^\]\n]{0,40}\]",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]+")
_OPENING, _MOST_OPENINGS = 5, 3  # words; sentences that begin with the same ones
_FEWEST_INGREDIENTS = 0.5  # share of them without which a post has no recipe
_NO_FOODS = NOT_FOR_FOOD | VERBS
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
    """A fault, worded for the model that has to write the post again.

    ``weight`` compares posts that have `SOFT` faults only: a wrong length counts as one fact missing.
    """

    def __init__(self, reason: str, detail: str, weight: int = 1) -> None:
        super().__init__(reason, detail)
        self.weight = weight


def wanted_facts(facts: Mapping[str, Any], kind: str, left_out: Sequence[str]) -> dict[str, Any]:
    """What of its source a post must state."""
    if kind == "no_recipe":
        return {}
    return {key: fact for key, fact in facts.items() if key not in left_out}


def facts_stated(facts: Mapping[str, Any], post: str) -> Iterator[tuple[str, str, bool]]:
    """Of every fact: its kind, its wording, and whether ``post`` states it.

    Kinds are ``ingredient`` (with its amount), ``time`` (called by its kind) and ``yield`` (or
    servings: one of them will do).
    """
    index = index_of(post)
    for line in dict.fromkeys(map(str, facts.get("ingredients") or ())):
        yield "ingredient", line, states_ingredient(line, index)
    for kind, fact in TIMES.values():
        if minutes := iso_to_minutes(facts.get(fact)):
            wording = f"{fact.replace('_', ' ')}: {as_noted(facts[fact])}"
            yield "time", wording, minutes in index.evidence.stated_minutes(kind)
    amounts = [str(facts[key]) for key in ("yield", "servings") if facts.get(key)]
    if amounts:
        yield "yield", f"servings: {amounts[-1]}", any(map(index.evidence.states_yield, amounts))


def wanted_steps(facts: Mapping[str, Any], kind: str, left_out: Sequence[str]) -> list[str] | None:
    """The directions that a post must tell (empty: any), None if it must not have steps."""
    if kind == "no_recipe" or "directions" in left_out:
        return None
    steps = facts.get("directions")
    return [str(step) for step in steps] if isinstance(steps, list | tuple) else []


def tidied(post: str) -> str:
    """``post`` without Markdown, and without a word before the title that says that it is one."""
    return _LABEL.sub("", without_markdown(post))


def faults_in(
    post: str, style: Style, directions: Sequence[str] | None, facts: Mapping[str, Any]
) -> Iterator[PostFault]:
    """What no person would publish, and what the request asked for and the post lacks.

    ``post`` is `tidied`; ``directions`` as from `wanted_steps`, ``facts`` as from `wanted_facts`. The
    `SOFT` ones come last.
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
    if opening := _repeated_opening(post):
        yield PostFault(REPETITIVE, f"too many sentences begin with {opening!r}")
    yield from _missing(post, facts)
    if mark := _PLACEHOLDER.search(post):
        yield PostFault(PLACEHOLDER, f"the post says {mark[0]!r}; write it out")
    if (count := len(post.split())) and is_off_length(count, style):
        low, high = style.words or (0, 0)
        yield PostFault(
            WRONG_LENGTH, f"the post has {count} words; it should have {low:,} to {high:,}"
        )


def _missing(post: str, facts: Mapping[str, Any]) -> Iterator[PostFault]:
    found = list(facts_stated(facts, post))
    missing = [wording for _, wording, is_stated in found if not is_stated]
    foods = [is_stated for kind, _, is_stated in found if kind == "ingredient"]
    if not missing:
        return
    detail = f"the post does not state: {'; '.join(missing)}"
    fewest = _FEWEST_INGREDIENTS * len(foods)
    # A post with the wrong amounts still has a recipe; one without amounts has none.
    lacks_list = sum(foods) < fewest and _count_amounts(post) < fewest
    yield PostFault("no_ingredients" if lacks_list else MISSING_FACTS, detail, weight=len(missing))


def _count_amounts(post: str) -> int:
    """How many numbers may be amounts of a food, unlike times, temperatures and those of steps."""
    index = index_of(post)
    return sum(
        is_number(word) and not is_number(after) and gap == NO_BREAK and after not in _NO_FOODS
        for word, after, gap in zip(index.words, index.words[1:], index.breaks[1:], strict=False)
    )


def _repeated_opening(post: str) -> str:
    """The words that too many sentences begin with, "" if none."""
    words = (sentence.split() for sentence in _SENTENCE.findall(post))
    openings = Counter(" ".join(each[:_OPENING]) for each in words if len(each) > _OPENING)
    opening, count = max(openings.items(), key=itemgetter(1), default=("", 0))
    return opening if count > _MOST_OPENINGS else ""


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
