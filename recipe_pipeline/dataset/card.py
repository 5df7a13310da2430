"""The dataset card (README.md with a YAML header) that goes with a dataset, and its upload.

Format: https://huggingface.co/docs/hub/datasets-cards. The header tells ``load_dataset`` which file
is which split, so that the uploaded repository loads without code.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.settings import DatasetReport, DatasetSettings
from recipe_pipeline.dataset.token_counts import LengthSummary

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def card_name(output: Path) -> Path:
    """Where the card of a dataset is written: beside it, but never over a project's README.md."""
    return output.with_name(f"{output.stem}.README.md")


def data_files(report: DatasetReport) -> dict[str, Path]:
    """The dataset files by split name ("train", "test")."""
    files = [file for file in report.files if not file.name.endswith(".meta.jsonl")]
    return dict(zip(("train", "test"), files, strict=False))


def write_card_text(report: DatasetReport, settings: DatasetSettings, models: Counter[str]) -> str:
    """The card as Markdown. ``models``: which models wrote posts and labels, with their counts."""
    files = data_files(report)
    sizes = next((name for limit, name in _SIZES if report.examples < limit), "n>1M")
    header = ["---", "license: other", "language: en", "task_categories:", "- text-generation"]
    header += ["tags:", "- recipes", "- schema.org", "- information-extraction", "- synthetic"]
    header += [f"size_categories: {sizes}", "configs:", "- config_name: default", "  data_files:"]
    for split, file in files.items():
        header += [f"  - split: {split}", f"    path: {json.dumps(file.name)}"]
    parts = [
        "\n".join([*header, "---"]),
        "# Recipes in blog posts, with schema.org labels",
        _purpose(report),
        "## Fields",
        _FIELDS,
        "## How it was made",
        _making(settings, models),
        "## What is in it",
        _contents(report),
        "## Known limits",
        _limits(report, settings),
        "## Licence",
        "The licence depends on the recipes the posts were written from and on the terms of the "
        "models that wrote posts and labels. Replace `license: other` when you know it.",
    ]
    return "\n\n".join(parts) + "\n"


_FIELDS = """\
Each line is `{"messages": [...]}` with three messages:

| role | content |
|---|---|
| `system` | what the model is asked for, the same in every example |
| `user` | `Extract recipe information from this text:`, an empty line, the post |
| `assistant` | `<think>` reasoning `</think>`, an empty line, schema.org Recipe JSON-LD on one line; \
`{}` when the post has no recipe, `@graph` when it has several |

The `.meta.jsonl` beside each file has one line per example, in the same order: id, style, kind, \
source, support by the post (0 to 1), tokens."""


def _purpose(report: DatasetReport) -> str:
    split = f" ({report.train:,} to train, {report.test:,} to test)" if report.test else ""
    return (
        f"{report.examples:,} chat examples{split} about {report.recipes:,} different recipes, made to "
        "teach a small language model to turn food blog posts into schema.org Recipe JSON-LD."
    )


def _making(settings: DatasetSettings, models: Counter[str]) -> str:
    by = "; ".join(f"`{name}` ({count:,})" for name, count in models.most_common(8))
    lines = [f"Posts and labels were written by: {by}." if by else "Posts and labels were given."]
    if settings.min_support:
        lines.append(
            "Every name, ingredient, step, time and yield of a label was checked against its post; "
            f"labels with a point supported to less than {settings.min_support:g} were left out."
        )
    else:
        lines.append("Labels were **not** checked against their posts.")
    if settings.split is not None:
        lines.append(
            "All examples of one recipe, and near-duplicate posts, stand on one side of the split."
        )
    lines.append(f"Shuffled with seed {settings.seed}.")
    return "\n".join(f"- {line}" for line in lines)


def _contents(report: DatasetReport) -> str:
    rows = [("style", name, count) for name, count in report.styles.most_common()]
    rows += [("kind", name, count) for name, count in report.kinds.most_common()]
    table = ["| | | examples | share |", "|---|---|---:|---:|"]
    table += [
        f"| {what} | {name} | {count:,} | {count / report.examples:.1%} |"
        for what, name, count in rows
    ]
    parts = ["\n".join(table)]
    for label, summary in (
        ("without", report.lengths),
        ("with", report.lengths_with_reasoning),
    ):
        if summary is not None:
            parts.append(_length_sentence(label, summary))
    if report.lengths_how:
        parts.append(f"Tokens are {report.lengths_how}.")
    return "\n\n".join(parts)


def _length_sentence(label: str, summary: LengthSummary) -> str:
    return (
        f"Tokens per example {label} reasoning: median {summary.median:,}, 90 % up to {summary.p90:,}, "
        f"longest {summary.longest:,}; {summary.over_share:.1%} exceed {summary.limit:,}."
    )


def _limits(report: DatasetReport, settings: DatasetSettings) -> str:
    lines = ["The posts are synthetic; real pages are longer and stranger.", "English only."]
    if settings.min_support:
        lines.append(
            "The check reads words and numbers, it does not understand: a label that mistells a post "
            "in the post's own words passes."
        )
    if report.skipped:
        skips = ", ".join(f"{count:,} {reason}" for reason, count in report.skipped.most_common())
        lines.append(f"Left out when it was made: {skips}.")
    if report.reasoning_problems:
        poor = ", ".join(f"{n:,} {name}" for name, n in report.reasoning_problems.most_common())
        lines.append(f"Reasoning traces: {poor}.")
    return "\n".join(f"- {line}" for line in lines)


def push_to_hub(repository: str, report: DatasetReport, card: Path, private: bool = False) -> str:
    """Upload card, data and metadata to a dataset repository ("name" or "user/name"); its address.

    Raises:
        PipelineError: no package, no token, no network, no right to write there.
    """
    try:
        from huggingface_hub import HfApi, get_token
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError as error:
        raise PipelineError(
            "--push-to-hub needs the huggingface_hub package: pip install huggingface_hub"
        ) from error
    if get_token() is None:
        raise PipelineError(
            "no Hugging Face token: run 'hf auth login' or set HF_TOKEN to a token that may write; "
            "the dataset is complete on disk"
        )
    api = HfApi()
    try:
        address = api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        full_name = address.repo_id
        for path, name in [(card, "README.md"), *((file, file.name) for file in report.files)]:
            api.upload_file(
                path_or_fileobj=path, path_in_repo=name, repo_id=full_name, repo_type="dataset"
            )
    except HFValidationError as error:
        raise PipelineError(f"--push-to-hub {repository} is no repository name: {error}") from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "no answer"
        raise PipelineError(
            f"the Hugging Face hub refused the upload to {repository} ({status}): check that the "
            "token may write there; the dataset is complete on disk"
        ) from error
    except Exception as error:
        # httpx, requests and socket errors, by version of the client: all mean no connection.
        raise PipelineError(
            f"could not reach the Hugging Face hub ({type(error).__name__}): check the network and "
            "run the command again; the dataset is complete on disk"
        ) from error
    return str(address)
