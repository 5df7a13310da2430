"""What 05 records beside an adapter: the one reader and writer of ``training_run.json``.

Also the system prompt that a model was trained with, wherever it is recorded.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import write_json
from recipe_pipeline.models import modelfile

RUN_FILE = "training_run.json"


def write_run(folder: Path, record: dict[str, Any]) -> None:
    """Record a training run in ``folder``: "settings", "system_prompt", "loss_history", ..."""
    write_json(folder / RUN_FILE, record)


def read_run(folder: Path) -> dict[str, Any]:
    """The record of the training run; {} if there is none. Raises PipelineError if it is damaged."""
    return read_json(folder / RUN_FILE)


def base_of(folder: Path) -> str:
    """The base model of the adapter in ``folder``; a whole model is its own base.

    ``training_run.json`` has the name that the user gave ("embedded", a hub name); the adapter's
    config may contain a cache path of another machine.
    """
    config = read_json(folder / "adapter_config.json")
    if not config:
        if (folder / "config.json").is_file():
            return str(folder)
        raise PipelineError(
            f"{folder} contains neither an adapter nor a model: give the folder that 05 saved"
        )
    name = read_run(folder).get("settings", {}).get("model_name")
    return str(name or config.get("base_model_name_or_path") or "")


def full_precision(base: str) -> str:
    """The name of ``base`` with full-precision weights.

    An adapter trained on 4-bit weights is merged into the same weights before quantisation.
    """
    return re.sub(r"(-unsloth)?-bnb-(4|8)bit$", "", base)


def trained_prompt(path: Path) -> str | None:
    """The system prompt that the model in ``path`` was trained with, if it is recorded.

    In ``training_run.json`` or, for a GGUF file or its folder, in the Modelfile.
    """
    if not path.is_dir():
        return modelfile.system_prompt_in(path.parent) if path.is_file() else None
    prompt = read_run(path).get("system_prompt")
    return str(prompt) if prompt else modelfile.system_prompt_in(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in ``path``; {} if there is no such file. Raises PipelineError if it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except ValueError as error:
        raise PipelineError(f"{path} is damaged ({error}): restore it or train again") from error
