"""Which of the recipes in a page's data are the page's own, and which are teasers of other pages."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from recipe_pipeline.extraction.recipe_lines import line_score, opens_with_amount
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts
from recipe_pipeline.text.normalise import tokenise
from recipe_pipeline.text.numbers import FRACTION_SIGNS

_SHOWN = 0.6
"""Share of the ingredient lines that the page's text must have, to show the recipe."""
_ALIKE = 0.6

_FILLER = frozenset({
    "a", "an", "the", "and", "with", "of", "for", "to", "in", "my", "our", "your", "how", "make",
    "recipe", "recipes", "best", "easy", "quick", "simple", "homemade", "perfect", "classic",
})  # fmt: skip
_NUMBER = re.compile(rf"[\d{FRACTION_SIGNS}]")
# An address, or a line that only says where the method is.
_POINTER = re.compile(
    r"https?://\S+$|(?:see|click|visit|read|view|find|go to|check|get)\b.{0,60}"
    r"\b(?:recipe|instructions|directions|website|site|link|blog|post|here)\b.{0,20}$",
    re.IGNORECASE,
)
_TITLE_PARTS = re.compile(r"\s+[|\-–—»·:]+\s+|\s*\|\s*")


@dataclass(frozen=True)
class Candidate:
    """A recipe in the page's data; ``here``: whether its address is the page's, None if unknown."""

    recipe: dict[str, Any]
    complaints: tuple[str, ...] = ()
    aside: bool = False
    main: bool = False
    here: bool | None = None


@dataclass(frozen=True)
class PageFacts:
    """What a page says about itself: its titles, best first, its address and its text."""

    titles: tuple[str, ...] = ()
    url: str = ""
    text: str = ""

    @classmethod
    def of(cls, tree: Any, text: str = "", url: str = "") -> PageFacts:
        """The facts of a parsed page; ``url`` is where it was found, if it is an address."""
        heads = [" ".join(head.text_content().split()) for head in tree.xpath("//h1")[:3]]
        heads += tree.xpath("//meta[@property='og:title']/@content")[:1]
        heads = [head for head in heads if 2 < len(head) < 200]
        # The title of the window is often that of the site or made for search engines.
        titles = heads or [title.text_content() for title in tree.xpath("//title")[:1]]
        titles = [_TITLE_PARTS.split(title.strip())[0] for title in titles]
        links = tree.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content")
        url = url if url.startswith(("http://", "https://")) else next(iter(links), "")
        return cls(tuple(dict.fromkeys(titles)), url, text)

    @property
    def heading(self) -> str:
        """The page's first title; "" if it has none."""
        return self.titles[0] if self.titles else ""

    @cached_property
    def has_amounts(self) -> bool:
        """Whether the text has at least three lines that begin with an amount and its unit."""
        lines = self.text.splitlines()
        return sum(opens_with_amount(line) and line_score(line) >= 3 for line in lines) >= 3

    @cached_property
    def words(self) -> str:
        """The words of the text, each between spaces."""
        return f" {' '.join(tokenise(self.text))} "


def missing_part(recipe: dict[str, Any], facts: PageFacts) -> str:
    """What a complete recipe would have and this one has not; "" if it is complete.

    Ingredients without any amount are tags for search engines ("Chicken") if they are one or two, or
    if the page's text does have amounts.
    """
    lines = ingredient_lines(recipe)
    steps = [text for text in instruction_texts(recipe) if not _POINTER.match(text)]
    if not recipe.get("name"):
        return "name"
    if not any(_NUMBER.search(line) for line in lines):
        few = len(lines) < 3 and sum(len(line.split()) for line in lines) < 6
        if few or facts.has_amounts:
            return "ingredients"
    return "" if len(" ".join(steps).split()) >= 3 else "instructions"


def own_recipes(candidates: list[Candidate], facts: PageFacts) -> list[Candidate]:
    """Those of ``candidates``, all complete, that the page itself gives; none if all are teasers.

    Evidence is the address, ``mainEntity``, a title that names the dish, and ingredient lines in the
    page's text. Without any, all that do not lead to another page are its own: a collection.
    """
    candidates = _distinct(candidates)
    if not candidates:
        return []
    named = _named(candidates, facts)
    own = [
        candidate
        for candidate, own_lines in zip(candidates, _lines_of_each(candidates), strict=True)
        if candidate.main
        or (candidate.here and not candidate.aside)
        or candidate in named
        or _is_shown(own_lines, facts)
    ]
    return own or [c for c in candidates if c.here is not False and not c.aside]


def same_page(address: str, page: str) -> bool | None:
    """Whether two addresses lead to one page, apart from query and fragment; None if that is unclear."""
    try:
        one, other = urlsplit(address.strip()), urlsplit(page.strip())
    except ValueError:
        return None
    if not (one.scheme in ("http", "https") and other.scheme in ("http", "https")):
        return None
    hosts = [part.netloc.lower().removeprefix("www.").removeprefix("m.") for part in (one, other)]
    paths = [part.path.rstrip("/").lower().removesuffix("/amp") for part in (one, other)]
    if not paths[0]:
        return None  # the site's address stands for anything on it
    return hosts[0] == hosts[1] and paths[0] == paths[1]


def _distinct(candidates: list[Candidate]) -> list[Candidate]:
    """Without recipes that are given twice."""
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        lines = [*ingredient_lines(candidate.recipe), candidate.recipe["name"]]
        found.setdefault(" ".join(word for line in lines for word in tokenise(line)), candidate)
    return list(found.values())


def _named(candidates: list[Candidate], facts: PageFacts) -> list[Candidate]:
    """The candidates that the page's titles name best."""
    names = [_words(candidate.recipe["name"]) for candidate in candidates]
    ratings = [max((_rating(name, _words(t)) for t in facts.titles), default=0) for name in names]
    best = max(ratings)
    chosen = [i for i, rating in enumerate(ratings) if rating == best]
    if best == 0 or (best == 1 and len(chosen) > 1):
        return []
    # "Noodle soup" names the dish where "soup" would do as well.
    return [candidates[i] for i in chosen if not any(names[i] < names[j] for j in chosen)]


def _rating(name: frozenset[str], title: frozenset[str]) -> int:
    """How well a title names a dish: 3 exactly, 2 among other words, 1 roughly, 0 not at all."""
    if not name or not title:
        return 0
    if name == title:
        return 3
    if name < title:
        return 2
    return int(title < name or 2 * len(name & title) >= _ALIKE * (len(name) + len(title)))


def _words(text: str) -> frozenset[str]:
    words = frozenset(tokenise(text))
    return words - _FILLER or words


def _is_shown(lines: set[str], facts: PageFacts) -> bool:
    """Whether the text has most of these ingredient lines."""
    if not facts.text:
        return False
    shown = sum(f" {line} " in facts.words for line in lines)
    return bool(lines) and shown >= _SHOWN * len(lines)


def _lines_of_each(candidates: list[Candidate]) -> list[set[str]]:
    """The ingredient lines of at least two words that no other candidate has, as words between spaces."""
    words = [map(tokenise, ingredient_lines(candidate.recipe)) for candidate in candidates]
    lines = [{" ".join(line) for line in each if len(line) > 1} for each in words]
    times = Counter(line for each in lines for line in each)
    return [{line for line in each if times[line] == 1} for each in lines]
