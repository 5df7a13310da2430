"""The HTML report of 04: counts, drops, lengths, examples; posts cannot inject markup."""

from collections import Counter

import pytest

from recipe_pipeline.dataset.report import gather_facts, write_report
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.summary import DatasetSummary
from tests.evaluation_samples import HOSTILE, recipe, write_chats
from tests.html_page import Page


def dataset(folder, count=30):
    recipes = [recipe(f"Soup {i}") for i in range(count)]
    recipes[0] = {}
    bodies = [{k: v for k, v in r.items() if k != "@context"} for r in recipes[1:3]]
    recipes[1] = {"@context": "https://schema.org", "@graph": bodies}
    posts = [f"post {i}" for i in range(count)]
    metas = [{"id": f"{i:05d}", "style": "ab"[i % 2], "tokens": 100 + i} for i in range(count)]
    return write_chats(folder / "d.jsonl", recipes, posts, metas)


def page_of(path, **summary):
    summary = DatasetSummary(data_files=[path], kinds=Counter(complete=1), **summary)
    report = write_report(summary, DatasetSettings(output=path, max_seq_length=120))
    assert report == path.with_name("d.report.html")
    return Page(report.read_text(encoding="utf-8"))


def test_everything_is_counted_once(tmp_path):
    facts = gather_facts([dataset(tmp_path)])
    assert facts.examples == {"d.jsonl": 30}
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


@pytest.mark.parametrize(("shown", "found"), [(10, 4), (0, 0)])
def test_at_most_all_examples_are_shown(tmp_path, shown, found):
    assert len(gather_facts([dataset(tmp_path, 4)], 0, shown).shown) == found


def test_the_page_shows_mix_limit_drops_and_examples(tmp_path):
    skipped = Counter({"missing-label": 7, "too-long": 2})
    its = page_of(dataset(tmp_path), examples=30, styles=Counter("ab" * 15), skipped=skipped)
    text = " ".join("".join(its.texts["p"]).split())
    assert "30 examples with 30 recipes; 9 posts were left out." in text
    # 121 to 129 tokens are longer than 120: 9 of 30.
    assert "30.0% of the examples are longer than 120 tokens" in text
    assert "missing-label" in its.texts["th"]
    assert len([a for a in its.named("details") if "document" in a.get("class", "")]) == 10
    # A bar beside every share: 6 lengths, 2 styles, 1 kind, 11 fields and 2 reasons.
    assert len([a for a in its.named("i") if "style" in a]) == 22
    assert {"up to 60", "up to 120", "more than 120"} <= set(its.texts["th"])
    assert "thinking" in its.texts["pre"]


def test_a_hostile_example_is_only_text(tmp_path):
    data = recipe(HOSTILE, (HOSTILE,), (HOSTILE,))
    meta = {"id": HOSTILE, "style": HOSTILE, "tokens": 1}
    path = write_chats(tmp_path / "d.jsonl", [data], [HOSTILE], [meta])
    its = page_of(path, examples=1, styles=Counter({HOSTILE: 1}), skipped=Counter({HOSTILE: 1}))
    assert HOSTILE in its.texts["pre"]
    assert not its.named("img")
    assert len(its.named("script")) == 1
