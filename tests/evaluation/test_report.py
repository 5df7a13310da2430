"""The evaluation report as a file: complete, escaped, closed to scripts and to the network."""

import base64
import hashlib
import json
import re

import pytest

from recipe_pipeline.evaluation import answers as model_answers
from recipe_pipeline.evaluation import report
from recipe_pipeline.evaluation import run as evaluation_run
from recipe_pipeline.evaluation.settings import EvaluationSettings, parse_models
from tests.evaluation_samples import HOSTILE, ScriptedGenerator, post, recipe, write_chats
from tests.html_page import Page


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The report of two models over a good post, a hostile one and a post without a recipe."""
    folder = tmp_path_factory.mktemp("report")
    hostile = recipe(HOSTILE, (HOSTILE, "1 cup lentils"), (HOSTILE,))
    recipes = [recipe(), hostile, {}]
    metas = [{"id": "soup", "style": "fluffy_organized"}, {"id": HOSTILE, "style": HOSTILE}, {}]
    dataset = write_chats(folder / "d.jsonl", recipes, metas=metas)
    answers = {post(recipes[0]): json.dumps(recipes[0]), post(hostile): json.dumps(hostile)}
    models = {
        "good": ScriptedGenerator(lambda text: answers.get(text, "{}")),
        "bad <i>": ScriptedGenerator(lambda text: HOSTILE),
    }
    choices = (*parse_models(["good=a"]), *parse_models(["b=c"]))
    choices = (choices[0], type(choices[0])("bad <i>", "x"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_answers, "open_generator", lambda choice, *_: models[choice.label])
        evaluation_run.evaluate(EvaluationSettings(dataset, choices, folder / "out"))
    return (folder / "out/report.html").read_text(encoding="utf-8")


def test_a_hostile_post_appears_as_text_and_nothing_else(page):
    its = Page(page)
    assert HOSTILE in "".join(its.texts["pre"])
    assert not its.named("img")
    assert len(its.named("script")) == 1
    assert not [a for _, a in its.tags for key in a if key.startswith("on")]
    assert not [a for _, a in its.tags if str(a.get("href", "")).startswith("javascript")]
    assert "49" not in "".join(its.texts["h4"])  # {{ 7 * 7 }} is no template


def test_only_the_pages_own_script_may_run_and_nothing_is_loaded(page):
    its = Page(page)
    [policy] = [a["content"] for a in its.named("meta") if "http-equiv" in a]
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    sources = [a.get(key) for _, a in its.tags for key in ("src", "href", "xlink:href") if key in a]
    assert all(source.startswith(("#", "data:")) for source in sources)
    assert "url(http" not in page


def test_the_table_names_models_metrics_and_definitions(page):
    its = Page(page)
    headings = [text.strip() for text in its.texts["th"]]
    assert {"good", "bad <i>", "ingredient F1", "schema-valid"} <= set(headings)
    definitions = "".join(its.texts["dd"] + its.texts["code"])
    assert "token-sort ratio >= 85" in definitions


def test_every_document_is_there_with_marks_that_do_not_rely_on_colour(page):
    its = Page(page)
    documents = [a for a in its.named("details") if a.get("class") == "document"]
    assert len(documents) == 3
    assert {a["class"] for a in its.named("li") if "class" in a} >= {
        "line matched",
        "line missed",
        "line ",
    }
    signs = {text for text in its.texts["span"] if text in "✓+!−·"}
    assert {"✓", "−"} <= signs
    assert "matched: " in its.texts["span"]


def test_every_problem_has_its_slug():
    metrics = {"json_strict": [0, 1], "name": [1, 2], "missed": [0, 9], "false_empty": [1, 1],
               "times": [0, 0], "yield": [2, 2], "unsupported": [1, 9]}  # fmt: skip
    lines = {"predicted": [], "gold": [["2 eggs", "missed"], ["salt", "matched"]]}
    its = {"answer": "", "prediction": None, "metrics": metrics, "ingredients": lines,
           "steps": lines}  # fmt: skip
    row = {"id": "a", "groups": {}, "post": "", "gold": {}, "models": {"m": its}}
    [model] = report.document_views([row])[0]["models"]
    assert model["problems"] == ["json", "name", "unsupported", "empty"]
    assert model["missed_ingredients"] == ["2 eggs"]
    assert model["chips"] == [("name", "50%", False), ("yield", "100%", True)]


def test_worst_documents_come_first_and_the_number_is_bounded():
    def row(number, f1):
        metrics = {"ingredient_f1": [f1, 1.0]}
        lines = {"predicted": [], "gold": []}
        its = {"answer": "", "prediction": None, "metrics": metrics, "ingredients": lines,
               "steps": lines}  # fmt: skip
        return {"id": str(number), "groups": {}, "post": "", "gold": {}, "models": {"m": its}}

    rows = [row(0, 0.9), row(1, 0.1), row(2, 0.5)]
    assert [view["id"] for view in report.document_views(rows)] == ["1", "2", "0"]
    assert [view["id"] for view in report.document_views(rows, 2)] == ["1", "2"]


def test_quality_is_the_mean_of_what_applies():
    # name right, half the ingredients, a quarter of the lines unsupported: (1 + 0.5 + 0.75) / 3.
    metrics = {"name": [1, 1], "ingredient_f1": [0.5, 1], "unsupported": [1, 4], "times": [0, 0]}
    assert report.quality(metrics) == pytest.approx(0.75)
    assert report.quality({}) == 0


def test_a_lone_surrogate_does_not_stop_the_report(tmp_path):
    summary = {"tries": 3, "documents": 0, "dataset": "\ud83d", "created": "", "max_new_tokens": 1,
               "ingredient_reader": "off", "models": []}  # fmt: skip
    report.write_evaluation_report(summary, [], tmp_path / "r.html")
    assert "documents from" in (tmp_path / "r.html").read_text(encoding="utf-8")
