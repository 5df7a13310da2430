"""Does the grounding check pay off? Train on broken labels with and without it and compare.

Generates posts with the offline teacher and breaks part of their labels (`corruption.py`), builds
two datasets from them with script 04 (--min-support 0 and the default), trains one adapter on each
with script 05 (same base, steps, seed and settings), evaluates both with script 07 on the same clean
posts about other recipes, and prints a Markdown table. Finished work is kept in --work, so the same
command continues after an interruption.

    python -m benchmarks.label_noise

Takes about 20 minutes on 2 CPU cores with the defaults. The models are evaluated as GGUF files;
--adapters evaluates the adapters instead, which is slower.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.corruption import break_some
from benchmarks.grounding import Case, posts_about
from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import write_json
from recipe_pipeline.evaluation.metrics import HEADLINE, METRICS
from recipe_pipeline.evaluation.settings import FIRST_ANSWERS
from recipe_pipeline.source.recipes import read_recipes

ROOT = Path(__file__).parents[1]
VARIANTS = {"unchecked": "0", "checked": None}
# The settings that the files in --work depend on.
KEPT = ("csv", "train", "test", "share", "max_steps", "max_seq_length", "lora_rank",
        "learning_rate", "model_name", "seed")  # fmt: skip


def write_folders(cases: Sequence[Case], folder: Path) -> None:
    """Write ``cases`` as the output folders of stages 2 and 3."""
    for number, case in enumerate(cases):
        stem = f"{number:05d}-post"
        (folder / "blog").mkdir(parents=True, exist_ok=True)
        (folder / "blog" / f"{stem}.txt").write_text(case.post, encoding="utf-8")
        meta = {"style": "teacher", "source": {"row": number, **case.source}}
        write_json(folder / "blog" / f"{stem}.meta.json", meta)
        label = {"recipe": case.label, "reasoning": "", "meta": {"broken": case.broken}}
        write_json(folder / "llm" / f"{stem}.json", label)


def run(*command: str | Path) -> None:
    """Run a script of the project; raises PipelineError if it fails."""
    print("+", *command, flush=True)
    done = subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, check=False)
    if done.returncode:
        raise PipelineError(f"{command[0]} failed with exit code {done.returncode}")


def claim(args: argparse.Namespace) -> None:
    """Record the settings in --work. Raises PipelineError if its files were made with others."""
    args.work.mkdir(parents=True, exist_ok=True)
    settings = {name: str(getattr(args, name)) for name in KEPT}
    path = args.work / "settings.json"
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != settings:
        raise PipelineError(f"{args.work} has files from other settings: use another --work")
    write_json(path, settings)


def prepare(args: argparse.Namespace) -> None:
    """Posts for training (some labels broken) and for testing (clean, other recipes)."""
    rng = random.Random(args.seed)
    recipes = list(read_recipes(args.csv))
    if args.test >= len(recipes):
        raise PipelineError(f"--test {args.test} leaves no recipe of {len(recipes)} to train on")
    rng.shuffle(recipes)
    test, train = recipes[: args.test], recipes[args.test :]
    write_folders(list(posts_about(test, len(test), args.seed)), args.work / "test")
    clean = list(posts_about(train, args.train, args.seed))
    write_folders(break_some(clean, args.share, rng), args.work / "train")


def build(folder: Path, output: Path, min_support: str | None) -> None:
    """Run script 04 on the two folders in ``folder``."""
    command = ["04_generate_finetuning_dataset.py", "--blog-dir", folder / "blog"]
    command += ["--llm-dir", folder / "llm", "--output", output, "--sections", "headed"]
    run(*command, *(["--min-support", min_support] if min_support else []))


def train(args: argparse.Namespace, name: str) -> Path:
    """The model of one variant (a GGUF or an adapter), trained and exported unless it exists."""
    adapter = args.work / f"adapter-{name}"
    gguf = adapter.with_name(f"{adapter.name}-gguf")
    if not (adapter / "training_run.json").exists():
        run(
            "05_finetune.py", "--dataset", args.work / f"{name}.jsonl",
            "--model-name", args.model_name, "--max-steps", str(args.max_steps),
            "--max-seq-length", str(args.max_seq_length), "--lora-rank", str(args.lora_rank),
            "--learning-rate", str(args.learning_rate), "--lr-scheduler-type", "cosine",
            "--batch-size", "1", "--gradient-accumulation-steps", "1",
            "--save-dir", adapter, "--output-dir", args.work / f"outputs-{name}", "--resume",
            "--skip-inference-test", *([] if args.adapters else ["--save-gguf"]),
        )  # fmt: skip
    if args.adapters:
        return adapter
    if not (gguf / "Modelfile").exists():  # written last
        run("05_finetune.py", "--export-only", "--save-dir", adapter)
    return next(gguf.glob("*.gguf"))


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    claim(args)
    test_set = args.work / "test.jsonl"
    if not test_set.exists():
        prepare(args)
        build(args.work / "test", test_set, "0")
    flags: list[str] = []
    for name, min_support in VARIANTS.items():
        if not (args.work / f"{name}.jsonl").exists():
            build(args.work / "train", args.work / f"{name}.jsonl", min_support)
        flags += ["--model", f"{name}={train(args, name)}"]
    output = args.work / "evaluation"
    limit = ("--max-new-tokens", str(args.max_new_tokens))
    run("07_evaluate.py", "--dataset", test_set, "--output", output, *limit, *flags)
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    models = [each for each in summary["models"] if not each["model"].endswith(FIRST_ANSWERS)]
    print("\n" + markdown(models, [dataset_size(args.work, name) for name in VARIANTS]))


def dataset_size(work: Path, name: str) -> tuple[int, int]:
    """(examples of a variant, how many of them have a broken label)."""
    lines = (work / f"{name}.meta.jsonl").read_text(encoding="utf-8").splitlines()
    files = [work / "train" / "llm" / f"{json.loads(line)['id']}.json" for line in lines]
    labels = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return len(labels), sum(bool(label["meta"]["broken"]) for label in labels)


def markdown(models: Sequence[dict[str, Any]], sizes: Sequence[tuple[int, int]]) -> str:
    """The results of both variants side by side, with 95 % intervals."""
    rows = [["", *(model["model"] for model in models)], ["---"] * (len(models) + 1)]
    rows.append(["examples to train on", *(str(total) for total, _ in sizes)])
    rows.append(["with a broken label", *(str(broken) for _, broken in sizes)])
    rows.append(["documents evaluated", *(str(model["documents"]) for model in models)])
    for key in HEADLINE:
        estimates = [model["metrics"].get(key) for model in models]
        if any(estimates):
            note = "" if METRICS[key].better == "higher" else " (lower is better)"
            rows.append([METRICS[key].title + note, *map(_cell, estimates)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(estimate: dict[str, float] | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate['value']:.3f} [{estimate['low']:.2f}, {estimate['high']:.2f}]"


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--csv", type=Path, default=ROOT / "sample_data" / "recipes.csv")
    add("--work", type=Path, default=Path("label_noise"), help="folder for all files")
    add("--train", type=int, default=240, help="posts to train on (240)")
    add("--test", type=int, default=30, help="posts to evaluate on, about other recipes (30)")
    add("--share", type=float, default=0.4, help="share of broken labels (0.4)")
    add("--max-steps", type=int, default=230, help="steps of one example each (230)")
    add("--max-seq-length", type=int, default=1024, help="longer examples are dropped (1024)")
    add("--max-new-tokens", type=int, default=640, help="longest answer in the evaluation (640)")
    add("--lora-rank", type=int, default=32)
    add("--learning-rate", type=float, default=5e-4)
    add("--model-name", default="embedded")
    add("--adapters", action="store_true", help="evaluate the adapters instead of GGUF files")
    add("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    args.work = args.work.resolve()  # the scripts run in the project's folder
    return args


if __name__ == "__main__":
    sys.exit(cli.run(main))
