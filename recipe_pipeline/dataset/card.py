"""The dataset card (README.md with a YAML header) that goes with a dataset, and its upload.

Format: https://huggingface.co/docs/hub/datasets-cards. The header tells ``load_dataset`` which file
is which split, so that the uploaded repository loads without code.
"""

from __future__ import annotations

from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.summary import DatasetSummary

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
    text = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        summary=summary, settings=settings, files=splits(summary), size=size
    )
    # A sidecar can hold a lone surrogate, which is impossible in UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")


def push_to_hub(repository: str, summary: DatasetSummary, private: bool = False) -> str:
    """Upload card, data and metadata to a dataset repository ("name" or "user/name").

    Returns the address of the repository.

    Raises:
        PipelineError: no package, no token, no network, no permission to write there.
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
            "no Hugging Face token: run 'hf auth login' or set HF_TOKEN to a token with write access; "
            "the dataset is complete on disk"
        )
    api = HfApi()
    try:
        address = api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        full_name = address.repo_id
        for path, name in [
            (summary.card, "README.md"),
            *((file, file.name) for file in summary.files),
        ]:
            api.upload_file(
                path_or_fileobj=path, path_in_repo=name, repo_id=full_name, repo_type="dataset"
            )
    except HFValidationError as error:
        raise PipelineError(
            f"--push-to-hub {repository} is not a valid repository name: {error}"
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "no answer"
        raise PipelineError(
            f"the Hugging Face hub refused the upload to {repository} ({status}): check that the "
            "token has write access; the dataset is complete on disk"
        ) from error
    except Exception as error:
        # httpx, requests or socket errors, depending on the client's version: all mean no connection.
        raise PipelineError(
            f"could not reach the Hugging Face hub ({type(error).__name__}): check the network and "
            "run the command again; the dataset is complete on disk"
        ) from error
    return str(address)
