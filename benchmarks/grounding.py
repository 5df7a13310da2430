"""CPU time of the grounding check, and its agreement with lines judged by hand.

The CPU time per label is taken on posts of the offline teacher. The lines judged by hand are those
of the tests (``tests/grounding_cases.py``); run this from the project's folder. `corruption.py`
measures how many deliberately broken labels the check catches.

    python -m benchmarks.grounding --csv kaggle_dataset/allrecipes.csv --posts 500
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from recipe_pipeline.generation.styles import choose_style
from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.check import ground
from recipe_pipeline.offline_teacher.composer import compose
from recipe_pipeline.schema.recipe import normalise_recipe
from recipe_pipeline.source.recipe import SourceRecipe
from recipe_pipeline.source.recipes import read_recipes

# Name of a post, field of the label, its text, and whether the post supports it.
Judged = tuple[str, str, str, bool]


@dataclass(frozen=True)
class Case:
    """A post with its label; ``broken`` names the corruption, "" for a clean label."""

    post: str
    label: dict[str, Any]
    source: dict[str, Any]
    broken: str = ""


def clean_cases(csv: Path, count: int, seed: int) -> Iterator[Case]:
    """Posts about the recipes of a CSV (`posts_about`)."""
    return posts_about(list(read_recipes(csv)), count, seed)


def posts_about(recipes: Sequence[SourceRecipe], count: int, seed: int) -> Iterator[Case]:
    """Posts in the styles and weights of script 02; a short list of recipes is repeated."""
    for number, recipe in enumerate(islice(cycle(recipes), count)):
        round_seed = seed + number // len(recipes)
        facts = recipe.facts()
        style = choose_style(recipe.stem, round_seed).name
        made = compose(facts, style, round_seed)
        yield Case(made.post, normalise_recipe(made.label), facts)


def add_post_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that choose the posts."""
    sample = Path(__file__).parents[1] / "sample_data" / "recipes.csv"
    parser.add_argument("--csv", type=Path, default=sample, help="recipes in the Kaggle format")
    parser.add_argument("--posts", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)


def score_of(post: str, field: str, line: str) -> float:
    """Support score of ``line`` in ``post``, as the only content of ``field``."""
    value = {
        "recipeIngredient": [line],
        "recipeInstructions": [{"@type": "HowToStep", "text": line}],
    }.get(field, line)
    findings = ground({"@type": "Recipe", field: value}, post).findings
    return next(f.score for f in findings if f.field == field and f.text == line)


def disagreements(cases: Sequence[Judged], posts: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """The cases that the check judges differently: post, line, supported or not, score."""
    wrong = []
    for post, field, line, supported in cases:
        score = score_of(posts[post], field, line)
        if (score >= DEFAULT_MIN_SUPPORT) != supported:
            wrong.append((post, line, supported, round(score, 2)))
    return wrong


def measure_cost(cases: Sequence[Case], known: bool) -> None:
    """Print the CPU time per label."""
    milliseconds = []
    for case in cases:
        started = time.process_time()
        ground(case.label, case.post, case.source if known else None)
        milliseconds.append(1000 * (time.process_time() - started))
    high = statistics.quantiles(milliseconds, n=100)[98]
    print(f"source {'known' if known else 'not known'}: CPU time per label: median "
          f"{statistics.median(milliseconds):.2f} ms, 99th percentile {high:.1f} ms")  # fmt: skip


def measure_agreement() -> None:
    """Print the agreement of the check with the lines judged by hand."""
    from tests.grounding_cases import CASES, POSTS, UNSEEN_CASES, UNSEEN_POSTS

    for name, cases, posts in (
        ("tuned on", CASES, POSTS), ("added later", UNSEEN_CASES, UNSEEN_POSTS),
        ("all", [*CASES, *UNSEEN_CASES], {**POSTS, **UNSEEN_POSTS}),
    ):  # fmt: skip
        wrong = disagreements(cases, posts)
        supported = sum(case[3] for case in cases)
        alarms = sum(case[2] for case in wrong)
        print(f"{name}: {len(cases)} lines, {1 - len(wrong) / len(cases):.1%} agreement, "
              f"{alarms / supported:.1%} of {supported} supported lines called unsupported")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_post_flags(parser)
    args = parser.parse_args()
    cases = list(clean_cases(args.csv, args.posts, args.seed))
    print(f"{len(cases)} posts from {args.csv.name}")
    for known in (True, False):
        measure_cost(cases, known)
    measure_agreement()


if __name__ == "__main__":
    main()
