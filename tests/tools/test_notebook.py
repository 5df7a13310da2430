"""finetune.ipynb: up to date, readable, and executed from its first to its last cell on a CPU.

The model is random and tiny, so nothing is learned; what is tested is that every cell runs, what it
leaves behind, and what a person reads when the input is wrong. Only ``google.colab`` is a stand-in.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.models.tokenizer import add_sentencepiece_files
from tests.tiny_gemma import write_tiny_model
from tools import make_notebook

ROOT = Path(__file__).parents[2]
DISHES = ["Soup", "Pie", "Stew", "Cake", "Salad", "Bread", "Curry", "Toast", "Tart", "Rice"]

# google.colab as the notebook uses it; calls are recorded in files.
COLAB = {
    "files.py": (
        "import pathlib\n"
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


def cells() -> list[dict]:
    return json.loads(make_notebook.NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def test_notebook_is_up_to_date():
    assert make_notebook.NOTEBOOK.read_text(encoding="utf-8") == make_notebook.rendered(), (
        "run 'make notebook'"
    )


def test_a_person_can_read_it():
    assert len(cells()) <= 30
    visible = [cell for cell in cells() if not cell["metadata"].get("cellView")]
    assert max(len(source(cell).splitlines()) for cell in visible) <= 60


def test_versions_are_those_that_were_tested():
    install = next(source(cell) for cell in cells() if "%pip" in source(cell))
    pinned = set(re.findall(r"[\w.-]+==[\w.]+", install))
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    normal = {text.lower().replace("_", "-") for text in constraints}
    assert pinned
    assert {text.lower().replace("_", "-") for text in pinned} <= normal


def test_the_shared_modules_are_whole_files_that_import_without_the_project(tmp_path):
    shell = next(source(cell) for cell in cells() if source(cell).startswith("%%bash"))
    subprocess.run(["bash"], input=shell.partition("\n")[2], text=True, cwd=tmp_path, check=True)
    written = sorted(tmp_path.rglob("*.py"))
    assert written
    for file in written:
        assert file.read_bytes() == (ROOT / file.relative_to(tmp_path)).read_bytes()
    code = "\n".join(
        source(cell)
        for cell in cells()
        if cell["cell_type"] == "code" and not source(cell).startswith("%%bash")
    )
    imports = re.findall(r"^\s*(from recipe_pipeline\.\S+ import .+)$", code, re.M)
    assert imports
    subprocess.run(
        [sys.executable, "-I", "-c", "import sys; sys.path.insert(0, '.')\n" + "\n".join(imports)],
        cwd=tmp_path,
        check=True,
    )


def test_a_module_that_does_not_exist_is_an_error():
    with pytest.raises(FileNotFoundError):
        make_notebook.fill("{{modules: dataset.nowhere}}")


def write_dataset(path: Path) -> None:
    """Eleven short examples, one without a recipe, one with a think trace."""
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
    add_sentencepiece_files(folder)  # on the hub, Gemma has them too
    return folder


@pytest.fixture
def desk(tmp_path, tiny_model, monkeypatch) -> Path:
    """An empty folder with the notebook, and google.colab on the path of its kernel."""
    colab = tmp_path / "stand-ins" / "google" / "colab"
    colab.mkdir(parents=True)
    for name, code in COLAB.items():
        (colab / name).write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand-ins"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "desk"
    folder.mkdir()
    shutil.copy(make_notebook.NOTEBOOK, folder)
    return folder


def run(desk: Path, model: Path, **values):
    """Fill in the form and execute the notebook; returns it with its outputs, and the error."""
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
    cell = next(c for c in notebook.cells if c.source.startswith("# @title Settings"))
    for name, value in {**form, **values}.items():
        field = re.compile(rf"^{name} = .*?(?=  # @param)", re.M)
        assert field.search(cell.source), f"the form has no field {name}"
        cell.source = field.sub(lambda _, n=name, v=value: f"{n} = {v!r}", cell.source)
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


@pytest.mark.slow
def test_all_cells_run_and_a_second_run_resumes(desk, tiny_model):
    drive = desk.parent / "MyDrive" / "recipes"
    drive.parent.mkdir()
    write_dataset(drive.parent / "finetuning_dataset.jsonl")  # on Drive, not uploaded
    on_drive = {"use_drive": True, "drive_folder": str(drive)}

    notebook, error = run(desk, tiny_model, **on_drive)
    shown = text_of(notebook)
    assert error is None, shown[-3000:]
    assert "11 examples" in shown
    assert "1 without a recipe" in shown
    assert "9 for training, 2 held out" in shown
    assert "3 steps, loss" in shown
    assert re.search(r"loss on held-out examples: \d", shown)
    assert re.search(r"valid JSON +[01]\.\d+ +[01]\.\d+", shown)
    assert shown.count("<th>post</th><th>base</th><th>finetuned</th>") == 2

    adapter = drive / "gemma-3"
    assert {"adapter_config.json", "adapter_model.safetensors", "tokenizer.json"} <= {
        file.name for file in adapter.iterdir()
    }
    record = json.loads((adapter / "training_run.json").read_text(encoding="utf-8"))
    assert record["result"]["steps"] == 3
    assert record["system_prompt"]
    gguf = next((drive / "gemma-3-gguf").glob("*.gguf"))
    assert gguf.read_bytes()[:4] == b"GGUF"
    modelfile = (drive / "gemma-3-gguf" / "Modelfile").read_text(encoding="utf-8")
    assert f"FROM ./{gguf.name}" in modelfile
    assert (desk / "downloads.txt").read_text().split() == ["gemma-3.zip", "gemma-3-gguf.zip"]
    assert (desk / "mounts.txt").read_text() == "/content/drive\n"

    # The session ended, a new one starts: same settings, more steps.
    again, error = run(
        desk, tiny_model, **on_drive, max_steps=5, save_gguf=False, download=False, compare_posts=1
    )
    assert error is None, text_of(again)[-3000:]
    assert re.search(r"resuming from \S+/checkpoint-3", text_of(again))
    record = json.loads((adapter / "training_run.json").read_text(encoding="utf-8"))
    steps = [entry["step"] for entry in record["loss_history"] if "loss" in entry]
    assert steps == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_without_a_dataset_it_says_what_to_do(desk, tiny_model):
    notebook, error = run(desk, tiny_model)
    assert error is not None
    assert "Stopped: there is no finetuning_dataset.jsonl: upload it" in text_of(notebook)
    assert "Traceback" not in text_of(notebook)


@pytest.mark.slow
def test_a_broken_line_is_named_by_its_number(desk, tiny_model):
    dataset = desk / "finetuning_dataset.jsonl"
    write_dataset(dataset)
    lines = dataset.read_text(encoding="utf-8").splitlines()
    lines[4] = lines[4][:60]
    dataset.write_text("\n".join(lines), encoding="utf-8")
    notebook, error = run(desk, tiny_model)
    assert error is not None
    assert re.search(r"Stopped: .*finetuning_dataset\.jsonl, line 5: ", text_of(notebook))
    assert "Traceback" not in text_of(notebook)
