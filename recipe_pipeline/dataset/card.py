"""The dataset card (README.md with a YAML header) that goes with a dataset.

Format: https://huggingface.co/docs/hub/datasets-cards. The header tells ``load_dataset`` which file
is which split, so that the uploaded repository loads without code.
"""

from __future__ import annotations

from pathlib import Path

from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.summary import DatasetSummary
from recipe_pipeline.dataset.token_counts import METHOD

TEMPLATE = Path(__file__).with_name("card.md.j2")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card_name(output: Path) -> Path:
    """Where the card of a dataset is written: beside it, but never over a project's README.md."""
    return output.with_name(f"{output.stem}.README.md")


def splits(summary: DatasetSummary) -> dict[str, Path]:
    """The dataset files by split name ("train", "test")."""
    return dict(zip(("train", "test"), summary.data_files, strict=False))


def card_text(summary: DatasetSummary, settings: DatasetSettings) -> str:
    """The card as Markdown."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["thousands"] = "{:,}".format
    size = next((name for limit, name in _SIZES if summary.examples < limit), "n>1M")
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        summary=summary, settings=settings, files=splits(summary), size=size, method=METHOD
    )
