"""02 takes Markdown out of posts, and asks again for those that no person would publish."""

import json

import pytest

from recipe_pipeline.generation.blogs import generate_blogs
from recipe_pipeline.generation.post_checks import faults_in, wanted_facts, wanted_steps
from recipe_pipeline.generation.settings import BlogSettings, GenerationSettings
from recipe_pipeline.generation.styles import STYLES
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from tests.fake_server import KEY, MODEL, FakeServer, Text

MINIMAL, FLUFFY = (next(s for s in STYLES if s.name.startswith(n)) for n in ("minimal", "fluffy"))
POST = (
    "Tea\n\nPrep: 5 minutes | Serves 2\n1 cup water\n2 bags tea\n\n"
    "Boil the water, pour it over the leaves and cover the pot."
)
FACTS = {"ingredients": ["1 cup water", "2 bags tea"], "prep_time": "PT5M", "servings": "2"}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Runs 02 for one recipe with these replies in order; returns (exit code, post, calls)."""
    source = tmp_path / "recipes.csv"
    source.write_text(
        "group,name,rating,n_rater,n_reviewer,summary,process,ingredient\n"
        'tea,Tea,4,9,2,A tea.,"prep: 5 mins,Servings: 2",1 cup water + 2 bags tea\n'
    )

    monkeypatch.setattr("recipe_pipeline.generation.blogs.choose_style", lambda *_: MINIMAL)

    def call(*replies, reply_retries=2, unchecked=False):
        with FakeServer(lambda call: Text(replies[min(call.number, len(replies) - 1)])) as server:
            settings = GenerationSettings(
                ServerSettings(server.base_url, MODEL, KEY),
                runner=RunnerSettings(reply_retries=reply_retries),
            )
            place = BlogSettings(source, tmp_path / "posts", unchecked=unchecked)
            code = generate_blogs(place, settings)
            posts = [path.read_text() for path in (tmp_path / "posts").glob("*.txt")]
            return code, posts[0] if posts else None, server.calls

    return call


def test_markdown_is_taken_out_of_a_post(write):
    marked = POST.replace("Tea\n", "# Tea\n").replace("Prep:", "**Prep:**")
    code, post, calls = write(marked)
    assert (code, post, len(calls)) == (0, POST + "\n", 1)


@pytest.mark.parametrize(
    "post", [POST.replace("Tea\n", "# Tea\n"), f"{POST}\nCook: PT1H", "**Tea** " * 9 + "for all"]
)
def test_unchecked_posts_stay_as_they_are(write, post):
    code, written, calls = write(post, unchecked=True)
    assert (code, written, len(calls)) == (0, post + "\n", 1)


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
        "[Your Name] - I absolutely love this!",
        "[insert link]",
    ],
)
def test_a_post_that_no_person_would_publish_is_asked_for_again_with_the_reason(write, line):
    code, post, calls = write(f"{POST}\n{line}", POST)
    assert (code, post) == (0, POST + "\n")
    asked = calls[1].user
    assert asked.startswith(calls[0].user)
    assert "had the faults below" in asked
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
        "[image] Your tea [photo by Dana] (1) [1] [see note]",
        "You can add milk. You can add sugar. You can add milk and sugar. Add it. Add it. Add it. Add it.",
    ],
)
def test_an_ordinary_line_is_no_fault(line):
    assert reasons(f"{POST}\n{line}") == []


def reasons(post, style=MINIMAL, directions=(), facts=None):
    return [fault.reason for fault in faults_in(post, style, directions, facts or {})]


@pytest.mark.parametrize("label", ["Title: ", "Blog Post: ", "**Title:** ", "# Post: "])
def test_a_title_does_not_say_that_it_is_one(write, label):
    assert write(label + POST)[:2] == (0, POST + "\n")


def test_a_post_that_says_the_same_again_and_again_is_a_fault():
    lessons = ("cooking time", "presentation", "leftovers", "community")
    post = POST + "".join(f" What I also learned is the {each}." for each in lessons)
    assert reasons(post) == ["repetitive"]
    assert reasons(post.removesuffix(" What I also learned is the community.")) == []


@pytest.mark.parametrize(
    ("post", "missing"),
    [
        (POST, ""),
        (POST.replace("2 bags tea", "Tea bags"), "2 bags tea"),
        (POST.replace("Prep: 5 minutes", "Five minutes to cook"), "prep time: 5 mins"),
        (POST.replace("Serves 2", "For us"), "servings: 2"),
        (POST.replace("1 cup water", "two cups water"), "1 cup water"),
    ],
)
def test_a_post_states_all_facts_of_its_source(post, missing):
    faults = list(faults_in(post, MINIMAL, (), FACTS))
    assert [fault.detail for fault in faults] == [f"the post does not state: {missing}"] * bool(
        missing
    )
    left_out = ("ingredients", "prep_time", "servings")
    assert not reasons(post, facts=wanted_facts(FACTS, "missing_parts", left_out))
    assert not reasons(post, facts=wanted_facts(FACTS, "no_recipe", ()))


WITHOUT_SERVINGS = POST.replace(" | Serves 2", "")
WITHOUT_BOTH = WITHOUT_SERVINGS.replace("Prep: 5 minutes", "")


@pytest.mark.parametrize(
    "replies", [(WITHOUT_SERVINGS, WITHOUT_BOTH), (WITHOUT_BOTH, WITHOUT_SERVINGS)]
)
def test_of_two_posts_that_miss_facts_the_better_one_is_kept(write, replies):
    code, post, calls = write(*replies)
    assert (code, post, len(calls)) == (0, WITHOUT_SERVINGS + "\n", 2)
    assert "servings: 2" in calls[1].user


def test_a_post_without_its_ingredients_is_asked_for_again_and_fails_in_the_end(write):
    without = POST.replace("1 cup water\n2 bags tea", "Water and tea")
    code, post, calls = write(without)
    assert (code, post, len(calls)) == (1, None, 3)
    assert "does not state: 1 cup water; 2 bags tea" in calls[-1].user


def test_a_post_with_its_ingredients_is_better_than_those_without(write):
    without = POST.replace("1 cup water\n2 bags tea", "Water and tea")
    code, post, calls = write(without, without, WITHOUT_BOTH)
    assert (code, post, len(calls)) == (0, WITHOUT_BOTH + "\n", 3)


@pytest.mark.parametrize("title", ["#CinnamonTea", "#Tea #HotDrink", "#tea!"])
def test_a_title_is_written_in_words(title):
    assert reasons(f"{title}\n\n{POST}") == ["hashtag_title"]
    assert reasons(f"{POST}\n\n{title}") == []


@pytest.mark.parametrize(
    "steps",
    [
        "1. Boil the water.\n2. Pour it over the leaves.",
        "Just boil the water, then pour it over the leaves!",
        "I boiled a cup of water and we poured it over the leaves.",
        "In a kettle, boil the water. Once it is hot, pour it over the leaves.",
        "boil water 🫖 cover & strain",
        "Step 1 - Add the leaves to the pot\nStep 2 - Cover with hot water",
    ],
)
def test_steps_may_be_told_in_many_ways(steps):
    assert reasons(f"Tea\n\n1 cup water\n2 bags tea\n\n{steps}") == []


@pytest.mark.parametrize(
    "rest",
    [
        "Enjoy it with friends, leave a comment and pin this for later!",
        "1 onion, chopped\n2 eggs, beaten\n200 g cream, oil, roast beef, diced",
        "I love this tea. My grandmother had a cup every morning, and so do we.",
    ],
)
def test_a_post_without_steps_is_a_fault_unless_it_leaves_them_out(rest):
    post = f"Tea\n\n1 cup water\n2 bags tea\n\n{rest}"
    assert reasons(post) == ["no_steps"]
    assert reasons(post, directions=["Drink."]) == []  # the source has no more to tell
    assert reasons(post, directions=wanted_steps({}, "missing_parts", ("directions",))) == []
    assert reasons(post, directions=wanted_steps({}, "no_recipe", ())) == []


@pytest.mark.parametrize(("words", "is_fault"), [(350, 1), (370, 0), (1670, 0), (1700, 1)])
def test_the_length_may_be_two_fifths_off(words, is_fault):
    post = f"{POST} {'word ' * (words - len(POST.split()))}"
    assert reasons(post, FLUFFY) == ["wrong_length"] * is_fault
    assert reasons(post, MINIMAL) == []


@pytest.fixture
def write_long(write, monkeypatch):
    """`write` for the style that asks for 600 words and more."""
    monkeypatch.setattr("recipe_pipeline.generation.blogs.choose_style", lambda *_: FLUFFY)
    return write


LONG = f"{POST} {'word ' * 600}".strip()


@pytest.mark.parametrize(
    ("replies", "kept"),
    [
        ((POST, LONG), LONG),
        ((POST, "Tea. " + POST), "Tea. " + POST),
        ((POST, "Cook: PT1H\n" + LONG), POST),
        ((POST, "short"), POST),
    ],
)
def test_a_post_of_the_wrong_length_is_asked_for_once_more_and_not_lost(write_long, replies, kept):
    code, post, calls = write_long(*replies)
    assert (code, post, len(calls)) == (0, kept + "\n", 2)
    assert "600 to 1,200" in calls[1].user
    assert calls[0].body["seed"] != calls[1].body["seed"]


def test_the_reasons_of_earlier_replies_are_kept(write, tmp_path, capsys):
    write(f"{POST}\nCook: PT1H", "hm", POST)
    (meta,) = (tmp_path / "posts").glob("*.meta.json")
    assert json.loads(meta.read_text())["retries"] == ["iso_duration", "too_short"]
    assert "retried: iso_duration 1, too_short 1" in capsys.readouterr().out


def test_without_reply_retries_a_post_of_any_length_is_kept(write_long):
    code, post, calls = write_long(POST, reply_retries=0)
    assert (code, post, len(calls)) == (0, POST + "\n", 1)


def test_prompts_ask_for_the_lengths_that_are_checked():
    for style in STYLES:
        for number in style.words or ():
            assert f"{number:,}" in style.prompt
