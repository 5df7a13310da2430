"""The recipes of a CSV like Kaggle's all-recipes, each of them once.

Columns: ``name`` and ``ingredient`` (joined by " + "); optional are ``group``
("bread.quick-bread.muffins"), ``summary``, ``process`` ("prep: 5 mins,cook: 1 hr,Servings: 4,Yield: 12
rolls, or so") and ``directions`` (steps joined by " + " or line breaks). Ingredients and directions may
also be lists as Python, JSON or R write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import recipe_stem
from recipe_pipeline.common.wording import counted
from recipe_pipeline.source.csv_file import STRAY_QUOTES, WRONG_WIDTH, read_csv
from recipe_pipeline.source.lists import is_unreadable_list, read_list
from recipe_pipeline.source.recipe import SourceRecipe, parse_process, split_joined

if TYPE_CHECKING:
    import pandas as pd

REQUIRED_COLUMNS = ("name", "ingredient")
# Rows with the same content are one recipe. Group and ratings do not count: the Kaggle file lists
# a recipe under several groups, fetched on different days.
CONTENT_COLUMNS = ["name", "summary", "process", "ingredient", "directions"]


@dataclass(frozen=True)
class ReadReport:
    """Counts of one CSV: ``rows == recipes + duplicates + sum(skipped.values())``.

    ``duplicates`` are rows with the content of an earlier one (in another group, or with another
    number of ratings); ``skipped`` counts unusable rows by reason; ``stray_quotes`` are lines of the
    file with a quotation mark that was ignored because it is never closed.
    """

    rows: int = 0
    recipes: int = 0
    duplicates: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    stray_quotes: tuple[int, ...] = ()

    def summary(self) -> str:
        """One line for the terminal."""
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(self.skipped.items()))
        text = f"{counted(self.recipes, 'recipe')} in {counted(self.rows, 'row')}"
        if self.duplicates:
            text += f", {counted(self.duplicates, 'repeated row')}"
        if reasons:
            text += f", skipped: {reasons}"
        if self.stray_quotes:
            lines = ", ".join(map(str, self.stray_quotes[:5]))
            more = " ..." if len(self.stray_quotes) > 5 else ""
            text += f"; stray quotation marks were ignored (line {lines}{more})"
        return text


class Recipes:
    """The recipes of one CSV in file order. ``report`` counts its rows."""

    def __init__(self, table: pd.DataFrame, report: ReadReport) -> None:
        self.report = report
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[SourceRecipe]:
        return (_recipe(row) for row in self._table.itertuples())

    def select(self, skip: int, limit: int) -> Recipes:
        """``limit`` recipes (0: all) after the first ``skip``; raises PipelineError if there is none."""
        if skip >= len(self):
            count = counted(len(self), "recipe")
            raise PipelineError(f"--skip {skip} leaves nothing: the CSV has {count}")
        return Recipes(self._table[skip : skip + limit if limit else None], self.report)

    def stems(self) -> Iterator[str]:
        """The name (see `SourceRecipe.stem`) of each recipe."""
        return map(recipe_stem, self._table.index, self._table["name"])

    def pending(self, is_done: Callable[[str], bool]) -> Iterator[SourceRecipe | None]:
        """The recipes in order, with None in place of each whose stem ``is_done``."""
        for stem, row in zip(self.stems(), self._table.itertuples(), strict=True):
            yield None if is_done(stem) else _recipe(row)


def read_recipes(path: str | PathLike[str], required: Sequence[str] = REQUIRED_COLUMNS) -> Recipes:
    """Each recipe of the CSV once, with all the groups it is listed under.

    Raises PipelineError when the file is absent, unreadable, empty or lacks a ``required`` column,
    or when no row is usable. Unusable rows are counted in the report.
    """
    table = read_csv(Path(path), required, [*CONTENT_COLUMNS, "group"])
    table["name"] = table["name"].str.split().str.join(" ")
    problems = _problems(table)
    usable = table[problems == ""]
    recipes = usable.drop_duplicates(CONTENT_COLUMNS)
    report = ReadReport(
        rows=len(table),
        recipes=len(recipes),
        duplicates=len(usable) - len(recipes),
        skipped=problems[problems != ""].value_counts().to_dict(),
        stray_quotes=tuple(table.attrs[STRAY_QUOTES]),
    )
    if recipes.empty:
        raise PipelineError(f"recipe file {path} holds no usable recipe ({report.summary()})")
    return Recipes(recipes.assign(group=_groups(usable, len(recipes))), report)


def _problems(table: pd.DataFrame) -> pd.Series:
    """Why a row cannot be used, or ""."""
    problems = table[WRONG_WIDTH].map({True: "wrong-number-of-cells", False: ""})
    ingredients = table["ingredient"]
    checks = {
        "no-name": table["name"] == "",
        "no-ingredients": ingredients.map(_is_empty).astype(bool),
        "list-in-unknown-notation": (
            ingredients.map(is_unreadable_list).astype(bool)
            | table["directions"].map(is_unreadable_list).astype(bool)
        ),
    }
    for reason, applies in checks.items():
        problems = problems.mask((problems == "") & applies, reason)
    return problems


def _is_empty(cell: str) -> bool:
    return not cell.strip("+ \n") or read_list(cell) == ()


def _groups(usable: pd.DataFrame, recipes: int) -> list[tuple[str, ...]]:
    """The groups that each recipe and its repeats are listed under."""
    # Numbers of the recipes in order of first appearance.
    numbers = usable.groupby(CONTENT_COLUMNS, sort=False).ngroup()
    groups: list[dict[str, None]] = [{} for _ in range(recipes)]
    for number, group in zip(numbers, usable["group"], strict=True):
        if group:
            groups[number][group] = None
    return [tuple(names) for names in groups]


def _recipe(row: Any) -> SourceRecipe:
    """The recipe of a row of the table, given as a named tuple."""
    return SourceRecipe(
        row=row.Index,
        name=row.name,
        ingredients=split_joined(row.ingredient),
        summary=row.summary,
        groups=row.group,
        directions=split_joined(row.directions),
        **parse_process(row.process),
    )
