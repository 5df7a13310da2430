"""The dataset report of 04: counts, drops, lengths, examples; nothing in a post does anything."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from recipe_pipeline.dataset.report import gather_facts, write_dataset_report
from tests.evaluation_samples import HOSTILE, recipe, write_chats
from tests.html_page import Page

SCRIPT = Path(__file__).parents[2] / "04_generate_finetuning_dataset.py"


def dataset(folder, count=30):
    recipes = [recipe(f"Soup {i}") for i in range(count)]
    recipes[0] = {}
    bodies = [{k: v for k, v in r.items() if k != "@context"} for r in recipes[1:3]]
    recipes[1] = {"@context": "https://schema.org", "@graph": bodies}
    posts = [f"post {i}" for i in range(count)]
    metas = [
        {"id": f"{i:05d}", "style": "ab"[i % 2], "kind": "complete", "tokens": 100 + i}
        for i in range(count)
    ]
    return write_chats(folder / "d.jsonl", recipes, posts, metas)


def test_everything_is_counted_once(tmp_path):
    facts = gather_facts([dataset(tmp_path)], seed=0, shown=10)
    assert facts.examples == {"d.jsonl": 30}
    assert facts.styles == {"a": 15, "b": 15}
    assert facts.tokens == list(range(100, 130))
    # 28 posts with one recipe, one with two, one without.
    assert facts.recipes == 30
    assert facts.fields["name"] == facts.fields["cookTime"] == 30
    assert facts.fields["prepTime"] == 0


def test_the_examples_are_random_repeatable_and_in_order(tmp_path):
    path = dataset(tmp_path)
    ids = [[view.id for view in gather_facts([path], seed, 10).shown] for seed in (0, 0, 1)]
    assert ids[0] == ids[1] != ids[2]
    assert len(set(ids[0])) == 10
    assert ids[0] == sorted(ids[0])
    assert ids[0] != [f"{i:05d}" for i in range(10)]


def test_fewer_examples_than_asked_for_are_all_shown(tmp_path):
    assert len(gather_facts([dataset(tmp_path, 4)], 0, 10).shown) == 4
    assert gather_facts([dataset(tmp_path, 4)], 0, 0).shown == []


def test_the_page_shows_mix_limit_drops_and_examples(tmp_path):
    page = tmp_path / "report.html"
    drops = {"missing-label": 7, "too-long": 2}
    write_dataset_report([dataset(tmp_path)], page, max_seq_length=120, drops=drops)
    its = Page(page.read_text(encoding="utf-8"))
    text = " ".join("".join(its.texts["p"]).split())
    assert "30 examples with 30 recipes; 9 posts were left out." in text
    # 121 to 129 tokens are longer than 120: 9 of 30.
    assert "30.0% of the examples are longer than 120 tokens" in text
    assert "missing-label" in its.texts["th"]
    assert len([a for a in its.named("details") if "document" in a.get("class", "")]) == 10
    # A bar beside every share: 2 styles, 1 kind, 11 fields and 2 reasons.
    assert len([a for a in its.named("i") if "style" in a]) == 16
    [lengths] = its.named("svg")
    assert lengths["aria-label"] == "30 values from 100 to 129 tokens; the limit is 120"
    assert "thinking" in its.texts["pre"]


def test_a_dataset_without_metadata_still_has_a_report(tmp_path):
    path = write_chats(tmp_path / "d.jsonl", [recipe()])
    write_dataset_report([path], tmp_path / "r.html", max_seq_length=100)
    assert "unknown" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_hostile_example_is_only_text(tmp_path):
    data = recipe(HOSTILE, (HOSTILE,), (HOSTILE,))
    path = write_chats(tmp_path / "d.jsonl", [data], [HOSTILE], [{"id": HOSTILE, "style": HOSTILE}])
    write_dataset_report([path], tmp_path / "r.html", max_seq_length=9, drops={HOSTILE: 1})
    its = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert HOSTILE in its.texts["pre"]
    assert not its.named("img")
    assert len(its.named("script")) == 1


def test_04_writes_the_report_beside_the_dataset(tmp_path, monkeypatch, capsys):
    blog, labels = tmp_path / "blog", tmp_path / "labels"
    blog.mkdir()
    labels.mkdir()
    for i, (name, lines) in enumerate(
        [
            ("Bean Stew", ["2 cups beans"]),
            ("Rice Pie", ["1 cup rice"]),
            ("Toast", ["2 slices bread"]),
        ]
    ):
        data = recipe(name, lines)
        text = f"{data['name']}\n{lines[0]}\nSimmer it all.\nCook time: 30 minutes, serves 4"
        (blog / f"0000{i}-soup.txt").write_text(text, encoding="utf-8")
        (labels / f"0000{i}-soup.json").write_text(json.dumps({"recipe": data, "reasoning": "r"}))
    (blog / "00009-lonely.txt").write_text("A post about a soup without a label.")
    flags = ("--blog-dir", blog, "--llm-dir", labels, "--output", tmp_path / "set.jsonl",
             "--split", "0.5", "--report")  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["04", *map(str, flags)])
    with pytest.raises(SystemExit) as exit_info:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert exit_info.value.code == 0
    assert "set.report.html" in capsys.readouterr().out
    page = (tmp_path / "set.report.html").read_text(encoding="utf-8")
    assert "set_train.jsonl" in page
    assert "missing-label" in page
