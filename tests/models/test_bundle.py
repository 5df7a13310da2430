"""The bundled model: made from an adapter by tools/bundle_model.py, found by its name."""

import json

import pytest
import safetensors.torch
import torch

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.answers import fingerprint
from recipe_pipeline.models import bundle, gguf
from recipe_pipeline.models.loading import load_generator
from tests.script_runs import run_script

LAYER = "base_model.model.model.layers.0.self_attn.q_proj"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the bundled model would be; there is none yet."""
    monkeypatch.setattr(bundle, "FOLDER", tmp_path / "bundled")
    return bundle.FOLDER


@pytest.fixture
def adapter(tmp_path):
    return write_adapter(tmp_path / "trained")


def write_adapter(folder, *, rank=4, width=32, value=0.5, base="embedded", **config):
    """What 05 saves, as far as it matters here."""
    folder.mkdir(exist_ok=True)
    a, b = torch.full((rank, width), value), torch.full((width, rank), value)
    weights = {f"{LAYER}.lora_A.weight": a, f"{LAYER}.lora_B.weight": b}
    safetensors.torch.save_file(weights, folder / bundle.WEIGHTS)
    config = {
        **{"peft_type": "LORA", "r": rank, "bias": "none"},
        **{"base_model_name_or_path": "/root/.cache/gemma-3-270m-embedded"},
        **config,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    settings = {"model_name": base, "dataset": "/home/ada/posts/train.jsonl", "save_dir": "out/g"}
    run = {"settings": settings, "system_prompt": "/ is a slash.\nExtract!"}
    (folder / "training_run.json").write_text(json.dumps(run), encoding="utf-8")
    return folder


def make(adapter):
    return run_script("tools/bundle_model.py", adapter)


def error_of(capsys):
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_an_adapter_is_bundled_in_16_bits_and_without_paths(adapter, folder):
    assert make(adapter) == 0
    tensors = safetensors.torch.load_file(folder / bundle.WEIGHTS)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    assert config["base_model_name_or_path"] == "google/gemma-3-270m"
    run = json.loads((folder / "training_run.json").read_text("utf-8"))
    assert run["settings"]["dataset"] == "train.jsonl"
    assert run["settings"]["save_dir"] == "out/g"
    assert run["system_prompt"] == "/ is a slash.\nExtract!"


def test_it_is_opened_by_its_name_with_the_prompt_of_its_training(adapter, folder, monkeypatch):
    assert make(adapter) == 0
    monkeypatch.setattr(
        gguf, "GgufGenerator", lambda base, **its: (its["adapter"], its["system_prompt"])
    )
    assert load_generator("bundled") == (folder, "/ is a slash.\nExtract!")


def test_another_bundled_model_makes_old_answers_of_07_invalid(adapter, folder):
    assert make(adapter) == 0
    before = fingerprint("bundled")
    assert make(write_adapter(adapter, value=0.25)) == 0
    assert fingerprint("bundled") != before


def test_without_one_its_name_is_a_one_sentence_error(folder):
    with pytest.raises(PipelineError, match="git pull"):
        load_generator("bundled")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": "unsloth/gemma-3-270m-it"}, "unsloth/gemma-3-270m-it"),
        ({"value": 1e6}, "diverged"),
        ({"value": float("nan")}, "diverged"),
        ({"rank": 64, "width": 70_000}, "16 MB"),
    ],
    ids=str,
)
def test_what_cannot_be_bundled_is_refused_and_changes_nothing(
    adapter, folder, capsys, change, message
):
    assert make(write_adapter(adapter, **change)) == 1
    assert message in error_of(capsys)
    assert not folder.exists()


def test_a_folder_without_an_adapter_or_with_half_of_one_is_refused(adapter, folder, capsys):
    assert make(adapter / "nothing") == 1
    assert "neither an adapter nor a model" in error_of(capsys)
    (adapter / bundle.WEIGHTS).write_bytes((adapter / bundle.WEIGHTS).read_bytes()[:100])
    assert make(adapter) == 1
    assert "damaged" in error_of(capsys)
    (adapter / bundle.WEIGHTS).unlink()
    assert make(adapter) == 1
    assert "there is no file" in error_of(capsys)
