"""Stage 4 from two folders to a dataset."""

import json
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import text_digest
from recipe_pipeline.dataset.chat import read_examples, strip_reasoning
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.summary import format_summary
from tests.dataset.conftest import soup
from tests.script_runs import run_script

SCRIPT = Path(__file__).parents[2] / "04_generate_finetuning_dataset.py"


def answer_of(example):
    return json.loads(strip_reasoning(example["messages"][-1]["content"]))


def names_in(path):
    return [answer_of(example)["name"] for example in read_examples(path)]


def test_a_folder_as_output_is_refused_before_anything_is_written(folders, tmp_path):
    folders.pair(1)
    folders.output.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PipelineError, match=r"is a folder: name a file"):
        folders.build()
    assert sorted(tmp_path.rglob("*")) == before


def test_posts_and_labels_become_one_line_each_with_metadata_beside(folders):
    for number in range(5):
        folders.pair(number, meta={"style": "minimal_organized", "model": "m"})
    summary = folders.build()
    lines = folders.output.read_text(encoding="utf-8").splitlines()
    metas = folders.output.with_name("data.meta.jsonl").read_text().splitlines()
    assert summary.examples == len(lines) == len(metas) == 5
    for line, meta in zip(map(json.loads, lines), map(json.loads, metas), strict=True):
        assert list(line) == ["messages"]
        assert f"The post of {meta['id']}." in line["messages"][1]["content"]
        assert meta["style"] == "minimal_organized"
        assert meta["source"]["label_model"] == "teacher"
    assert "—" in lines[0]  # not \\u2014: training text is text
    assert not folders.output.with_name("dropped.jsonl").exists()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_order(folders):
    for number in range(30):
        folders.pair(number)
    folders.build(seed=1)
    first = folders.output.read_bytes()
    folders.build(seed=1)
    assert folders.output.read_bytes() == first
    folders.build(seed=2)
    assert folders.output.read_bytes() != first
    assert sorted(folders.output.read_bytes().splitlines()) == sorted(first.splitlines())
    assert names_in(folders.output) != [f"Soup {n}" for n in range(30)]


@pytest.mark.parametrize(
    "options",
    [
        {"limit": -1},
        {"min_support": 1.1},
        {"max_seq_length": 0},
        {"reasoning": "drop"},
        {"system_prompt": " "},
    ],
)
def test_other_settings_out_of_range_are_refused(options):
    with pytest.raises(PipelineError, match="--"):
        DatasetSettings(**options)


def test_skipped_posts_are_counted_by_reason_and_listed(folders):
    good = folders.pair(1)
    folders.post("2-lonely")
    folders.label("3-orphan", soup(3))
    folders.post("4-empty", b"\xef\xbb\xbf \r\n\t")
    folders.label("4-empty", soup(4))
    folders.post("5-broken")
    (folders.llm / "5-broken.json").write_text('{"recipe": {')
    folders.post("7-invalid")
    folders.label("7-invalid", soup(7, cookTime="overnight"))
    folders.post("9-nothing")
    folders.label("9-nothing", {})
    folders.post("10-none")
    (folders.llm / "10-none.json").write_text('{"reasoning": "x"}')
    summary = folders.build()
    assert summary.examples == 1
    assert summary.labels_without_post == 1
    assert dict(summary.skipped) == {
        "missing-label": 1,
        "empty-post": 1,
        "label-not-json": 1,
        "label-without-recipe": 1,
        "invalid-label": 1,
        "no-recipe": 1,
    }
    dropped = folders.dropped()
    assert good not in dropped
    assert "cookTime: 'overnight' is not a duration" in dropped["7-invalid"]["details"][0]
    text = format_summary(summary)
    assert "skipped    6: " in text
    assert "labels without a post: 1" in text
    assert "--include-empty" in text


def test_posts_without_a_recipe_are_kept_on_request(folders):
    folders.pair(1)
    folders.post("2-trip", meta={"style": "fluffy_organized", "kind": "no_recipe"})
    folders.label("2-trip", {})
    summary = folders.build(include_empty=True)
    assert summary.kinds == {"complete": 1, "no_recipe": 1}
    assert {} in [answer_of(example) for example in read_examples(folders.output)]
    assert "no_recipe 50.0%" in format_summary(summary)


def test_an_unsupported_label_is_left_out_with_its_reasons(folders):
    for number in range(4):
        folders.pair(number)
    stem = folders.pair(9)
    folders.label(stem, soup(9, recipeIngredient=["9 onions", "1 l water", "2 tbsp caviar"]))
    summary = folders.build(min_support=0.6)
    assert summary.skipped == {"unsupported": 1}
    assert "2 tbsp caviar" in folders.dropped()[stem]["details"][0]
    assert "the label contradicts its post" in format_summary(summary)
    assert folders.build(min_support=0).examples == 5


def test_a_label_that_omits_what_the_post_states_is_left_out(folders):
    facts = {"row": 1, "name": "Soup 1", "ingredients": ["1 onions", "1 l water"]}
    stem = folders.pair(1, meta={"source": facts})
    folders.pair(2)
    folders.label(stem, soup(1, recipeIngredient=["1 onions"]))
    folders.build(min_support=0.6)
    assert "1 l water" in folders.dropped()[stem]["details"][0]


def test_a_label_of_an_older_post_is_left_out(folders):
    stem, other = folders.pair(1), folders.pair(2)
    for name, text in (
        (stem, "The post before."),
        (other, (folders.blog / f"{other}.txt").read_text()),
    ):
        path = folders.llm / f"{name}.json"
        label = json.loads(path.read_text())
        label["meta"]["post_sha256"] = text_digest(text)
        path.write_text(json.dumps(label))
    summary = folders.build()
    assert (summary.examples, summary.skipped) == (1, {"outdated-label": 1})
    assert "03_generate_recipe_json.py" in format_summary(summary)


def test_reasoning_can_be_stripped(folders):
    folders.pair(1)
    folders.build(reasoning="strip")
    assert "think" not in folders.output.read_text()


def test_sections_can_be_written_as_plain_steps_for_a_small_model(folders):
    stem = folders.pair(1)
    recipe = soup(1)
    steps = recipe["recipeInstructions"]
    recipe["recipeInstructions"] = [
        {"@type": "HowToSection", "name": "Soup 1", "itemListElement": steps}
    ]
    folders.label(stem, recipe, "")
    folders.build(min_support=0)
    (example,) = read_examples(folders.output)
    (section,) = answer_of(example)["recipeInstructions"]
    assert section["@type"] == "HowToSection"
    folders.build(min_support=0, sections="headed")
    (example,) = read_examples(folders.output)
    written = answer_of(example)["recipeInstructions"]
    assert [step["text"] for step in written] == ["Soup 1", *(step["text"] for step in steps)]


def test_answers_can_begin_with_the_ingredients(folders):
    folders.pair(1)
    for order, key in (("name-first", "name"), ("ingredients-first", "recipeIngredient")):
        folders.build(key_order=order)
        (example,) = read_examples(folders.output)
        assert list(answer_of(example))[2] == key
    with pytest.raises(
        PipelineError, match=r"--key-order is .tidy.: it must be one of name-first, ingr"
    ):
        folders.build(key_order="tidy")


@pytest.mark.parametrize("sidecar", ["{broken", "[]", '"text"', '{"style": []}', "[" * 99_999])
def test_an_unusable_sidecar_does_no_harm(folders, sidecar):
    stem = folders.pair(1)
    (folders.blog / f"{stem}.meta.json").write_text(sidecar)
    assert folders.build().styles == {"unknown": 1}


def test_a_huge_post_is_left_out(folders):
    folders.pair(1)
    folders.pair(2)
    folders.post("00002-soup", b"x" * 4_000_001)
    assert folders.build().skipped == {"post-too-large": 1}


def test_hidden_and_foreign_files_are_not_posts(folders):
    stem = folders.pair(1)
    (folders.blog / f".{stem}.x.tmp").write_text("half")
    (folders.blog / ".hidden.txt").write_text("x")
    (folders.llm / "failures.jsonl").write_text("{}")
    summary = folders.build()
    assert (summary.examples, sum(summary.skipped.values()), summary.labels_without_post) == (
        1,
        0,
        0,
    )


def test_rows_beyond_50000_are_found_in_or_outside_their_subfolder(folders):
    folders.pair(1)
    for folder, suffix, content in (
        (folders.blog, ".txt", "A post."),
        (folders.llm, ".json", json.dumps({"recipe": soup(2)})),
    ):
        (folder / "60000-69999").mkdir()
        (folder / "60000-69999" / f"60001-soup{suffix}").write_text(content)
    folders.post("60002-flat")
    folders.label("60002-flat", soup(3))
    assert folders.build().examples == 3


def test_limit_takes_the_first_usable_posts(folders):
    folders.post("00000-lonely")
    for number in range(1, 9):
        folders.pair(number)
    assert folders.build(limit=3).examples == 3
    assert sorted(names_in(folders.output)) == ["Soup 1", "Soup 2", "Soup 3"]
    assert folders.build(limit=0).examples == 8


@pytest.mark.parametrize("missing", ["blog", "llm"])
def test_a_missing_folder_is_reported(folders, missing):
    folders.pair(1)
    target = getattr(folders, missing)
    target.rename(target.with_name("moved"))
    with pytest.raises(PipelineError, match=f"folder .*{missing} does not exist"):
        folders.build()
    assert not folders.output.exists()


def test_an_empty_blog_folder_is_an_error(folders):
    with pytest.raises(PipelineError, match=r"no \.txt posts in"):
        folders.build()


def test_nothing_usable_leaves_an_older_dataset_untouched_and_says_why(folders):
    folders.post("1-lonely")
    folders.output.parent.mkdir()
    folders.output.write_text("older")
    with pytest.raises(PipelineError, match="1 missing-label"):
        folders.build()
    assert folders.output.read_text() == "older"
    assert folders.dropped()["1-lonely"]["reason"] == "missing-label"


def test_the_script_builds_a_dataset_and_prints_a_summary(folders, capsys):
    for number in range(10):
        folders.pair(number, meta={"style": "fluffy_organized"})
    code = run_script(SCRIPT, "--blog-dir", folders.blog, "--llm-dir", folders.llm,
        "--output", folders.output, "--split", "0.8",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert code == 0
    assert "examples   10 (train 8, test 2) of 10 different recipes" in said
    assert "styles     fluffy_organized 100.0%" in said
    assert "0.0% exceed 8,192" in said
    assert "data_test.meta.jsonl" in said


def test_the_script_reports_a_user_error_in_one_line(folders, capsys):
    assert run_script(SCRIPT, "--blog-dir", folders.blog / "none") == 1
    assert run_script(SCRIPT, "--split", "1.5") == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 2
    assert all(line.startswith("error: ") for line in errors)


def test_what_posts_do_not_state_is_removed_from_any_label_and_counted(folders):
    """Labels of other tools and of older runs are repaired as 03 repairs its own."""
    stem = folders.pair(1)
    folders.label(stem, soup(1, recipeCuisine="French", cookTime="PT10M"))
    stem = folders.pair(2)
    by_03 = [{"field": "recipeCuisine", "value": "Thai", "reason": "the post does not say it"}]
    folders.label(stem, soup(2, keywords="easy"), removed=by_03)
    folders.pair(3)
    summary = folders.build(min_support=0.6)
    assert summary.removed == {"recipeCuisine": 2, "cookTime": 1, "keywords": 1}
    text = format_summary(summary)
    assert "2 recipeCuisine" in text
    assert "removed or corrected, going by the posts" in text
    assert sorted(map(answer_of, read_examples(folders.output)), key=lambda r: r["name"]) == [
        soup(1), soup(2), soup(3),
    ]  # fmt: skip
    metas = map(json.loads, folders.output.with_name("data.meta.jsonl").read_text().splitlines())
    assert {meta["id"]: meta.get("removed") for meta in metas} == {
        "00001-soup": ["cookTime", "recipeCuisine"],
        "00002-soup": ["recipeCuisine", "keywords"],
        "00003-soup": None,
    }
    assert "removed from the labels: 2 recipeCuisine" in summary.card.read_text(encoding="utf-8")
