"""What the grounding check catches and what it costs, on posts of the offline teacher.

Composes posts from a recipe CSV (real rows or the bundled ones), breaks a share of their labels on
purpose (`corruption.py`), and counts how many broken labels fall below --min-support and how many
clean ones do. Also: the same without knowing the source, other limits, and the time per label.

    python -m benchmarks.grounding --csv kaggle_dataset/allrecipes.csv --posts 500
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.corruption import corrupt
from recipe_pipeline.grounding import ground
from recipe_pipeline.label_support import DEFAULT_MIN_SUPPORT
from recipe_pipeline.offline_teacher.composer import compose
from recipe_pipeline.recipes import iter_recipes
from recipe_pipeline.schema_org import normalise_recipe
from recipe_pipeline.styles import choose_style

LIMITS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Case:
    """A post with its label; ``broken`` names the corruption, "" for a clean label."""

    post: str
    label: dict[str, Any]
    source: dict[str, Any]
    broken: str = ""


def clean_cases(csv: Path, count: int, seed: int) -> Iterator[Case]:
    """Posts in the styles and weights of script 02; a short CSV is gone through again."""
    recipes = list(iter_recipes(csv))
    for number, recipe in enumerate(islice(cycle(recipes), count)):
        round_seed = seed + number // len(recipes)
        facts = recipe.facts()
        style = choose_style(recipe.stem, round_seed).name
        made = compose(facts, style, round_seed)
        yield Case(made.post, normalise_recipe(made.label), facts)


def break_some(cases: Sequence[Case], share: float, rng: random.Random) -> list[Case]:
    """``cases`` with the labels of a random ``share`` of them corrupted."""
    chosen = set(rng.sample(range(len(cases)), round(share * len(cases))))
    out = []
    for number, case in enumerate(cases):
        if number in chosen:
            label, kind = corrupt(case.label, rng)
            case = Case(case.post, label, case.source, kind)
        out.append(case)
    return out


def measure(csv: Path, posts: int, share: float, rounds: int, seed: int) -> None:
    """Run the experiment and print its tables."""
    clean = list(clean_cases(csv, posts, seed))
    print(f"{len(clean)} posts from {csv.name}, {share:.0%} of the labels broken, {rounds} draws")
    for known in (True, False):
        supports: list[float] = []
        broken: list[tuple[str, float]] = []
        milliseconds: list[float] = []
        for number in range(rounds):
            for case in break_some(clean, share, random.Random(seed + number)):
                started = time.process_time()
                support = ground(case.label, case.post, case.source if known else None).support
                milliseconds.append(1000 * (time.process_time() - started))
                broken.append((case.broken, support)) if case.broken else supports.append(support)
        print(f"\nsource facts {'known' if known else 'not known'}")
        _print_kinds(broken)
        _print_limits(supports, [support for _, support in broken])
        print(f"CPU time per label: median {statistics.median(milliseconds):.2f} ms, "
              f"99 % up to {statistics.quantiles(milliseconds, n=100)[98]:.1f} ms")  # fmt: skip


def _print_kinds(broken: list[tuple[str, float]]) -> None:
    total = Counter(kind for kind, _ in broken)
    caught = Counter(kind for kind, support in broken if support < DEFAULT_MIN_SUPPORT)
    for kind, count in total.most_common():
        print(f"  {kind:22} {caught[kind]:4} of {count:4} caught ({caught[kind] / count:.1%})")


def _print_limits(clean: list[float], broken: list[float]) -> None:
    print("  limit   broken caught   clean dropped")
    for limit in LIMITS:
        caught = sum(support < limit for support in broken) / len(broken)
        dropped = sum(support < limit for support in clean) / len(clean)
        mark = "  <- default" if limit == DEFAULT_MIN_SUPPORT else ""
        print(f"  {limit:4.1f}  {caught:14.1%}  {dropped:14.1%}{mark}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    sample = Path(__file__).parents[1] / "sample_data" / "recipes.csv"
    parser.add_argument("--csv", type=Path, default=sample, help="recipes in the Kaggle format")
    parser.add_argument("--posts", type=int, default=500)
    parser.add_argument("--share", type=float, default=0.1, help="share of labels broken (0.1)")
    parser.add_argument("--rounds", type=int, default=10, help="draws of the broken labels (10)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    measure(args.csv, args.posts, args.share, args.rounds, args.seed)


if __name__ == "__main__":
    main()
