"""The rates of posts and labels as a small language model writes them: each fault once."""

import json

import pytest

from benchmarks import llm_data
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import META_SUFFIX
from recipe_pipeline.common.storage import write_record

FACTS = {
    "row": 1,
    "name": "Cheesy Breakfast Burrito",
    "ingredients": ["1 tablespoon butter", "12 eggs, beaten", "1 cup picante sauce"],
    "prep_time": "PT10M",
    "cook_time": "PT15M",
    "servings": "6",
    "yield": "6 burritos",
}
CLEAN = """Cheesy Breakfast Burrito

The breakfast of our daughter-in-law.

Prep time: 10 minutes
Cook time: 15 minutes
Makes 6 burritos

1 tablespoon butter
12 eggs, beaten
1 cup picante sauce

1. Melt the butter in a skillet.
2. Add the eggs and stir for 15 minutes.
3. Pour the picante sauce over the eggs."""
FAULTY = {
    "markdown": CLEAN.replace("Cheesy", "# Cheesy", 1).replace("Prep time:", "**Prep time:**"),
    "iso": CLEAN.replace("15 minutes\nMakes", "PT15M\nMakes"),
    "hashtag": CLEAN.replace("Cheesy Breakfast Burrito", "#NachoDaughterInLaw", 1),
    "heading": CLEAN.replace("The breakfast", "Personal Story\n\nThe breakfast"),
    "reader": CLEAN + "\n\nReader 1: We love it!",
    "stepless": CLEAN.split("1. Melt")[0] + "Enjoy every bite with the people you love.",
    "amounts": CLEAN.replace("1 tablespoon butter", "Butter").replace("12 eggs", "Eggs"),
}
LABEL = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Cheesy Breakfast Burrito",
    "prepTime": "PT10M",
    "cookTime": "PT15M",
    "recipeYield": "6 burritos",
    "recipeIngredient": FACTS["ingredients"],
    "recipeInstructions": [
        {"@type": "HowToStep", "text": step.split(". ", 1)[1]} for step in CLEAN.splitlines()[-3:]
    ],
}


def write_run(folder, posts, labels=(), failures=()):
    """A run with ``posts`` (stem: style, text, further metadata) and ``labels`` (stem: recipe, meta)."""
    for stem, (style, text, meta) in posts.items():
        (folder / llm_data.POSTS).mkdir(parents=True, exist_ok=True)
        (folder / llm_data.POSTS / f"{stem}.txt").write_text(text + "\n", encoding="utf-8")
        sidecar = {"style": style, "kind": "complete", "left_out": [], "source": FACTS, **meta}
        write_record(folder / llm_data.POSTS / f"{stem}{META_SUFFIX}", sidecar)
    for stem, (recipe, meta) in dict(labels).items():
        (folder / llm_data.LABELS).mkdir(exist_ok=True)
        label = {"recipe": recipe, "reasoning": "", "meta": meta}
        write_record(folder / llm_data.LABELS / f"{stem}.json", label)
    for stage, reason in failures:
        with (folder / stage / "failures.jsonl").open("a") as log:
            log.write(json.dumps({"id": f"{reason}-{stage}", "reason": reason}) + "\n")


@pytest.fixture
def table(tmp_path):
    """The table of a run with every fault once."""
    posts = {stem: ("minimal_organized", text, {}) for stem, text in FAULTY.items()}
    posts["clean"] = ("minimal_organized", CLEAN, {"retries": ["iso_duration", "no_steps"]})
    posts["short"] = ("fluffy_organized", CLEAN, {"retries": ["wrong_length"]})
    posts["left"] = (
        "minimal_organized",
        FAULTY["stepless"],
        {"kind": "missing_parts", "left_out": ["directions"]},
    )
    posts["chat"] = (
        "minimal_organized",
        "We had a burrito in a bar by the sea. It was great.",
        {"kind": "no_recipe"},
    )
    removed = [{"field": "recipeCuisine", "value": "American", "reason": "not stated"}]
    cook_time = [{"field": "cookTime", "value": "PT40M", "reason": "not stated"}]
    untimed = CLEAN.replace("Cook time: 15 minutes\n", "").replace(" for 15 minutes", "")
    without = {key: value for key, value in LABEL.items() if key != "cookTime"}
    without["recipeInstructions"] = [
        {"@type": "HowToStep", "text": step["text"].replace(" for 15 minutes", "")}
        for step in LABEL["recipeInstructions"]
    ]
    posts["untimed"] = ("chaotic_unstructured", untimed, {})
    labels = {
        "clean": (LABEL, {"removed": removed, "tries": 2, "retries": ["unsupported"]}),
        "reader": (LABEL, {}),
        "markdown": ({**LABEL, "keywords": "breakfast"}, {}),
        "untimed": (without, {"removed": cook_time}),
        "heading": ({**LABEL, "recipeIngredient": ["1 tablespoon butter", "3 cups sugar"]}, {}),
    }
    failures = [(llm_data.POSTS, "prompt_words"), (llm_data.LABELS, "invalid_recipe")]
    write_run(tmp_path, posts, labels, failures)
    return dict(llm_data.measure(tmp_path).table())


def test_every_fault_of_a_post_is_counted_once(table):
    assert table["posts: written"] == "12 of 13 (92%)"
    assert table["posts: with Markdown"] == "1 of 12 (8%)"
    assert table["posts: with ISO durations (PT20M)"].startswith("1 of 12")
    assert table["posts: with words of the prompt as headings or names"].startswith("2 of 12")
    assert table["posts: with a hashtag as the title"].startswith("1 of 12")
    assert table["posts: without steps, though not told to leave them out"].startswith("1 of 10")
    assert table["posts: retries"] == "iso_duration 1, no_steps 1, wrong_length 1"
    assert table["posts: failures"] == "prompt_words 1"
    assert table["words, fluffy_organized (asked: 600 to 1,200)"] == (
        f"median {len(CLEAN.split())}; 0 of 1 within 40 %"
    )


def test_facts_are_counted_by_their_kind(table):
    # 11 posts have a recipe; "amounts" lacks two of three lines.
    assert table["facts stated: ingredients with their amounts"].startswith("31 of 33")
    # "iso" and "untimed" do not say the cooking time in words.
    assert table["facts stated: times, called by their kind"].startswith("20 of 22")
    assert table["facts stated: yield or servings"].startswith("11 of 11")


def test_labels_are_kept_because_of_what_is_removed(table):
    assert table["labels: valid"] == "5 of 6 (83%)"
    assert table["labels: kept by 04"] == "4 of 5 (80%)"
    assert table["labels: kept by 04 if nothing were removed"] == "3 of 5 (60%)"
    assert table["labels: kept by 04, nothing removed"] == "1 of 5 (20%)"
    assert table["labels: removed as not stated"] == "recipeCuisine 1, keywords 1, cookTime 1"
    assert table["labels: dropped by 04"].startswith("unsupported recipeIngredient 1")
    assert table["labels: retries"] == "unsupported 1"
    assert table["labels: failures"] == "invalid_recipe 1"


def test_two_runs_stand_side_by_side(tmp_path, capsys):
    write_run(tmp_path / "new", {"a": ("minimal_organized", CLEAN, {})})
    write_run(tmp_path / "old", {"a": ("minimal_organized", FAULTY["iso"], {})})
    llm_data.print_table([tmp_path / "old", tmp_path / "new"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["| | old | new |", "|---|---|---|"]
    assert "| posts: with ISO durations (PT20M) | 1 of 1 (100%) | 0 of 1 (0%) |" in lines


def test_an_empty_folder_is_reported(tmp_path):
    (tmp_path / llm_data.POSTS).mkdir()
    with pytest.raises(PipelineError, match="with 02"):
        llm_data.measure(tmp_path)
