"""Give the plain steps of a recipe the sections that its page has.

A small model is trained on "headed" steps (`recipe_pipeline.schema.layout`), where a section's name is a
step of its own, and it may leave the names out. Names are the steps that are short lines on the page. If there are
none and all steps are on the page in order, a short line between two of them is a name. If the page is
less clear than that, the steps stay plain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from recipe_pipeline.schema.layout import Steps, plain_step, section, with_steps
from recipe_pipeline.text.normalise import tokenise

_LONGEST_HEADING = 60  # characters
_MOST_WORDS = 8
_KEY = 8  # tokens by which a step is found
_FARTHEST = 5  # lines of other text between two steps

_MARKS = re.compile(r"^[\s\-–—*•·▢□☐◦#>_+]+|[\s*_#]+$")
# An item of a list, a step however short it is unless it ends with a colon
_ITEM = re.compile(r"^\s*(?:[-–*•·▢□☐◦]|\d{1,2}[.)])\s(?!.*:\W*$)")
_NUMBER = re.compile(r"^(?:step\s*)?\d{0,2}\s*[.):\-–]*\s*(?:step\s*\d{0,2}\s*[.):\-–]*)?$", re.I)
METHOD_HEADING = re.compile(
    r"^\W*(?:(?:cooking |recipe )?(?:instructions?|directions?)|method|preparation|procedure|steps?|"
    r"step by step|recipe|what to do|how to (?:make|cook|prepare|bake) .*)\W*$",
    re.IGNORECASE,
)
# Page furniture between steps, which names nothing.
_FURNITURE = re.compile(
    r"^\W*(?:ad\b|advert|sponsor|photo|image|video|watch|pin\b|print|save|share|jump|rate|tap|click|"
    r"see |notes?\b|tips?\b|pro.?tip|enjoy|optional|read|get |shop|buy|subscribe|sign up|follow|by )|"
    r"https?:|www\.|@|[?!]\W*$|[\d%$¼½¾⅓⅔⅛]",
    re.IGNORECASE,
)


def with_sections(document: dict[str, Any], page: str) -> dict[str, Any]:
    """``document`` (``{}``, a Recipe or a ``@graph``), its plain steps in the sections of ``page``.

    Recipes that have sections or titles of steps already are left as they are.
    """
    return with_steps(document, lambda steps: _sectioned(steps, page))


def _sectioned(steps: Steps, page: str) -> Steps:
    if len(steps) < 2 or not all(map(_is_plain, steps)):
        return steps
    kept, headings = _apart(steps, page)
    if not any(headings):
        headings = headings_between([step["text"] for step in steps], page)
        # One above all of the steps divides nothing, and one above each is a title, not a section.
        return steps if not any(headings[1:]) or all(headings) else _divided(steps, headings)
    if all(headings) and len(kept) > 1:
        return [plain_step(each["text"], name) for each, name in zip(kept, headings, strict=True)]
    return _divided(kept, headings)


def headings_between(texts: Sequence[str], page: str) -> list[str | None]:
    """The heading above each step on ``page``, None where there is none."""
    lines = [line for line in page.splitlines() if _MARKS.sub("", line)]
    tokens = [tokenise(_MARKS.sub("", line)) for line in lines]
    run = _last_run([tokenise(text)[:_KEY] for text in texts], tokens)
    if not run:
        return [None] * len(texts)
    before = [max(0, run[0] - 2), *(at + 1 for at in run[:-1])]
    headings: list[str | None] = []
    for index, (start, at) in enumerate(zip(before, run, strict=True)):
        between = [line for line in lines[start:at] if not _NUMBER.match(_MARKS.sub("", line))]
        between = between[-1:] if index == 0 else between
        name = (
            _MARKS.sub("", between[0]) if len(between) == 1 and not _ITEM.match(between[0]) else ""
        )
        headings.append(name if is_section_name(name) else None)
    return headings


def _is_plain(step: dict[str, Any]) -> bool:
    return step.get("@type") == "HowToStep" and "name" not in step


def _apart(steps: Steps, page: str) -> tuple[Steps, list[str | None]]:
    """The steps without those that name a section, and the name before each or None."""
    lines = {tokenise(_MARKS.sub("", x)) for x in page.splitlines() if not _ITEM.match(x)}
    short = [is_section_name(step["text"]) and tokenise(step["text"]) in lines for step in steps]
    kept: Steps = []
    headings: list[str | None] = []
    name = None
    for index, step in enumerate(steps):
        # Several short lines in a row are steps of few words; a name has steps below it.
        alone = not any(short[max(0, index - 1) : index] + short[index + 1 : index + 2])
        if short[index] and alone and index + 1 < len(steps):
            name = step["text"]
            continue
        kept.append(step)
        headings.append(name)
        name = None
    return kept, headings


def is_section_name(line: str) -> bool:
    """Whether ``line`` may name a group of steps: a few words without a full stop."""
    words = line.split()
    return (
        bool(words)
        and len(line) <= _LONGEST_HEADING
        and len(words) <= _MOST_WORDS
        and line[-1] not in ".,;"
        and (line[0].isupper() or line.endswith(":"))
        and not METHOD_HEADING.match(line)
        and not _FURNITURE.search(line)
    )


def _last_run(
    keys: Sequence[tuple[str, ...]], lines: Sequence[tuple[str, ...]]
) -> tuple[int, ...] | None:
    """Line numbers of all keys, in order and close together: the last such run on the page.

    The card with the full method is below the article, which may describe the same steps.
    """
    if not all(keys):
        return None
    for first in reversed(range(len(lines))):
        if not _holds(lines[first], keys[0]):
            continue
        run = [first]
        for key in keys[1:]:
            # Two steps may share a line: the model may have cut a paragraph in two.
            near = range(run[-1], min(len(lines), run[-1] + _FARTHEST + 1))
            at = next((n for n in near if _holds(lines[n], key)), None)
            if at is None:
                break
            run.append(at)
        if len(run) == len(keys):
            return tuple(run)
    return None


def _holds(line: tuple[str, ...], key: tuple[str, ...]) -> bool:
    return any(line[i : i + len(key)] == key for i in range(len(line) - len(key) + 1))


def _divided(steps: Steps, headings: Sequence[str | None]) -> Steps:
    out: Steps = []
    named: list[tuple[str, Steps]] = []
    for step, heading in zip(steps, headings, strict=True):
        if heading:
            named.append((heading, [step]))
        elif named:
            named[-1][1].append(step)
        else:
            out.append(step)
    return [*out, *(section(name, inside) for name, inside in named)]
