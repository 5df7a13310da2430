"""The lists of a page's text: marked lines, with the names of the groups among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from recipe_pipeline.extraction.recipe_lines import (
    is_ingredient,
    is_ingredient_heading,
    is_method_heading,
    is_step,
)
from recipe_pipeline.schema.page_sections import is_section_name
from recipe_pipeline.text.vocabulary import MEASURE

_MARK = re.compile(r"^\s*(?:[-–*•·▢□☐◦]|\d{1,2}[.)])\s+")
_TOOLS = re.compile(
    r"^\W*(?:\w+ )?(?:equipment|tools|utensils|cookware|gear)\b.{0,25}$", re.IGNORECASE
)
# Headings below or between the lists of a card, whose own lists are neither ingredients nor steps.
OTHER_HEADING = re.compile(
    r"^\W*(?:(?:recipe|cook(?:'|’)?s?|chef(?:'|’)?s?|baker(?:'|’)?s?|expert|pro|top|my|our|helpful|extra|"
    r"more|some|best) )*(?:notes?|tips?|hints?|tricks|stor(?:e|age|ing)|to (?:store|freeze|reheat)|leftovers?|"
    r"make[- ]ahead|freez\w+|reheat\w*|nutrition\w*|faqs?|frequently|questions?|comments?|"
    r"reviews?|ratings?|related|similar|more|other|you (?:may|might)|variations?|substitut\w+|swaps?|"
    r"serving (?:suggestions?|ideas)|serve (?:it )?with|what to serve|why|did you|about|print|share|save|"
    r"pin|shop|products?|sources?|keywords?|tags?|categor\w+|course|cuisine|author|by|subscribe|"
    r"newsletter|plate|allerg\w+|contains|free from|meet|latest|popular|trending|recommended|"
    r"make your own|unlock|filter|follow|per serving|calories)\b"
    r"|^.{0,40}\b(?:notes|tips|hints)\W*$",
    re.IGNORECASE,
)
# What is beside the lists of a card: buttons, links, prices.
FURNITURE = re.compile(
    r"^\W*(?:add (?:all )?to|print|save|share|pin|shop|buy|select|scale|units?|rate|review|click|tap|see|get|"
    r"watch|jump|copy|[\d½]x\b)\b|https?:|www\.|[@$£€]|[?:]\W*$",
    re.IGNORECASE,
)
_LONGEST_GAP = 3  # lines
_LONGEST_NAME = 70  # characters
_MOST_WORDS = 10
_SHORTEST_LIST = 3  # lines
_WORD = re.compile(r"[^\W\d_]{3,}")
_MEASURE = re.compile(MEASURE, re.IGNORECASE)
_NOT_ALNUM = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Line:
    """A line without its mark; ``key`` are its letters and digits, to compare it by."""

    text: str
    key: str
    is_item: bool
    is_marked: bool


@dataclass
class PageList:
    """Items and the names of the groups between them, below ``heading`` ("" if there is none)."""

    heading: str
    lines: list[Line] = field(default_factory=list)

    @property
    def is_of_tools(self) -> bool:
        return bool(_TOOLS.match(self.heading))

    @property
    def is_of_ingredients(self) -> bool:
        return is_ingredient_heading(self.heading)


def key_of(text: str) -> str:
    """Letters and digits only: marks and typography make no difference."""
    return _NOT_ALNUM.sub("", text.casefold())


def words_of(text: str) -> list[str]:
    """The words of ``text``, in lower case, without units of measure."""
    return [word for word in _WORD.findall(text.casefold()) if not _MEASURE.fullmatch(word)]


def without_mark(row: str) -> str:
    """``row`` without the bullet or the number in front."""
    return _MARK.sub("", row).strip()


def once(lines: Sequence[Line]) -> Sequence[Line]:
    """``lines`` up to where the list begins again, as in other units or for another screen."""
    names: set[str] = set()
    opening: list[str] = []
    since = 0
    for number, line in enumerate(lines):
        if not line.is_item:
            if line.key in names:
                return lines[:number]
            names.add(line.key)
            opening = []
        elif not opening:
            opening = words_of(line.text)
            since = number
        elif number - since >= _SHORTEST_LIST and words_of(line.text) == opening:
            return lines[:number]
    return lines


def page_lists(page: str) -> list[PageList]:
    """The lists of ``page`` from top to bottom.

    A list below a heading of ingredients or of a method goes on after a few other lines, such as
    buttons, captions or the foods of a step, if it is a measured ingredient or a step that follows.
    """
    rows = [row for row in page.split("\n") if row.strip()]
    lists: list[PageList] = []
    heading, gap = "", _LONGEST_GAP + 1
    for row, below in pairwise([*rows, ""]):
        text = without_mark(row)
        is_named = is_ingredient_heading(heading) or is_method_heading(heading)
        is_item = bool(_MARK.match(row)) or _is_paragraph(row, heading, lists, gap)
        names = (is_named or not gap) and _names_group(text, heading)
        if is_item or (names and (_MARK.match(below) or _is_paragraph(below, heading, [], 0))):
            item = text if is_item else without_mark(below)
            if gap and not (is_named and gap <= _LONGEST_GAP and _goes_on(item, heading)):
                lists.append(PageList(heading))
            lists[-1].lines.append(Line(text, key_of(text), is_item, bool(_MARK.match(row))))
            gap = 0
            continue
        if row.startswith("#") or opens_section(text) or (not is_named and _is_name(text)):
            heading, gap = text, _LONGEST_GAP
        gap += 1
    return lists


def _is_paragraph(row: str, heading: str, lists: list[PageList], gap: int) -> bool:
    """Whether ``row`` is a step without a mark, right below the heading of a method or another one."""
    told = row.rstrip().endswith((".", "!")) and is_method_heading(heading) and is_step(row)
    if gap or not lists:
        return told and (gap > _LONGEST_GAP or not lists)
    last = lists[-1].lines[-1]
    return told and not last.is_marked


def _goes_on(item: str, heading: str) -> bool:
    return is_ingredient(item) if is_ingredient_heading(heading) else is_step(item)


def opens_section(text: str) -> bool:
    return bool(
        OTHER_HEADING.match(text)
        or _TOOLS.match(text)
        or is_ingredient_heading(text)
        or is_method_heading(text)
    )


def _is_name(text: str) -> bool:
    few = len(text) <= _LONGEST_NAME and len(text.split()) <= _MOST_WORDS
    return few and (is_section_name(text) or text.replace(" ", "").isalpha())


def _names_group(text: str, heading: str) -> bool:
    """Whether ``text`` names a part of a list below ``heading``: "Grilling instructions" too, there."""
    again = is_method_heading(text) and is_method_heading(heading)
    return _is_name(text) and (again or not opens_section(text))


def home_of(answer: Sequence[str], lists: list[PageList]) -> PageList | None:
    """The list that has most of the answer, the last one of equals; None if none has any of it."""
    keys = {key_of(text) for text in answer}
    shares = [sum(len(line.key) for line in one.lines if line.key in keys) for one in lists]
    best = max(shares, default=0)
    return lists[len(shares) - 1 - shares[::-1].index(best)] if best else None


def in_page_order(answer: Sequence[str], page: str) -> list[str]:
    """``answer`` in the page's order, if ``page`` has each of its lines once."""
    of_page = key_of(page)
    is_clear = all(of_page.count(key_of(line)) == 1 for line in answer)
    return sorted(answer, key=lambda line: of_page.find(key_of(line)) if is_clear else 0)


def merged(lines: list[Line], answer: list[str]) -> list[str]:
    """``answer`` with those of ``lines`` that it has nothing of, in the page's order."""
    keys = [key_of(text) for text in answer]
    of_page = [line.key for line in lines]
    matcher = SequenceMatcher(None, of_page, keys, autojunk=False)
    out: list[str] = []
    for kind, first, last, start, stop in matcher.get_opcodes():
        mine = keys[start:stop]
        # Where the answer has other lines, it may have changed or divided the page's.
        free = [
            line.text
            for line in lines[first:last]
            if (kind == "delete" and (line.key not in keys or of_page.count(line.key) > 1))
            or (kind == "replace" and not any(_alike(line, key) for key in keys))
        ]
        out += [*answer[start:stop], *free] if mine else free
    return out


def _alike(line: Line, key: str) -> bool:
    if len(key) > 3 and (key in line.key or line.key in key):
        return True
    matcher = SequenceMatcher(None, line.key, key, autojunk=False)
    return matcher.quick_ratio() > 0.75 and matcher.ratio() > 0.75
