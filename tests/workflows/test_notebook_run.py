"""finetune.ipynb, alone in an empty folder with a dataset, executed cell by cell on a CPU.

The model is random and tiny, so nothing is learned; what is tested is that every cell runs, what it
leaves behind, and what a person reads when the input is wrong. Stand-ins exist for ``google.colab``
only.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from recipe_pipeline.dataset.chat import build_example
from tests.tiny_gemma import write_tiny_model

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WIDGETS = "application/vnd.jupyter.widget-state+json"
SETTINGS_CELL = "# @title Settings"
DISHES = ["Soup", "Pie", "Stew", "Cake", "Salad", "Bread", "Curry", "Toast", "Tart", "Rice"]

# google.colab as the notebook uses it: what is called is written down.
COLAB = {
    "files.py": (
        "import pathlib\n"
        "def upload():\n"
        "    print('upload asked for')\n"
        "    return {}\n"
        "def download(name):\n"
        "    with open('downloads.txt', 'a') as file:\n"
        "        file.write(pathlib.Path(name).name + '\\n')\n"
    ),
    "drive.py": (
        "def mount(place):\n"
        "    with open('mounts.txt', 'a') as file:\n"
        "        file.write(place + '\\n')\n"
    ),
    "__init__.py": "",
}


def write_dataset(path: Path) -> None:
    """Twelve short examples, one without a recipe, one with a think trace."""
    examples = [build_example("Just a story about my cat.", {})]
    for number, dish in enumerate(DISHES):
        recipe = {
            "@context": "https://schema.org",
            "@type": "Recipe",
            "name": dish,
            "recipeIngredient": [f"{number + 1} cups flour"],
            "recipeInstructions": [{"@type": "HowToStep", "text": "Mix."}],
        }
        post = f"{dish}! You need {number + 1} cups flour. Mix."
        examples.append(build_example(post, recipe, reasoning="Let me see." if number == 3 else ""))
    path.write_text("".join(json.dumps(e, ensure_ascii=False) + "\n" for e in examples), "utf-8")


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "tiny-gemma"
    write_tiny_model(folder)
    return folder


@pytest.fixture
def desk(tmp_path, tiny_model, monkeypatch):
    """An empty folder with the notebook, and google.colab on the path of its kernel."""
    colab = tmp_path / "stand-ins" / "google" / "colab"
    colab.mkdir(parents=True)
    for name, code in COLAB.items():
        (colab / name).write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand-ins"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "desk"
    folder.mkdir()
    shutil.copy(ROOT / "finetune.ipynb", folder)
    return folder


def fill_in(notebook, **values) -> None:
    """Set fields of the settings form, as a person would."""
    cell = next(c for c in notebook.cells if c.source.startswith(SETTINGS_CELL))
    for name, value in values.items():
        pattern = rf"^{name} = .*?(?=  # @param)"
        assert re.search(pattern, cell.source, re.M), f"the form has no field {name}"
        cell.source = re.sub(
            pattern, lambda _, n=name, v=value: f"{n} = {v!r}", cell.source, flags=re.M
        )


def run(desk: Path, model: Path, **values):
    """Execute a copy of the notebook; returns it with its outputs, and the error if it stopped."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(desk / "finetune.ipynb", as_version=4)
    form = {
        "preset": "as set below",
        "model_name": str(model),
        "max_seq_length": 1024,
        "lora_rank": 4,
        "batch_size": 2,
        "gradient_accumulation_steps": 1,
        "max_steps": 3,
        "eval_split": 0.2,
        "compare_posts": 2,
        "max_answer_tokens": 8,
        "save_steps": 2,
    }
    fill_in(notebook, **{**form, **values})
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(desk)}}
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return notebook, error
    return notebook, None


def text_of(notebook) -> str:
    """Everything that was printed or shown, as plain text and HTML."""
    parts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            parts += [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
            parts += output.get("traceback", [])
    return "\n".join(parts)


def widget_values(notebook) -> list[str]:
    """What the widgets show after the run."""
    state = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    return [str(widget["state"].get("value", "")) for widget in state.values()]


def test_all_cells_run_and_a_second_run_resumes(desk, tiny_model):
    drive = desk.parent / "MyDrive" / "recipes"
    drive.parent.mkdir()
    write_dataset(drive.parent / "finetuning_dataset.jsonl")  # on Drive, not uploaded
    on_drive = {"use_drive": True, "drive_folder": str(drive)}

    notebook, error = run(desk, tiny_model, **on_drive)
    assert error is None, text_of(notebook)[-3000:]
    shown = text_of(notebook)
    assert "There is no GPU here." in shown
    assert re.search(r"^examples +11$", shown, re.M)
    assert re.search(r"^without a recipe \({}\) +1$", shown, re.M)
    assert "3 steps in" in shown
    comparison = next(line for line in shown.splitlines() if "score (1 is best)" in line)
    assert "<th>base</th><th>finetuned</th>" in comparison
    assert re.search(r"<td>valid JSON</td><td>[01]\.\d{3}</td><td>[01]\.\d{3}</td>", comparison)
    assert shown.count("<th>post</th><th>base</th><th>finetuned</th>") == 2
    request = 'ollama run recipe-extractor "Extract recipe information from this text:\n\n$(cat'
    assert request in shown
    assert any("<pre>" in value for value in widget_values(notebook))
    assert "working ..." not in widget_values(notebook)

    adapter = drive / "gemma-3"
    assert {"adapter_config.json", "adapter_model.safetensors", "tokenizer.json"} <= {
        file.name for file in adapter.iterdir()
    }
    record = json.loads((adapter / "training_run.json").read_text(encoding="utf-8"))
    assert record["result"]["steps"] == 3
    assert [entry["step"] for entry in record["loss_history"] if "loss" in entry] == [1, 2, 3]
    gguf = next((drive / "gemma-3-gguf").glob("*.gguf"))
    assert gguf.read_bytes()[:4] == b"GGUF"
    modelfile = (drive / "gemma-3-gguf" / "Modelfile").read_text(encoding="utf-8")
    assert f"FROM ./{gguf.name}" in modelfile
    downloads = (desk / "downloads.txt").read_text().split()
    assert downloads == ["gemma-3.zip", "gemma-3-gguf.zip"]
    assert (desk / "mounts.txt").read_text() == "/content/drive\n"

    # The session died, a new one starts: same settings, more steps.
    again, error = run(
        desk, tiny_model, **on_drive, max_steps=5, save_gguf=False, download=False, compare_posts=1
    )
    assert error is None, text_of(again)[-3000:]
    assert f"resuming from {drive / 'outputs' / 'checkpoint-3'}" in text_of(again)
    record = json.loads((adapter / "training_run.json").read_text(encoding="utf-8"))
    assert [entry["step"] for entry in record["loss_history"] if "loss" in entry] == [1, 2, 3, 4, 5]


def test_without_a_dataset_it_asks_and_says_what_to_do(desk, tiny_model):
    notebook, error = run(desk, tiny_model)
    assert error is not None
    shown = text_of(notebook)
    assert "upload asked for" in shown
    assert "Stopped: no dataset: upload finetuning_dataset.jsonl" in shown
    assert "Traceback" not in shown


def test_a_broken_line_is_named_by_its_number(desk, tiny_model):
    dataset = desk / "finetuning_dataset.jsonl"
    write_dataset(dataset)
    lines = dataset.read_text(encoding="utf-8").splitlines()
    lines[4] = lines[4][:60]
    dataset.write_text("\n".join(lines), encoding="utf-8")
    notebook, error = run(desk, tiny_model)
    assert error is not None
    assert re.search(
        r"Stopped: finetuning_dataset\.jsonl, line 5: not valid JSON", text_of(notebook)
    )
    assert "Traceback" not in text_of(notebook)


def test_a_wrong_setting_is_named_as_in_the_form(desk, tiny_model):
    write_dataset(desk / "finetuning_dataset.jsonl")
    notebook, error = run(desk, tiny_model, batch_size=0)
    assert error is not None
    assert "Stopped: batch_size is 0: it has to be 1 or more" in text_of(notebook)
