import json
from types import SimpleNamespace

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import gguf, local
from recipe_pipeline.models.loading import load_generator
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """Both kinds of generators replaced by a record of how they were opened."""
    monkeypatch.setattr(
        local,
        "load_local",
        lambda spec, prompt, batch_size: SimpleNamespace(spec=spec, prompt=prompt),
    )
    monkeypatch.setattr(
        gguf,
        "GgufGenerator",
        lambda path, **options: SimpleNamespace(
            spec=path, prompt=options["system_prompt"], options=options
        ),
    )


def test_hub_names_go_to_transformers():
    generator = load_generator("unsloth/gemma-3-270m-it")
    assert generator.spec == "unsloth/gemma-3-270m-it"
    assert generator.prompt == EXTRACTION_SYSTEM_PROMPT


def test_the_embedded_model_is_answered_by_llama_cpp(tmp_path, monkeypatch):
    monkeypatch.setattr("recipe_pipeline.models.base.embedded_parts", lambda: [tmp_path / "b"])
    generator = load_generator("embedded")
    assert generator.spec == [tmp_path / "b"]
    assert generator.options["adapter"] is None


def test_an_adapter_gets_the_system_prompt_of_its_training(tmp_path):
    adapter(tmp_path, base="unsloth/gemma-3-270m-it")
    run = {"settings": {}, "system_prompt": "Extract!"}
    (tmp_path / "training_run.json").write_text(json.dumps(run), encoding="utf-8")
    assert load_generator(str(tmp_path)).prompt == "Extract!"
    assert load_generator(str(tmp_path), system_prompt="Mine.").prompt == "Mine."


def test_an_export_folder_is_its_gguf_with_the_prompt_of_its_modelfile(tmp_path):
    file = tmp_path / "gemma-Q8_0.gguf"
    file.write_bytes(b"GGUF")
    text = 'FROM ./m\nSYSTEM """Extract,\nplease."""\n'
    (tmp_path / "Modelfile").write_text(text, encoding="utf-8")
    for spec in (tmp_path, file):
        generator = load_generator(str(spec), context_length=4096, constrained=True)
        assert (generator.spec, generator.prompt) == (file, "Extract,\nplease.")
        assert generator.options["context_length"] == 4096
        assert generator.options["constrained"]


def test_several_gguf_files_need_a_name(tmp_path):
    for name in ("gemma-Q8_0.gguf", "gemma-BF16.gguf"):
        (tmp_path / name).write_bytes(b"GGUF")
    with pytest.raises(PipelineError, match=r"gemma-BF16\.gguf, gemma-Q8_0\.gguf"):
        load_generator(str(tmp_path))


def test_a_model_folder_with_a_gguf_file_stays_a_model_folder(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    assert load_generator(str(tmp_path)).spec == str(tmp_path)


def adapter(folder, base):
    """The file that decides how an adapter is opened."""
    config = {"peft_type": "LORA", "base_model_name_or_path": base}
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    return str(folder)


def test_adapters_for_the_embedded_model_are_applied_by_llama_cpp(tmp_path, monkeypatch):
    monkeypatch.setattr("recipe_pipeline.models.base.embedded_parts", lambda: [tmp_path / "b"])
    for base in ("embedded", "/home/other/.cache/recipe-pipeline/gemma-3-270m-embedded"):
        generator = load_generator(adapter(tmp_path, base))
        assert generator.spec == [tmp_path / "b"]
        assert generator.options["adapter"] == tmp_path


def test_other_adapters_go_to_transformers(tmp_path):
    spec = adapter(tmp_path, base="unsloth/gemma-3-270m-it")
    assert load_generator(spec).spec == spec
