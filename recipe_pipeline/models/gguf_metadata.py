"""Name, origin and license of an exported model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from recipe_pipeline.models.adapter import read_json
from recipe_pipeline.models.base import EMBEDDED


def model_metadata(base: str) -> dict[str, Any]:
    """The metadata of the GGUF file (keys: GGUF specification, "General metadata")."""
    short = short_name(base)
    origin = {"name": short}
    metadata: dict[str, Any] = {
        "general.name": f"{short} recipe extractor",
        "general.base_models": [origin],
        "general.sampling.temp": 0.0,  # what llama.cpp's programs take by default
    }
    if is_gemma(base):
        metadata["general.license"] = "gemma"
        metadata["general.license.name"] = "Gemma Terms of Use"
        metadata["general.license.link"] = "https://ai.google.dev/gemma/terms"
        origin["organization"] = "Google"
    if base == EMBEDDED:
        origin["repo_url"] = "https://huggingface.co/google/gemma-3-270m"
    elif not Path(base).is_dir():
        origin["repo_url"] = f"https://huggingface.co/{base}"
    return metadata


def short_name(base: str) -> str:
    """The model's own name, safe as part of a file name: ``unsloth/gemma-3-270m-it`` ->
    ``gemma-3-270m-it``."""
    if base == EMBEDDED:
        return "gemma-3-270m"
    name = Path(base).expanduser().resolve().name if Path(base).is_dir() else base.split("/")[-1]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "model"


def is_gemma(base: str) -> bool:
    """Whether Gemma's terms apply: by name, or by the model type in a local folder."""
    kind = str(read_json(Path(base) / "config.json").get("model_type", ""))
    return base == EMBEDDED or "gemma" in kind or "gemma" in short_name(base).lower()
