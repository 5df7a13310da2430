"""The whole pipeline on one machine: no account, no key, no GPU, no hub.

Runs the numbered scripts one after the other, each as a person would type it, on the bundled
recipes, the offline teacher and the embedded base model, and ends with base and finetuned model
side by side. What is done already is reused: every stage sees that for itself, and the training is
skipped when its record names the same dataset and settings.

    python -m recipe_pipeline.workflows.quickstart                       # make quickstart
    python -m recipe_pipeline.workflows.quickstart --recipes 40 --epochs 1   # smaller
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.base import EMBEDDED

ROOT = Path(__file__).resolve().parents[2]
EASY_ANSWERS = ("--sections", "headed", "--key-order", "ingredients-first")
"""Flags of 04: the form of an answer that the embedded model has written best (docs/experiments.md)."""


@dataclass(frozen=True)
class QuickstartSettings:
    """``recipes`` 0 takes all of ``csv``; ``split`` is the share for training.

    The bundled recipes are few, so ``posts_per_recipe`` posts are made of each; the split keeps a
    recipe's posts together.

    ``max_seq_length`` (tokens) leaves the longest posts out of the training, which keeps it to
    minutes on a CPU; they stay in the test split. ``decision_weight``: lists are copied without a
    fault after these few posts, but names are not, nor is it sure where a method ends (see
    `answer_loss.token_factors`). ``max_new_tokens`` bounds an answer in the
    evaluation, for the base model above all, which does not know when to stop.
    """

    csv: Path = ROOT / "sample_data" / "recipes.csv"
    output: Path = Path("quickstart_output")
    recipes: int = 0
    posts_per_recipe: int = 4
    split: float = 0.96
    model_name: str = "embedded"
    epochs: int = 1
    batch_size: int = 1
    lora_rank: int = 32
    learning_rate: float = 4e-4
    max_seq_length: int = 960
    decision_weight: float = 3.0
    max_new_tokens: int = 640

    @property
    def blogs(self) -> Path:
        return self.output / "generated_recipes_blog"

    @property
    def labels(self) -> Path:
        return self.output / "llm_output_reasoning"

    @property
    def train_set(self) -> Path:
        return self.output / "finetuning_dataset_train.jsonl"

    @property
    def test_set(self) -> Path:
        return self.output / "finetuning_dataset_test.jsonl"

    @property
    def adapter(self) -> Path:
        return self.output / "gemma-3"

    @property
    def evaluation(self) -> Path:
        return self.output / "evaluation"


def run_quickstart(settings: QuickstartSettings) -> int:
    """All stages in order; returns an exit code. Raises PipelineError when one of them fails."""
    from recipe_pipeline.offline_teacher.server import TeacherSettings, running_teacher

    started = time.monotonic()
    offline = settings.model_name == EMBEDDED or Path(settings.model_name).expanduser().is_dir()
    settings.output.mkdir(parents=True, exist_ok=True)
    memory = settings.output / "offline_teacher.sqlite3"
    with running_teacher(TeacherSettings(memory_path=memory)) as base_url:
        for title, command in data_commands(settings, base_url):
            run_script(title, command)
    if trained_already(settings):
        print(
            f"\n== Training: reused, {settings.adapter} was made from this dataset and settings ==",
            flush=True,
        )
    else:
        command = resuming(training_command(settings))
        run_script("Training: 05 finetunes the base model", command, offline)
    command = evaluation_command(settings)
    run_script("Evaluation: 07 measures base and finetuned model", command, offline)
    print(closing(settings, time.monotonic() - started))
    return 0


def data_commands(settings: QuickstartSettings, base_url: str) -> list[tuple[str, list[str]]]:
    """(title, command) of stages 2 to 4."""
    blogs, labels = str(settings.blogs), str(settings.labels)
    server = ("--base-url", base_url, "--model", "offline-teacher")
    dataset = str(settings.output / "finetuning_dataset.jsonl")
    posts = [
        *("02_generate_blogs.py", "--csv", str(settings.csv), "--output-blog", blogs),
        *("--limit", str(settings.recipes)),
        *("--posts-per-recipe", str(settings.posts_per_recipe), *server),
    ]
    recipes = ["03_generate_recipe_json.py", "--input", blogs, "--output", labels, *server]
    examples = [
        *("04_generate_finetuning_dataset.py", "--blog-dir", blogs, "--llm-dir", labels),
        *("--output", dataset, "--split", str(settings.split)),
        *EASY_ANSWERS,
    ]
    return [
        ("Posts: 02 asks the offline teacher for a blog post per recipe", posts),
        ("Labels: 03 extracts recipe JSON with reasoning", recipes),
        ("Dataset: 04 builds train and test split", examples),
    ]


def training_command(settings: QuickstartSettings) -> list[str]:
    """The command of stage 5."""
    return [
        *("05_finetune.py", "--dataset", str(settings.train_set)),
        *("--model-name", settings.model_name, "--max-steps", "-1"),
        *("--num-epochs", str(settings.epochs), "--learning-rate", str(settings.learning_rate)),
        *("--lora-rank", str(settings.lora_rank), "--batch-size", str(settings.batch_size)),
        *("--max-seq-length", str(settings.max_seq_length)),
        *("--gradient-accumulation-steps", "1", "--lr-scheduler-type", "cosine"),
        *("--decision-weight", str(settings.decision_weight)),
        *("--output-dir", str(settings.output / "outputs"), "--save-dir", str(settings.adapter)),
        *("--save-steps", "10", "--skip-inference-test"),
    ]


def resuming(command: list[str]) -> list[str]:
    """``command`` of 05 with ``--resume`` if the checkpoints there are of the same dataset and settings.

    Otherwise the training begins anew: they are of a call with other flags.
    """
    from recipe_pipeline.training.checkpoints import checkpoints_fit
    from recipe_pipeline.training.flags import settings_of

    return [*command, "--resume"] if checkpoints_fit(settings_of(command[1:])) else command


def evaluation_command(settings: QuickstartSettings) -> list[str]:
    """The command of script 07."""
    return [
        *("07_evaluate.py", "--dataset", str(settings.test_set)),
        *("--model", f"base={settings.model_name}", "--model", f"finetuned={settings.adapter}"),
        *("--output", str(settings.evaluation), "--max-new-tokens", str(settings.max_new_tokens)),
    ]


def trained_already(settings: QuickstartSettings) -> bool:
    """Whether the adapter's record names this dataset and these settings."""
    from recipe_pipeline.training.data import file_sha256

    try:
        record = json.loads((settings.adapter / "training_run.json").read_text(encoding="utf-8"))
        before = record["settings"]
    except (OSError, ValueError, KeyError):
        return False
    wanted = {
        "model_name": settings.model_name,
        "num_epochs": settings.epochs,
        "learning_rate": settings.learning_rate,
        "lora_rank": settings.lora_rank,
        "batch_size": settings.batch_size,
        "max_seq_length": settings.max_seq_length,
        "decision_weight": settings.decision_weight,
    }
    same = all(before.get(key) == value for key, value in wanted.items())
    return same and record.get("dataset_sha256") == file_sha256(settings.train_set)


def closing(settings: QuickstartSettings, seconds: float) -> str:
    """One example before and after, and where everything is."""
    rows = [
        json.loads(line)
        for line in (settings.evaluation / "results.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    example = min(rows, key=lambda row: len(row["post"]))
    lines = [
        "",
        "== One held-out post ==",
        example["post"],
        "",
        "-- base model (first 400 characters)",
        _single_line(example["models"]["base"]["answer"])[:400] or "(nothing)",
        "",
        "-- finetuned model",
        _pretty(example["models"]["finetuned"]["answer"]),
        "",
        f"== Done in {seconds / 60:.1f} minutes ==",
        f"posts      {settings.blogs}",
        f"labels     {settings.labels}",
        f"datasets   {settings.train_set}, {settings.test_set}",
        f"adapter    {settings.adapter}",
        f"numbers    {settings.evaluation / 'summary.json'}",
        f"report     {settings.evaluation / 'report.html'}",
        "",
        f"Try your own post:  python 08_extract.py post.txt --model {settings.adapter}",
    ]
    return "\n".join(lines)


def _single_line(text: str) -> str:
    return " ".join(text.split())


def _pretty(answer: str) -> str:
    try:
        return json.dumps(json.loads(answer), ensure_ascii=False, indent=2)
    except ValueError:
        return answer


def run_script(title: str, command: Sequence[str], offline: bool = True) -> None:
    """Run a script of this project in its own process, as a person would; ``offline``: no hub."""
    print(f"\n== {title} ==\n$ python {shlex.join(command)}", flush=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if offline:
        environment["HF_HUB_OFFLINE"] = "1"
    script, *arguments = command
    done = subprocess.run(
        [sys.executable, str(ROOT / script), *arguments], env=environment, check=False
    )
    if done.returncode == cli.INTERRUPTED:
        raise KeyboardInterrupt
    if done.returncode != 0:
        raise PipelineError(
            f"{script} ended with exit code {done.returncode}: see its message above; "
            "running quickstart again goes on from there"
        )


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of quickstart."""
    default = QuickstartSettings()
    parser = cli.build_parser(__doc__)
    add = parser.add_argument
    add("--csv", type=Path, default=default.csv, help="recipes with the Kaggle columns")
    add("--output", type=Path, default=default.output, help="folder of everything that is made")
    add("--recipes", type=cli.non_negative_int, default=default.recipes, help="how many (0: all)")
    add(
        "--posts-per-recipe",
        type=cli.positive_int,
        default=default.posts_per_recipe,
        help="posts of each recipe",
    )
    add("--split", type=float, default=default.split, help="share for training")
    add("--model-name", default=default.model_name, help="base model, as in 05")
    add("--epochs", type=cli.positive_int, default=default.epochs, help="passes over the posts")
    add("--batch-size", type=cli.positive_int, default=default.batch_size, help="examples per step")
    add("--lora-rank", type=cli.positive_int, default=default.lora_rank, help="rank of the LoRA")
    add("--learning-rate", type=float, default=default.learning_rate, help="peak learning rate")
    add(
        "--max-seq-length",
        type=cli.positive_int,
        default=default.max_seq_length,
        help="longest training example in tokens",
    )
    add(
        "--max-new-tokens",
        type=cli.positive_int,
        default=default.max_new_tokens,
        help="longest answer in the evaluation",
    )
    add("--fresh", action="store_true", help="remove --output first: start from the beginning")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run quickstart; returns the exit code."""
    args: dict[str, Any] = vars(parse_args(argv))
    args.pop("debug")
    fresh = args.pop("fresh")
    settings = QuickstartSettings(**args)
    if fresh and settings.output.exists():
        shutil.rmtree(settings.output)
    return run_quickstart(settings)


if __name__ == "__main__":
    sys.exit(cli.run(main))
