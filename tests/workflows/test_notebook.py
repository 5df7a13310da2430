"""The notebook's own functions: finding files, judging answers, showing results."""

from __future__ import annotations

import json
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.evaluation.scoring import score_document
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.workflows import notebook

SOUP = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Leek Soup",
    "recipeIngredient": ["1 1/2 cups milk", "2 leeks, sliced", "salt to taste"],
    "recipeInstructions": [
        {"@type": "HowToStep", "text": "Simmer the leeks in the milk."},
        {"@type": "HowToStep", "text": "Season with salt."},
    ],
}


@pytest.fixture
def colab(monkeypatch):
    """A stand-in for google.colab; what it is asked for is in ``calls``."""
    calls: list[tuple[str, str]] = []
    package = types.ModuleType("google.colab")
    package.calls = calls
    package.uploads = {}
    package.files = types.SimpleNamespace(
        upload=lambda: package.uploads, download=lambda name: calls.append(("download", name))
    )
    package.drive = types.SimpleNamespace(mount=lambda place: calls.append(("mount", place)))
    monkeypatch.setitem(sys.modules, "google.colab", package)
    return package


@pytest.fixture
def no_colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", None)


def chat(post: str, recipe: dict, **options) -> list[dict[str, str]]:
    return build_example(post, recipe, **options)["messages"]


# --- machine -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        (FileNotFoundError("nvidia-smi"), "choose Runtime > Change runtime type > T4 GPU"),
        (subprocess.CalledProcessError(9, "nvidia-smi"), "There is no GPU here."),
        ("", "There is no GPU here."),
        ("NVIDIA A100-SXM4-40GB, 40960, 8.0\n", "A100-SXM4-40GB with 40 GB of memory: good."),
        ("Tesla T4, 15360, 7.5\n", "T4 with 15 GB of memory: good. It has no bf16, so training"),
    ],
)
def test_gpu_sentence_says_what_is_there_or_what_to_do(monkeypatch, driver, words):
    def nvidia_smi(command, **options):
        if isinstance(driver, Exception):
            raise driver
        return types.SimpleNamespace(stdout=driver)

    monkeypatch.setattr(notebook.subprocess, "run", nvidia_smi)
    sentence = notebook.gpu_sentence()
    assert words in sentence
    assert ("bf16" in sentence) == ("T4 with" in sentence)


def test_not_installed_finds_absent_packages_and_other_versions():
    wanted = ["pytest", "pytest>=1,<2", "no-such-package-at-all>=1", "pydantic>=2"]
    assert notebook.not_installed(wanted) == ["pytest>=1,<2", "no-such-package-at-all>=1"]


def test_install_leaves_pip_alone_when_nothing_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("pip was called"))
    notebook.install({"pytest": "8.0"})
    assert "already" in capsys.readouterr().out


def test_install_asks_pip_for_what_is_missing_and_holds_torch(monkeypatch, capsys):
    seen = {}

    def pip(command, **options):
        seen["command"] = command
        seen["constraints"] = Path(command[command.index("--constraint") + 1]).read_text()
        return types.SimpleNamespace(returncode=0, stderr="")

    versions = {"torch": "2.13.0+cu128", "pytest": "8.0"}

    def version(name):
        if name not in versions:
            raise notebook.importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(notebook.importlib.metadata, "version", version)
    monkeypatch.setattr(notebook.subprocess, "run", pip)
    notebook.install({"pytest>=7": "8", "unsloth>=2026": "2026.10.9", "tqdm": ""}, "--no-deps")
    assert seen["constraints"] == "torch==2.13.0+cu128"
    assert seen["command"][-3:] == ["--no-deps", "unsloth==2026.10.9", "tqdm"]
    assert "Installed unsloth==2026.10.9, tqdm" in capsys.readouterr().out


def test_install_shows_what_pip_complained_about(monkeypatch):
    failed = types.SimpleNamespace(returncode=1, stderr="No matching distribution\n")
    monkeypatch.setattr(notebook.subprocess, "run", lambda *a, **k: failed)
    with pytest.raises(RuntimeError, match="no-such-package-at-all:\nNo matching distribution"):
        notebook.install({"no-such-package-at-all": ""})


# --- errors and folders --------------------------------------------------------------------------


def test_errors_are_one_sentence_with_the_names_of_the_form(monkeypatch):
    monkeypatch.delattr(PipelineError, "_render_traceback_", raising=False)
    notebook.show_errors_in_one_line()
    try:
        error = PipelineError("--max-seq-length is 3: give 64 or more, or --model-name x - y")
        assert error._render_traceback_() == [
            "Stopped: max_seq_length is 3: give 64 or more, or model_name x - y"
        ]
    finally:
        del PipelineError._render_traceback_


def test_work_is_here_unless_drive_is_asked_for(colab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert notebook.work_folder(False, "/nowhere") == tmp_path
    assert colab.calls == []
    on_drive = tmp_path / "MyDrive" / "recipes"
    assert notebook.work_folder(True, str(on_drive)) == on_drive
    assert on_drive.is_dir()
    assert colab.calls == [("mount", "/content/drive")]


def test_drive_outside_colab_is_refused(no_colab):
    with pytest.raises(PipelineError, match="use_drive works on Google Colab only"):
        notebook.work_folder(True, "x")


def test_dataset_is_found_here_in_the_work_folder_or_beside_it(tmp_path, monkeypatch, no_colab):
    here, work = tmp_path / "here", tmp_path / "drive" / "work"
    here.mkdir()
    work.mkdir(parents=True)
    monkeypatch.chdir(here)
    for folder in (work.parent, work, here):  # the later, the nearer
        (folder / "data.jsonl").write_text("x")
        found = notebook.find_dataset("data.jsonl", work)
        assert found.resolve() == (folder / "data.jsonl").resolve()


def test_the_training_half_of_a_split_dataset_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data_train.jsonl").write_text("{}")
    assert notebook.find_dataset("data.jsonl", tmp_path) == Path("data_train.jsonl")
    Path("data.jsonl").write_text("{}")
    assert notebook.find_dataset("data.jsonl", tmp_path) == Path("data.jsonl")


def test_dataset_may_be_uploaded_under_another_name(tmp_path, monkeypatch, colab):
    monkeypatch.chdir(tmp_path)
    colab.uploads = {"notes.txt": b"", "data (1).jsonl": b"{}"}
    assert notebook.find_dataset("data.jsonl", tmp_path) == Path("data (1).jsonl")


@pytest.mark.parametrize("where", ["colab", "no_colab"])
def test_no_dataset_anywhere_says_where_to_put_it(tmp_path, monkeypatch, request, where):
    request.getfixturevalue(where)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match=r"no dataset: upload data\.jsonl"):
        notebook.find_dataset("data.jsonl", tmp_path)


# --- the dataset ---------------------------------------------------------------------------------


def test_post_label_and_system_prompt_come_out_as_they_went_in():
    example = chat("A post.\nMore.", SOUP, reasoning="hm", system_prompt="Read this.")
    assert notebook.post_of(example) == "A post.\nMore."
    assert notebook.label_of(example) == SOUP


def test_summary_counts_what_is_there_and_what_is_wrong():
    graph = {
        "@context": "https://schema.org",
        "@graph": [{k: v for k, v in SOUP.items() if k != "@context"}] * 2,
    }
    chats = [
        chat("one", SOUP, reasoning="let me see"),
        chat("one", SOUP),
        chat("three", {}),
        chat("four is long", graph),
        chat("five", {"@type": "Recipe"}),
        [*chat("six", {})[:-1], {"role": "assistant", "content": "I cannot."}],
    ]
    lines = notebook.dataset_summary(chats).splitlines()
    counts = {line[:32].strip(): int(line[32:]) for line in lines}
    assert counts == {
        "examples": 6,
        "with a valid recipe": 3,
        "of several recipes": 1,
        "without a recipe ({})": 1,
        "with an invalid label": 2,
        "posts that repeat another": 1,
        "with a think trace (left out)": 1,
        "characters of the median post": 4,
        "characters of the longest post": 12,
    }


def test_example_text_is_cut_to_size():
    text = notebook.example_text(chat("word " * 500, SOUP), characters=50)
    assert text.count("[...]") == 2
    assert len(text) < 250


# --- results -------------------------------------------------------------------------------------

STEPS_AS_STRINGS = {**SOUP, "recipeInstructions": ["Simmer the leeks in the milk. Season."]}
IN_SECTIONS = {
    **SOUP,
    "recipeInstructions": [
        {"@type": "HowToSection", "name": "Soup", "itemListElement": SOUP["recipeInstructions"]}
    ],
}
ANSWERS = {
    "right": json.dumps(SOUP),
    "in a fence": f"```json\n{json.dumps(SOUP)}\n```",
    "after thoughts": f"<think>\nhm {{}}\n</think>\n\n{json.dumps(SOUP)}",
    "other spelling": json.dumps({**SOUP, "recipeIngredient": ["1½ cups MILK", "2 leeks sliced"]}),
    "one line more": json.dumps({**SOUP, "recipeIngredient": [*SOUP["recipeIngredient"], "gold"]}),
    "other name": json.dumps({**SOUP, "name": "Chocolate Cake"}),
    "steps as strings": json.dumps(STEPS_AS_STRINGS),
    "in sections": json.dumps(IN_SECTIONS),
    "cut off": json.dumps(SOUP)[:-40],
    "no recipe": "{}",
    "no JSON": "I am sorry.",
    "empty": "",
    "a list": "[1, 2]",
    "wrong types": '{"@type": "Recipe", "name": 7, "recipeIngredient": {"a": 1}}',
}
SAME_METRIC = {
    "valid JSON": "json_strict",
    "valid schema.org Recipe": "schema_valid",
    "name": "name",
    "ingredient F1": "ingredient_f1",
    "steps word F1": "steps_f1",
    "no recipe recognised": "no_recipe",
}


@pytest.mark.parametrize("label", [SOUP, {}], ids=["recipe", "no recipe"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_scores_are_those_of_the_evaluation(answer, label):
    post = "Leek Soup: 1 1/2 cups milk, 2 leeks, sliced, salt to taste. Simmer, season."
    of_evaluation = score_document(answer, label, post)
    for name, score in notebook.score_answer(answer, label).items():
        assert score == pytest.approx(of_evaluation.value(SAME_METRIC[name])), name


def test_scores_tell_right_from_wrong():
    assert set(notebook.score_answer(ANSWERS["right"], SOUP).values()) == {1.0}
    assert notebook.score_answer("{}", {}) == {
        "valid JSON": 1.0,
        "valid schema.org Recipe": 1.0,
        "no recipe recognised": 1.0,
    }
    wrong = notebook.score_answer(ANSWERS["other spelling"], SOUP)
    assert wrong["ingredient F1"] == pytest.approx(2 * 2 / (2 + 3))


def test_comparison_has_a_column_per_model_and_means_over_the_posts_that_count():
    right, empty = json.dumps(SOUP), "{}"
    rows = notebook.comparison_rows(
        {"base": [empty, right], "finetuned": [right, empty]}, [SOUP, {}]
    )
    assert rows[0] == ("score (1 is best)", "base", "finetuned", "posts")
    table = {row[0]: row[1:] for row in rows[1:]}
    assert table["valid JSON"] == ("1.000", "1.000", "2")
    assert table["ingredient F1"] == ("0.000", "1.000", "1")
    assert table["no recipe recognised"] == ("0.000", "1.000", "1")


def test_what_posts_and_models_write_is_escaped():
    evil = "<script>alert(1)</script>"
    assert "<script" not in notebook.table_html([("a", evil), (evil, "b")])
    assert "<script" not in notebook.side_by_side_html(evil, {evil: evil})
    assert "<th>a</th>" in notebook.table_html([("a",), ("b",)])
    assert "<td>b</td>" in notebook.table_html([("a",), ("b",)])


def test_answers_are_made_readable():
    assert '\n  "name": "Leek Soup"' in notebook.readable_answer(json.dumps(SOUP))
    assert "not valid" in notebook.readable_answer('{"name": "x"}')
    assert notebook.readable_answer("{}") == "{}  (no recipe in this text)"
    assert notebook.readable_answer("Sorry.") == "(no JSON)\nSorry."


def test_progress_moves_with_every_answer(monkeypatch):
    class Generator:
        def generate(self, posts, max_new_tokens, on_answer):
            for position, post in enumerate(posts):
                on_answer(position, post)
            return [f"{post} in {max_new_tokens}" for post in posts]

    assert notebook.answer_posts(Generator(), ["a", "b"], 7) == ["a in 7", "b in 7"]


def test_the_box_answers_its_example_and_then_what_is_typed():
    pytest.importorskip("ipywidgets")
    box = notebook.post_box(lambda post: json.dumps({**SOUP, "name": post}), "<b>one</b>")
    text, button, result = box.children
    assert "&lt;b&gt;one&lt;/b&gt;" in result.value
    text.value = "two"
    button.click()
    assert "two" in result.value
    assert "one" not in result.value


# --- results to keep -----------------------------------------------------------------------------


def test_export_leaves_the_gguf_and_a_modelfile_and_nothing_else(tmp_path, monkeypatch):
    def merge(adapter, base, target):
        assert (adapter, base) == (tmp_path / "gemma-3", "unsloth/gemma-3-270m-it")
        target.mkdir(parents=True)

    def convert(model, target, quantization, metadata):
        assert model.is_dir()
        assert "gemma" in json.dumps(metadata)
        target.write_bytes(b"GGUF" + quantization.encode())

    monkeypatch.setattr(notebook, "merge_adapter", merge)
    monkeypatch.setattr(notebook, "convert", convert)
    settings = TrainingSettings(save_dir=str(tmp_path / "gemma-3"), max_seq_length=9000)
    folder = notebook.export_model(settings, "Read recipes.", "BF16")
    assert folder == tmp_path / "gemma-3-gguf"
    name = "gemma-3-270m-it-recipe-extractor-BF16.gguf"
    assert {file.name for file in folder.iterdir()} == {name, "Modelfile"}
    assert (folder / name).read_bytes() == b"GGUFBF16"
    modelfile = (folder / "Modelfile").read_text(encoding="utf-8")
    assert f"FROM ./{name}" in modelfile
    assert "Read recipes." in modelfile
    assert "num_ctx 9000" in modelfile
    assert "Gemma Terms of Use" in modelfile


def test_download_packs_the_folder(tmp_path, colab):
    (tmp_path / "gemma-3").mkdir()
    (tmp_path / "gemma-3" / "a.txt").write_text("a")
    archive = notebook.offer_download(tmp_path / "gemma-3")
    assert archive == tmp_path / "gemma-3.zip"
    assert zipfile.ZipFile(archive).read("a.txt") == b"a"
    assert colab.calls == [("download", str(archive))]


def test_without_colab_the_archive_is_named(tmp_path, no_colab, capsys):
    (tmp_path / "gemma-3").mkdir()
    archive = notebook.offer_download(tmp_path / "gemma-3")
    assert str(archive) in capsys.readouterr().out
