"""Answers survive a killed run and never outlive the model that gave them."""

import json
import os

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation import answers
from recipe_pipeline.evaluation.answer_store import AnswerStore
from recipe_pipeline.evaluation.answers import (
    fingerprint,
    open_generator,
    settings_of,
)
from recipe_pipeline.evaluation.data import EvaluationDocument
from recipe_pipeline.evaluation.settings import AnswerSettings, EvaluationSettings, ModelChoice


def document(identity, text):
    return EvaluationDocument(identity, text, {})


def file_of(folder):
    [file] = folder.iterdir()
    return file


def test_answers_are_there_after_a_restart(tmp_path):
    store = AnswerStore(tmp_path, "gemma-3", "f1")
    store.add(document("a", "post a"), "post a", ["answer ½ a", "another"], 3)
    with file_of(tmp_path).open("ab") as file:
        file.write(b'{"id": "b", "post": "12')  # a run killed while writing
    again = AnswerStore(tmp_path, "gemma-3", "f1")
    again.add(document("c", "p"), "p", ["\ud83d after the crash"], 3)
    again = AnswerStore(tmp_path, "gemma-3", "f1")
    assert again.get(document("a", "post a")) == ["answer ½ a", "another"]
    assert again.is_done(document("a", "post a"), 3)
    assert not again.is_done(document("a", "post a"), 2)
    assert again.get(document("c", "p")) == ["? after the crash"]
    assert again.get(document("a", "another post")) == []
    assert again.get(document("b", "post a")) == []


@pytest.mark.parametrize(("mark", "overwrite"), [("f2", False), ("f1", True)])
def test_a_changed_model_and_overwrite_discard_the_answers(tmp_path, mark, overwrite):
    AnswerStore(tmp_path, "m", "f1").add(document("a", "p"), "p", ["old"], 3)
    assert AnswerStore(tmp_path, "m", mark, overwrite).get(document("a", "p")) == []
    assert AnswerStore(tmp_path, "m", mark).get(document("a", "p")) == []


def test_models_with_similar_names_have_their_own_files(tmp_path):
    for label in ("a/b", "a-b"):
        AnswerStore(tmp_path, label, "f")
    assert len(list(tmp_path.iterdir())) == 2


def test_speed_sums_all_runs(tmp_path):
    store = AnswerStore(tmp_path, "m", "f")
    assert store.speed() == {}
    store.add_run(documents=3, seconds=10, tokens=400)
    store.add_run(documents=1, seconds=10, tokens=200)
    # 4 documents in 20 s are 12 a minute; 600 tokens in 20 s are 30 a second.
    expected = {"documents_per_minute": 12.0, "tokens_per_second": 30.0}
    assert AnswerStore(tmp_path, "m", "f").speed() == expected


def test_the_fingerprint_follows_files_and_settings(tmp_path):
    adapter = tmp_path / "gemma-3"
    adapter.mkdir()
    weights = adapter / "adapter_model.safetensors"
    weights.write_bytes(b"1234")
    (adapter / "README.md").write_text("x")
    first = fingerprint(str(adapter), max_new_tokens=10)
    assert fingerprint(str(adapter), max_new_tokens=10) == first
    assert fingerprint(str(adapter), max_new_tokens=20) != first
    (adapter / "README.md").write_text("another text")
    assert fingerprint(str(adapter), max_new_tokens=10) == first
    weights.write_bytes(b"5678")
    stat = weights.stat()
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns + 10**9))
    assert fingerprint(str(adapter), max_new_tokens=10) != first
    gguf = tmp_path / "m.gguf"
    gguf.write_bytes(b"GGUF")
    assert fingerprint(str(gguf)) != fingerprint("embedded")


def settings(folder, **answers):
    return EvaluationSettings(output=folder, answers=AnswerSettings(**answers))


def test_local_models_and_endpoints_are_opened_with_their_settings(monkeypatch, tmp_path):
    monkeypatch.setattr(answers, "load_generator", lambda spec, **options: (spec, options))
    monkeypatch.setattr(answers, "parallel_answers", lambda: 2)
    its = settings(tmp_path, max_new_tokens=1000, batch_size=3, prompt="short")
    opened = open_generator(ModelChoice("b", "embedded"), its)
    options = {"batch_size": 3, "parallel": 2, "log_folder": tmp_path}
    assert opened == ("embedded", options)
    monkeypatch.setattr(answers, "open_server", lambda its, _, **options: (its.model, options))
    endpoint = open_generator(ModelChoice("t", "endpoint:a@https://own/v1"), its)
    assert endpoint == ("a", {"full_instructions": False, "log_folder": tmp_path})


def test_a_missing_model_of_ones_own_is_reported_before_any_hub_is_asked(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match=r"05_finetune\.py, or name one with --model"):
        open_generator(ModelChoice("gemma-3", "gemma-3"), settings(tmp_path))


@pytest.mark.parametrize("kind", ["folder", "gguf"])
def test_another_system_prompt_of_the_training_makes_answers_stale(tmp_path, kind):
    its, choice = settings(tmp_path), ModelChoice("a", str(tmp_path))
    if kind == "gguf":
        choice = ModelChoice("a", str(tmp_path / "m.gguf"))
        (tmp_path / "m.gguf").write_bytes(b"GGUF")
    before = settings_of(choice, its)
    if kind == "gguf":
        (tmp_path / "Modelfile").write_text('SYSTEM """Extract!"""\n', encoding="utf-8")
    else:
        run = {"settings": {}, "system_prompt": "Extract!"}
        (tmp_path / "training_run.json").write_text(json.dumps(run), encoding="utf-8")
    assert settings_of(choice, its) != before


def test_only_settings_that_change_the_answers_make_them_stale(tmp_path):
    one, two = settings(tmp_path, batch_size=1), settings(tmp_path, batch_size=8, prompt="short")
    own, served = ModelChoice("a", "embedded"), ModelChoice("b", "endpoint:x")
    assert settings_of(own, one) == settings_of(own, two)
    assert settings_of(served, one) != settings_of(served, two)
    assert "lm-studio" not in str(settings_of(served, one))
