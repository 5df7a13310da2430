"""Train for real pages on a CPU: long posts from the offline teacher, then the preset cpu-real-pages.

    python -m recipe_pipeline.workflows.real_pages                       # make real-pages
    python -m recipe_pipeline.workflows.real_pages --csv recipes.csv --examples 2000

Posts are composed from --csv (recipes without directions get generated ones) and from the bundled
recipes, whose directions people wrote. The training set is drawn from these posts, preferring long
articles and hard posts. Run the same command again to continue after an interruption. Measure the
result with 07_evaluate.py.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, check, flag, settings_from
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.generation.styles import COMPLETE
from recipe_pipeline.source.kaggle import TARGET as KAGGLE_CSV
from recipe_pipeline.workflows import steps
from recipe_pipeline.workflows.steps import SAMPLE_CSV, resuming, run_script, script_command

# Length factors for the prose around a recipe: real pages have anything from a line to pages of it.
POST_LENGTHS = (0.8, 4.2)
BREADTH = 0.7  # share of posts that look like a whole page of any site
BUNDLED_POSTS = 5  # posts per bundled recipe
BUNDLED_HARD_CASES = 0.25
# Tokens as 04 estimates them: of the posts below this, the preset's --max-seq-length drops 1 in 300.
LONGEST = 2450

# Relative odds that a post is drawn. Real pages are mostly articles around a recipe card.
STYLE_WEIGHTS = {
    "fluffy_organized": 3.0,
    "super_fluffy_chaotic": 1.3,
    "chaotic_unstructured": 1.1,
    "minimal_organized": 1.1,
    "instagram_short": 0.5,
}
# A model that rarely sees a post with two dishes never answers with two.
KIND_WEIGHTS = {"no_recipe": 3.0, "missing_parts": 3.0, "two_dishes": 6.0}
WITHOUT_A_LIST = 8.0  # posts without any steps or without any ingredients
DRAWING_SEED = 2  # without --seed
# Longer complete posts are drawn up to four times as often, shorter ones less often.
USUAL_TOKENS = 900


@dataclass(frozen=True)
class RealPagesSettings:
    """Flags of this command."""

    csv: Path = flag(
        lambda: KAGGLE_CSV if os.path.exists(KAGGLE_CSV) else SAMPLE_CSV,
        "recipe CSV with the columns of the Kaggle file",
    )
    output: Path = flag(Path("real_pages_output"), "folder for all results")
    examples: int = flag(1000, "posts about --csv recipes to train on (0: all)", at_least=0)
    bundled: int = flag(280, "posts about bundled recipes to train on (0: all)", at_least=0)
    hard_cases: float = flag(0.2, "share of hard posts, as in 02", at_least=0, at_most=1)
    seed: int | None = flag(
        None, "seed of posts, training set and training (None: the default of each)"
    )
    preset: str = flag("cpu-real-pages", "training preset, as in 05")

    def __post_init__(self) -> None:
        check(self)

    @property
    def adapter(self) -> Path:
        return self.output / "gemma-3"

    @property
    def dataset(self) -> Path:
        return self.output / "finetuning_dataset.jsonl"

    def part(self, name: str) -> Path:
        return self.output / name / "finetuning_dataset.jsonl"


def run_real_pages(settings: RealPagesSettings) -> int:
    """All stages in order; returns an exit code. Raises PipelineError if one of them fails."""
    from recipe_pipeline.offline_teacher.server import TeacherSettings, running_teacher

    settings.output.mkdir(parents=True, exist_ok=True)
    shortest, longest = POST_LENGTHS
    memory = settings.output / "offline_teacher.sqlite3"
    teacher = TeacherSettings(
        memory_path=memory, length=shortest, max_length=longest, breadth=BREADTH
    )
    with running_teacher(teacher) as base_url:
        for command in data_commands(settings, base_url):
            run_script(command)
    drawn = draw(settings)
    write_atomic(settings.dataset, "".join(line for line, _ in drawn))
    print(f"\n{len(drawn):,} examples drawn: {settings.dataset}", flush=True)
    run_script(resuming(training_command(settings)))
    print(
        f"\nadapter    {settings.adapter}\n"
        f"measure    python 07_evaluate.py --dataset pages.jsonl --model {settings.adapter}\n"
        f"use        python 08_extract.py page.html --model {settings.adapter}"
    )
    return 0


def data_commands(settings: RealPagesSettings, base_url: str) -> list[list[str]]:
    """The commands of stages 2 to 4, for --csv and for the bundled recipes."""
    own = {"limit": 0, "hard_cases": settings.hard_cases}
    bundled = {
        "limit": 0,
        "posts_per_recipe": BUNDLED_POSTS,
        "hard_cases": BUNDLED_HARD_CASES,
    }
    # The labels are exact by construction; the check would drop the rarest ways to write a fact.
    examples = {"include_empty": True, "reasoning": "strip", "min_support": 0}
    return [
        command
        for name, csv, posts in (("own", settings.csv, own), ("bundled", SAMPLE_CSV, bundled))
        for command in steps.data_commands(
            csv, settings.part(name).parent, base_url, posts, examples, "llm_output", settings.seed
        )
    ]


def training_command(settings: RealPagesSettings) -> list[str]:
    """The command of stage 5."""
    return script_command(
        "05_finetune.py",
        preset=settings.preset,
        dataset=settings.dataset,
        output_dir=settings.output / "outputs",
        save_dir=settings.adapter,
        save_gguf=True,
        **steps.seed_flag(settings.seed),
    )


def draw(settings: RealPagesSettings) -> list[tuple[str, dict[str, Any]]]:
    """(dataset line, its metadata) of the training set, in training order."""
    rng = Random(DRAWING_SEED if settings.seed is None else settings.seed)
    drawn = []
    for name, count in (("own", settings.examples), ("bundled", settings.bundled)):
        pool = [
            (line, meta)
            for line, meta in _examples(settings.part(name))
            if meta["tokens"] <= LONGEST
        ]
        # Weighted sampling without replacement: Efraimidis & Spirakis 2006, algorithm A.
        keys = [rng.random() ** (1 / _weight(meta)) for _, meta in pool]
        order = sorted(range(len(pool)), key=keys.__getitem__, reverse=True)
        drawn += [pool[index] for index in order[: count or None]]
    rng.shuffle(drawn)
    return drawn


def _weight(meta: dict[str, Any]) -> float:
    if meta["kind"] != COMPLETE:
        gone = {"directions", "ingredients"} & set(meta.get("left_out") or ())
        return WITHOUT_A_LIST if gone else KIND_WEIGHTS[meta["kind"]]
    length = meta["tokens"] / USUAL_TOKENS
    return STYLE_WEIGHTS.get(meta["style"], 1.0) * min(4.0, max(0.25, length**2))


def _examples(dataset: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    metas = dataset.with_suffix(".meta.jsonl")
    with open(dataset, encoding="utf-8") as lines, open(metas, encoding="utf-8") as records:
        for line, record in zip(lines, records, strict=True):
            yield line, json.loads(record)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the workflow; returns the exit code."""
    parser = cli.build_parser(__doc__)
    add_flags(parser, RealPagesSettings)
    return run_real_pages(settings_from(RealPagesSettings, parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(cli.run(main))
