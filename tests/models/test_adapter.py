import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.adapter import (
    base_of,
    full_precision,
    read_run,
    trained_prompt,
    write_run,
)


@pytest.fixture
def adapter(tmp_path):
    (tmp_path / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": "/elsewhere/base"}), encoding="utf-8"
    )
    return tmp_path


def test_a_record_is_read_as_it_was_written(adapter):
    assert read_run(adapter) == {}
    record = {"settings": {"model_name": "embedded"}, "loss_history": [{"step": 1, "loss": 0.5}]}
    write_run(adapter, record)
    assert read_run(adapter) == record


def test_the_record_knows_the_base_better_than_the_adapter_config(adapter):
    assert base_of(adapter) == "/elsewhere/base"
    write_run(adapter, {"settings": {"model_name": "unsloth/gemma-3-270m-it"}})
    assert base_of(adapter) == "unsloth/gemma-3-270m-it"


def test_a_whole_model_is_its_own_base(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert base_of(tmp_path) == str(tmp_path)


@pytest.mark.parametrize("suffix", ["", "-bnb-4bit", "-unsloth-bnb-4bit", "-bnb-8bit"])
def test_a_quantised_base_has_full_precision_weights_under_another_name(suffix):
    assert full_precision("unsloth/gemma-3-270m-it" + suffix) == "unsloth/gemma-3-270m-it"


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(PipelineError, match="neither an adapter nor a model"):
        base_of(tmp_path)


@pytest.mark.parametrize("name", ["adapter_config.json", "training_run.json"])
def test_a_damaged_file_is_named(adapter, name):
    (adapter / name).write_text("{", encoding="utf-8")
    with pytest.raises(PipelineError, match=f"{name} is damaged"):
        base_of(adapter)


def test_the_system_prompt_is_in_the_record(adapter):
    write_run(adapter, {"system_prompt": "Extract, please."})
    assert trained_prompt(adapter) == "Extract, please."


def test_the_system_prompt_of_an_export_is_in_its_modelfile(tmp_path):
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    assert trained_prompt(tmp_path / "m.gguf") is None
    (tmp_path / "Modelfile").write_text('SYSTEM """Extract!"""\n', encoding="utf-8")
    assert trained_prompt(tmp_path / "m.gguf") == trained_prompt(tmp_path) == "Extract!"
    assert trained_prompt(tmp_path / "hub" / "name") is None
