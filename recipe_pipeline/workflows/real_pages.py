"""Train for real pages on a CPU: long posts by the offline teacher, then the preset cpu-real-pages.

    python -m recipe_pipeline.workflows.real_pages                       # make real-pages
    python -m recipe_pipeline.workflows.real_pages --csv recipes.csv --examples 2000

Posts are made of --csv (whose recipes may have no directions: the teacher composes them) and of the
bundled recipes (whose directions people wrote), then --examples are drawn, long articles and hard
posts more often than others. Every stage resumes: run it again after an interruption. Measure the
result with 07_evaluate.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.generation.styles import COMPLETE
from recipe_pipeline.workflows.quickstart import EASY_ANSWERS, ROOT, resuming, run_script

KAGGLE_CSV = Path("kaggle_dataset") / "allrecipes.csv"
SAMPLE_CSV = ROOT / "sample_data" / "recipes.csv"

# Real posts hold from next to nothing to pages of prose around their recipe.
POST_LENGTHS = (0.8, 4.2)
BUNDLED_POSTS = 5  # of each bundled recipe
BUNDLED_HARD_CASES = 0.25
# Tokens as 04 estimates them. Of posts up to here the preset's --max-seq-length leaves out 1 in 180.
LONGEST = 2450

# How likely a post is drawn. Real pages are mostly articles around a card.
STYLE_WEIGHTS = {
    "fluffy_organized": 3.0,
    "super_fluffy_chaotic": 1.3,
    "chaotic_unstructured": 1.1,
    "minimal_organized": 1.1,
    "instagram_short": 0.5,
}
# Where a post with two dishes is rare, the model never answers with two: of 40 it found 0 after 65 among
# 1,378, and 36 after 242 among 2,150 (docs/experiments.md, rows 17 and 20).
KIND_WEIGHTS = {"no_recipe": 2.2, "missing_parts": 4.0, "two_dishes": 10.0}
USUAL_TOKENS = 900  # longer complete posts are drawn up to four times as often, short ones less


@dataclass(frozen=True)
class RealPagesSettings:
    """``examples`` of ``csv`` and ``bundled`` of the bundled recipes are drawn with ``seed``.

    ``held_out`` is a ``.meta.jsonl`` of 04 whose recipes may not be trained on.
    """

    csv: Path
    output: Path = Path("real_pages_output")
    examples: int = 1700
    bundled: int = 450
    hard_cases: float = 0.2
    seed: int = 2
    held_out: Path | None = None
    preset: str = "cpu-real-pages"

    @property
    def adapter(self) -> Path:
        return self.output / "gemma-3"

    @property
    def dataset(self) -> Path:
        return self.output / "finetuning_dataset.jsonl"

    def part(self, name: str) -> Path:
        return self.output / name / "finetuning_dataset.jsonl"


def data_commands(settings: RealPagesSettings, base_url: str) -> list[tuple[str, list[str]]]:
    """(title, command) of stages 2 to 4, for each of the two sources."""
    bundled = ("--posts-per-recipe", str(BUNDLED_POSTS), "--hard-cases", str(BUNDLED_HARD_CASES))
    own = ("--hard-cases", str(settings.hard_cases))
    commands = []
    for name, csv, flags in (("own", settings.csv, own), ("bundled", SAMPLE_CSV, bundled)):
        folder = settings.output / name
        blogs, labels = str(folder / "generated_recipes_blog"), str(folder / "llm_output")
        server = ("--base-url", base_url, "--model", "offline-teacher")
        posts = ["02_generate_blogs.py", "--csv", str(csv), "--output-blog", blogs, "--limit", "0"]
        commands += [
            (f"Posts: 02 ({name} recipes)", [*posts, *flags, *server]),
            (
                f"Labels: 03 ({name} recipes)",
                ["03_generate_recipe_json.py", "-i", blogs, "-o", labels, *server],
            ),
            (
                f"Dataset: 04 ({name} recipes)",
                [
                    *("04_generate_finetuning_dataset.py", "--blog-dir", blogs),
                    *("--llm-dir", labels, "--output", str(settings.part(name))),
                    *("--include-empty", "--reasoning", "strip"),
                    *EASY_ANSWERS,
                ],
            ),
        ]
    return commands


def training_command(settings: RealPagesSettings) -> list[str]:
    """The command of stage 5."""
    return [
        *("05_finetune.py", "--preset", settings.preset, "--dataset", str(settings.dataset)),
        *("--output-dir", str(settings.output / "outputs"), "--save-dir", str(settings.adapter)),
        "--save-gguf",
    ]


def draw(settings: RealPagesSettings) -> list[tuple[str, dict[str, Any]]]:
    """(dataset line, its meta) of the training set, in training order."""
    held_out = _rows_of(settings.held_out) if settings.held_out else set()
    rng = Random(settings.seed)
    drawn = []
    for name, count in (("own", settings.examples), ("bundled", settings.bundled)):
        pool = [
            (line, meta)
            for line, meta in _examples(settings.part(name))
            if meta["tokens"] <= LONGEST
            and (name == "bundled" or meta["source"]["row"] not in held_out)
        ]
        # Weighted sampling without replacement: Efraimidis & Spirakis 2006, algorithm A.
        keys = [rng.random() ** (1 / _weight(meta)) for _, meta in pool]
        order = sorted(range(len(pool)), key=keys.__getitem__, reverse=True)
        drawn += [pool[index] for index in order[: count or None]]
    rng.shuffle(drawn)
    return drawn


def _weight(meta: dict[str, Any]) -> float:
    if meta["kind"] != COMPLETE:
        return KIND_WEIGHTS[meta["kind"]]
    length = meta["tokens"] / USUAL_TOKENS
    return STYLE_WEIGHTS.get(meta["style"], 1.0) * min(4.0, max(0.25, length**2))


def _examples(dataset: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    metas = dataset.with_suffix(".meta.jsonl")
    with open(dataset, encoding="utf-8") as lines, open(metas, encoding="utf-8") as records:
        for line, record in zip(lines, records, strict=True):
            yield line, json.loads(record)


def _rows_of(metas: Path) -> set[int]:
    try:
        with open(metas, encoding="utf-8") as records:
            return {json.loads(record)["source"]["row"] for record in records}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PipelineError(
            f"--held-out {metas} is not a .meta.jsonl of 04_generate_finetuning_dataset.py"
        ) from error


def run_real_pages(settings: RealPagesSettings) -> int:
    """All stages in order; returns an exit code. Raises PipelineError when one of them fails."""
    from recipe_pipeline.offline_teacher.server import TeacherSettings, running_teacher

    settings.output.mkdir(parents=True, exist_ok=True)
    low, high = POST_LENGTHS
    memory = settings.output / "offline_teacher.sqlite3"
    teacher = TeacherSettings(memory_path=memory, length=low, max_length=high)
    with running_teacher(teacher) as base_url:
        for title, command in data_commands(settings, base_url):
            run_script(title, command)
    drawn = draw(settings)
    write_atomic(settings.dataset, "".join(line for line, _ in drawn))
    print(f"\n{len(drawn):,} examples drawn: {settings.dataset}", flush=True)
    run_script("Training: 05", resuming(training_command(settings)))
    print(
        f"\nadapter    {settings.adapter}\n"
        f"measure    python 07_evaluate.py --dataset pages.jsonl --model {settings.adapter}\n"
        f"use        python 08_extract.py page.html --model {settings.adapter}"
    )
    return 0


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this command."""
    parser = cli.build_parser(__doc__)
    csv = KAGGLE_CSV if os.path.exists(KAGGLE_CSV) else SAMPLE_CSV
    default = RealPagesSettings(csv)
    add = parser.add_argument
    add("--csv", type=Path, default=csv, help="recipes with the Kaggle columns")
    add("--output", type=Path, default=default.output, help="folder of what is made")
    add(
        "--examples",
        type=cli.non_negative_int,
        default=default.examples,
        help="posts of --csv to train on (0: all)",
    )
    add(
        "--bundled",
        type=cli.non_negative_int,
        default=default.bundled,
        help="posts of the bundled recipes to train on (0: all)",
    )
    add(
        "--hard-cases", type=float, default=default.hard_cases, help="share of hard posts, as in 02"
    )
    add("--seed", type=int, default=default.seed, help="fixes which posts are drawn")
    add(
        "--held-out",
        type=Path,
        help="a .meta.jsonl of 04: its recipes are kept out of the training",
    )
    add("--preset", default=default.preset, help="settings of the training, as in 05")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; returns the exit code."""
    args = vars(parse_args(argv))
    args.pop("debug")
    return run_real_pages(RealPagesSettings(**args))


if __name__ == "__main__":
    sys.exit(cli.run(main))
