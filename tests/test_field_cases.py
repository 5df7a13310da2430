"""The public bug reports of ../shared/field_cases, with the commands that they name."""

from __future__ import annotations

import json

import pytest

from tests.field_cases import MODEL, case, case_server, needs_cases
from tests.script_runs import ROOT, run_script

pytestmark = needs_cases
BLOGS, LABELS, EXTRACT = "02_generate_blogs.py", "03_generate_recipe_json.py", "08_extract.py"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr("recipe_pipeline.llm.outage.BACKOFF_FIRST", 0.01)
    monkeypatch.setattr("recipe_pipeline.llm.preflight.LOADING_PAUSE", 0.3)


@pytest.fixture
def blog(tmp_path):
    """Runs 02 on a CSV; returns exit code and the folder of posts."""

    def call(url, csv, *flags):
        fixed = ("--csv", csv, "--output-blog", tmp_path / "posts", "--base-url", url)
        return run_script(BLOGS, *fixed, "--model", MODEL, *flags), tmp_path / "posts"

    return call


@pytest.fixture
def label(tmp_path):
    """Runs 03 on the posts of a case; returns the label files, read."""

    def call(url, *flags, posts="reply-escaped-quotes", model=MODEL):
        fixed = ("-i", case(posts) / "posts", "-o", tmp_path / "json", "--base-url", url)
        run_script(LABELS, *fixed, "--model", model, *flags)
        return [json.loads(path.read_text("utf-8")) for path in (tmp_path / "json").glob("*.json")]

    return call


def test_half_a_post_is_asked_for_again_and_then_a_failure(blog, capsys):
    with case_server("openrouter_error") as url:
        code, posts = blog(url, ROOT / "sample_data" / "recipes.csv", "--limit", 1)
    assert code == 1
    assert not list(posts.glob("*.txt"))
    output = capsys.readouterr().out
    assert "requests: 7, including 6 retries" in output
    assert "finish_reason error: Upstream provider disconnected" in output


def test_the_thinking_parts_of_a_message_are_its_reasoning(label):
    with case_server("thinking_parts") as url:
        (result,) = label(url)
    assert result["reasoning"].startswith("The card lists three foods.")


def test_a_name_that_is_not_listed_is_asked_for(label, capsys):
    with case_server("good", "gemini") as url:
        assert len(label(url, model="gemini-2.5-flash")) == 1
    assert "does not list" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("scenario", "left_out"),
    [("no_seed", "seed"), ("no_seed_gemini", "seed"), ("gpt5", "temperature")],
)
def test_a_refused_field_can_be_left_out(label, capsys, scenario, left_out):
    flags = ("--extra-body", json.dumps({left_out: None}))
    with case_server(scenario) as url:
        assert label(url) == []
        assert f"--extra-body '{flags[1]}'" in capsys.readouterr().out
        assert len(label(url, *flags)) == 1


@pytest.mark.parametrize("scenario", ["no_seed", "gpt5"])
def test_08_can_leave_out_fields_too(capsys, scenario):
    (post,) = (case("reply-escaped-quotes") / "posts").glob("*.txt")
    without = '{"seed": null, "temperature": null, "max_tokens": null}'
    with case_server(scenario) as url:
        assert run_script(EXTRACT, post, "--base-url", url) == 1
        assert "--extra-body" in capsys.readouterr().err
        assert run_script(EXTRACT, post, "--base-url", url, "--extra-body", without) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "Lemon barley soup"


def test_of_a_draft_and_its_correction_the_correction_is_the_label(label):
    folder = case("reply-draft-and-correction")
    with case_server(f"says:{folder / 'answer.txt'}") as url:
        (result,) = label(url, posts=folder.name)
    assert result["recipe"]["name"] == "Lemon barley soup"


def test_an_answer_with_escaped_quotes_is_a_recipe(label, capsys):
    folder = case("reply-escaped-quotes")
    (post,) = (folder / "posts").glob("*.txt")
    with case_server(f"says:{folder / 'answer.txt'}") as url:
        (result,) = label(url)
        capsys.readouterr()
        assert run_script(EXTRACT, post, "--base-url", url) == 0
    assert result["recipe"]["name"] == json.loads(capsys.readouterr().out)["name"]
    assert len(result["recipe"]["recipeIngredient"]) == 3


def test_a_list_in_a_cell_is_read(blog, label):
    folder = case("csv-list-cells")
    with case_server("good") as url:
        code, posts = blog(url, folder / "python-list.csv")
    assert code == 0
    (meta,) = posts.glob("*.meta.json")
    ingredients = json.loads(meta.read_text("utf-8"))["source"]["ingredients"]
    assert ingredients == ["1 cup pearl barley", "2 lemons", "6 cups vegetable stock"]


def test_one_stray_quote_does_not_swallow_a_file(blog, capsys):
    with case_server("good") as url:
        code, posts = blog(url, case("csv-unclosed-quote") / "recipes.csv", "--limit", 0)
    assert code == 0
    assert len(list(posts.glob("*.txt"))) == 52
    assert "stray quotation marks were ignored (line 3)" in capsys.readouterr().out


@pytest.mark.slow
def test_a_loading_server_is_waited_for(label, capsys):
    with case_server("loading") as url:
        assert len(label(url)) == 1
    assert "is loading its model" in capsys.readouterr().err
