"""llama.cpp on the GGUF file of a tiny random model."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import gguf, local, open_gguf
from recipe_pipeline.models.generator import prompt_text
from recipe_pipeline.models.gguf import GgufGenerator
from recipe_pipeline.models.llama_server import LlamaServer, available_cores
from recipe_pipeline.models.open_gguf import GgufCopy

SYSTEM = "recipe"
POSTS = ["a cup of flour", "recipe", "a cup of flour and a cup of flour in a recipe", "½ cup 🍰"]


@pytest.fixture(scope="module")
def model(tiny_gguf):
    return GgufGenerator(tiny_gguf, system_prompt=SYSTEM)


@pytest.fixture(scope="module")
def reference(tiny):
    """The same model in transformers, in full precision."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "inference_dtype", lambda: "float32")
        return local.load_local(str(tiny / "adapter"), SYSTEM)


def test_the_prompt_is_that_of_the_training_token_for_token(model, reference, monkeypatch):
    sent = []
    model.generate(POSTS, 1)  # opens it
    monkeypatch.setattr(
        LlamaServer, "complete", lambda self, prompt, *_: sent.append(prompt) or ("{}", 1)
    )
    model.generate(POSTS, 1)
    prompts = [prompt_text(SYSTEM, post) for post in POSTS]
    assert sent == [reference._tokenize(prompt) for prompt in prompts]
    assert all(tokens.count(2) == 1 for tokens in sent)  # <bos>


def test_greedy_answers_are_those_of_transformers(model, reference):
    assert model.generate(POSTS, 24) == reference.generate(POSTS, 24)


def test_text_is_counted_in_the_tokens_of_the_model(model, reference):
    for text in (*POSTS, "", "  \n\n<end_of_turn>", "a\ud83d"):
        expected = reference.count_tokens(text.encode("utf-8", "replace").decode())
        assert model.count_tokens(text) == expected


def test_every_answer_arrives_once_and_tokens_are_counted(tiny_gguf):
    generator = GgufGenerator(tiny_gguf, system_prompt=SYSTEM, context_length=256)
    arrived = []
    answers = generator.generate(POSTS, 12, lambda *answer: arrived.append(answer))
    assert arrived == list(enumerate(answers))
    assert 0 < generator.answer_tokens <= 4 * 12


def test_an_answer_does_not_depend_on_its_neighbours(model):
    together = model.generate(POSTS, 12)
    assert [model.generate([post], 12)[0] for post in reversed(POSTS)] == together[::-1]


def test_several_at_a_time_give_the_same_answers(tiny_gguf, model):
    several = GgufGenerator(tiny_gguf, system_prompt=SYSTEM, parallel=3)
    arrived = []
    answers = several.generate(POSTS * 5, 12, lambda at, answer: arrived.append((at, answer)))
    assert answers == model.generate(POSTS, 12) * 5
    assert sorted(arrived) == list(enumerate(answers))


def test_threads_share_a_model(tiny_gguf, model):
    several = GgufGenerator(tiny_gguf, system_prompt=SYSTEM, parallel=2)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda post: several.generate([post], 12)[0], POSTS * 5))
    assert answers == model.generate(POSTS, 12) * 5


def test_retries_are_sampled_with_seeds_of_their_own(model):
    answers = [model.generate(POSTS[:1], 12, repeat=repeat)[0] for repeat in (0, 1, 2, 1)]
    assert len(set(answers[:3])) == 3
    assert answers[3] == answers[1]


def test_an_answer_has_the_room_that_the_post_leaves(model, monkeypatch):
    asked = []
    monkeypatch.setattr(
        GgufCopy, "complete", lambda self, prompt, options, _: asked.append(options) or ("", 0)
    )
    model.generate(["recipe"], 5000)
    model.generate(["recipe"], 100)
    used = model.count_tokens(prompt_text(SYSTEM, "recipe"))
    assert [options["max_tokens"] for options in asked] == [512 - used, 100]


def test_a_post_that_does_not_fit_is_an_error(model):
    with pytest.raises(PipelineError, match=r"the context only 512: raise --context"):
        model.generate(["recipe " * 600])


def test_with_a_log_the_other_posts_are_answered(tiny_gguf, tmp_path):
    generator = GgufGenerator(tiny_gguf, context_length=512, log_folder=tmp_path)
    arrived = []
    answers = generator.generate(
        ["flour", "recipe " * 600, "cup"], 8, lambda at, _: arrived.append(at), names=list("abc")
    )
    assert answers[1] == ""
    assert sorted(arrived) == [0, 2]
    assert generator.failed == 1
    failure = json.loads((tmp_path / "failures.jsonl").read_text(encoding="utf-8"))
    assert (failure["id"], failure["reason"]) == ("b", "too_long")
    assert "--context" not in failure["detail"]


def test_the_context_grows_with_the_posts(tiny_gguf, monkeypatch):
    opened = []

    class Server:
        def __init__(self, path, context_length, threads):
            opened.append(context_length)

        def complete(self, prompt, options, stop_at):
            return "{}", 1

    monkeypatch.setattr(open_gguf, "LlamaServer", Server)
    generator = GgufGenerator(tiny_gguf)
    generator.context_length = 8192
    generator.generate(["leek"], 500)
    generator.generate(["酢" * 1000, "leek"], 1200)  # 3,000 tokens, some 250 of prompt, 1,200
    generator.generate(["leek"], 500)
    assert opened == [1024, 5120]


def test_an_answer_that_repeats_itself_is_ended(model, monkeypatch):
    monkeypatch.setattr(gguf, "in_loop", lambda pieces: len(pieces) >= 16)
    before = model.answer_tokens
    model.generate(["a cup of flour"], 300)
    assert model.answer_tokens - before == 16


def test_a_caller_that_fails_ends_the_other_answers(model):
    def fail(position, answer):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        model.generate(POSTS, 300, fail)


def test_constrained_answers_follow_the_recipe_schema(tiny_gguf):
    generator = GgufGenerator(tiny_gguf, context_length=512, constrained=True)
    for answer in generator.generate(POSTS, 40):
        assert answer.startswith("{")
        assert answer.replace(" ", "").replace("\n", "")[:10] in ("{}", '{"@context')


def test_nothing_is_written_to_the_terminal(tiny_gguf, capfd):
    GgufGenerator(tiny_gguf, context_length=512).generate(POSTS[:1], 4)
    with pytest.raises(PipelineError):
        GgufGenerator(tiny_gguf, context_length=512).generate(["recipe " * 600])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: None, r"there is no file .*05_finetune\.py --save-gguf"),
        (lambda data: b"PK\3\4", "is not a GGUF file"),
        (lambda data: data[:4], "not a whole GGUF file"),
        (lambda data: data[:-5000], "not a whole GGUF file .it ends too early"),
        (lambda data: data.replace(b"gemma3", b"gemma9"), "does not support the model"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_sentence(tiny_gguf, tmp_path, capfd, damage, message):
    path = tmp_path / "m.gguf"
    if (data := damage(tiny_gguf.read_bytes())) is not None:
        path.write_bytes(data)
    with pytest.raises(PipelineError, match=message):
        GgufGenerator(path).generate(["leek"], 4)
    assert capfd.readouterr().err == ""


def test_without_the_package_the_command_is_named(tiny_gguf, monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(PipelineError, match="pip install xllamacpp"):
        GgufGenerator(tiny_gguf).generate(["leek"], 4)


def test_others_on_this_machine_cannot_use_the_server(tiny_gguf):
    import urllib.error
    import urllib.request

    server = LlamaServer(tiny_gguf, 512)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(server._server.listening_address + "/props")


def test_only_physical_cores_are_used():
    import psutil

    assert 1 <= available_cores() <= psutil.cpu_count()


PAGE = (
    "Soup\n1 cup lentils\n1 onion\nFry the onion until soft.\nAdd the lentils and cook for an hour."
)
START = '{"recipeIngredient": ["1 cup lentils", "1 onion"'
LOST = ', "2 cups sugar", "3 eggs, beaten", "1 tsp vanilla", "4 cups flour"'
REST = ', "recipeInstructions": [{"text": "Fry the onion until soft."}'


def say(monkeypatch, model, *parts):
    """Let the model answer with ``parts``, one each time it is asked; returns what it was asked."""
    asked, left = [], list(parts)

    def complete(self, prompt, options, stop_at):
        asked.append((prompt.partition("model\n")[2], dict(options)))
        pieces = []
        for character in left.pop(0):
            pieces.append(character)
            if stop_at(pieces):
                break
        return "".join(pieces), len(pieces)

    monkeypatch.setattr(GgufCopy, "complete", complete)
    return asked


def test_a_list_of_ingredients_that_leaves_the_post_is_closed(model, monkeypatch):
    asked = say(monkeypatch, model, START + LOST * 9, REST[1:] + "]}")
    assert model.generate([PAGE], 5000) == [START + "]" + REST + "]}"]
    assert [answer for answer, _ in asked] == ["", START + "],"]
    assert [options["temperature"] for _, options in asked] == [0, 0]
    assert asked[1][1]["max_tokens"] < asked[0][1]["max_tokens"]


def test_a_step_that_leaves_the_post_is_drawn_anew(model, monkeypatch):
    label = ', {"text": "Step 3 of the soup"}'
    asked = say(monkeypatch, model, START + "]" + REST + label * 20, "}]}")
    [answer] = model.generate([PAGE], 5000)
    assert answer == START + "]" + REST + "]}"
    assert [options["temperature"] for _, options in asked] == [0, gguf._RESTART_TEMPERATURE]


def test_a_loop_within_a_step_is_drawn_anew(model, monkeypatch):
    loop = ', {"text": "Add the lentils and' + " and" * 50
    asked = say(monkeypatch, model, START + "]" + REST + loop * 9, "}]}")
    monkeypatch.setattr(gguf, "in_loop", lambda pieces: "".join(pieces).endswith(" and and and"))
    monkeypatch.setattr(gguf, "CHECK_EVERY", 1)
    assert model.generate([PAGE], 5000) == [START + "]" + REST + "]}"]
    assert len(asked) == 2


def test_an_answer_that_stays_lost_ends(model, monkeypatch):
    asked = say(monkeypatch, model, *[START + "]" + REST + ', {"text": "never"}' * 99] * 9)
    [answer] = model.generate([PAGE], 5000)
    assert len(asked) == 1 + gguf.RESTARTS
    assert len(answer) < 1000
