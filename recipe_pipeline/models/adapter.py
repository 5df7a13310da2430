"""What an exported model is called and says about itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import base as base_model

RUN_FILE = "training_run.json"


def base_name(folder: Path) -> str:
    """The base model of an adapter, as a name that has full-precision weights; a whole model is
    its own base."""
    config = read_json(folder / "adapter_config.json")
    if not config:
        if (folder / "config.json").is_file():
            return str(folder)
        raise PipelineError(
            f"{folder} holds neither an adapter nor a model: give the folder that 05 saved"
        )
    run = read_json(folder / RUN_FILE)
    name = run.get("settings", {}).get("model_name") or config.get("base_model_name_or_path") or ""
    # An adapter trained on 4-bit weights is merged into the same weights before quantisation.
    return re.sub(r"(-unsloth)?-bnb-(4|8)bit$", "", str(name))


def model_metadata(base: str, quantization: str) -> dict[str, Any]:
    """What the GGUF says about itself (keys: GGUF specification, section "General metadata")."""
    short = short_name(base)
    metadata: dict[str, Any] = {
        "general.name": f"{short} recipe extractor",
        "general.finetune": "recipe-extractor",
        "general.basename": short,
        "general.description": f"Extracts schema.org Recipe JSON-LD from web text ({quantization}).",
        "general.tags": ["recipe", "schema.org", "information-extraction", "text-generation"],
        "general.languages": ["en"],
        "general.sampling.temp": 0.0,
    }
    origin = {"name": short}
    if is_gemma(base):
        metadata["general.license"] = "gemma"
        metadata["general.license.name"] = "Gemma Terms of Use"
        metadata["general.license.link"] = "https://ai.google.dev/gemma/terms"
        origin["organization"] = "Google"
    if base == base_model.EMBEDDED:
        origin["repo_url"] = "https://huggingface.co/google/gemma-3-270m"
    elif not Path(base).is_dir():
        origin["repo_url"] = f"https://huggingface.co/{base}"
    metadata["general.base_models"] = [origin]
    return metadata


def short_name(base: str) -> str:
    """The model's own name, safe as part of a file name: ``unsloth/gemma-3-270m-it`` ->
    ``gemma-3-270m-it``."""
    if base == base_model.EMBEDDED:
        return "gemma-3-270m"
    name = Path(base).expanduser().resolve().name if Path(base).is_dir() else base.split("/")[-1]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "model"


def is_gemma(base: str) -> bool:
    """Whether Gemma's terms apply: by name, or by the model type in a local folder."""
    kind = str(read_json(Path(base) / "config.json").get("model_type", ""))
    return base == base_model.EMBEDDED or "gemma" in kind or "gemma" in short_name(base).lower()


def trained_system_prompt(folder: Path) -> str | None:
    """The system prompt that the adapter in ``folder`` was trained with, if it can be told.

    From ``training_run.json`` or, while it is still there, the first example of its dataset.
    """
    run = read_json(folder / RUN_FILE)
    if run.get("system_prompt"):
        return str(run["system_prompt"])
    try:
        with open(run["settings"]["dataset"], encoding="utf-8") as file:
            first = json.loads(file.readline())["messages"][0]
        return first["content"] if first["role"] == "system" else None
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise PipelineError(f"{path} is damaged ({error}): restore it or train again") from error
