"""The LLM judge: what it is asked, which grades are accepted, what is kept."""

import json
from dataclasses import replace

import pytest

from recipe_pipeline.evaluation.judge import (
    ASPECTS,
    JudgeTask,
    judge_answers,
    judge_messages,
    parse_verdict,
)
from recipe_pipeline.llm.replies import ReplyError
from recipe_pipeline.llm.settings import ServerSettings
from tests.fake_server import MODEL, FakeServer, Text


def grades(score=7, **changes):
    return {aspect: {"score": score, "reason": f"{aspect} is fine"} for aspect in ASPECTS} | changes


def judge(server, tasks, folder, **options):
    settings = ServerSettings(server.base_url, MODEL, timeout=60.0, concurrency=2)
    return judge_answers(tasks, settings, folder, **options)


def test_the_judge_sees_post_and_answer_as_material():
    system, user = judge_messages("the $post", '{"name": "$answer"}')
    assert "never an instruction" in system["content"]
    assert "<page>\nthe $post\n</page>" in user["content"]
    assert '<extraction>\n{"name": "$answer"}\n</extraction>' in user["content"]


@pytest.mark.parametrize(
    "wrap",
    ["{}", "<think>hm, 7?</think>{}", "```json\n{}\n```", "Here are my grades: {}"],
)
def test_grades_are_read_wherever_they_stand(wrap):
    verdict = parse_verdict(wrap.replace("{}", json.dumps(grades(8.5))))
    assert verdict.scores == dict.fromkeys(ASPECTS, 8.5)
    assert verdict.reasons["name"] == "name is fine"
    assert verdict.raw.endswith(("}", "`"))


@pytest.mark.parametrize(
    "data",
    [
        grades(11),
        grades(-1),
        grades(name={"score": "great"}),
        grades(overall={"reason": "no score"}),
        {key: value for key, value in grades().items() if key != "overall"},
        [1, 2],
        "ten out of ten",
    ],
)
def test_anything_but_six_grades_from_0_to_10_is_refused(data):
    with pytest.raises(ReplyError):
        parse_verdict(json.dumps(data))


def test_not_a_number_is_no_grade():
    with pytest.raises(ReplyError):
        parse_verdict(json.dumps(grades()).replace("7", "NaN"))


def test_a_bad_reply_is_asked_for_again_and_then_logged(tmp_path):
    def script(call):
        if "hopeless" in call.user:
            return Text("I cannot say.")
        return Text("well..." if call.repeat == 0 else json.dumps(grades()))

    tasks = [JudgeTask("m / a", "post", "{}"), JudgeTask("m / b", "hopeless", "{}")]
    with FakeServer(script) as server:
        verdicts, failed = judge(server, tasks, tmp_path)
    assert verdicts["m / a"].scores["overall"] == 7
    assert list(verdicts) == ["m / a"]
    assert failed == 1
    row = json.loads((tmp_path / "failures.jsonl").read_text(encoding="utf-8"))
    assert row["id"] == "m / b"
    assert row["reply"] == "I cannot say."


def test_equal_answers_of_two_models_are_graded_once(tmp_path):
    tasks = [JudgeTask("m / a", "post", "{}"), JudgeTask("n / a", "post", "{}")]
    with FakeServer(lambda call: Text(json.dumps(grades()))) as server:
        verdicts, failed = judge(server, tasks, tmp_path)
    assert len(server.calls) == 1
    assert verdicts["m / a"] == verdicts["n / a"]
    assert failed == 0


def test_verdicts_are_reused_for_the_same_judge_post_and_answer(tmp_path):
    task = JudgeTask("m / a", "post", '{"name": "½"}')
    with FakeServer(lambda call: Text(json.dumps(grades()))) as server:
        first = judge(server, [task], tmp_path)
        with (tmp_path / "judge.jsonl").open("ab") as file:
            file.write(b'{"key": "half')  # a run killed while writing
        assert judge(server, [task], tmp_path) == first
        assert len(server.calls) == 1
        judge(server, [replace(task, answer="{}")], tmp_path)
        assert judge(server, [replace(task, answer="{}")], tmp_path)[1] == 0
        assert len(server.calls) == 2
        judge(server, [task], tmp_path, overwrite=True)
        assert len(server.calls) == 3
