"""The trained model that comes with the project: a LoRA adapter on the embedded base model.

It is in ``recipe_pipeline/models/bundled``; ``tools/bundle_model.py`` puts it there.
"""

from __future__ import annotations

from pathlib import Path

from recipe_pipeline.common.errors import PipelineError

BUNDLED = "bundled"
FOLDER = Path(__file__).parent / "bundled"
WEIGHTS = "adapter_model.safetensors"


def resolve(spec: str) -> str:
    """The adapter's folder for ``bundled``; any other name of a model as it is.

    Raises PipelineError if the bundled model is missing.
    """
    if spec != BUNDLED:
        return spec
    if not is_there():
        raise PipelineError(
            f"{FOLDER} has no {WEIGHTS}: get it with 'git pull', train a model with 05_finetune.py, or "
            "name a server with --base-url"
        )
    return str(FOLDER)


def is_there() -> bool:
    """Whether the project comes with a trained model."""
    return (FOLDER / WEIGHTS).is_file()
