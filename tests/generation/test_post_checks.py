"""02 takes Markdown out of posts, and asks again for those that no person would publish."""

import json

import pytest

from recipe_pipeline.generation.blogs import generate_blogs
from recipe_pipeline.generation.post_checks import PostFault, checked_post
from recipe_pipeline.generation.settings import BlogSettings, GenerationSettings
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from tests.fake_server import KEY, MODEL, FakeServer, Text

POST = "Tea\n\nPrep: 5 minutes\n1 cup water\n\nBoil the water and pour it over the leaves."


@pytest.fixture
def write(tmp_path):
    """Runs 02 for one recipe with these replies in order; returns (exit code, post, calls)."""
    source = tmp_path / "recipes.csv"
    source.write_text(
        "group,name,rating,n_rater,n_reviewer,summary,process,ingredient\n"
        'tea,Tea,4,9,2,A tea.,"prep: 5 mins,Servings: 2",1 cup water + 2 bags tea\n'
    )

    def call(*replies, reply_retries=2):
        with FakeServer(lambda call: Text(replies[min(call.number, len(replies) - 1)])) as server:
            settings = GenerationSettings(
                ServerSettings(server.base_url, MODEL, KEY),
                runner=RunnerSettings(reply_retries=reply_retries),
            )
            code = generate_blogs(BlogSettings(source, tmp_path / "posts"), settings)
            posts = [path.read_text() for path in (tmp_path / "posts").glob("*.txt")]
            return code, posts[0] if posts else None, server.calls

    return call


def test_markdown_is_taken_out_of_a_post(write):
    marked = POST.replace("Tea\n", "# Tea\n").replace("Prep:", "**Prep:**")
    code, post, calls = write(marked)
    assert (code, post, len(calls)) == (0, POST + "\n", 1)


@pytest.mark.parametrize(
    "line",
    [
        "Prep Time: PT20M",
        "Chill for P1DT2H30M.",
        "Personal Story",
        "### **Reader Comments:**",
        "== Recipe Card ==",
        "Style: minimal_organized",
        "Fluffy organized",
        "Reader 1: I loved it!",
        "- **Reader #2** so good",
    ],
)
def test_a_post_that_no_person_would_publish_is_asked_for_again_with_the_reason(write, line):
    code, post, calls = write(f"{POST}\n{line}", POST)
    assert (code, post) == (0, POST + "\n")
    asked = calls[1].user
    assert asked.startswith(calls[0].user)
    assert "had the fault below" in asked
    assert "PT20M" in asked or "P1DT2H30M" in asked or line.strip("=-*# :")[:9] in asked


def test_a_post_with_the_same_fault_in_every_try_fails_by_its_reason(write, tmp_path):
    code, post, calls = write(f"{POST}\nCook: PT1H", reply_retries=1)
    assert (code, post, len(calls)) == (1, None, 2)
    failure = json.loads((tmp_path / "posts" / "failures.jsonl").read_text())
    assert failure["reason"] == "iso_duration"


@pytest.mark.parametrize(
    "line",
    [
        "Our readers commented: print the recipe card and keep it.",
        "My personal story with tea is long.",
        "Reader tips",
        "Comments (12)",
        "Part PT of it, a PTA meeting, P2 and P3D-printed moulds",
        "Newsletter",
        "Style is everything.",
    ],
)
def test_an_ordinary_line_is_no_fault(line):
    assert checked_post(f"{POST}\n{line}") == f"{POST}\n{line}"


def test_a_fault_is_a_reply_error_that_a_retry_may_mend():
    with pytest.raises(PostFault, match="Blog post") as caught:
        checked_post(f"Blog post:\n{POST}")
    assert caught.value.repeatable
