"""08_extract.py with a folder of documents, against scripted models."""

import json
from pathlib import Path

import pytest

from recipe_pipeline.extraction import extract, page
from tests.extraction.kitchen import HTML, INVENTED, POST, SOUP, html_with, run
from tests.fake_server import FakeServer, Hang, Text
from tests.script_runs import start_script, wait_until


@pytest.fixture
def posts(tmp_path):
    folder = tmp_path / "posts"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number:05d}-soup.txt").write_text(f"{POST}{number}", encoding="utf-8")
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def names(folder):
    return sorted(path.name for path in folder.glob("*.json"))


def failure_in(folder):
    """The only line of the failure log."""
    return json.loads((folder / "failures.jsonl").read_text(encoding="utf-8"))


def test_every_post_gets_a_file(posts, out, answering):
    assert run(posts, "--output", out, *answering(SOUP)) == 0
    assert names(out) == [f"{i:05d}-soup.json" for i in range(6)]
    assert json.loads((out / "00000-soup.json").read_text(encoding="utf-8")) == SOUP


def test_a_second_run_skips_what_is_done_unless_told_to_overwrite(posts, out, local, server):
    local(SOUP)
    assert run(posts, "--output", out) == 0
    flags = ("--output", out, "--base-url", server.base_url)
    assert run(posts, *flags) == 0
    assert server.calls == []
    assert run(posts, *flags, "--overwrite") == 0
    assert len(server.calls) == 6


def test_failures_are_logged_and_retried_by_the_next_run(posts, out, answering):
    (posts / "00003-soup.txt").write_bytes(b"\0\1\2")
    flags = answering(SOUP)
    assert run(posts, "--output", out, *flags) == 1
    assert failure_in(out)["id"] == "00003-soup"
    assert failure_in(out)["reason"] == "unreadable"
    assert "binary" in failure_in(out)["detail"]
    assert len(names(out)) == 5
    (posts / "00003-soup.txt").write_text(POST, encoding="utf-8")
    assert run(posts, "--output", out, *flags) == 0
    assert len(names(out)) == 6
    assert not (out / "failures.jsonl").exists()


def test_a_bad_answer_fails_only_its_own_post(posts, out, local):
    local(SOUP, "nonsense", SOUP)
    assert run(posts, "--output", out, "--tries", 1) == 1
    failure = failure_in(out)
    assert (failure["id"], failure["reason"]) == ("00001-soup", "invalid_answer")
    assert failure["answer"] == "nonsense"
    assert len(names(out)) == 5


def test_a_local_model_retries_only_the_posts_that_failed(posts, out, local):
    generator = local(SOUP, "nonsense", SOUP)
    assert run(posts, "--output", out) == 0
    assert sorted(generator.repeats) == [0, 0, 0, 1]  # three batches of two, one post twice


def test_a_server_gets_a_higher_temperature_after_a_bad_answer(posts, out):
    def script(call):
        return Text("nonsense" if call.body["temperature"] == 0 else json.dumps(SOUP))

    with FakeServer(script) as server:
        assert run(posts, "--output", out, "--base-url", server.base_url) == 0
        assert len(server.calls) == 12


@pytest.mark.parametrize("tries", [1, 3])
def test_a_server_is_tried_as_often_as_a_local_model(posts, out, tries):
    with FakeServer(lambda call: Text("nonsense")) as server:
        flags = ("--base-url", server.base_url, "--tries", tries)
        assert run(posts, "--output", out, *flags) == 1
        assert len(server.calls) == 6 * tries


def test_concurrency_is_reached_and_not_exceeded(posts, out):
    with FakeServer(lambda call: Text(json.dumps(SOUP), delay=0.3)) as server:
        flags = ("--base-url", server.base_url, "--concurrency", 3)
        assert run(posts, "--output", out, *flags) == 0
        assert server.most_in_flight == 3


def test_unsupported_lines_are_logged_or_refused_with_strict(posts, out, tmp_path, answering):
    flags = answering(INVENTED)
    assert run(posts, "--output", out, *flags) == 0
    lines = (out / "unsupported.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    assert "3 oysters" in json.loads(lines[0])["unsupported"][0]
    assert run(posts, "--output", tmp_path / "strict", "--strict", *flags) == 1
    assert names(tmp_path / "strict") == []


def test_a_recipe_that_is_better_now_is_no_longer_listed(posts, out, answering):
    assert run(posts, "--output", out, *answering(INVENTED)) == 0
    assert run(posts, "--output", out, *answering(INVENTED), "--overwrite") == 0
    assert len((out / "unsupported.jsonl").read_text(encoding="utf-8").splitlines()) == 6
    assert run(posts, "--output", out, *answering(SOUP), "--overwrite") == 0
    assert not (out / "unsupported.jsonl").exists()


def test_after_kill_9_a_rerun_has_every_page_once(tmp_path, out):
    """Every third page is answered with a line that it does not support, and so listed once."""

    def answer(call):
        invented = int(call.user.strip()[-2:]) % 3 == 0
        return Text(json.dumps(INVENTED if invented else SOUP))

    pages = tmp_path / "pages"
    pages.mkdir()
    for number in range(60):
        (pages / f"{number:02d}.txt").write_text(f"{POST}{number:02d}", encoding="utf-8")
    with FakeServer(lambda call: answer(call) if call.number < 30 else Hang()) as server:
        flags = ("--base-url", server.base_url, "--concurrency", 4)
        process = start_script("08_extract.py", pages, "--output", out, *flags)
        wait_until(lambda: server.in_flight == 4 and len(server.calls) == 34)
        process.kill()
        process.communicate()
        assert len(names(out)) == 30
        for name in names(out):
            assert json.loads((out / name).read_text(encoding="utf-8"))["name"] == "Leek Soup"
        (out / ".41.json.1-1.tmp").write_text('{"half', encoding="utf-8")
        server.script = answer
        assert run(pages, "--output", out, *flags) == 0
        assert len(server.calls) == 60 + 4, "only what was in flight is asked for again"
    assert names(out) == [f"{number:02d}.json" for number in range(60)]
    rows = (out / "unsupported.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(row)["id"] for row in rows) == [f"{n:02d}" for n in range(0, 60, 3)]
    left = {p.name for p in out.iterdir() if p.suffix != ".json"} - {".lock"}
    assert left == {"unsupported.jsonl"}


def test_a_folder_without_any_recipe_is_exit_code_3(posts, out, answering):
    assert run(posts, "--output", out, *answering("{}")) == 3


def test_pages_with_their_own_recipe_are_not_sent_to_the_model(tmp_path, out, server, capsys):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/a.html").write_text(html_with(SOUP), encoding="utf-8")
    (tmp_path / "pages/b.html").write_text(HTML, encoding="utf-8")
    assert run(tmp_path / "pages", "--output", out, "--base-url", server.base_url) == 0
    assert len(server.calls) == 1
    printed = capsys.readouterr().out
    assert "2 done, 0 skipped" in printed
    assert "recipes 2, taken from the page's own data 1" in printed


@pytest.mark.parametrize("flags", [(), ("--base-url", "http://127.0.0.1:1/v1")])
def test_no_model_is_needed_if_every_page_has_its_own_recipe(tmp_path, monkeypatch, capsys, flags):
    monkeypatch.chdir(tmp_path)  # where there is no ./gemma-3
    Path("pages").mkdir()
    Path("pages/a.html").write_text(html_with(SOUP), encoding="utf-8")
    assert run("pages", "--output", "out", *flags) == 0
    assert json.loads(Path("out/a.json").read_text(encoding="utf-8")) == SOUP
    assert run("pages", "--output", "out", *flags) == 0
    assert "1 skipped" in capsys.readouterr().out
    Path("pages/b.txt").write_text(POST, encoding="utf-8")
    assert run("pages", "--output", "out", *flags) == 1
    assert "--base-url" in capsys.readouterr().err


def test_an_unexpected_error_fails_only_its_own_page(posts, out, answering, monkeypatch):
    def ground(document, text):
        if text.endswith("3"):
            raise KeyError("odd")
        return real_ground(document, text)

    real_ground = extract.ground
    monkeypatch.setattr(extract, "ground", ground)
    assert run(posts, "--output", out, *answering(SOUP)) == 1
    failure = failure_in(out)
    assert (failure["id"], failure["reason"]) == ("00003-soup", "unexpected")
    assert "unexpected KeyError: 'odd' (test_folder.py, line" in failure["detail"]
    assert len(names(out)) == 5


def test_a_page_that_crashes_the_reader_fails_alone(posts, out, local, monkeypatch):
    def read_html(page):
        raise KeyError("odd")

    monkeypatch.setattr(page, "read_html", read_html)
    (posts / "00009-page.html").write_text(HTML, encoding="utf-8")
    local(SOUP)
    assert run(posts, "--output", out) == 1
    assert "unexpected KeyError" in failure_in(out)["detail"]
    assert len(names(out)) == 6


def test_subfolders_of_stages_are_read_and_others_are_not(tmp_path, out, local):
    for name in ("00001-a.txt", "50000-59999/50001-b.txt", "more/c.txt"):
        path = tmp_path / "posts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(POST, encoding="utf-8")
    local(SOUP)
    assert run(tmp_path / "posts", "--output", out) == 0
    written = {path.relative_to(out).as_posix() for path in out.glob("**/*.json")}
    assert written == {"00001-a.json", "50000-59999/50001-b.json"}


def test_files_that_differ_only_in_suffix_get_a_file_each(tmp_path, out, local):
    (tmp_path / "posts").mkdir()
    for name in ("a.txt", "a.md", ".hidden.txt", "photo.jpg"):
        (tmp_path / "posts" / name).write_text(POST, encoding="utf-8")
    local(SOUP)
    assert run(tmp_path / "posts", "--output", out) == 0
    assert names(out) == ["a-md.json", "a-txt.json"]


@pytest.mark.parametrize(
    "flags", [(), ("--output", "{folder}", "--format", "text"), ("--output", "{file}")]
)
def test_a_folder_needs_an_output_folder_of_its_own(posts, post, local, capsys, flags):
    local(SOUP)
    assert run(posts, *(flag.format(folder=posts, file=post) for flag in flags)) == 1
    assert "--output" in capsys.readouterr().err


def test_an_empty_folder_is_a_one_line_error(tmp_path, out, capsys):
    (tmp_path / "posts").mkdir()
    assert run(tmp_path / "posts", "--output", out) == 1
    assert "contains no posts" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_ends_the_run(posts, out, answering, monkeypatch, capsys):
    from recipe_pipeline.extraction import folder

    def write(path, text):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(folder, "write_atomic", write)
    assert run(posts, "--output", out, *answering(SOUP)) == 1
    assert "No space left on device" in capsys.readouterr().err
