"""Stage 4 from two folders to a dataset: format, split, skips, files."""

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import post_digest
from recipe_pipeline.dataset import records as dataset_records
from recipe_pipeline.dataset.build import (
    DatasetSettings,
    build_dataset,
    build_example,
    format_report,
    read_examples,
    strip_reasoning,
)
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT

SCRIPT = Path(__file__).parents[2] / "04_generate_finetuning_dataset.py"


def soup(number, **fields):
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": f"Soup {number}",
        "recipeIngredient": [f"{number} onions", "1 l water"],
        "recipeInstructions": [{"@type": "HowToStep", "text": "Boil — then serve."}],
        **fields,
    }


class Folders:
    """A blog and a label folder that tests fill by hand."""

    def __init__(self, root):
        self.blog, self.llm, self.output = root / "blog", root / "llm", root / "out" / "data.jsonl"
        self.blog.mkdir()
        self.llm.mkdir()

    def post(self, stem, text=None, meta=None):
        data = text if isinstance(text, bytes) else (text or f"The post of {stem}.").encode()
        (self.blog / f"{stem}.txt").write_bytes(data)
        if meta is not None:
            (self.blog / f"{stem}.meta.json").write_text(json.dumps(meta))

    def label(self, stem, recipe, reasoning="I read it."):
        content = {"recipe": recipe, "reasoning": reasoning, "meta": {"model": "teacher"}}
        (self.llm / f"{stem}.json").write_text(json.dumps(content))

    def pair(self, number, meta=None, **fields):
        stem = f"{number:05d}-soup"
        recipe = soup(number, **fields)
        lines = "\n".join(recipe["recipeIngredient"])
        text = f"The post of {stem}.\n\n{recipe['name']}\n{lines}\nBoil — then serve."
        self.post(stem, text, meta=meta)
        self.label(stem, recipe)
        return stem

    def settings(self, **options):
        """Without the checks of the content, which have tests of their own below."""
        options = {"min_support": 0, "near_duplicates": 0, **options}
        return DatasetSettings(blog_dir=self.blog, llm_dir=self.llm, output=self.output, **options)

    def build(self, **options):
        return build_dataset(self.settings(**options), show_progress=False)

    def dropped(self):
        lines = self.output.with_name("dropped.jsonl").read_text().splitlines()
        return {row["id"]: row for row in map(json.loads, lines)}


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path)


def answer_of(example):
    return json.loads(strip_reasoning(example["messages"][-1]["content"]))


def names_in(path):
    return [answer_of(example)["name"] for example in read_examples(path)]


def test_an_example_is_exactly_the_documented_message_format():
    example = build_example("A post.\nLine 2", {"name": "Crème"}, "Think.")
    assert example == {
        "messages": [
            {"role": "system", "content": EXTRACTION_SYSTEM_PROMPT},
            {
                "role": "user",
                "content": "Extract recipe information from this text:\n\nA post.\nLine 2",
            },
            {"role": "assistant", "content": '<think>\nThink.\n</think>\n\n{"name": "Crème"}'},
        ]
    }


def test_without_reasoning_the_answer_is_the_json_alone():
    assert build_example("p", {}, " \n")["messages"][2]["content"] == "{}"


@given(reasoning=st.text(), name=st.text())
def test_stripping_gives_back_the_recipe_whatever_the_reasoning_holds(reasoning, name):
    example = build_example("p", {"name": name}, reasoning + "</think> {} <think>")
    assert answer_of(example) == {"name": name}
    assert "\n" not in strip_reasoning(example["messages"][-1]["content"])


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>a</think>{}", "{}"),
        ("<think>\na\nb\n</think>\n\n{}", "{}"),
        ("{}", "{}"),
        ('{"a": "<think>x</think>"}', '{"a": "<think>x</think>"}'),
        ("<think>never ends {}", ""),
        ("", ""),
    ],
)
def test_strip_reasoning_removes_a_leading_block_only(text, rest):
    assert strip_reasoning(text) == rest


def test_posts_and_labels_become_one_line_each_with_metadata_beside(folders):
    for number in range(5):
        folders.pair(number, meta={"style": "minimal_organized", "model": "m"})
    report = folders.build()
    lines = folders.output.read_text(encoding="utf-8").splitlines()
    metas = folders.output.with_name("data.meta.jsonl").read_text().splitlines()
    assert report.examples == len(lines) == len(metas) == 5
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


def test_worker_processes_change_nothing(folders, monkeypatch):
    for number in range(12):
        folders.pair(number)
    folders.post("00012-lonely")
    folders.build(split=0.5, workers=1)
    alone = [file.read_bytes() for file in sorted(folders.output.parent.iterdir())]
    monkeypatch.setattr(dataset_records, "PARALLEL_FROM", 2)
    monkeypatch.setattr(dataset_records, "CHUNK", 2)
    folders.build(split=0.5, workers=2)
    assert [file.read_bytes() for file in sorted(folders.output.parent.iterdir())] == alone


def test_a_split_writes_two_named_files_of_the_asked_size(folders):
    for number in range(20):
        folders.pair(number)
    report = folders.build(split=0.8)
    train, test = (folders.output.with_name(f"data_{side}.jsonl") for side in ("train", "test"))
    assert (report.train, report.test) == (16, 4)
    assert len(names_in(train)) == 16
    assert len(names_in(test)) == 4
    assert not set(names_in(train)) & set(names_in(test))
    assert not folders.output.exists()
    assert len(test.with_name("data_test.meta.jsonl").read_text().splitlines()) == 4


def sides_of(folders):
    sides = {}
    for side in ("train", "test"):
        for line in folders.output.with_name(f"data_{side}.meta.jsonl").read_text().splitlines():
            sides[json.loads(line)["id"]] = side
    return sides


@pytest.mark.parametrize("seed", range(4))
def test_the_same_recipe_never_stands_on_both_sides(folders, seed):
    facts = {"name": "Leek  SOUP", "ingredients": ["½ leek", "1 l water"]}
    for number in range(10):
        folders.pair(number)
    # Told twice from one row, from equal facts, with one label, and as one text.
    for number in (20, 21):
        folders.pair(number, meta={"source": {"row": 7}})
    for number, name in ((30, "Leek Soup"), (31, "leek soup")):
        folders.pair(number, meta={"source": {**facts, "name": name}})
    for number in (40, 41):
        folders.pair(number, name="Stew", recipeIngredient=["1/2 ox"])
    for number in (50, 51):
        folders.post(f"{number:05d}-soup", "One text\nfor both.")
    folders.label("00050-soup", soup(50))
    folders.label("00051-soup", soup(51))
    report = folders.build(split=0.5, seed=seed)
    sides = sides_of(folders)
    assert report.recipes == 14  # 10 alone, 4 told twice
    for first in (20, 30, 40, 50):
        assert sides[f"{first:05d}-soup"] == sides[f"{first + 1:05d}-soup"]


def test_equal_names_alone_are_different_recipes(folders):
    for number in range(6):
        folders.pair(number, name="Soup", recipeIngredient=[f"{number} leeks"])
    assert folders.build(split=0.5).recipes == 6


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=25), st.sampled_from([0.01, 0.5, 0.8, 0.99])
)
def test_any_grouping_is_kept_whole_with_both_sides_filled(groups, share):
    from recipe_pipeline.dataset.split import IdentityIndex

    index = IdentityIndex()
    for number, group in enumerate(groups):
        index.add(number * 7919, (group, 1000 + number))
    if len(set(groups)) == 1:
        with pytest.raises(PipelineError, match="single recipe"):
            index.assign(share, seed=3)
        return
    sides = index.assign(share, seed=3)
    assert set(sides) == {0, 1}
    assert all(
        sides[a] == sides[b] for a in range(len(groups)) for b in range(a) if groups[a] == groups[b]
    )


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.2, float("nan")])
def test_a_split_outside_0_and_1_is_refused(share):
    with pytest.raises(PipelineError, match=r"--split .* is not between 0 and 1"):
        DatasetSettings(split=share)


@pytest.mark.parametrize(
    "options",
    [
        {"limit": -1},
        {"min_support": 1.1},
        {"near_duplicates": -0.1},
        {"max_seq_length": 0},
        {"reasoning": "drop"},
        {"system_prompt": " "},
    ],
)
def test_other_settings_out_of_range_are_refused(options):
    with pytest.raises(PipelineError, match="--"):
        DatasetSettings(**options)


def test_what_gives_no_example_is_counted_by_reason_and_listed(folders):
    good = folders.pair(1)
    folders.post("2-lonely")
    folders.label("3-orphan", soup(3))
    folders.post("4-empty", b"\xef\xbb\xbf \r\n\t")
    folders.label("4-empty", soup(4))
    folders.post("5-broken")
    (folders.llm / "5-broken.json").write_text('{"recipe": {')
    folders.post("6-array")
    (folders.llm / "6-array.json").write_text("[1]")
    folders.post("7-invalid")
    folders.label("7-invalid", soup(7, cookTime="overnight"))
    folders.post("8-nan")
    (folders.llm / "8-nan.json").write_text('{"recipe": {"name": "x", "recipeYield": NaN}}')
    folders.post("9-nothing")
    folders.label("9-nothing", {})
    folders.post("10-none")
    (folders.llm / "10-none.json").write_text('{"reasoning": "x"}')
    report = folders.build()
    assert report.examples == 1
    assert report.labels_without_post == 1
    assert dict(report.skipped) == {
        "missing-label": 1,
        "empty-post": 1,
        "label-not-json": 1,
        "label-without-recipe": 2,
        "invalid-label": 2,
        "no-recipe": 1,
    }
    dropped = folders.dropped()
    assert good not in dropped
    assert "cookTime: 'overnight' is no duration" in dropped["7-invalid"]["details"][0]
    text = format_report(report)
    assert "skipped    8: 2 label-without-recipe, 2 invalid-label" in text
    assert "1 labels have no post" in text
    assert "--include-empty" in text


def test_posts_without_a_recipe_are_kept_when_asked_for(folders):
    folders.pair(1)
    folders.post("2-trip", meta={"style": "fluffy_organized", "kind": "no_recipe"})
    folders.label("2-trip", {})
    report = folders.build(include_empty=True)
    assert report.kinds == {"complete": 1, "no_recipe": 1}
    assert {} in [answer_of(example) for example in read_examples(folders.output)]
    assert "no_recipe 50.0%" in format_report(report)


def test_a_label_that_the_post_does_not_support_is_left_out_with_its_reasons(folders):
    for number in range(4):
        folders.pair(number)
    stem = folders.pair(9)
    folders.label(stem, soup(9, recipeIngredient=["9 onions", "1 l water", "2 tbsp caviar"]))
    report = folders.build(min_support=0.6)
    assert report.skipped == {"unsupported": 1}
    assert "2 tbsp caviar" in folders.dropped()[stem]["details"][0]
    assert "the label says what its post does not" in format_report(report)
    assert folders.build(min_support=0).examples == 5


def test_a_label_that_forgets_what_the_source_and_the_post_say_is_left_out(folders):
    facts = {"row": 1, "name": "Soup 1", "ingredients": ["1 onions", "1 l water"]}
    stem = folders.pair(1, meta={"source": facts})
    folders.pair(2)
    folders.label(stem, soup(1, recipeIngredient=["1 onions"]))
    folders.build(min_support=0.6)
    assert "1 l water" in folders.dropped()[stem]["details"][0]


def test_a_judgement_recorded_by_03_is_taken_over_for_the_very_same_label(folders, monkeypatch):
    from recipe_pipeline.grounding import record as label_support

    stem = folders.pair(1)
    folders.pair(2)
    post, recipe = (folders.blog / f"{stem}.txt").read_text(), soup(1)
    judged = label_support.LabelSupport(0.2, ("name: 'Soup': recorded",))
    meta = {"grounding": label_support.record(judged, recipe, post)}
    label = folders.llm / f"{stem}.json"
    label.write_text(json.dumps({"recipe": recipe, "reasoning": "r", "meta": meta}))
    folders.build(min_support=0.6)
    assert folders.dropped()[stem]["details"] == ["name: 'Soup': recorded"]
    folders.post(stem, post + " Changed.")
    assert folders.build(min_support=0.6).examples == 2


def test_a_label_of_another_text_is_left_out(folders):
    stem, other = folders.pair(1), folders.pair(2)
    for name, text in (
        (stem, "The post before."),
        (other, (folders.blog / f"{other}.txt").read_text()),
    ):
        path = folders.llm / f"{name}.json"
        label = json.loads(path.read_text())
        label["meta"]["post_sha256"] = post_digest(text)
        path.write_text(json.dumps(label))
    report = folders.build()
    assert (report.examples, report.skipped) == (1, {"outdated-label": 1})
    assert "03_generate_recipe_json.py" in format_report(report)


def prose(seed, words=150):
    import random

    rng = random.Random(seed)
    return " ".join("".join(rng.choices("abcdefgh", k=5)) for _ in range(words))


@pytest.mark.parametrize("seed", range(3))
def test_near_duplicate_posts_stay_on_one_side(folders, seed):
    for number in range(8):
        folders.pair(number)
        folders.post(f"{number:05d}-soup", prose(number))
    for number in (20, 21):
        folders.pair(number)
        folders.post(f"{number:05d}-soup", prose(99) + f" Updated on day {number}.")
    report = folders.build(split=0.5, seed=seed, near_duplicates=0.7)
    sides = sides_of(folders)
    assert (report.near_duplicates, report.recipes) == (1, 9)
    assert sides["00020-soup"] == sides["00021-soup"]
    assert "1 posts are near-duplicates" in format_report(report)
    assert folders.build(split=0.5, seed=seed).recipes == 10


def test_reasoning_that_is_empty_cut_off_or_looping_is_counted(folders):
    for number, reasoning in enumerate(["", "I read it and " * 60 + "the", "Fine."]):
        folders.label(folders.pair(number), soup(number), reasoning)
    report = folders.build()
    assert report.reasoning_problems == {"empty": 1, "looping": 1}
    assert "reasoning  1 empty, 1 looping" in format_report(report)


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
    folders.build(min_support=0, sections="named")
    (example,) = read_examples(folders.output)
    written = answer_of(example)["recipeInstructions"]
    assert [step["text"] for step in written] == [step["text"] for step in steps]
    assert [step.get("name") for step in written] == ["Soup 1"] + [None] * (len(steps) - 1)


def test_answers_can_begin_with_the_ingredients(folders):
    folders.pair(1)
    for order, key in (("name-first", "name"), ("ingredients-first", "recipeIngredient")):
        folders.build(key_order=order)
        (example,) = read_examples(folders.output)
        assert list(answer_of(example))[2] == key
    with pytest.raises(PipelineError, match="--key-order tidy is unknown: use name-first, ingr"):
        folders.build(key_order="tidy")


def test_labels_are_normalised_and_bare_json_ld_is_taken(folders):
    folders.post("a-hand-made")
    (folders.llm / "a-hand-made.json").write_text(
        json.dumps(
            {"@type": "Recipe", "name": "X", "recipeIngredient": ["1 egg"], "prepTime": "90 min"}
        )
    )
    folders.build()
    (example,) = read_examples(folders.output)
    assert answer_of(example)["prepTime"] == "PT1H30M"


@pytest.mark.parametrize("sidecar", ["{broken", "[]", '"text"', '{"style": []}', "[" * 99_999])
def test_a_sidecar_that_cannot_be_used_does_no_harm(folders, sidecar):
    stem = folders.pair(1)
    (folders.blog / f"{stem}.meta.json").write_text(sidecar)
    assert folders.build().styles == {"unknown": 1}


def test_line_ends_and_bom_do_not_reach_the_dataset(folders):
    folders.pair(1)
    folders.post("00001-soup", b"\xef\xbb\xbfOne\r\nTwo\r\n")
    folders.build()
    (example,) = read_examples(folders.output)
    assert example["messages"][1]["content"].endswith("\n\nOne\nTwo")


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
    report = folders.build()
    assert (report.examples, sum(report.skipped.values()), report.labels_without_post) == (1, 0, 0)


def test_rows_beyond_50000_are_found_in_their_shard_or_flat(folders):
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
def test_a_missing_folder_is_one_clear_sentence(folders, missing):
    folders.pair(1)
    target = getattr(folders, missing)
    target.rename(target.with_name("moved"))
    with pytest.raises(PipelineError, match=f"no folder .*{missing}"):
        folders.build()
    assert not folders.output.exists()


def test_no_posts_at_all_is_an_error(folders):
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


def test_a_failure_half_way_leaves_no_trace(folders, monkeypatch):
    from recipe_pipeline.dataset.files import Spill

    for number in range(3):
        folders.pair(number)

    def disk_full(self, *_):
        raise OSError(28, "No space left on device", "data.jsonl")

    monkeypatch.setattr(Spill, "add", disk_full)
    with pytest.raises(PipelineError, match="No space left on device"):
        folders.build(split=0.5)
    assert list(folders.output.parent.iterdir()) == []


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def processes_below(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


SLOW_RUN = """
import sys, time
from pathlib import Path
from recipe_pipeline.common import cli
from recipe_pipeline.dataset import records
from recipe_pipeline.dataset.build import DatasetSettings, build_dataset
records.PARALLEL_FROM, records.CHUNK = 2, 1
make = records.make_record
records.make_record = lambda *arguments: time.sleep(0.3) or make(*arguments)
blog, llm, output = map(Path, sys.argv[1:])
settings = DatasetSettings(blog_dir=blog, llm_dir=llm, output=output, workers=2, min_support=0)
sys.exit(cli.run(lambda argv: build_dataset(settings) and 0))
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")


def start_slow_run(folders):
    """(process, its workers): 04 over 40 posts, half a minute long, with its first post spilled."""
    for row in range(40):
        folders.pair(row)
    command = [sys.executable, "-c", SLOW_RUN, folders.blog, folders.llm, folders.output]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    work = folders.output.parent
    wait_for(lambda: work.exists() and list(work.glob(".data.*.tmp/??")))
    workers = processes_below(process.pid)
    assert len(workers) == 2
    return process, workers


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_run_leaves_no_process_and_the_next_one_no_folder(folders, number):
    process, workers = start_slow_run(folders)
    process.send_signal(number)
    process.communicate(timeout=20)  # ends only when no worker holds the pipe any more
    wait_for(lambda: not any(map(lives, workers)))
    work = folders.output.parent
    if number == signal.SIGTERM:
        assert process.returncode == 130
        assert list(work.iterdir()) == []
    folders.build()
    assert list(work.glob(".data.*.tmp")) == []


@needs_proc
def test_a_lost_worker_ends_the_run_with_a_sentence(folders):
    process, workers = start_slow_run(folders)
    os.kill(workers[0], signal.SIGKILL)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "fewer --workers" in error.splitlines()[-1]
    assert list(folders.output.parent.iterdir()) == []


def test_a_disk_that_is_full_at_the_end_too_leaves_no_work_folder(tmp_path):
    from recipe_pipeline.dataset.files import Spill

    class Full:
        def close(self):
            raise OSError(28, "No space left on device")

    with Spill(tmp_path / "data.jsonl") as spill:
        spill._buckets[0] = Full()
    assert list(tmp_path.iterdir()) == []


def test_a_single_recipe_cannot_be_split(folders):
    folders.pair(1)
    with pytest.raises(PipelineError, match="single recipe"):
        folders.build(split=0.8)


def test_a_good_line_is_read_with_blank_lines_and_bom_passed_over(tmp_path):
    path = tmp_path / "d.jsonl"
    line = json.dumps(build_example("p", {}))
    path.write_bytes(b"\xef\xbb\xbf" + f"{line}\n\n{line}\r\n".encode())
    assert len(list(read_examples(path))) == 2


MESSAGES = build_example("p", {})["messages"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", 'no "messages" list'),
        (b'{"messages": []}', 'no "messages" list'),
        (b'{"messages": [1]}', "message 1 has no known role"),
        (b'{"messages": [{"role": "user", "content": 1}]}', "content of message 1"),
        (json.dumps({"messages": MESSAGES[:2]}).encode(), "no assistant answer"),
        (json.dumps({"messages": MESSAGES[2:]}).encode(), "no user message"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number(tmp_path, line, problem):
    path = tmp_path / "d.jsonl"
    path.write_bytes(json.dumps({"messages": MESSAGES}).encode() + b"\n" + line + b"\n")
    with pytest.raises(PipelineError, match=rf"d\.jsonl, line 2: .*{problem}"):
        list(read_examples(path))


def test_reading_a_dataset_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(PipelineError, match="cannot read the dataset"):
        next(read_examples(tmp_path / "none.jsonl"))


def run_script(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [SCRIPT.name, *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return left.value.code


def test_the_script_builds_a_dataset_and_tells_what_it_wrote(folders, monkeypatch, capsys):
    for number in range(10):
        folders.pair(number, meta={"style": "fluffy_organized"})
    code = run_script(
        monkeypatch, "--blog-dir", folders.blog, "--llm-dir", folders.llm,
        "--output", folders.output, "--split", "0.8",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert code == 0
    assert "examples   10 (train 8, test 2) of 10 different recipes" in said
    assert "styles     fluffy_organized 100.0%" in said
    assert "0.0% exceed 8,192" in said
    assert "data_test.meta.jsonl" in said


def test_the_script_tells_a_user_error_in_one_line(folders, monkeypatch, capsys):
    assert run_script(monkeypatch, "--blog-dir", folders.blog / "none") == 1
    assert run_script(monkeypatch, "--split", "1.5") == 1
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 2
    assert all(line.startswith("error: ") for line in errors)
