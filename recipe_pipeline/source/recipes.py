"""Source recipes: one `SourceRecipe` per recipe of a CSV like Kaggle's all-recipes.

Columns: ``group`` ("bread.quick-bread.muffins"), ``name``, ``rating``, ``summary``, ``process``
("prep: 5 mins,cook: 1 hr,Servings: 4,Yield: 12 rolls, or so"), ``ingredient`` (joined by " + ")
and, where there is one, ``directions`` (steps joined by " + " or line breaks).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import recipe_stem
from recipe_pipeline.source.csv_file import SourceCsv
from recipe_pipeline.text import durations

REQUIRED_COLUMNS = ("group", "name", "summary", "process", "ingredient")

SKIP_COLUMN_COUNT = "wrong-number-of-cells"
SKIP_NO_NAME = "no-name"
SKIP_NO_INGREDIENTS = "no-ingredients"

_JOINT = re.compile(r"(?:^|\s)\+(?=\s|$)|\n")
_LABEL = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z _-]{0,30}?)\s*:")
_MAIN_TIMES = {"prep": "prep_minutes", "cook": "cook_minutes", "total": "total_minutes"}
_AMOUNTS = {"servings": "servings", "yield": "recipe_yield"}
# Top-level groups that say when or why, not what: a recipe's category is better taken elsewhere.
_VAGUE_GROUPS = {"everyday-cooking", "healthy-recipes", "holidays-and-events"}
_SMALL_WORDS = {"and", "or", "for", "of", "the"}


@dataclass(frozen=True)
class SourceRecipe:
    """What the CSV says about one recipe; None, "" and () where it says nothing.

    ``row`` is the 0-based data row of its first appearance, times are minutes, ``rating`` is the
    mean of 1 to 5 stars. ``other_minutes`` holds the other times by label ("additional", "chill").
    """

    row: int
    name: str
    ingredients: tuple[str, ...]
    summary: str = ""
    groups: tuple[str, ...] = ()
    prep_minutes: int | None = None
    cook_minutes: int | None = None
    total_minutes: int | None = None
    other_minutes: dict[str, int] = field(default_factory=dict)
    servings: str | None = None
    recipe_yield: str | None = None
    directions: tuple[str, ...] = ()
    rating: float | None = None

    @property
    def stem(self) -> str:
        """File stem of everything made from this recipe, unique within one CSV."""
        return recipe_stem(self.row, self.name)

    @property
    def category(self) -> str | None:
        """Kind of dish from the groups: "bread.quick-bread" -> "Bread"; a cuisine is none."""
        tops = [group.split(".")[0] for group in self.groups]
        dishes = [top for top in tops if top != "world-cuisine"]
        plain = [top for top in dishes if top not in _VAGUE_GROUPS]
        return _title((plain or dishes)[0]) if dishes else None

    @property
    def cuisine(self) -> str | None:
        """Cuisine from the groups: "world-cuisine.asian.thai" -> "Thai"."""
        for group in self.groups:
            top, *rest = group.split(".")
            if top == "world-cuisine" and rest:
                # Regions come before cuisines, and "main-dishes.enchiladas" may follow them.
                end = rest.index("main-dishes") if "main-dishes" in rest[1:] else len(rest)
                return _title(rest[end - 1])
        return None

    def facts(self) -> dict[str, Any]:
        """What is known, ready for JSON and for a prompt; times in ISO 8601."""
        times = {
            "prep_time": self.prep_minutes,
            "cook_time": self.cook_minutes,
            **{f"{label.replace('-', '_')}_time": m for label, m in self.other_minutes.items()},
            "total_time": self.total_minutes,
        }
        facts: dict[str, Any] = {
            "name": self.name,
            "summary": self.summary,
            "category": self.category,
            "cuisine": self.cuisine,
            "ingredients": list(self.ingredients),
            "directions": list(self.directions),
            **{key: minutes_to_iso(m) for key, m in times.items() if m is not None},
            "servings": self.servings,
            "yield": self.recipe_yield,
        }
        return {key: value for key, value in facts.items() if value}


@dataclass
class ReadReport:
    """Counts of one CSV: ``rows == recipes + duplicates + sum(skipped.values())``.

    ``duplicates`` are rows that say the same as an earlier one (under another group, or with
    another count of ratings); ``skipped`` counts unusable rows by reason.
    """

    rows: int = 0
    recipes: int = 0
    duplicates: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def summary(self) -> str:
        """One line for the terminal."""
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(self.skipped.items()))
        return f"{self.rows:,} rows: {self.recipes:,} recipes, {self.duplicates:,} repeats" + (
            f", skipped: {reasons}" if reasons else ""
        )


@lru_cache(maxsize=4096)
def parse_duration_words(text: str) -> int | None:
    """Minutes of "1 day 1 hr 15 mins" (1515); None when it is no time or names no unit."""
    # The Kaggle file has "other-time: 10" where the page gives no unit: not known, so left out.
    if not re.search(r"[A-Za-z:]", text):
        return None
    seconds = durations.parse_seconds(text)
    return None if seconds is None else round(seconds / 60)


def minutes_to_iso(minutes: int) -> str:
    """75 -> "PT1H15M", 1500 -> "P1DT1H" (ISO 8601, as schema.org's Duration)."""
    if minutes < 0:
        raise ValueError(f"a duration of {minutes} minutes is negative")
    return durations.seconds_to_iso(minutes * 60)


def parse_process(text: str) -> dict[str, Any]:
    """The ``process`` cell as keyword arguments of `SourceRecipe`.

    Grammar: ``label: value`` pairs joined by commas. A comma in a value ("Yield: 24 muffins, or 48
    mini muffins") starts no pair, since no label follows it.
    """
    result: dict[str, Any] = {}
    others: dict[str, int] = {}
    labels = list(_LABEL.finditer(text))
    for label, following in zip(labels, [*labels[1:], None], strict=False):
        value = text[label.end() : following.start() if following else len(text)].strip(" ,")
        key = re.sub(r"[\s_]+", "-", label[1].casefold())
        key = re.sub(r"-time$", "", key) if key != "other-time" else key
        if key in _AMOUNTS:
            result[_AMOUNTS[key]] = value or None
            continue
        minutes = parse_duration_words(value)
        if minutes is None:
            continue
        if key in _MAIN_TIMES:
            result[_MAIN_TIMES[key]] = minutes
        else:
            others[key.removesuffix("-time")] = minutes
    return {**result, "other_minutes": others}


def split_joined(text: str) -> tuple[str, ...]:
    """Ingredients or steps joined by " + " or line breaks; a plus sign within a word stays."""
    pieces = (piece.strip() for piece in _JOINT.split(text))
    return tuple(piece for piece in pieces if piece)


def iter_recipes(
    path: str | PathLike[str], report: ReadReport | None = None
) -> Iterator[SourceRecipe]:
    """Each recipe of the CSV once, in file order, with all the groups it is listed under.

    The file is read twice: first to find repeats (16 bytes are kept per recipe, so memory stays
    small whatever the size) and to fill ``report``, which is complete when this returns; then to
    yield. Raises PipelineError when the file is absent, unreadable, empty or lacks a column, or
    when no row is usable; never for a single bad row.
    """
    source = SourceCsv(Path(path), REQUIRED_COLUMNS)
    report = report if report is not None else ReadReport()
    repeats = _find_repeats(source, report)
    if not report.recipes:
        raise PipelineError(f"recipe file {path} holds no usable recipe ({report.summary()})")
    return _read_recipes(source, repeats)


@dataclass
class Repeat:
    """What the repetitions of a recipe add to it."""

    groups: list[str]
    rating: float | None


def _skip_reason(row: dict[str, str] | None) -> str | None:
    """Why a row is of no use, or None."""
    if row is None:
        return SKIP_COLUMN_COUNT
    if not row["name"]:
        return SKIP_NO_NAME
    return None if split_joined(row["ingredient"]) else SKIP_NO_INGREDIENTS


class RepeatFinder:
    """Tells rows of new recipes from repeats, in file order, and fills ``report``.

    ``repeats`` holds groups and rating of the recipes that occur more than once, by content key.
    """

    def __init__(self, report: ReadReport) -> None:
        self.report = report
        self.repeats: dict[bytes, Repeat] = {}
        self._seen: set[bytes] = set()

    def is_new(self, row: dict[str, str] | None) -> bool:
        """True for a usable row that tells a recipe for the first time."""
        self.report.rows += 1
        reason = _skip_reason(row)
        if reason or row is None:
            self.report.skipped[str(reason)] = self.report.skipped.get(str(reason), 0) + 1
            return False
        key = content_key(row)
        if key not in self._seen:
            self._seen.add(key)
            self.report.recipes += 1
            return True
        self.report.duplicates += 1
        repeat = self.repeats.setdefault(key, Repeat([], None))
        if row["group"] and row["group"] not in repeat.groups:
            repeat.groups.append(row["group"])
        repeat.rating = repeat.rating or _rating(row)
        return False


def _find_repeats(source: SourceCsv, report: ReadReport) -> dict[bytes, Repeat]:
    """Fills ``report``; returns groups and rating of the recipes that occur more than once."""
    finder = RepeatFinder(report)
    for row in source.rows():
        finder.is_new(row)
    return finder.repeats


def _read_recipes(source: SourceCsv, repeats: dict[bytes, Repeat]) -> Iterator[SourceRecipe]:
    finder = RepeatFinder(ReadReport())
    for number, row in enumerate(source.rows()):
        if row is not None and finder.is_new(row):
            yield recipe_from_row(number, row, repeats.get(content_key(row)))


def recipe_from_row(number: int, row: dict[str, str], repeat: Repeat | None = None) -> SourceRecipe:
    """The recipe of a usable row; ``repeat`` adds what its repetitions know."""
    repeat = repeat or Repeat([], None)
    groups = dict.fromkeys(([row["group"]] if row["group"] else []) + repeat.groups)
    return SourceRecipe(
        row=number,
        name=recipe_name(row),
        ingredients=split_joined(row["ingredient"]),
        summary=row["summary"],
        groups=tuple(groups),
        directions=split_joined(row.get("directions", "")),
        rating=_rating(row) or repeat.rating,
        **parse_process(row["process"]),
    )


def recipe_name(row: dict[str, str]) -> str:
    """The name in one line."""
    return " ".join(row["name"].split())


def content_key(row: dict[str, str]) -> bytes:
    """Equal for rows that tell the same recipe: the group and the ratings are not part of it.

    The Kaggle file lists a recipe under several groups, fetched on several days: in 340 rows only
    the rating or the number of reviews differs beside the group.
    """
    text = "\x1f".join(
        row.get(column, "") for column in ("name", "summary", "process", "ingredient", "directions")
    )
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def _rating(row: dict[str, str]) -> float | None:
    """Mean stars; None when absent, out of range, or 0, which means that nobody has rated."""
    try:
        rating = float(row.get("rating", ""))
    except ValueError:
        return None
    return rating if 0 < rating <= 5 else None


def _title(slug: str) -> str:
    words = slug.replace("-", " ").replace("_", " ").split()
    return " ".join(
        word if word in _SMALL_WORDS and index else word[:1].upper() + word[1:]
        for index, word in enumerate(words)
    )
