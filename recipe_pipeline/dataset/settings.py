"""Settings of stage 4. Imports nothing heavy: ``--help`` loads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import check, flag
from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.schema.layout import FORMS, ORDERS


@dataclass(frozen=True)
class DatasetSettings:
    """The flags of script 04. Raises PipelineError for values out of range."""

    blog_dir: Path = flag(Path("generated_recipes_blog"), "posts of 02")
    llm_dir: Path = flag(Path("llm_output_reasoning"), "recipe JSON of 03")
    output: Path = flag(Path("finetuning_dataset.jsonl"), "dataset file")
    system_prompt: str | None = flag(None, "system message of every example (None: built-in)")
    split: float | None = flag(
        None, "share for training, e.g. 0.8 (None: one file)", above=0, below=1
    )
    limit: int | None = flag(
        None, "maximum number of examples, in file name order (None or 0: all)", at_least=0
    )
    seed: int = flag(42, "seed of the shuffle and of the split")
    include_empty: bool = flag(False, "keep posts without a recipe, labelled {}")
    sections: str = flag(
        "nested",
        "sections of the method as HowToSection, or as plain steps with the section's name as a step "
        "of its own (headed), which is easier for a small model",
        choices=FORMS,
    )
    key_order: str = flag(
        "name-first",
        "what an answer begins with: the name, or the ingredients (then name, yield, times, steps)",
        choices=ORDERS,
    )
    reasoning: str = flag("keep", "think traces of the labels", choices=("keep", "strip"))
    min_support: float = flag(
        DEFAULT_MIN_SUPPORT,
        "minimum support of a label by its post, 0 to 1 (0: no check)",
        at_least=0,
        at_most=1,
    )
    max_seq_length: int = flag(8192, "token length to report against: the limit of 05", at_least=1)

    def __post_init__(self) -> None:
        check(self)
        if self.system_prompt is not None and not self.system_prompt.strip():
            raise PipelineError("--system-prompt is empty: give a text or leave the flag out")
