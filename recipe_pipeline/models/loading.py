"""Opens a model of this machine by its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import base as base_model
from recipe_pipeline.models import bundle
from recipe_pipeline.models.adapter import base_of, trained_prompt
from recipe_pipeline.models.generator import Generator
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT


def load_generator(
    spec: str,
    *,
    batch_size: int = 8,
    system_prompt: str | None = None,
    context_length: int | None = None,
    constrained: bool = False,
    parallel: int = 1,
    log_folder: Path | None = None,
) -> Generator:
    """The model that ``spec`` names.

    GGUF files, and adapters for the embedded model, are answered by llama.cpp, others by
    transformers (`local.load_local`).

    Args:
        spec: an adapter folder, a model folder, a hub name, ``embedded``, ``bundled``, a GGUF
            file, or the folder of an export.
        batch_size: posts that transformers answers at once.
        system_prompt: default is the one that the model was trained with.
        context_length: for llama.cpp; default is what the model was trained for.
        constrained: decode under the recipe JSON schema (llama.cpp only).
        parallel: posts that llama.cpp answers at once.
        log_folder: where llama.cpp logs posts that exceed the context; without it they raise
            PipelineError.

    Raises:
        PipelineError: the model cannot be loaded.
    """
    spec = bundle.resolve(spec)
    path = Path(spec).expanduser()
    prompt = system_prompt or trained_prompt(path) or EXTRACTION_SYSTEM_PROMPT
    file: Path | Sequence[Path] | None = gguf_file(path)
    adapter = None
    if spec == base_model.EMBEDDED:
        file = base_model.embedded_parts()
    elif file is None and _is_adapter(path) and base_model.is_embedded(base_of(path)):
        file, adapter = base_model.embedded_parts(), path
    if file is None:
        from recipe_pipeline.models.local import load_local

        return load_local(spec, prompt, batch_size)
    from recipe_pipeline.models.gguf import GgufGenerator

    return GgufGenerator(
        file,
        adapter=adapter,
        system_prompt=prompt,
        context_length=context_length,
        constrained=constrained,
        parallel=parallel,
        log_folder=log_folder,
    )


def gguf_file(path: Path) -> Path | None:
    """``path`` if it is a GGUF file, or the only one in an export folder; None for other models."""
    if path.suffix.lower() == ".gguf" or path.is_file():
        return path
    if any((path / name).exists() for name in ("config.json", "adapter_config.json")):
        return None
    files = sorted(path.glob("*.gguf"))
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        raise PipelineError(f"{path} contains several GGUF files ({names}): name one of them")
    return files[0] if files else None


def _is_adapter(path: Path) -> bool:
    return (path / "adapter_config.json").is_file()
