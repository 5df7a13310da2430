"""The request of stage 2: write a post about a recipe in a style.

Building a request and reading it back live side by side, because the offline teacher gets the same
messages as an LLM.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import unit_interval
from recipe_pipeline.generation.styles import COMPLETE, KIND_PROMPTS, PEOPLE, Style
from recipe_pipeline.models.prompts import Messages, chat, last_user_text
from recipe_pipeline.text.durations import iso_to_minutes, seconds_to_iso, to_iso

BLOG_SYSTEM_PROMPT = """\
You write realistic posts for food blogs and social media. You are given the author's notes about \
one recipe (JSON) and the style to write in.

Rules:
- Use every fact in the notes: each ingredient with exactly its amount and unit, times, servings, yield. \
You may spell amounts, units and times the way a human author would ("1 ½ cups", "an hour and a \
half"), but never change their value.
- If directions are given, tell all of them in your own words. If there are none, write sensible \
steps that use exactly these ingredients.
- Add no ingredient, amount, time or temperature that contradicts the facts.
- Write plain text as a reader would copy it from the page: no HTML, no JSON, no code fence, no \
Markdown (no heading marks, no bold, no tables). A title or heading is a line of its own in ordinary \
words.
- Write everything out, as it would be published.
- Every paragraph says something new.
- Answer with the post alone: no remark before or after it, and never mention the style, these \
rules or that the text is generated."""

BLOG_USER_TEMPLATE = """\
Style: $style
$style_prompt
$kind_block
<recipe>
$recipe
</recipe>
$closing"""

# After the notes, because small models forget what stands before them.
CLOSING = "Write the whole post now."
_CLOSINGS = {COMPLETE: ".", "two_dishes": ", and then the whole second recipe."}

KIND_BLOCK_TEMPLATE = "\nKind: $kind (this outweighs the general rules)\n$kind_prompt\n$left_out"

LEAVE_OUT_PREFIX = "Leave out: "

_TIME = "_time"
_AMOUNTS = ("servings", "yield")
_FIRST_NAMES = [
    "Aisha", "Anna", "Ben", "Carlos", "Chloe", "Dana", "Diego", "Emma", "Fatima", "George",
    "Hana", "Ingrid", "Jamal", "Joan", "Kofi", "Lena", "Liam", "Marta", "Mei", "Nadia",
    "Noah", "Olga", "Omar", "Paul", "Priya", "Rosa", "Sam", "Sofia", "Tom", "Yuki",
]  # fmt: skip
_STYLE_LINE = re.compile(r"^Style: (\w+)$", re.MULTILINE)
_KIND_LINE = re.compile(r"^Kind: (\w+)", re.MULTILINE)


def blog_messages(
    facts: Mapping[str, Any],
    style: Style,
    kind: str = COMPLETE,
    left_out: Sequence[str] = (),
) -> Messages:
    """Stage 2 request: write a post about the recipe ``facts`` in ``style``.

    ``kind`` other than ``complete`` adds that hard case's prompt; ``left_out`` names facts that
    the post must not hold, and they are removed from what is sent.
    """
    shown = {key: value for key, value in facts.items() if key not in left_out}
    kind_block = ""
    if kind != COMPLETE:
        if kind not in KIND_PROMPTS:
            raise PipelineError(
                f"unknown kind of post {kind!r}; known are {', '.join(KIND_PROMPTS)}"
            )
        line = f"{LEAVE_OUT_PREFIX}{', '.join(left_out)}\n" if left_out else ""
        values = {"kind": kind, "kind_prompt": KIND_PROMPTS[kind], "left_out": line}
        kind_block = Template(KIND_BLOCK_TEMPLATE).substitute(values)
    shown |= {key: as_noted(value) for key, value in shown.items() if key.endswith(_TIME)}
    # "<" is escaped (still JSON) so that no recipe text can close the block.
    recipe = json.dumps(shown, ensure_ascii=False).replace("<", "\\u003c")
    values = {
        "style": style.name,
        "style_prompt": style.prompt.replace(PEOPLE, _people(str(facts.get("name")))),
        "kind_block": kind_block,
        "recipe": recipe,
        "closing": CLOSING,
    }
    if kind in _CLOSINGS:
        values["closing"] += f" Do not forget: {_reminder(shown)}{_CLOSINGS[kind]}"
    return chat(BLOG_SYSTEM_PROMPT, Template(BLOG_USER_TEMPLATE).substitute(values))


def _reminder(facts: Mapping[str, Any]) -> str:
    """What a post must hold, with the times and servings, which small models leave out most."""
    wanted = {
        key.replace("_", " "): value
        for key, value in facts.items()
        if value and (key.endswith(_TIME) or key in _AMOUNTS)
    }
    listed = ", ".join(f"{name}: {value}" for name, value in wanted.items())
    text = "every ingredient of the notes with its amount, every step"
    text += f", every time and the servings ({listed})" if listed else ""
    # A CSV cell must not be able to close the <recipe> block, hence one line and no "<".
    return " ".join(text.replace("<", "").split())


def _people(recipe: str) -> str:
    """Who comments on a post: without names, small models write "[Your Name]"."""
    order = sorted(_FIRST_NAMES, key=lambda name: unit_interval("people", recipe, name))
    return f"{', '.join(order[:3])} and {order[3]}"


def parse_blog_request(messages: Sequence[Mapping[str, str]]) -> tuple[dict[str, Any], str]:
    """``(facts, style name)`` of a stage 2 request; raises ValueError for any other request.

    Times are ISO 8601 again, as in the facts that `blog_messages` got.
    """
    head, recipe = _blog_parts(messages)
    style = _STYLE_LINE.search(head)
    if style is None:
        raise ValueError("no 'Style:' line")
    facts = json.loads(recipe)
    if not isinstance(facts, dict):
        raise ValueError("the recipe is not a JSON object")
    times = {key: to_iso(value) or value for key, value in facts.items() if key.endswith(_TIME)}
    return facts | times, style.group(1)


def parse_blog_kind(messages: Sequence[Mapping[str, str]]) -> tuple[str, tuple[str, ...]]:
    """``(kind, left out facts)`` of a stage 2 request; raises ValueError for any other request."""
    head, _ = _blog_parts(messages)
    kind = _KIND_LINE.search(head)
    if kind is None:
        return COMPLETE, ()
    for line in head[kind.end() :].splitlines():
        if line.startswith(LEAVE_OUT_PREFIX):
            return kind.group(1), tuple(line[len(LEAVE_OUT_PREFIX) :].split(", "))
    return kind.group(1), ()


def with_complaints(
    messages: Sequence[Mapping[str, str]], correction: str, complaints: Sequence[str]
) -> Messages:
    """``messages`` with ``correction`` and the faults of an earlier answer at the end of the last
    user turn; unchanged without complaints."""
    if not complaints:
        return [dict(message) for message in messages]
    # One line each: what they quote is untrusted and must not look like the end of the post.
    faults = "\n".join(f"- {' '.join(complaint.split())}" for complaint in complaints)
    last = {**messages[-1], "content": messages[-1]["content"] + correction + faults}
    return [*map(dict, messages[:-1]), last]


def as_noted(value: Any) -> Any:
    """``PT1H20M`` as a person notes it, "1 hr 20 mins": a model copies what it is given.

    What is not that many whole minutes stays as it is.
    """
    minutes = iso_to_minutes(value)
    if not minutes or to_iso(value) != seconds_to_iso(minutes * 60):
        return value
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    counts = ((days, "day"), (hours, "hr"), (rest, "min"))
    return " ".join(f"{n} {unit}{'s' if n > 1 else ''}" for n, unit in counts if n)


def _blog_parts(messages: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """The text before the recipe block, and the JSON inside it."""
    text = last_user_text(messages)
    head, opening, rest = text.partition("<recipe>\n")
    recipe, closing, _ = rest.rpartition("\n</recipe>\n")
    if not opening or not closing:
        raise ValueError("no <recipe> block")
    return head, recipe
