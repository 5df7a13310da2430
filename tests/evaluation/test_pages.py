"""07 on web pages: read and answered as by 08; what the text step lost is not the model's fault."""

import json
import os

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation import answers
from recipe_pipeline.evaluation.data import load_documents
from recipe_pipeline.evaluation.pages import visible_text
from recipe_pipeline.evaluation.run import evaluate, format_result
from recipe_pipeline.evaluation.scoring import score_document
from recipe_pipeline.evaluation.settings import AnswerSettings, EvaluationSettings, parse_models
from tests.evaluation_samples import ScriptedGenerator, post, recipe, summaries
from tests.fake_server import MODEL, FakeServer, Text
from tests.script_runs import run_script

SOUP = recipe("Lentil Soup", steps=("Simmer the lentils in the water until they are soft.",))
PUDDING = recipe("Rice Pudding", ("1 cup rice", "2 cups milk"), ("Cook the rice in the milk.",))


def html(data):
    """A page that says what ``data`` does, with another recipe as its structured data."""
    lines = "".join(f"<p>{line}</p>" for line in post(data).splitlines()[1:])
    other = '<script type="application/ld+json">{"@type": "Recipe", "name": "Teaser"}</script>'
    return f"<html><head>{other}</head><body><article><h1>{data['name']}</h1>{lines}</article></body></html>"


@pytest.fixture
def folder(tmp_path):
    """Two pages with an index."""
    rows = []
    for name, data in (("soup", SOUP), ("pudding", PUDDING)):
        (tmp_path / f"{name}.html").write_text(html(data), encoding="utf-8")
        rows.append({"id": name, "file": f"{name}.html", "host": f"{name}.org", "gold": data})
    write_index(tmp_path, *rows)
    return tmp_path


def write_index(folder, *rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "index.jsonl").write_text(text, encoding="utf-8")


def settings(dataset, output, **changes):
    models = tuple(parse_models(["m=x"]))
    return EvaluationSettings(dataset, models, output, **changes)


class Model(ScriptedGenerator):
    """Answers with the recipe that the post is about, but not at once about puddings."""

    def __init__(self, usable_from=1):
        super().__init__(None)
        self.usable_from = usable_from
        self.repeats = []

    def generate(self, posts, max_new_tokens, on_answer, *, repeat=0, names=()):
        self.repeats.append((repeat, len(posts)))

        def answer(text):
            data = SOUP if "Lentil" in text else PUDDING
            broken = data is PUDDING and repeat < self.usable_from
            return '{"name": "Rice Pud' if broken else json.dumps(data)

        self.answer = answer
        super().generate(posts, max_new_tokens, on_answer, names=names)


@pytest.fixture
def model(monkeypatch):
    its = Model()
    monkeypatch.setattr(answers, "open_generator", lambda *_, **__: its)
    return its


def test_pages_come_from_a_folder_a_file_or_the_line_itself(folder):
    documents = load_documents(folder)
    assert documents == load_documents(folder / "index.jsonl")
    assert [d.groups["source"] for d in documents] == ["soup.org", "pudding.org"]
    assert "1 cup lentils" in documents[0].post
    assert "Cook time: 30 minutes" in documents[0].page
    assert "Teaser" not in documents[0].post + documents[0].page
    write_index(folder, {"id": "soup", "html": html(SOUP), "gold": SOUP})
    [document] = load_documents(folder)
    assert (document.post, document.page) == (documents[0].post, documents[0].page)


@pytest.mark.parametrize("name", ["../secret.html", "/etc/passwd", "link.html", "a\0b", "x" * 300])
def test_files_outside_the_folder_are_refused(tmp_path, name):
    folder = tmp_path / "pages"
    folder.mkdir()
    (tmp_path / "secret.html").write_text("<html><body>secret</body></html>", encoding="utf-8")
    os.symlink(tmp_path / "secret.html", folder / "link.html")
    write_index(folder, {"file": name, "gold": {}})
    with pytest.raises(PipelineError, match=r"is not in|cannot read"):
        load_documents(folder)


def test_a_folder_without_an_index_is_reported(tmp_path):
    with pytest.raises(PipelineError, match=r"index\.jsonl"):
        load_documents(tmp_path)


def test_a_page_without_text_gets_no_answer_and_does_not_end_the_run(tmp_path, model):
    write_index(tmp_path, {"html": "<html><body><img src=x></body></html>", "gold": SOUP})
    _, final = summaries(evaluate(settings(tmp_path, tmp_path / "out")))
    assert final.value("ingredient_f1") == 0
    assert not model.asked


def test_what_a_reader_sees():
    page = (
        b"<style>p {}</style><p>Prep <b>1 hour</b><span class='sr-only'> hour</span></p><!-- a -->tail"
        b"<ul hidden><li>2 leeks<li>1 egg</ul><script>x</script><td>a</td><td>b</td>"
    )
    assert visible_text(page).splitlines() == ["Prep 1 hour", "tail", "2 leeks", "1 egg", "a", "b"]
    deep = b"<div>" * 50_000 + b"2 leeks"
    assert visible_text(deep) in ("2 leeks", "")  # some parsers give up; none may crash


def test_the_result_is_that_of_08_with_the_first_answers_beside_it(folder, model):
    result = evaluate(settings(folder, folder / "out"))
    first, final = summaries(result)
    assert model.repeats == [(0, 2), (1, 1)]
    assert (first.value("schema_valid"), final.value("schema_valid")) == (0.5, 1)
    assert (first.value("times"), final.value("times")) == (0.5, 1)
    assert final.value("unsupported") == 0
    assert final.metrics["lost_model_ingredients"].value == 0
    text = format_result(result)
    assert text.splitlines()[0].split() == ["m"]
    assert "first answers, as the model wrote them" in text
    [losses] = [line for line in text.splitlines() if line.startswith("ingredients ")]
    assert losses.split() == ["ingredients", "0.000", "0.000", "0.000"]
    summary = json.loads((folder / "out/summary.json").read_text(encoding="utf-8"))
    assert [one["model"] for one in summary["models"]] == ["m, first answers", "m"]
    assert (summary["web_pages"], summary["tries"]) == (2, 3)
    assert "as by 08" in (folder / "out/report.html").read_text(encoding="utf-8")


def test_a_page_without_a_usable_answer_is_no_recipe_for_the_user(folder, model):
    model.usable_from = 9
    first, final = summaries(evaluate(settings(folder, folder / "out")))
    assert model.repeats == [(0, 2), (1, 1), (2, 1)]
    assert first.value("json_repaired") == 1
    assert final.value("json_repaired") == 0.5


def test_answers_are_reused_and_other_tries_ask_again(folder, model):
    evaluate(settings(folder, folder / "out"))
    before = len(model.asked)
    _, again = summaries(evaluate(settings(folder, folder / "out")))
    assert (len(model.asked), again.value("schema_valid")) == (before, 1)
    evaluate(settings(folder, folder / "out", answers=AnswerSettings(tries=1)))
    assert len(model.asked) == before + 2


def test_a_long_page_is_cut_as_in_08(tmp_path, model):
    story = "".join(f"<p>We walked along the river on day {n} and talked.</p>" for n in range(3000))
    write_index(
        tmp_path, {"html": html(SOUP).replace("</article>", story + "</article>"), "gold": SOUP}
    )
    _, final = summaries(evaluate(settings(tmp_path, tmp_path / "out")))
    assert len(model.asked[0]) < 30_000
    assert final.value("unsupported") == 0
    assert final.value("ingredient_f1") == 1


def test_answers_that_leave_no_room_for_a_page_are_reported(folder, model):
    with pytest.raises(PipelineError, match="leaves no room for a document: lower it"):
        evaluate(settings(folder, folder / "out", answers=AnswerSettings(max_new_tokens=8000)))


def test_pages_and_posts_mix_and_a_model_on_a_server_answers(folder, capsys):
    text = {"id": "text", "text": post(PUDDING), "gold": PUDDING}
    with (folder / "index.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(text) + "\n")

    def script(call):
        return Text(json.dumps(SOUP if "Lentil" in call.user else PUDDING))

    with FakeServer(script) as server:
        flags = ("--dataset", folder, "--output", folder / "out",
                 "--model", f"t=endpoint:{MODEL}", "--base-url", server.base_url)  # fmt: skip
        assert run_script("07_evaluate.py", *flags) == 0
        assert len(server.calls) == 3
    models = json.loads((folder / "out/summary.json").read_text(encoding="utf-8"))["models"]
    assert models[1]["metrics"]["ingredient_f1"]["value"] == 1
    assert models[1]["metrics"]["lost_text_steps"]["documents"] == 2


def test_losses_are_attributed():
    gold = {
        "name": "Lentil Soup",
        "ingredients": ["1 cup lentils", "4 cups water", "1 bay leaf", "9 star anise"],
        "instructions": ["Simmer the lentils.", "Season the soup well with salt."],
        "cook_time": 30,
        "prep_time": 10,
        "total_time": 99,
        "yields": "4 servings",
    }
    read = "Lentil Soup\n1 cup lentils\n4 cups water\nSimmer the lentils.\nPrep time: 10 minutes"
    page = f"{read}\n1 bay leaf\nSeason the soup well with salt.\nCook\n30 min\nServes 4"
    answer = recipe(lines=("1 cup lentils", "1 bay leaf"), steps=("Simmer the lentils.",))
    del answer["cookTime"], answer["recipeYield"]
    score = score_document(json.dumps(answer), gold, read, page=page)
    lost = {k.removeprefix("lost_"): v for k, v in score.metrics.items() if k.startswith("lost_")}
    assert lost["model_ingredients"] == (1, 4)  # the water
    assert lost["text_ingredients"] == (0, 4)  # the answer has the bay leaf
    assert lost["page_ingredients"] == (1, 4)  # the star anise
    assert (lost["text_steps"], lost["model_steps"]) == ((1, 2), (0, 2))
    assert (lost["text_times"], lost["model_times"]) == ((1, 2), (1, 2))
    assert (lost["text_yield"], lost["model_yield"]) == ((1, 1), (0, 1))
    assert score.metrics["times"] == (0, 2)  # nobody states 99 minutes
    assert score.value("unsupported_ingredients") == 0  # the page has the bay leaf
