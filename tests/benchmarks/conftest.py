"""What the tests of the training benchmarks share."""

import sys
from pathlib import Path

import pytest

from benchmarks import gpu_inputs, stand_ins
from recipe_pipeline.training import cpu
from tests.tiny_gemma import write_tiny_model

SAMPLE = Path(__file__).parents[2] / "sample_data" / "recipes.csv"


@pytest.fixture
def without_unsloth(monkeypatch):
    """As if Unsloth and TRL were not installed; what the benchmarks replace is put back."""
    pytest.importorskip("peft")
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a model only waits for more of them
    before = {name: sys.modules.get(name) for name in ("unsloth", "trl")}
    monkeypatch.setattr(stand_ins, "missing", lambda: ["unsloth", "trl"])
    for name in ("causal_blocks_in", "fused_layers", "with_answer_loss"):
        monkeypatch.setattr(cpu, name, getattr(cpu, name))
    monkeypatch.setattr(cpu, "keep_freed_memory", lambda: None)
    yield
    torch.set_num_threads(threads)
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


@pytest.fixture
def tiny_run(tmp_path):
    """A folder with ``base``, a tiny model, and ``set.jsonl``, twelve posts."""
    write_tiny_model(tmp_path / "base", vocab_size=600, max_position_embeddings=4096)
    rows = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)[:13]
    (tmp_path / "some.csv").write_text("".join(rows), encoding="utf-8")
    gpu_inputs.write_dataset(tmp_path / "set.jsonl", tmp_path / "some.csv")
    return tmp_path
