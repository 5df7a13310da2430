"""Train for real pages on a CPU: long posts by the offline teacher, then the preset cpu-real-pages.

    python -m recipe_pipeline.real_pages                       # make real-pages
    python -m recipe_pipeline.real_pages --csv recipes.csv --examples 2000

Every stage resumes: run it again after an interruption. Measure the result with 07_evaluate.py.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline import cli
from recipe_pipeline.quickstart import ROOT, run_script

KAGGLE_CSV = Path("kaggle_dataset") / "allrecipes.csv"
SAMPLE_CSV = ROOT / "sample_data" / "recipes.csv"

# Real posts hold from next to nothing to pages of prose around their recipe.
POST_LENGTHS = (0.6, 3.0)


@dataclass(frozen=True)
class RealPagesSettings:
    """``examples`` bounds the training set (0: all of ``csv``); ``hard_cases`` is a share, 0 to 1."""

    csv: Path
    output: Path = Path("real_pages_output")
    examples: int = 1000
    hard_cases: float = 0.15
    preset: str = "cpu-real-pages"

    @property
    def adapter(self) -> Path:
        return self.output / "gemma-3"


def commands(settings: RealPagesSettings, base_url: str) -> list[tuple[str, list[str]]]:
    """(title, command) of stages 2 to 5."""
    blogs, labels = settings.output / "generated_recipes_blog", settings.output / "llm_output"
    dataset = settings.output / "finetuning_dataset.jsonl"
    server = ("--base-url", base_url, "--model", "offline-teacher")
    posts = [
        *("02_generate_blogs.py", "--csv", str(settings.csv), "--output-blog", str(blogs)),
        *("--limit", str(settings.examples), "--hard-cases", str(settings.hard_cases), *server),
    ]
    recipes = ["03_generate_recipe_json.py", "-i", str(blogs), "-o", str(labels), *server]
    examples = [
        *("04_generate_finetuning_dataset.py", "--blog-dir", str(blogs), "--llm-dir", str(labels)),
        *("--output", str(dataset), "--include-empty"),
    ]
    training = [
        *("05_finetune.py", "--preset", settings.preset, "--dataset", str(dataset), "--resume"),
        *("--output-dir", str(settings.output / "outputs"), "--save-dir", str(settings.adapter)),
    ]
    return [
        ("Posts: 02", posts),
        ("Labels: 03", recipes),
        ("Dataset: 04", examples),
        ("Training: 05", training),
    ]


def run_real_pages(settings: RealPagesSettings) -> int:
    """All stages in order; returns an exit code. Raises PipelineError when one of them fails."""
    from recipe_pipeline.offline_teacher.server import TeacherSettings, running_teacher

    settings.output.mkdir(parents=True, exist_ok=True)
    low, high = POST_LENGTHS
    memory = settings.output / "offline_teacher.sqlite3"
    teacher = TeacherSettings(memory_path=memory, length=low, max_length=high)
    with running_teacher(teacher) as base_url:
        *data, training = commands(settings, base_url)
        for title, command in data:
            run_script(title, command)
    run_script(*training)
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
    add = parser.add_argument
    add("--csv", type=Path, default=csv, help="recipes with the Kaggle columns")
    add("--output", type=Path, default=RealPagesSettings.output, help="folder of what is made")
    add("--examples", type=cli.non_negative_int, default=1000, help="recipes to take (0: all)")
    add("--hard-cases", type=float, default=0.15, help="share of hard posts, as in 02")
    add("--preset", default="cpu-real-pages", help="settings of the training, as in 05")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; returns the exit code."""
    args = vars(parse_args(argv))
    args.pop("debug")
    return run_real_pages(RealPagesSettings(**args))


if __name__ == "__main__":
    sys.exit(cli.run(main))
