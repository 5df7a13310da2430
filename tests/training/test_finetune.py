"""Script 05 around the training: checks before it, test and export after it."""

import json
import runpy
from pathlib import Path

import pytest

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training import finetune as module
from recipe_pipeline.training.loop import TrainingResult, check_save_dir
from tests.training.conftest import make_settings

VALID = json.dumps(
    {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Toast",
        "recipeIngredient": ["1 slice bread"],
        "recipeInstructions": [{"@type": "HowToStep", "text": "Toast the bread."}],
    }
)


def test_05_reports_a_missing_dataset_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    script = runpy.run_path(str(Path(__file__).parents[2] / "05_finetune.py"), run_name="05")
    assert cli.run(script["main"], ["--dataset", "none.jsonl"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: no dataset at none.jsonl")
    assert error.count("\n") == 1


def test_a_folder_that_holds_other_files_is_never_replaced(tmp_path):
    notes = tmp_path / "mine" / "notes.txt"
    notes.parent.mkdir()
    check_save_dir(tmp_path / "mine")  # empty
    check_save_dir(tmp_path / "new" / "gemma-3")
    notes.write_text("precious", encoding="utf-8")
    for folder in (notes.parent, notes, notes / "gemma-3"):
        with pytest.raises(PipelineError, match="name another folder"):
            check_save_dir(folder)
    (notes.parent / "adapter_config.json").write_text("{}", encoding="utf-8")
    check_save_dir(notes.parent)  # an adapter of an earlier run


def test_export_only_needs_an_adapter(tmp_path):
    with pytest.raises(PipelineError, match="no adapter"):
        module.export_only(make_settings(tmp_path))


def test_the_inference_test_uses_the_system_prompt_of_the_training(settings, monkeypatch, capsys):
    class Generator:
        def __init__(self, spec, *, system_prompt):
            self.system_prompt = system_prompt

        def generate(self, posts, max_new_tokens):
            return [f"{self.system_prompt}: {posts[0]}"]

    monkeypatch.setattr("recipe_pipeline.models.loading.load_generator", Generator)
    module.inference_test(settings)
    assert "recipe: Soup 0: 0 leeks, salt" in capsys.readouterr().out


@pytest.mark.parametrize(("rank", "expected"), [("0", ["test", "export"]), ("1", [])])
def test_under_torchrun_one_process_tests_and_exports(settings, monkeypatch, rank, expected):
    done = []
    monkeypatch.setenv("RANK", rank)
    result = TrainingResult(Path(settings.save_dir), 1, 1, 0, 0.5, None)
    monkeypatch.setattr("recipe_pipeline.training.loop.train", lambda settings: result)
    monkeypatch.setattr(module, "inference_test", lambda settings: done.append("test"))
    monkeypatch.setattr(module, "_export", lambda settings: done.append("export"))
    monkeypatch.setattr("recipe_pipeline.models.export.require_packages", lambda: None)
    folder = Path(settings.dataset).parent
    assert module.finetune(make_settings(folder, save_gguf=True)) == 0
    assert done == expected


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("{}", "parses: yes; valid: yes (no recipe found)"),
        ("no idea", "parses: no; valid: no"),
        (VALID, "parses: yes; valid: yes"),
        (f"```json\n{VALID}\n```", "parses: only after repair; valid: yes"),
        ('{"a": 1}', "parses: yes; valid: no"),
    ],
)
def test_the_verdict_on_an_answer(answer, verdict):
    assert module.verdict(answer) == verdict
