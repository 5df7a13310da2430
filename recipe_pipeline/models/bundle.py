"""The trained model that comes with the project: a LoRA adapter on the embedded base model.

It is in ``recipe_pipeline/models/bundled``; ``tools/bundle_model.py`` puts it there.
"""

from __future__ import annotations

from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import file_sha256
from recipe_pipeline.models.adapter import read_run

BUNDLED = "bundled"
FOLDER = Path(__file__).parent / "bundled"
WEIGHTS = "adapter_model.safetensors"
DIGEST = "weights_sha256"
"""Key of ``training_run.json``: the SHA-256 of the weights that the record describes."""


def resolve(spec: str) -> str:
    """The adapter's folder for ``bundled``; any other name of a model as it is.

    Raises PipelineError if the bundled model is missing or damaged.
    """
    if spec != BUNDLED:
        return spec
    if not is_there():
        raise PipelineError(
            f"{FOLDER} has no {WEIGHTS}: get it with 'git pull', or train a model with 05_finetune.py"
        )
    # A download that broke off, or a mix of two models.
    if read_run(FOLDER).get(DIGEST) != file_sha256(FOLDER / WEIGHTS):
        raise PipelineError(
            f"the bundled model is damaged: restore it with 'git checkout -- {FOLDER}'"
        )
    return str(FOLDER)


def is_there() -> bool:
    """Whether the project comes with a trained model."""
    return (FOLDER / WEIGHTS).is_file()
