"""The recipes of a CSV like Kaggle's all-recipes, each of them once.

Columns: ``name`` and ``ingredient`` (joined by " + "); optional are ``group``
("bread.quick-bread.muffins"), ``summary``, ``process`` ("prep: 5 mins,cook: 1 hr,Servings: 4,Yield: 12
rolls, or so") and ``directions`` (steps joined by " + " or line breaks). Ingredients and directions may
also be lists as Python, JSON or R write them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import recipe_stem
from recipe_pipeline.source.csv_file import read_csv
from recipe_pipeline.source.lists import is_unreadable_list, read_list
from recipe_pipeline.source.recipe import SourceRecipe, parse_process, split_joined

REQUIRED_COLUMNS = ("name", "ingredient")
# Rows with the same content are one recipe. Group and ratings do not count: the Kaggle file lists
# a recipe under several groups, fetched on different days.
CONTENT_COLUMNS = ("name", "summary", "process", "ingredient", "directions")


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
        counts = {"row": self.rows, "recipe": self.recipes, "repeat": self.duplicates}
        rows, recipes, repeats = (f"{n:,} {noun}{'s' * (n != 1)}" for noun, n in counts.items())
        text = f"{rows}: {recipes}, {repeats}"
        if reasons:
            text += f", skipped: {reasons}"
        if self.stray_quotes:
            lines = ", ".join(map(str, self.stray_quotes[:5]))
            more = " ..." if len(self.stray_quotes) > 5 else ""
            text += f"; stray quotation marks were ignored (line {lines}{more})"
        return text


@dataclass(frozen=True)
class RecipeRow:
    """A recipe as it is in the CSV: the number of its first row (from 0), the cells of that row, and
    the groups that it and its repeats are listed under."""

    row: int
    cells: dict[str, str]
    groups: list[str] = field(default_factory=list)

    @property
    def stem(self) -> str:
        """See `SourceRecipe.stem`."""
        return recipe_stem(self.row, self.cells["name"])

    def parsed(self) -> SourceRecipe:
        """What the cells say."""
        cells = self.cells
        return SourceRecipe(
            row=self.row,
            name=cells["name"],
            ingredients=split_joined(cells["ingredient"]),
            summary=cells["summary"],
            groups=tuple(self.groups),
            directions=split_joined(cells["directions"]),
            **parse_process(cells["process"]),
        )


@dataclass(frozen=True)
class Recipes:
    """The recipes of one CSV in file order. ``report`` counts its rows."""

    rows: list[RecipeRow]
    report: ReadReport

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[SourceRecipe]:
        return (row.parsed() for row in self.rows)

    def select(self, skip: int, limit: int) -> Recipes:
        """``limit`` recipes (0: all) after the first ``skip``."""
        return Recipes(self.rows[skip : skip + limit if limit else None], self.report)


def read_recipes(path: str | PathLike[str], required: Sequence[str] = REQUIRED_COLUMNS) -> Recipes:
    """Each recipe of the CSV once, with all the groups it is listed under.

    Raises PipelineError when the file is absent, unreadable, empty or lacks a ``required`` column,
    or when no row is usable. Unusable rows are counted in the report.
    """
    file = read_csv(Path(path), required, (*CONTENT_COLUMNS, "group"))
    found: dict[tuple[str, ...], RecipeRow] = {}
    skipped: Counter[str] = Counter()
    for number, cells in enumerate(file.rows):
        if cells is None or (problem := _problem(cells)):
            skipped["wrong-number-of-cells" if cells is None else problem] += 1
            continue
        cells["name"] = " ".join(cells["name"].split())
        content = tuple(cells[column] for column in CONTENT_COLUMNS)
        recipe = found.setdefault(content, RecipeRow(number, cells))
        if cells["group"] and cells["group"] not in recipe.groups:
            recipe.groups.append(cells["group"])
    report = ReadReport(
        rows=len(file.rows),
        recipes=len(found),
        duplicates=len(file.rows) - len(found) - skipped.total(),
        skipped=dict(skipped),
        stray_quotes=file.stray_quotes,
    )
    if not found:
        raise PipelineError(f"recipe file {path} holds no usable recipe ({report.summary()})")
    return Recipes(list(found.values()), report)


def _problem(cells: dict[str, str]) -> str:
    """Why a row cannot be used, or ""."""
    ingredients = cells["ingredient"]
    if not cells["name"]:
        return "no-name"
    if not ingredients.strip("+ \n") or read_list(ingredients) == ():
        return "no-ingredients"
    if is_unreadable_list(ingredients) or is_unreadable_list(cells["directions"]):
        return "list-in-unknown-notation"
    return ""
