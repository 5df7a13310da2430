"""07 from flags to files, with scripted generators and real files."""

import json
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import locked
from recipe_pipeline.evaluation import answers
from recipe_pipeline.evaluation.page_answers import user_answer
from recipe_pipeline.evaluation.run import evaluate, format_result
from recipe_pipeline.evaluation.settings import AnswerSettings, EvaluationSettings, parse_models
from tests.evaluation_samples import ScriptedGenerator, post, recipe, summaries, write_chats
from tests.fake_server import MODEL, FakeServer, Status, Text
from tests.script_runs import run_script

SCRIPT = Path(__file__).parents[2] / "07_evaluate.py"
RECIPES = [
    recipe("Lentil Soup"),
    recipe("Rice Pudding", ("1 cup rice", "2 cups milk")),
    recipe("Bean Stew", ("2 cups beans", "1 onion")),
    {},
]
GOLD = {post(data): json.dumps(data) for data in RECIPES if data}
METAS = [
    {"id": "soup", "style": "minimal_organized", "kind": "complete"},
    {"id": "pudding", "style": "fluffy_organized", "kind": "complete"},
    {"id": "stew", "style": "fluffy_organized", "kind": "missing_parts"},
    {"id": "cafe", "style": "fluffy_organized", "kind": "no_recipe"},
]


def perfect(text):
    return GOLD.get(text, "{}")


@pytest.fixture
def generators(monkeypatch):
    """The generators by label; a model that is not scripted fails the test by KeyError."""
    its = {"good": ScriptedGenerator(perfect), "bad": ScriptedGenerator(lambda text: "no idea")}
    monkeypatch.setattr(answers, "open_generator", lambda choice, *_, **__: its[choice.label])
    return its


def settings(folder, models=("bad=x", "good=y"), **changes):
    dataset = folder / "d.jsonl"
    if not dataset.exists():
        write_chats(dataset, RECIPES, metas=METAS)
    return EvaluationSettings(dataset, tuple(parse_models(list(models))), folder / "out", **changes)


def summary_in(folder):
    return json.loads((folder / "out/summary.json").read_text(encoding="utf-8"))


def test_all_models_are_in_the_table_and_in_every_file(tmp_path, generators):
    result = evaluate(settings(tmp_path))
    first_bad, bad, first_good, good = summaries(result)
    assert (first_bad.value("json_strict"), first_good.value("json_strict")) == (0, 1)
    assert (good.value("ingredient_f1"), bad.value("ingredient_f1")) == (1, 0)
    assert (good.value("no_recipe"), bad.value("no_recipe")) == (1, 0)
    assert good.groups["kind"]["missing_parts"]["name"].value == 1
    text = format_result(result)
    assert text.splitlines()[0].split() == ["bad", "good"]
    assert "first answers, as the model wrote them" in text
    assert "kind of post: no_recipe" in text
    assert [file.name for file in result.files] == ["results.jsonl", "summary.json", "report.html"]
    summary = summary_in(tmp_path)
    assert [model["model"] for model in summary["models"]] == [
        *("bad, first answers", "bad"),
        *("good, first answers", "good"),
    ]
    assert summary["models"][3]["metrics"]["name"]["documents"] == 3
    assert summary["documents"] == 4
    lines = (tmp_path / "out/results.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    assert first["id"] == "soup"
    assert first["models"]["bad, first answers"]["answer"] == "no idea"
    assert first["models"]["bad"]["answer"] == ""
    assert first["models"]["good"]["prediction"]["name"] == "Lentil Soup"
    assert first["models"]["good"]["ingredients"]["predicted"] == [
        ["1 cup lentils", "matched"],
        ["4 cups water", "matched"],
    ]
    assert "Lentil Soup" in (tmp_path / "out/report.html").read_text(encoding="utf-8")


def test_a_second_run_reuses_all_answers_and_says_so(tmp_path, generators, capsys):
    evaluate(settings(tmp_path))
    before = [len(its.asked) for its in generators.values()]
    first = summary_in(tmp_path)
    capsys.readouterr()
    evaluate(settings(tmp_path))
    assert [len(its.asked) for its in generators.values()] == before == [4, 3 * 4]
    assert "good: 4 of 4 answers already there" in capsys.readouterr().out
    second = summary_in(tmp_path)
    assert {**first, "created": 0} == {**second, "created": 0}


def test_a_killed_run_continues_where_it_stopped(tmp_path, generators):
    def dies(text):
        if len(generators["good"].asked) == 3:
            raise KeyboardInterrupt
        return perfect(text)

    generators["good"].answer = dies
    with pytest.raises(KeyboardInterrupt):
        evaluate(settings(tmp_path, ["good=y"]))
    again = generators["good"] = ScriptedGenerator(perfect)
    result = evaluate(settings(tmp_path, ["good=y"]))
    assert len(again.asked) == 2
    assert summaries(result)[0].value("ingredient_f1") == 1


def test_a_post_is_answered_as_by_08_and_the_first_answer_stands_beside_it(tmp_path, generators):
    cut = '{"@context": "https://schema.org", "@type": "Recipe", "name": "Len'

    class Improving(ScriptedGenerator):
        def generate(self, posts, max_new_tokens, on_answer, *, repeat=0, names=()):
            self.answer = lambda text: perfect(text) if repeat or "Lentil" not in text else cut
            super().generate(posts, max_new_tokens, on_answer, names=names)

    its = generators["good"] = Improving(perfect)
    first, final = summaries(evaluate(settings(tmp_path, ["good=y"])))
    assert len(its.asked) == 5
    assert (first.value("schema_valid"), final.value("schema_valid")) == (3 / 4, 1)
    assert final.value("name") == final.value("ingredient_f1") == final.value("no_recipe") == 1


def test_stored_answers_that_nobody_would_ask_for_today_are_ignored():
    answer = json.dumps(RECIPES[0])
    read = post(RECIPES[0])
    assert user_answer([answer, "{}"], read, "") == user_answer([answer], read, "")


def test_a_model_that_never_answers_usably_is_not_asked_again(tmp_path, generators):
    write_chats(tmp_path / "d.jsonl", RECIPES * 2)
    evaluate(settings(tmp_path, ["bad=x"]))
    assert len(generators["bad"].asked) == 8


def test_a_larger_limit_answers_only_the_new_documents(tmp_path, generators):
    evaluate(settings(tmp_path, ["good=y"], limit=1))
    evaluate(settings(tmp_path, ["good=y"]))
    assert len(generators["good"].asked) == 4


def test_another_answer_length_discards_the_answers(tmp_path, generators):
    evaluate(settings(tmp_path, ["good=y"]))
    longer = AnswerSettings(max_new_tokens=4096)
    evaluate(settings(tmp_path, ["good=y"], answers=longer))
    assert len(generators["good"].asked) == 8


def test_speed_is_measured_and_stored(tmp_path, generators):
    evaluate(settings(tmp_path, ["good=y"]))
    first, summary = summaries(evaluate(settings(tmp_path, ["good=y"])))
    assert not first.speed
    assert summary.speed["documents_per_minute"] > 0
    # 4 documents with 10 tokens each: the ratio of the speeds is 10 tokens * 60 s.
    ratio = summary.speed["tokens_per_second"] * 60 / summary.speed["documents_per_minute"]
    assert ratio == pytest.approx(10)


def test_posts_without_an_answer_count_as_wrong_and_are_reported(tmp_path, generators):
    class Flaky(ScriptedGenerator):
        def generate(self, posts, max_new_tokens, on_answer, *, repeat=0, names=()):
            super().generate(posts[:-1], max_new_tokens, on_answer, names=names)
            self.failed = 1

    generators["good"] = Flaky(perfect)
    result = evaluate(settings(tmp_path, ["good=y"]))
    assert summaries(result)[0].value("json_strict") == 3 / 4
    assert "good: no answer for 1 of 4 documents" in "\n".join(result.notes)


def test_two_runs_in_one_folder_do_not_mix(tmp_path, generators):
    chosen = settings(tmp_path)
    with (
        locked(chosen.output),
        pytest.raises(PipelineError, match="another run is writing to"),
    ):
        evaluate(chosen)
    assert not any(generator.asked for generator in generators.values())
    assert evaluate(chosen).files


def test_the_script_prints_the_table_and_the_files(tmp_path, generators, capsys):
    dataset = write_chats(tmp_path / "d.jsonl", RECIPES)
    out = tmp_path / "out"
    code = run_script(
        SCRIPT,
        *("--dataset", dataset, "--output", out, "--model", "good=y", "--limit", 2),
    )
    printed = capsys.readouterr().out
    assert code == 0
    assert "ingredient F1" in printed
    assert f"wrote {out / 'report.html'}" in printed


def test_the_script_evaluates_a_model_on_a_server(tmp_path, capsys):
    dataset = write_chats(tmp_path / "d.jsonl", RECIPES)

    def script(call):
        return Text(next((a for p, a in GOLD.items() if p in call.user), "{}"))

    with FakeServer(script) as server:
        flags = ("--dataset", dataset, "--output", tmp_path / "out",
                 "--model", f"endpoint:{MODEL}", "--base-url", server.base_url)  # fmt: skip
        assert run_script(SCRIPT, *flags) == 0
    assert f"{MODEL}" in capsys.readouterr().out.splitlines()[0]
    summary = summary_in(tmp_path)
    assert summary["models"][0]["metrics"]["ingredient_f1"]["value"] == 1


def test_a_failed_post_is_logged_under_its_id_in_every_run(tmp_path, capsys):
    dataset = write_chats(tmp_path / "d.jsonl", RECIPES)
    refused = list(GOLD)[1]

    def script(call):
        return Status(400) if refused in call.user else Text("{}")

    names = []
    with FakeServer(script) as server:
        flags = ("--dataset", dataset, "--output", tmp_path / "out",
                 "--model", f"t=endpoint:{MODEL}", "--base-url", server.base_url)  # fmt: skip
        for _ in range(2):
            assert run_script(SCRIPT, *flags) == 0
            lines = (tmp_path / "out/failures.jsonl").read_text("utf-8").splitlines()
            names += [json.loads(line)["id"] for line in lines]
    ids = [json.loads(line)["id"] for line in (tmp_path / "out/results.jsonl").open()]
    assert names == [f"t: {ids[1]}"] * 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--dataset", "missing.jsonl"], "dataset missing.jsonl does not exist"),
        (["--model", "a=x", "--model", "a=y"], "two models have the label 'a'"),
    ],
)
def test_a_user_error_is_one_line_and_exit_code_1(tmp_path, monkeypatch, capsys, flags, message):
    monkeypatch.chdir(tmp_path)
    assert run_script(SCRIPT, *flags) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1


def test_the_default_model_is_the_adapter_of_05(tmp_path, monkeypatch):
    asked = []

    def refuse(choice, *_):
        asked.append(choice.spec)
        raise PipelineError("stop here")

    monkeypatch.setattr(answers, "open_generator", refuse)
    dataset = write_chats(tmp_path / "d.jsonl", RECIPES)
    assert run_script(SCRIPT, "--dataset", dataset, "--output", tmp_path / "out") == 1
    assert asked == ["gemma-3"]


def test_a_lone_surrogate_in_a_document_does_not_end_the_run(tmp_path, generators):
    page = {"id": "soup", "text": "Soup \ud83d\n2 leeks", "gold": {"name": "Soup \ud83d"}}
    (tmp_path / "d.jsonl").write_text(json.dumps(page), encoding="utf-8")
    evaluate(settings(tmp_path, ["good=y"]))
    assert generators["good"].asked == ["Soup ?\n2 leeks"]
    assert "Soup ?" in (tmp_path / "out/report.html").read_text(encoding="utf-8")
