"""Does the grounding check pay? Train on broken labels with and without it and evaluate both.

Writes posts of the offline teacher whose labels are broken in part (`corruption.py`), builds two
datasets of them with script 04 (--min-support 0 and the default), trains one adapter on each with
script 05 (same base, steps, seed and settings), and evaluates both with script 07 on the same clean
posts of other recipes. One command; what is done already is kept in --work.

    python -m benchmarks.label_noise --train 256 --max-steps 32

Costs two trainings and evaluations: about an hour on 2 CPU cores with the numbers above.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corruption import corrupt
from benchmarks.grounding import Case, clean_cases
from recipe_pipeline.errors import PipelineError
from recipe_pipeline.storage import write_json

ROOT = Path(__file__).parents[1]
VARIANTS = {"unchecked": "0", "checked": None}


def write_folders(cases: Sequence[Case], folder: Path) -> None:
    """``cases`` as the folders that stages 2 and 3 leave behind."""
    for number, case in enumerate(cases):
        stem = f"{number:05d}-post"
        (folder / "blog").mkdir(parents=True, exist_ok=True)
        (folder / "blog" / f"{stem}.txt").write_text(case.post, encoding="utf-8")
        meta = {"style": "teacher", "source": {"row": number, **case.source}}
        write_json(folder / "blog" / f"{stem}.meta.json", meta)
        label = {"recipe": case.label, "reasoning": "", "meta": {"broken": case.broken}}
        write_json(folder / "llm" / f"{stem}.json", label)


def run(*command: str | Path) -> None:
    """Run a script of the project; raises PipelineError when it fails."""
    print("+", *command, flush=True)
    done = subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, check=False)
    if done.returncode:
        raise PipelineError(f"{command[0]} ended with exit code {done.returncode}")


def prepare(args: argparse.Namespace) -> None:
    """Posts for training (some labels broken) and for testing (clean, other recipes)."""
    rng = random.Random(args.seed)
    cases = list(clean_cases(args.csv, args.train + args.test, args.seed))
    train, test = cases[: args.train], cases[args.train :]
    broken = set(rng.sample(range(len(train)), round(args.share * len(train))))
    mixed = []
    for number, case in enumerate(train):
        if number in broken:
            label, kind = corrupt(case.label, rng)
            case = Case(case.post, label, case.source, kind)
        mixed.append(case)
    write_folders(mixed, args.work / "train")
    write_folders(test, args.work / "test")


def build(folder: Path, output: Path, min_support: str | None) -> None:
    """Run script 04 over the two folders in ``folder``."""
    command = ["04_generate_finetuning_dataset.py", "--blog-dir", folder / "blog"]
    command += ["--llm-dir", folder / "llm", "--output", output]
    run(*command, *(["--min-support", min_support] if min_support else []))


def main() -> None:
    args = parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    test_set = args.work / "test.jsonl"
    if not test_set.exists():
        prepare(args)
        build(args.work / "test", test_set, "0")
    for name, min_support in VARIANTS.items():
        dataset, adapter = args.work / f"{name}.jsonl", args.work / f"adapter-{name}"
        if not dataset.exists():
            build(args.work / "train", dataset, min_support)
        if not (adapter / "training_run.json").exists():
            run(
                "05_finetune.py", "--dataset", dataset, "--model-name", args.model_name,
                "--max-steps", str(args.max_steps), "--lora-rank", str(args.lora_rank),
                "--learning-rate", str(args.learning_rate), "--batch-size", "2",
                "--save-dir", adapter, "--output-dir", args.work / f"outputs-{name}",
                "--skip-inference-test",
            )  # fmt: skip
    models = [f"{name}={args.work / f'adapter-{name}'}" for name in VARIANTS]
    flags = [part for model in models for part in ("--model", model)]
    run("07_evaluate.py", "--dataset", test_set, "--output", args.work / "evaluation", *flags)
    _tell_dataset_sizes(args.work)


def _tell_dataset_sizes(work: Path) -> None:
    for name in VARIANTS:
        with (work / f"{name}.jsonl").open(encoding="utf-8") as file:
            ids = [json.loads(line)["id"] for line in (work / f"{name}.meta.jsonl").open()]
            count = sum(1 for _ in file)
        labels = (json.loads((work / "train/llm" / f"{stem}.json").read_text()) for stem in ids)
        broken = sum(bool(label["meta"]["broken"]) for label in labels)
        print(f"{name}: {count} examples, {broken} of them with a broken label")


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--csv", type=Path, default=ROOT / "sample_data" / "recipes.csv")
    parser.add_argument(
        "--work", type=Path, default=Path("label_noise"), help="folder of all files"
    )
    parser.add_argument("--train", type=int, default=256, help="posts to train on")
    parser.add_argument("--test", type=int, default=40, help="posts to evaluate on")
    parser.add_argument("--share", type=float, default=0.4, help="share of broken labels")
    parser.add_argument("--max-steps", type=int, default=32)
    parser.add_argument("--lora-rank", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--model-name", default="embedded")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
