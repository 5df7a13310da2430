"""Run the numbered scripts one after another, each as a user would type it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.cli import INTERRUPTED
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import derived_seed
from recipe_pipeline.common.stage_folder import META_SUFFIX, iter_stage_files, read_bytes
from recipe_pipeline.common.storage import PROJECT_ROOT
from recipe_pipeline.generation.settings import SamplingSettings

SAMPLE_CSV = PROJECT_ROOT / "sample_data" / "recipes.csv"
# The answer layout that suits the embedded model best, as flags of 04.
EASY_ANSWERS = {"sections": "headed", "key_order": "ingredients-first"}
BLOGS = "generated_recipes_blog"
_TRIES = 10  # more than 02 ever takes for one post; each has its own seed
_KILLED = -9  # SIGKILL, which Windows does not have
TITLES = {
    "02_generate_blogs.py": "Posts: 02 asks the offline teacher for a blog post per recipe",
    "03_generate_recipe_json.py": "Labels: 03 extracts recipe JSON with reasoning",
    "04_generate_finetuning_dataset.py": "Dataset: 04 builds the training examples",
    "05_finetune.py": "Training: 05 finetunes the base model",
    "07_evaluate.py": "Evaluation: 07 scores the base and the finetuned model",
}


def script_command(script: str, **flags: Any) -> list[str]:
    """``script`` with ``flags``: ``max_steps=-1, save_gguf=True`` is ``--max-steps -1 --save-gguf``."""
    command = [script]
    for name, value in flags.items():
        command.append("--" + name.replace("_", "-"))
        if value is not True:
            command.append(str(value))
    return command


def data_commands(
    csv: Path,
    folder: Path,
    base_url: str,
    posts: Mapping[str, Any],
    examples: Mapping[str, Any],
    labels: str = "llm_output_reasoning",
    seed: int | None = None,
) -> list[list[str]]:
    """The commands of stages 2 to 4 from ``csv`` to ``folder``/finetuning_dataset.jsonl.

    ``posts`` are further flags of 02, ``examples`` of 04; ``labels`` is the folder that 03 fills.
    Raises PipelineError if ``folder`` has posts of another seed, which 02 would keep.
    """
    blogs, recipes = folder / BLOGS, folder / labels
    dataset = folder / "finetuning_dataset.jsonl"
    _require_seed(blogs, seed)
    server = {"base_url": base_url, "model": "offline-teacher", **seed_flag(seed)}
    # The teacher's posts look like copied pages, with Markdown among them.
    posts = {"csv": csv, "output_blog": blogs, "unchecked": True, **posts}
    return [
        script_command("02_generate_blogs.py", **posts, **server),
        script_command("03_generate_recipe_json.py", input=blogs, output=recipes, **server),
        script_command(
            "04_generate_finetuning_dataset.py",
            **{"blog_dir": blogs, "llm_dir": recipes, "output": dataset},
            **EASY_ANSWERS,
            **seed_flag(seed),
            **examples,
        ),
    ]


def seed_flag(seed: int | None) -> dict[str, int]:
    """The flag ``--seed`` for `script_command`; none if every script is to use its own default."""
    return {} if seed is None else {"seed": seed}


def _require_seed(blogs: Path, seed: int | None) -> None:
    stem, path = (
        next(iter_stage_files(blogs, META_SUFFIX), ("", "")) if blogs.is_dir() else ("", "")
    )
    wanted = SamplingSettings().seed if seed is None else seed
    seeds = {derived_seed(wanted, stem, repeat) for repeat in range(_TRIES)}
    if path and json.loads(read_bytes(path)).get("seed") not in seeds:
        raise PipelineError(
            f"{blogs} has posts that were made with another --seed: choose another --output, or "
            "delete this one"
        )


def resuming(command: list[str]) -> list[str]:
    """``command`` of 05, with ``--resume`` if its checkpoints are from the same dataset and settings.

    Checkpoints of another run are ignored, and training starts over.
    """
    from recipe_pipeline.training.checkpoints import checkpoints_fit
    from recipe_pipeline.training.flags import settings_of

    return [*command, "--resume"] if checkpoints_fit(settings_of(command[1:])) else command


def run_script(command: Sequence[str], offline: bool = True) -> None:
    """Run a script of this project in its own process; ``offline`` keeps it off the model hub.

    Raises PipelineError if the script fails, KeyboardInterrupt if it was interrupted.
    """
    script, *arguments = command
    print(f"\n== {TITLES.get(script, script)} ==\n$ python {shlex.join(command)}", flush=True)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    if offline:
        environment["HF_HUB_OFFLINE"] = "1"
    done = subprocess.run(
        [sys.executable, str(PROJECT_ROOT / script), *arguments], env=environment, check=False
    )
    if done.returncode == INTERRUPTED:
        raise KeyboardInterrupt
    if done.returncode != 0:
        raise PipelineError(
            f"{script} {_ending(done.returncode)}; run the same command again to continue from there"
        )


def _ending(code: int) -> str:
    """How a script ended that failed. A process that the system kills leaves no message itself."""
    if code == _KILLED:
        return (
            "was killed by the system, most likely because memory ran out: close other programs, or "
            "lower --max-seq-length"
        )
    if code < 0:
        return f"was ended by signal {-code}"
    return f"ended with exit code {code} (see the message above)"
