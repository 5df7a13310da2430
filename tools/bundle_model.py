"""Make an adapter the model that comes with the project (``bundled`` in 07 and 08).

    python tools/bundle_model.py real_pages_output/gemma-3

Casts the weights to 16 bits, removes this machine's paths from the records and writes all to
recipe_pipeline/models/bundled. Then update the README.md there, and commit the folder: only if
quality clearly rises, because Git keeps every copy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from recipe_pipeline.common import cli  # noqa: E402
from recipe_pipeline.common.errors import PipelineError  # noqa: E402
from recipe_pipeline.common.storage import write_atomic, write_record  # noqa: E402
from recipe_pipeline.models import bundle  # noqa: E402
from recipe_pipeline.models.adapter import RUN_FILE, base_of, read_json, read_run  # noqa: E402
from recipe_pipeline.models.base import EMBEDDED  # noqa: E402

CONFIG = "adapter_config.json"
MAX_BYTES = 16_000_000
BASE_NAME = "google/gemma-3-270m"  # where PEFT finds the base model on the hub


def bundle_model(adapter: Path, target: Path) -> int:
    """Write the bundled form of ``adapter`` to ``target``; returns the size of its weights in bytes.

    Raises PipelineError if ``adapter`` was not trained on the embedded base model, or is too large.
    """
    if (base := base_of(adapter)) != EMBEDDED:
        raise PipelineError(
            f"{adapter} was trained on {base or 'an unknown model'}: only adapters on the embedded "
            "base model can be bundled (05 --model-name embedded)"
        )
    weights = half_precision(adapter / bundle.WEIGHTS)
    if len(weights) > MAX_BYTES:
        raise PipelineError(
            f"{adapter} has {len(weights) / 1e6:.1f} MB of weights in 16 bits, and {MAX_BYTES / 1e6:g}"
            " MB is the limit: train with --lora-rank 32 or less"
        )
    config = {**read_json(adapter / CONFIG), "base_model_name_or_path": BASE_NAME}
    target.mkdir(parents=True, exist_ok=True)
    write_record(target / RUN_FILE, without_paths(read_run(adapter)))
    write_record(target / CONFIG, without_paths(config))
    write_atomic(target / bundle.WEIGHTS, weights)
    return len(weights)


def half_precision(file: Path) -> bytes:
    """The LoRA weights in ``file`` as 16-bit floats, in safetensors format. Raises PipelineError."""
    import safetensors.torch
    import torch

    try:
        tensors = safetensors.torch.load_file(file)
    except FileNotFoundError:
        raise PipelineError(f"there is no file {file}: give the folder that 05 saved") from None
    except Exception as error:
        raise PipelineError(f"{file} is damaged ({error}): train again") from None
    halves = {name: tensor.to(torch.float16).contiguous() for name, tensor in tensors.items()}
    if not all(torch.isfinite(tensor).all() for tensor in halves.values()):
        raise PipelineError(f"{file} has weights that 16 bits cannot hold: the training diverged")
    return safetensors.torch.save(halves, metadata={"format": "pt"})


def without_paths(value: Any) -> Any:
    """``value`` with every absolute path in it reduced to its last part."""
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    if isinstance(value, str):
        for kind in (PurePosixPath, PureWindowsPath):
            if kind(value).is_absolute() and "\n" not in value:
                return kind(value).name
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Bundle the adapter that the command line names."""
    parser = cli.build_parser(__doc__)
    parser.add_argument("adapter", type=Path, help="folder that 05_finetune.py saved")
    args: argparse.Namespace = parser.parse_args(argv)
    size = bundle_model(args.adapter, bundle.FOLDER)
    print(f"wrote {bundle.FOLDER} ({size / 1e6:.1f} MB); now update {bundle.FOLDER / 'README.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
