"""Extraction by rules for posts the teacher did not write.

Takes lines as they are: what stands under an ingredients heading and looks like an ingredient, the
lines under a directions heading, times and yield after their labels, a title. It misses whatever
is not laid out like that, and it invents nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from recipe_pipeline.offline_teacher.recipe.content import Content, Group, document_label
from recipe_pipeline.offline_teacher.recipe.ingredients import has_amount
from recipe_pipeline.text.durations import parse_seconds

_MARK = re.compile(
    r"^\s*(?:[-–•*▢◦□·▫✔🔸➡]\ufe0f?|\[ ?\]|(?:step )?\d{1,2}\s?(?:[.):]|\ufe0f?\u20e3)(?!\d))\s+|^step \d{1,2}:?\s*",
    re.IGNORECASE,
)
_INGREDIENTS = re.compile(
    r"^\W*(?:the )?(?:ingredients?(?: list)?|what you(?:'|’)ll need|you(?: will)? need|what you need)\b"
    r"(?: for .{1,60})?\W*$",
    re.IGNORECASE,
)
_STEPS = re.compile(
    r"^\W*(?:instructions|directions|method|preparation|steps|procedure|how to(?: make(?: it| .{1,60})?)?"
    r"|cooking instructions|step by step|what to do|recipe)\W*$",
    re.IGNORECASE,
)
_END = re.compile(
    r"^\W*(?:(?:recipe |cook'?s )?notes?|nutrition(?:al)?\b.*|tips?|comments?|\d+ comments|video|equipment"
    r"|storage|did you make.*|leave a .*|related .*|more .*recipes|you (?:may|might) .*|faqs?|©.*"
    r"|frequently asked .*|reviews|keywords.*|share .*|tag .*)\W*$",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(prep|cook|total|ready)(?:aration|ing)?(?: time| in)?\s*[:|–—-]?\s*\n?\s*(?:- )?"
    r"((?:\d[\d\s./½¼¾]*|an?|one|two)\s*-?\s*(?:days?|hours?|hrs?|h|minutes?|mins?|min|m)\b"
    r"(?:,? (?:and )?\d+ ?(?:minutes?|mins?|min|m)\b)?)",
    re.IGNORECASE,
)
_YIELD = re.compile(
    r"\b(?:serves|servings|yields?|makes|feeds|portions)\s*[:|—–-]?\s*"
    r"(\d+(?:\s?[-–]\s?\d+)?)[ \t]*([a-z][a-z -]{0,30}?)?(?=\s1x|[.,;\n|]|$)",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"jump to|skip to|affiliate|advertis|cookie policy|use cookies|newsletter|^\W*description\W*$|^#|follow us|photo by|subscribe|^\W*(?:home|menu|search|share|print|pin)\b"
    r"|rating|votes|\breviews?\b|^by |posted|published|comments",
    re.IGNORECASE,
)
_MAX_POST = 200_000


def _bare(line: str) -> str:
    line = re.sub(r"^#{1,6}\s+|\*\*", "", line.strip())
    return _MARK.sub("", line).strip()


def _section(lines: list[str], start: int) -> list[str]:
    """Bare lines after ``start`` up to the next heading of another part."""
    taken = []
    for line in lines[start + 1 :]:
        if any(pattern.match(line) for pattern in (_INGREDIENTS, _STEPS, _END)):
            break
        taken.append(_bare(line))
    return [line for line in taken if line and not _TIME.match(line) and not _YIELD.match(line)]


def _looks_like_ingredient(line: str) -> bool:
    if len(line) > 160 or line.endswith(":") or _FURNITURE.search(line):
        return False
    return has_amount(line) or (len(line.split()) <= 9 and not line.endswith((".", "!", "?")))


def _looks_like_heading(line: str) -> bool:
    words = line.split()
    return (
        len(words) <= 5
        and not has_amount(line)
        and (line.endswith(":") or line.lower().startswith(("for ", "to serve", "to finish")))
    )


def _last(lines: list[str], pattern: re.Pattern[str]) -> int | None:
    """The last matching heading: articles come before cards."""
    found = [i for i, line in enumerate(lines) if pattern.match(_bare(line)) or pattern.match(line)]
    return found[-1] if found else None


def _may_be_title(line: str) -> bool:
    bare = _bare(line)
    return (
        3 < len(bare) <= 90
        and bare[-1] not in ".!?:,…"
        and not any(p.search(line) for p in (_FURNITURE, _TIME, _YIELD))
        and not any(p.match(bare) for p in (_MARK, _END, _INGREDIENTS, _STEPS))
        and not _MARK.match(line)
        and not has_amount(bare)
    )


def _title(lines: list[str], card_at: int | None) -> str | None:
    """The nearest line above the card whose words come up elsewhere in the text, as a dish's do."""
    above = lines[:card_at] if card_at else lines
    candidates = [_bare(line) for line in above if _may_be_title(line)]
    words = Counter(re.findall(r"[^\W\d]{4,}", " ".join(lines).lower()))
    for candidate in reversed(candidates):
        own = re.findall(r"[^\W\d]{4,}", candidate.lower())
        if own and sum(words[word] > 1 for word in own) * 2 >= len(own):
            return candidate
    return candidates[-1] if candidates else None


def _times(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in _TIME.finditer(text):
        kind = {"ready": "total"}.get(match.group(1).lower(), match.group(1).lower())
        seconds = parse_seconds(" ".join(match.group(2).split()))
        if seconds and kind not in found:
            found[kind] = round(seconds / 60)
    return found


def _yield(text: str) -> str | None:
    match = _YIELD.search(text)
    if not match:
        return None
    unit = (match.group(2) or "").strip()
    if not unit or unit.startswith(("people", "person", "serving")):
        unit = "serving" if match.group(1) == "1" else "servings"
    return f"{match.group(1)} {unit}"


def extract(post: str) -> tuple[dict[str, Any], str]:
    """(label, reasoning) of any text; ``{}`` when no list of ingredients or steps is found."""
    text = post[:_MAX_POST]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    ingredients_at, steps_at = _last(lines, _INGREDIENTS), _last(lines, _STEPS)
    ingredients = [] if ingredients_at is None else _section(lines, ingredients_at)
    ingredients = [
        x for x in ingredients if _looks_like_ingredient(x) and not _looks_like_heading(x)
    ]
    steps = [] if steps_at is None else _section(lines, steps_at)
    steps = [line for line in steps if len(line) > 12 and not _looks_like_heading(line)]
    name = _title(lines, ingredients_at if ingredients_at is not None else steps_at)
    if not name or len(ingredients) + len(steps) < 3:
        return {}, "By rules alone no list of ingredients or steps was found, so this is no recipe."
    content = Content(
        name=name,
        ingredients=(Group(None, tuple(ingredients)),),
        steps=(Group(None, tuple(steps)),),
        times=_times(text),
        recipe_yield=_yield(text),
    )
    reasoning = (
        f"Unknown post, read by rules: {len(ingredients)} lines under the ingredients heading, "
        f"{len(steps)} under the directions."
    )
    return document_label([content]), reasoning
