"""The command that trains for real pages, and its preset."""

import csv as csv_module
import json
from pathlib import Path

from recipe_pipeline.training.settings import PRESETS
from recipe_pipeline.workflows import real_pages
from recipe_pipeline.workflows.real_pages import RealPagesSettings
from tests.script_runs import help_of, run_script


def test_every_script_accepts_its_command(tmp_path):
    settings = RealPagesSettings(csv=real_pages.SAMPLE_CSV, output=tmp_path)
    commands = real_pages.data_commands(settings, "http://127.0.0.1:1/v1")
    for script, *arguments in [*commands, real_pages.training_command(settings)]:
        assert help_of(script, arguments)


def test_a_seed_reaches_posts_and_training(tmp_path):
    settings = RealPagesSettings(csv=real_pages.SAMPLE_CSV, output=tmp_path, seed=3)
    commands = real_pages.data_commands(settings, "http://127.0.0.1:1/v1")
    for command in [*commands, real_pages.training_command(settings)]:
        assert command[command.index("--seed") + 1] == "3"


def write_part(settings, name, count, **meta):
    path = settings.part(name)
    path.parent.mkdir(parents=True)
    usual = {"style": "fluffy_organized", "kind": "complete", "tokens": 900}
    with open(path, "w") as lines, open(path.with_suffix(".meta.jsonl"), "w") as metas:
        for row in range(count):
            drawn = {key: value(row) if callable(value) else value for key, value in meta.items()}
            lines.write(json.dumps({"row": f"{name}-{row}"}) + "\n")
            metas.write(json.dumps({**usual, **drawn, "source": {"row": row}}) + "\n")


def rows_of(settings):
    return [json.loads(line)["row"] for line, _ in real_pages.draw(settings)]


def test_long_and_hard_posts_are_drawn_more_often_and_too_long_ones_never(tmp_path):
    settings = RealPagesSettings(csv=tmp_path, output=tmp_path, examples=400, bundled=5)
    write_part(
        settings,
        "own",
        1000,
        kind=lambda row: "no_recipe" if row < 100 else "complete",
        tokens=lambda row: (300, 1800, real_pages.LONGEST + 1)[row % 3],
    )
    write_part(settings, "bundled", 20)
    rows = rows_of(settings)
    assert rows == rows_of(settings)
    assert len(rows) == len(set(rows)) == 405
    assert sum(row.startswith("bundled") for row in rows) == 5
    own = [int(row.split("-")[1]) for row in rows if row.startswith("own")]
    complete = [row for row in own if row >= 100]
    assert all(row % 3 != 2 for row in own)
    assert sum(row % 3 == 1 for row in complete) > 2 * sum(row % 3 == 0 for row in complete)
    # Short posts are drawn for being hard, too.
    short_hard = sum(row < 100 and row % 3 == 0 for row in own) / 34
    assert short_hard > 1.3 * sum(row % 3 == 0 for row in complete) / 300
    other = RealPagesSettings(csv=tmp_path, output=tmp_path, examples=400, bundled=5, seed=3)
    assert rows_of(other) != rows


def test_posts_and_labels_are_ready_before_the_training(tmp_path, monkeypatch):
    seen = []

    def run(command):
        if command[0] == "05_finetune.py":
            seen.append(command)
        else:
            assert run_script(*command) == 0

    monkeypatch.setattr(real_pages, "run_script", run)
    csv = tmp_path / "few.csv"
    with open(real_pages.SAMPLE_CSV, encoding="utf-8", newline="") as source:
        rows = list(csv_module.reader(source))
    with open(csv, "w", encoding="utf-8", newline="") as target:
        csv_module.writer(target).writerows(rows[:7])
    monkeypatch.setattr(real_pages, "SAMPLE_CSV", csv)
    output = tmp_path / "out"
    arguments = ["--csv", str(csv), "--examples", "4", "--bundled", "3", "--output", str(output)]
    assert real_pages.main(arguments) == 0
    dataset = seen[0][seen[0].index("--dataset") + 1]
    assert len(Path(dataset).read_text(encoding="utf-8").splitlines()) == 7
    assert seen[0][seen[0].index("--preset") + 1] in PRESETS
