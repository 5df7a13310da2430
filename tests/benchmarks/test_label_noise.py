"""The benchmark that trains with and without the checks, with fakes in place of the scripts."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks import label_noise
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.scoring import score_document
from recipe_pipeline.evaluation.summary import aggregate

FLAGS = ("--train", "150", "--test", "6", "--share", "0.4")


class FakeScripts:
    """Takes the place of the scripts: records each command and writes the files that matter."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.commands: list[list[str]] = []

    def __call__(self, *command: str | Path) -> None:
        words = [str(word) for word in command]
        self.commands.append(words)
        values = dict(pairwise(words))
        if words[0].startswith("04"):
            self._build(Path(values["--output"]), Path(values["--llm-dir"]))
        elif words[0].startswith("05"):
            adapter = Path(values["--save-dir"])
            folder = adapter.with_name(f"{adapter.name}-gguf")
            adapter.mkdir(exist_ok=True)
            folder.mkdir(exist_ok=True)
            for file in (adapter / "training_run.json", folder / "m.gguf", folder / "Modelfile"):
                file.write_text("{}", encoding="utf-8")
        else:
            self._evaluate(Path(values["--output"]))

    def _build(self, output: Path, labels: Path) -> None:
        lines = [json.dumps({"id": file.stem}) for file in sorted(labels.glob("*.json"))]
        output.write_text("", encoding="utf-8")
        output.with_name(f"{output.stem}.meta.jsonl").write_text("\n".join(lines), encoding="utf-8")

    def _evaluate(self, output: Path) -> None:
        gold = {"@type": "Recipe", "name": "Soup", "recipeIngredient": ["2 leeks"]}
        score = score_document(json.dumps(gold), gold, "Soup\n2 leeks")
        models = [aggregate([score], name).to_dict() for name in label_noise.VARIANTS]
        output.mkdir(exist_ok=True)
        (output / "summary.json").write_text(json.dumps({"models": models}), encoding="utf-8")


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    fake = FakeScripts(tmp_path / "work")
    monkeypatch.setattr(label_noise, "run", fake)
    return fake


def sources(folder):
    files = sorted((folder / "blog").glob("*.meta.json"))
    return [json.loads(file.read_text(encoding="utf-8"))["source"]["name"] for file in files]


def test_both_variants_are_trained_alike_and_compared_in_a_table(scripts, capsys):
    label_noise.main(["--work", str(scripts.work), *FLAGS])
    names = [command[0][:2] for command in scripts.commands]
    assert names == ["04", "04", "05", "04", "05", "07"]
    unchecked, checked = (command for command in scripts.commands if command[0].startswith("05"))
    assert [word.replace("unchecked", "checked") for word in unchecked] == checked
    table = capsys.readouterr().out.split("\n\n")[-1].strip().splitlines()
    assert table[0] == "|  | unchecked | checked |"
    assert {line.count("|") for line in table} == {4}
    assert "| examples to train on | 150 | 150 |" in table
    assert "| with a broken label | 60 | 60 |" in table
    assert any("1.000 [1.00, 1.00]" in line for line in table)


def test_train_and_test_posts_are_about_different_recipes(scripts):
    # More posts than the CSV has recipes, so some recipes have several posts.
    label_noise.main(["--work", str(scripts.work), *FLAGS])
    train, test = sources(scripts.work / "train"), sources(scripts.work / "test")
    assert len(train) == 150 > len(set(train))
    assert len(test) == 6
    assert not set(train) & set(test)


def test_finished_work_is_kept_and_other_settings_need_another_folder(scripts):
    label_noise.main(["--work", str(scripts.work), *FLAGS])
    scripts.commands.clear()
    label_noise.main(["--work", str(scripts.work), *FLAGS])
    assert [command[0][:2] for command in scripts.commands] == ["07"]
    with pytest.raises(PipelineError, match="other settings"):
        label_noise.main(["--work", str(scripts.work), *FLAGS[:-1], "0.1"])
