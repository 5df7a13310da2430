"""The whole pipeline on one machine, without an account, a key, a GPU or a model hub.

Runs scripts 02 to 05 and 07 on the bundled recipes with the offline teacher and the embedded base
model, and ends with answers of the base and the finetuned model side by side. Finished work is
reused: training is skipped if the adapter's record names the same dataset and settings.

    python -m recipe_pipeline.workflows.quickstart                           # make quickstart
    python -m recipe_pipeline.workflows.quickstart --recipes 40 --epochs 1   # smaller
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common import cli
from recipe_pipeline.common.flags import add_flags, check, flag, settings_from
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.evaluation.settings import FIRST_ANSWERS
from recipe_pipeline.models.adapter import read_run
from recipe_pipeline.models.base import EMBEDDED
from recipe_pipeline.workflows import steps
from recipe_pipeline.workflows.steps import SAMPLE_CSV, resuming, run_script, script_command


@dataclass(frozen=True)
class QuickstartSettings:
    """Flags of quickstart. The split keeps all posts of a recipe together.

    ``split`` holds out some 30 recipes, so that the scores do not depend on a few of them, and
    ``held_out_posts`` keeps the evaluation short: the test set is shuffled, so its first posts are
    about nearly all of these recipes.

    ``max_seq_length`` drops the longest posts from training, which then takes minutes on a CPU;
    they stay in the test split. ``decision_weight`` (see `training.answer_loss`) is raised
    because after so few posts the model copies lists without errors but still gets names, and the
    end of a method, wrong.
    """

    csv: Path = flag(SAMPLE_CSV, "recipe CSV with the columns of the Kaggle file")
    output: Path = flag(Path("quickstart_output"), "folder for all results")
    recipes: int = flag(0, "recipes to use (0: all)", at_least=0)
    posts_per_recipe: int = flag(5, "posts per recipe", at_least=1)
    split: float = flag(0.79, "share of the recipes for training", above=0, below=1)
    held_out_posts: int = flag(
        52, "posts of the other recipes that the evaluation takes (0: all)", at_least=0
    )
    model_name: str = flag(EMBEDDED, "base model, as in 05")
    epochs: int = flag(1, "passes over the training posts", at_least=1)
    max_seq_length: int = flag(960, "longest training example in tokens", at_least=1)
    max_new_tokens: int = flag(640, "longest answer in the evaluation in tokens", at_least=1)
    seed: int | None = flag(
        None, "seed of posts, split and training (None: the default of each script)"
    )
    batch_size: int = 1
    lora_rank: int = 32
    learning_rate: float = 4e-4
    decision_weight: float = 3.0

    def __post_init__(self) -> None:
        check(self)

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
    """All stages in order; returns an exit code. Raises PipelineError if one of them fails."""
    from recipe_pipeline.offline_teacher.server import TeacherSettings, running_teacher

    started = time.monotonic()
    settings.output.mkdir(parents=True, exist_ok=True)
    offline = settings.model_name == EMBEDDED or Path(settings.model_name).expanduser().is_dir()
    memory = settings.output / "offline_teacher.sqlite3"
    with running_teacher(TeacherSettings(memory_path=memory)) as base_url:
        for command in data_commands(settings, base_url):
            run_script(command)
    if trained_already(settings):
        print(
            f"\n== Training: reused ({settings.adapter}: same dataset, same settings) ==",
            flush=True,
        )
    else:
        run_script(resuming(training_command(settings)), offline)
    run_script(evaluation_command(settings), offline)
    print(closing(settings, time.monotonic() - started))
    return 0


def data_commands(settings: QuickstartSettings, base_url: str) -> list[list[str]]:
    """The commands of stages 2 to 4."""
    posts = {"limit": settings.recipes, "posts_per_recipe": settings.posts_per_recipe}
    split = {"split": settings.split}
    return steps.data_commands(
        settings.csv, settings.output, base_url, posts, split, seed=settings.seed
    )


def training_command(settings: QuickstartSettings) -> list[str]:
    """The command of stage 5."""
    return script_command(
        "05_finetune.py",
        dataset=settings.train_set,
        model_name=settings.model_name,
        max_steps=-1,
        num_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lora_rank=settings.lora_rank,
        batch_size=settings.batch_size,
        max_seq_length=settings.max_seq_length,
        gradient_accumulation_steps=1,
        lr_scheduler_type="cosine",
        decision_weight=settings.decision_weight,
        output_dir=settings.output / "outputs",
        save_dir=settings.adapter,
        save_steps=10,
        skip_inference_test=True,
        **steps.seed_flag(settings.seed),
    )


def evaluation_command(settings: QuickstartSettings) -> list[str]:
    """The command of script 07."""
    return [
        *script_command("07_evaluate.py", dataset=settings.test_set, output=settings.evaluation),
        *("--model", f"base={settings.model_name}", "--model", f"finetuned={settings.adapter}"),
        *("--max-new-tokens", str(settings.max_new_tokens)),
        *("--limit", str(settings.held_out_posts)),
    ]


def trained_already(settings: QuickstartSettings) -> bool:
    """True if the adapter's record names this dataset and these settings."""
    from recipe_pipeline.training.flags import settings_of

    record = read_run(settings.adapter)
    training = settings_of(training_command(settings)[1:]).to_dict()
    return record.get("settings", {}) | {"resume": False} == training and record.get(
        "dataset_sha256"
    ) == file_sha256(settings.train_set)


def closing(settings: QuickstartSettings, seconds: float) -> str:
    """One held-out post with the answers of both models, and the paths of all results."""
    results = (settings.evaluation / "results.jsonl").read_text(encoding="utf-8")
    example = min(map(json.loads, results.splitlines()), key=lambda row: len(row["post"]))
    answers = {name: model["answer"] for name, model in example["models"].items()}
    of_base = " ".join(answers[f"base{FIRST_ANSWERS}"].split())
    return f"""
== One held-out post ==
{example["post"]}

-- base model, as it wrote it (first 400 characters)
{of_base[:400] or "(nothing)"}

-- finetuned model, as 08 gives it
{_indented(answers["finetuned"])}

== Done in {seconds / 60:.1f} minutes ==
posts      {settings.output / "generated_recipes_blog"}
labels     {settings.output / "llm_output_reasoning"}
datasets   {settings.train_set}, {settings.test_set}
adapter    {settings.adapter}
scores     {settings.evaluation / "summary.json"}
report     {settings.evaluation / "report.html"}

Try it on a page:  python 08_extract.py sample_data/sample_page.html --model {settings.adapter}"""


def _indented(answer: str) -> str:
    try:
        return json.dumps(json.loads(answer), ensure_ascii=False, indent=2)
    except ValueError:
        return answer


def main(argv: Sequence[str] | None = None) -> int:
    """Run quickstart; returns the exit code."""
    parser = cli.build_parser(__doc__)
    add_flags(parser, QuickstartSettings)
    return run_quickstart(settings_from(QuickstartSettings, parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(cli.run(main))
