"""Scripts 02 and 03 from the command line to the files, against a scripted server."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import sys

import pytest

from recipe_pipeline.common import storage
from recipe_pipeline.common.stage_folder import list_stage, locked, stage_path
from recipe_pipeline.generation.prompts import parse_blog_kind, parse_blog_request
from recipe_pipeline.generation.settings import SamplingSettings
from recipe_pipeline.generation.styles import STYLES
from recipe_pipeline.models.prompts import parse_extraction_request
from tests.fake_server import FakeServer, Hang, Status, Text
from tests.script_runs import run_script, start_script, wait_until

BLOGS, LABELS = "02_generate_blogs.py", "03_generate_recipe_json.py"
COLUMNS = ["group", "name", "rating", "n_rater", "n_reviewer", "summary", "process", "ingredient"]


def write_csv(path, count=12, name="Soup No {}"):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(count):
            row = ["soup.clear", name.format(number), "4", "9", "2", f"Soup, variant {number}."]
            writer.writerow([*row, "prep: 5 mins,Servings: 4", f"{number + 1} cups water + 1 leek"])
    return path


def write_posts(folder, count=12):
    for number in range(count):
        storage.write_atomic(folder / f"{number:05d}-soup.txt", f"Post {number}: boil water.\n")
    return folder


def post_for(call):
    facts, style = parse_blog_request(call.body["messages"])
    foods = facts.get("ingredients", ["it"])
    length = next((s.words[0] for s in STYLES if s.name == style and s.words), 20)
    talk = "It is good. " * (length // 3)
    lines = [f"{facts['name']} in the style {style}.", "Prep time: 5 minutes", "Serves 4", *foods]
    return Text("\n".join([*lines, f"Boil {foods[0]}. Add the rest and simmer it. {talk}"]))


def label_for(call):
    post = parse_extraction_request(call.body["messages"])
    recipe = {"@context": "https://schema.org", "@type": "Recipe", "name": post.split(":")[0]}
    recipe |= {"recipeIngredient": ["water"], "recipeInstructions": "Boil it."}
    return Text(f"<think>It boils.</think>\n{json.dumps(recipe)}")


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def blog(tmp_path):
    """Runs 02 with these flags; returns the exit code."""
    source = write_csv(tmp_path / "recipes.csv")

    def call(server, *flags, output="posts"):
        fixed = ("--csv", source, "--output-blog", tmp_path / output, "--base-url", server.base_url)
        return run_script(BLOGS, *fixed, *flags)

    return call


@pytest.fixture
def label(tmp_path):
    """Runs 03 with these flags; returns the exit code."""

    def call(server, *flags, output="json"):
        fixed = ("-i", tmp_path / "posts", "-o", tmp_path / output, "--base-url", server.base_url)
        return run_script(LABELS, *fixed, *flags)

    return call


def test_02_writes_posts_with_sidecars_and_03_labels_them(tmp_path, blog, label, capsys):
    with FakeServer(post_for) as server:
        assert blog(server, "--limit", 0) == 0
        posts = list_stage(tmp_path / "posts", ".txt")
        assert len(posts) == 12
        meta = json.loads((tmp_path / "posts" / "00003-soup-no-3.meta.json").read_text("utf-8"))
        assert meta["style"] in (tmp_path / "posts" / "00003-soup-no-3.txt").read_text("utf-8")
        assert meta["source"]["ingredients"] == ["4 cups water", "1 leek"]
        assert (meta["kind"], meta["finish_reason"]) == ("complete", "stop")
        assert "12 done, 0 skipped" in capsys.readouterr().out
        server.script = label_for
        assert label(server) == 0
    result = json.loads((tmp_path / "json" / "00003-soup-no-3.json").read_text("utf-8"))
    assert result["recipe"]["recipeInstructions"] == [{"@type": "HowToStep", "text": "Boil it."}]
    assert result["reasoning"] == "It boils."
    assert result["meta"]["style"] == meta["style"]
    assert set(list_stage(tmp_path / "json", ".json")) == set(posts)


def test_the_default_limit_is_two_recipes(tmp_path, blog):
    with FakeServer(post_for) as server:
        assert blog(server) == 0
    assert len(list_stage(tmp_path / "posts", ".txt")) == 2


def test_a_second_run_sends_nothing_and_needs_no_server(tmp_path, blog, capsys):
    with FakeServer(post_for) as server:
        blog(server, "--limit", 0)
        before = files(tmp_path / "posts")
    assert blog(server, "--limit", 0) == 0
    assert files(tmp_path / "posts") == before
    assert "0 done, 12 skipped" in capsys.readouterr().out


def test_a_preview_prints_one_post_and_leaves_the_folder_alone(tmp_path, blog, capsys):
    with FakeServer(post_for) as server:
        assert blog(server, "--preview", "--limit", 0) == 0
        output = capsys.readouterr()
        assert "Soup No 0 in the style" in output.out
        assert "posts: 1 of 1, 1 request, 10 tokens in and 5 out" in output.err
        assert len(server.calls) == 1
        assert not (tmp_path / "posts").exists()
        blog(server)
        before = files(tmp_path / "posts")
        assert blog(server, "--preview", "--skip", 1) == 0
        assert "Soup No 1 in the style" in capsys.readouterr().out
    assert files(tmp_path / "posts") == before


def test_a_preview_prints_one_label_without_its_metadata(tmp_path, label, capsys):
    write_posts(tmp_path / "posts")
    with FakeServer(label_for) as server:
        assert label(server, "--preview") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["recipe"]["name"] == "Post 0"
    assert result["reasoning"] == "It boils."
    assert set(result) == {"recipe", "reasoning"}
    assert not (tmp_path / "json").exists()


def test_a_preview_that_fails_shows_the_reply(tmp_path, label, capsys):
    write_posts(tmp_path / "posts")
    with FakeServer(lambda call: Text("Let me think about soup.")) as server:
        assert label(server, "--preview", "--reply-retries", 0) == 1
    assert "the last reply:\nLet me think about soup." in capsys.readouterr().err


def test_overwrite_redoes_everything(blog):
    with FakeServer(post_for) as server:
        blog(server)
        assert blog(server, "--overwrite") == 0
        assert len(server.calls) == 4


def test_parts_made_with_skip_and_limit_equal_one_run_byte_for_byte(tmp_path, blog):
    with FakeServer(post_for) as server:
        blog(server, "--limit", 0, "--hard-cases", 0.5, output="whole")
        for skip in (8, 0, 4):
            assert blog(server, "--skip", skip, "--limit", 4, "--hard-cases", 0.5) == 0
        blog(server, "--limit", 0, "--hard-cases", 0.5, "--concurrency", 1, output="slow")
    assert files(tmp_path / "posts") == files(tmp_path / "whole") == files(tmp_path / "slow")


def test_more_posts_of_a_recipe_have_their_own_names_and_requests(tmp_path, blog, capsys):
    four = ("--limit", "4", "--skip", "1")
    with FakeServer(post_for) as server:
        assert blog(server, *four) == 0
        first = files(tmp_path / "posts")
        assert blog(server, *four, "--posts-per-recipe", "3") == 0
        assert len(server.calls) == 12
    written = files(tmp_path / "posts")
    assert first.items() <= written.items()
    stems = sorted(name.removesuffix(".txt") for name in written if name.endswith(".txt"))
    assert stems == sorted(
        f"0000{row}-soup-no-{row}{suffix}" for row in (1, 2, 3, 4) for suffix in ("", "-2", "-3")
    )
    metas = [json.loads(written[f"{stem}.meta.json"]) for stem in stems]
    assert len({meta["seed"] for meta in metas}) == 12
    assert {meta["source"]["row"] for meta in metas} == {1, 2, 3, 4}
    assert len({meta["style"] for meta in metas}) > 1
    capsys.readouterr()
    with FakeServer(post_for) as server:
        assert blog(server, *four, "--posts-per-recipe", "3") == 0
        assert not server.calls
    assert "12 skipped" in capsys.readouterr().out


def test_hard_cases_are_requested_and_recorded(tmp_path, blog, capsys):
    with FakeServer(post_for) as server:
        blog(server, "--limit", 0, "--hard-cases", 1)
        asked = {parse_blog_kind(call.body["messages"])[0] for call in server.calls}
    sidecars = [json.loads(p.read_text("utf-8")) for p in (tmp_path / "posts").glob("*.meta.json")]
    assert len(sidecars) == 12
    assert {meta["kind"] for meta in sidecars} == asked
    assert "complete" not in asked
    assert all(bool(meta["left_out"]) == (meta["kind"] == "missing_parts") for meta in sidecars)
    assert "kinds: " in capsys.readouterr().out


def test_recipes_with_the_same_name_are_kept_apart(tmp_path):
    source = write_csv(tmp_path / "same.csv", 5, name='Mom\'s "Best" / Soup: ½ 🍜')
    with FakeServer(post_for) as server:
        flags = ("--csv", source, "--output-blog", tmp_path / "posts", "--limit", 0)
        assert run_script(BLOGS, *flags, "--base-url", server.base_url) == 0
    assert len(list_stage(tmp_path / "posts", ".txt")) == 5
    assert all(name.isascii() for name in files(tmp_path / "posts"))


def test_a_failed_item_is_logged_with_its_reply_and_finished_by_the_next_run(
    tmp_path, label, capsys
):
    write_posts(tmp_path / "posts")

    def script(call):
        cut = "Post 5:" in call.user
        return Text('{"name": "So', finish_reason="length") if cut else label_for(call)

    with FakeServer(script) as server:
        assert label(server) == 1
        (line,) = (tmp_path / "json" / "failures.jsonl").read_text("utf-8").splitlines()
        failure = json.loads(line)
        assert (failure["id"], failure["reason"]) == ("00005-soup", "truncated")
        assert failure["reply"] == '{"name": "So'
        assert "11 done, 0 skipped" in (output := capsys.readouterr().out)
        assert "failed: truncated 1 (the same command retries them)" in output
        server.script = label_for
        assert label(server) == 0
        assert len(server.calls) == 12 + 1
    assert not (tmp_path / "json" / "failures.jsonl").exists()


def test_the_failure_of_what_was_deleted_since_is_forgotten(tmp_path, blog, label):
    posts = write_posts(tmp_path / "posts", 3)
    with FakeServer(lambda call: Text("no recipe today")) as server:
        assert label(server) == 1
        assert blog(server, "--limit", 3, output="blogs") == 1
    (posts / "00001-soup.txt").unlink()
    write_csv(tmp_path / "recipes.csv", 2)
    with FakeServer(lambda call: Status(400)) as server:
        label(server, "--limit", 1)
        blog(server, "--limit", 1, output="blogs")

    def failed(folder):
        lines = (tmp_path / folder / "failures.jsonl").read_text("utf-8").splitlines()
        return sorted(json.loads(line)["id"] for line in lines)

    assert failed("json") == ["00000-soup", "00002-soup"]
    assert failed("blogs") == ["00000-soup-no-0", "00001-soup-no-1"]


def test_with_overwrite_failures_keep_the_older_output(tmp_path, label, capsys):
    write_posts(tmp_path / "posts", 3)
    with FakeServer(label_for) as server:
        assert label(server) == 0
        before = files(tmp_path / "json")
        server.script = lambda call: Text("no recipe today")
        assert label(server, "--overwrite") == 1
    log = tmp_path / "json" / "failures.jsonl"
    assert len(log.read_text("utf-8").splitlines()) == 3
    log.unlink()
    assert files(tmp_path / "json") == before
    output = capsys.readouterr().out
    assert "no_json 3" in output
    assert "first no_json: there is no JSON object in the answer" in output


def test_a_post_that_has_changed_is_labelled_again(tmp_path, label, capsys):
    posts = write_posts(tmp_path / "posts", 3)
    with FakeServer(label_for) as server:
        assert label(server) == 0
        (posts / "00001-soup.txt").write_text("Another soup: boil water.")
        os.utime(posts / "00001-soup.txt", (1, 1))  # as rsync and archives leave it
        (posts / "00002-soup.txt").touch()
        assert label(server) == 0
        assert label(server) == 0
        assert len(server.calls) == 3 + 1
    assert "1 done, 2 skipped" in capsys.readouterr().out
    result = json.loads((tmp_path / "json" / "00001-soup.json").read_text("utf-8"))
    assert result["recipe"]["name"] == "Another soup"


def test_no_recipe_is_a_result(tmp_path, label, capsys):
    write_posts(tmp_path / "posts", 1)
    with FakeServer(lambda call: Text("{}", reasoning="only a story")) as server:
        assert label(server) == 0
    result = json.loads((tmp_path / "json" / "00000-soup.json").read_text("utf-8"))
    assert (result["recipe"], result["reasoning"]) == ({}, "only a story")
    assert "no recipe 1" in capsys.readouterr().out


def test_odd_posts_do_not_stop_the_run(tmp_path, label):
    posts = tmp_path / "posts"
    storage.write_atomic(posts / "empty.txt", "")
    storage.write_atomic(posts / "blank.txt", " \n\n")
    storage.write_atomic(posts / "huge.txt", "a" * 1_000_000)
    storage.write_atomic(posts / "latin.txt", "Cr\xe8me: \xbd cup".encode("cp1252"))
    storage.write_atomic(posts / 'Mom\'s "best" 🍕; $(rm) %s {x}.txt', "Pizza: bake")
    storage.write_atomic(posts / "ignored.md", "no post")
    (posts / "folder.txt").mkdir()
    with FakeServer(label_for) as server:
        assert label(server) == 1
    assert set(list_stage(tmp_path / "json", ".json")) == {
        "latin",
        'Mom\'s "best" 🍕; $(rm) %s {x}',
    }
    lines = (tmp_path / "json" / "failures.jsonl").read_text("utf-8").splitlines()
    reasons = {(failure := json.loads(line))["id"]: failure["reason"] for line in lines}
    assert reasons == {
        "empty": "empty_post",
        "blank": "empty_post",
        "huge": "post_too_long",
        "folder": "unreadable_post",
    }
    assert "Crème: ½ cup" in "".join(call.user for call in server.calls)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--api-key", "wrong"), "rejects the API key"),
        (("--base-url", "http://127.0.0.1:9/v1"), "no server answers"),
        (("--base-url", "localhost"), "is not a URL"),
        (("--csv", "absent.csv"), "absent.csv"),
    ],
)
def test_a_hopeless_run_ends_with_one_line_and_no_request(blog, capsys, flags, words):
    with FakeServer(post_for) as server:
        assert blog(server, *flags) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert server.calls == []


@pytest.mark.parametrize(
    "flags",
    [
        ("--temperature", "3"),
        ("--hard-cases", "2"),
        ("--extra-body", "[1]"),
        ("--timeout", "0"),
        ("--limit", "-1"),
        ("--concurrency", "0"),
    ],
)
def test_wrong_flags_end_with_code_2(blog, capsys, flags):
    with FakeServer(post_for) as server:
        assert blog(server, *flags) == 2
    assert flags[0] in capsys.readouterr().err


def test_an_empty_or_missing_input_folder_is_reported(tmp_path, label, capsys):
    with FakeServer(label_for) as server:
        assert label(server) == 1
        (tmp_path / "posts").mkdir()
        assert label(server) == 1
    assert capsys.readouterr().err.count("02_generate_blogs.py") == 1


def test_a_second_run_on_the_same_folder_stops(tmp_path, blog, capsys):
    with FakeServer(post_for) as server, locked(tmp_path / "posts"):
        assert blog(server) == 1
    assert "another run is writing" in capsys.readouterr().err


def test_a_full_disk_is_reported_and_the_run_can_continue(tmp_path, blog, capsys, monkeypatch):
    real, writes = os.replace, 0

    def full(source, target):
        nonlocal writes
        writes += 1
        if writes > 9:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        real(source, target)

    with FakeServer(post_for) as server:
        monkeypatch.setattr(os, "replace", full)
        assert blog(server, "--limit", 0) == 1
        assert "No space left on device" in capsys.readouterr().err
        assert not list((tmp_path / "posts").glob(".*.tmp"))
        monkeypatch.undo()
        assert blog(server, "--limit", 0) == 0
        assert blog(server, "--limit", 0, output="undisturbed") == 0
    assert files(tmp_path / "posts") == files(tmp_path / "undisturbed")


def test_sampling_flags_reach_the_server(blog):
    extra = '{"chat_template_kwargs": {"enable_thinking": false}}'
    with FakeServer(post_for) as server:
        blog(server, "--temperature", 0.1, "--max-tokens", 77, "--extra-body", extra)
    body = server.calls[0].body
    assert (body["temperature"], body["max_tokens"]) == (0.1, 77)
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["seed"] != server.calls[1].body["seed"]


def test_a_retry_has_another_seed_and_an_item_always_the_same():
    sampling = SamplingSettings(seed=3)
    assert sampling.options("a", 0) == sampling.options("a", 0)
    assert sampling.options("a", 0) != sampling.options("a", 1)
    assert set(sampling.options("a", 0)) == {"seed"}


@pytest.mark.parametrize("script", [BLOGS, LABELS])
def test_after_kill_9_a_rerun_ends_with_the_files_of_an_undisturbed_run(tmp_path, script):
    answer = post_for if script == BLOGS else label_for
    source = write_csv(tmp_path / "recipes.csv", 40)
    write_posts(tmp_path / "posts", 40)

    def flags(output):
        if script == BLOGS:
            return ("--csv", source, "--limit", 0, "--output-blog", tmp_path / output)
        return ("-i", tmp_path / "posts", "-o", tmp_path / output)

    def script_of_server(call):
        return answer(call) if call.number < 20 else Hang()

    with FakeServer(script_of_server) as server:
        url = ("--base-url", server.base_url)
        process = start_script(script, *flags("killed"), *url)
        wait_until(lambda: server.in_flight == 8 and len(server.calls) == 28)
        storage.write_atomic(tmp_path / "killed" / ".00099-x.txt.1-1.tmp", "half")
        process.kill()
        process.communicate()
        server.script = answer
        assert run_script(script, *flags("killed"), *url) == 0
        assert len(server.calls) == 40 + 8, "only what was in flight is asked for again"
        assert run_script(script, *flags("undisturbed"), *url) == 0
    assert files(tmp_path / "killed") == files(tmp_path / "undisturbed")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process on Windows")
def test_ctrl_c_ends_with_a_summary_and_code_130(tmp_path):
    source = write_csv(tmp_path / "recipes.csv", 40)

    def script_of_server(call):
        return post_for(call) if call.number < 20 else Hang()

    with FakeServer(script_of_server) as server:
        flags = ("--csv", source, "--limit", 0, "--output-blog", tmp_path / "posts")
        process = start_script(BLOGS, *flags, "--base-url", server.base_url)
        wait_until(lambda: server.in_flight == 8 and len(server.calls) == 28)
        process.send_signal(signal.SIGINT)
        output, error = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "20 done" in output
    assert error == "interrupted; run the same command again to continue\n"
    assert len(list_stage(tmp_path / "posts", ".txt")) == 20
    assert not list((tmp_path / "posts").glob(".*.tmp"))


def test_rows_from_50000_on_are_resumed_from_their_sub_folders(tmp_path, label):
    for stem in ("49999-a", "50000-b", "123456-c"):
        storage.write_atomic(stage_path(tmp_path / "posts", stem, ".txt"), f"{stem}: boil water.")
    with FakeServer(label_for) as server:
        assert label(server) == 0
        assert label(server) == 0
        assert len(server.calls) == 3
    assert (tmp_path / "json" / "120000-129999" / "123456-c.json").exists()
