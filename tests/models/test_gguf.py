import json
import sys
from types import SimpleNamespace

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction import models as extraction_models
from recipe_pipeline.extraction.settings import ModelSettings
from recipe_pipeline.models import gguf as inference_gguf
from recipe_pipeline.models.chat_template import END_OF_TURN, generation_prompt
from recipe_pipeline.models.gguf import GgufGenerator, context_for, load_gguf
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT, user_message
from recipe_pipeline.schema.json_schema import answer_schema


class FakeLlama:
    """One token per byte; answers with ``reply``, remembers the calls."""

    reply = " {} "
    finish_reason = "stop"

    def __init__(self, **settings):
        self.settings = settings
        self.metadata = {"general.architecture": "gemma3", "gemma3.context_length": "8000"}
        self.calls = []
        if "broken" in settings.get("model_path", ""):
            raise ValueError("Failed to load model")

    def n_ctx(self):
        return self.settings["n_ctx"]

    def tokenize(self, text, add_bos, special):
        assert (add_bos, special) == (False, True)
        return list(text)

    def create_completion(self, prompt, **options):
        self.calls.append((prompt, options))
        self.stop = options["stopping_criteria"]
        usage = {"prompt_tokens": len(prompt), "completion_tokens": 7}
        choice = {"text": self.reply, "finish_reason": self.finish_reason}
        return {"choices": [choice], "usage": usage}


@pytest.fixture
def llama_cpp(monkeypatch):
    grammars = SimpleNamespace(from_json_schema=lambda text, verbose: ("grammar", json.loads(text)))
    module = SimpleNamespace(
        Llama=FakeLlama,
        LlamaGrammar=grammars,
        llama_log_callback=lambda function: function,
        llama_log_set=lambda function, data: None,
    )
    monkeypatch.setattr(inference_gguf, "_quiet_log", None)
    monkeypatch.setitem(sys.modules, "llama_cpp", module)
    return module


@pytest.fixture
def model_file(tmp_path):
    path = tmp_path / "gemma-Q8_0.gguf"
    path.write_bytes(b"GGUF\3\0\0\0")
    return path


def test_the_model_reads_exactly_the_training_prompt_and_decodes_greedily(llama_cpp, model_file):
    generator = load_gguf(model_file, context_length=4096)
    assert generator.generate(["Leek soup"], max_new_tokens=500) == ["{}"]
    prompt, options = generator.llama.calls[0]
    assert bytes(prompt).decode() == generation_prompt(
        [
            {"role": "system", "content": EXTRACTION_SYSTEM_PROMPT},
            {"role": "user", "content": user_message("Leek soup")},
        ]
    )
    assert options["temperature"] == 0
    assert options["repeat_penalty"] == 1.0
    assert options["stop"] == [END_OF_TURN]
    assert options["max_tokens"] == 500
    assert options["grammar"] is None


def test_asked_again_it_samples_and_every_repeat_has_a_seed_of_its_own(llama_cpp, model_file):
    generator = load_gguf(model_file)
    for repeat in (0, 1, 2):
        generator.generate(["a"], repeat=repeat)
    options = [options for _, options in generator.llama.calls]
    assert [call["temperature"] for call in options] == pytest.approx([0, 0.3, 0.6])
    assert [call["seed"] for call in options] == [0, 1, 2]


def test_answers_arrive_one_by_one_and_tokens_are_counted(llama_cpp, model_file):
    generator = load_gguf(model_file)
    arrived = []
    answers = generator.generate(["a", "b"], on_answer=lambda *pair: arrived.append(pair))
    assert arrived == list(enumerate(answers))
    assert generator.answer_tokens == 14
    assert generator.prompt_tokens == sum(len(prompt) for prompt, _ in generator.llama.calls)


def test_an_answer_has_the_room_that_the_post_leaves(llama_cpp, model_file):
    generator = load_gguf(model_file, context_length=1000)
    generator.generate(["x" * 100], max_new_tokens=5000)
    prompt, options = generator.llama.calls[0]
    assert options["max_tokens"] == 1000 - len(prompt)
    with pytest.raises(PipelineError, match=r"raise --context"):
        generator.generate(["x" * 1000])


def test_with_a_log_a_post_that_does_not_fit_leaves_the_others_their_answers(
    llama_cpp, model_file, tmp_path
):
    generator = load_gguf(model_file, context_length=1000, log_folder=tmp_path)
    arrived = []
    posts = ["leek soup", "x" * 1000, "bean stew"]
    generator.names = ["a", "b", "c"]
    answers = generator.generate(posts, on_answer=lambda at, answer: arrived.append(at))
    assert answers == ["{}", "", "{}"]
    assert arrived == [0, 2]
    assert generator.failed == 1
    failure = json.loads((tmp_path / "failures.jsonl").read_text(encoding="utf-8"))
    assert (failure["id"], failure["reason"]) == ("b", "too_long")
    assert "the context only 1,000" in failure["detail"]
    assert "--context" not in failure["detail"]


@pytest.mark.parametrize(
    ("post", "expected"),
    [("leek " * 200, 3072), ("酢" * 1000, 5120), ("酢" * 9000, 8000), ("", 2048)],
)
def test_the_context_is_counted_in_the_models_own_tokens(llama_cpp, model_file, post, expected):
    # One token per byte; instructions of some 200 bytes and an answer of 1,200 tokens beside it.
    context = context_for(model_file, [post, "short"], 1200)
    assert context == expected


def test_answers_cut_off_by_the_limit_are_named(llama_cpp, model_file, monkeypatch):
    monkeypatch.setattr(FakeLlama, "finish_reason", "length")
    generator = load_gguf(model_file)
    generator.generate(["a", "b"])
    assert generator.truncated == [0, 1]


def test_an_answer_that_repeats_itself_is_ended(llama_cpp, model_file):
    generator = load_gguf(model_file)
    generator.generate(["a"])
    prompt, _ = generator.llama.calls[0]
    loop, varied = [1, 2] * 48, list(range(96))
    assert generator.llama.stop(prompt + loop, None)
    assert not generator.llama.stop(prompt + varied, None)
    assert not generator.llama.stop(loop + prompt, None)  # a repetitive post is no loop


def test_all_physical_cores_are_used(llama_cpp, model_file):
    import psutil

    threads = load_gguf(model_file).llama.settings["n_threads"]
    assert 1 <= threads <= psutil.cpu_count()
    assert load_gguf(model_file, threads=3).llama.settings["n_threads"] == 3


def test_constrained_decoding_uses_the_recipe_schema(llama_cpp, model_file):
    generator = load_gguf(model_file, constrained=True)
    generator.generate(["a"])
    assert generator.llama.calls[0][1]["grammar"] == ("grammar", answer_schema())


def test_missing_and_foreign_files_are_one_sentence(llama_cpp, tmp_path):
    with pytest.raises(PipelineError, match=r"05_finetune\.py --save-gguf"):
        load_gguf(tmp_path / "none.gguf")
    (tmp_path / "zip.gguf").write_bytes(b"PK\3\4")
    with pytest.raises(PipelineError, match="is no GGUF file"):
        load_gguf(tmp_path / "zip.gguf")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    with pytest.raises(PipelineError, match="cannot load"):
        load_gguf(tmp_path / "broken.gguf")


def test_without_the_package_the_command_is_named(model_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(PipelineError, match="pip install llama-cpp-python"):
        load_gguf(model_file)


class TestChoice:
    def test_an_export_folder_is_its_gguf_with_the_system_prompt_of_its_modelfile(
        self, llama_cpp, model_file
    ):
        text = 'FROM ./m\nSYSTEM """Extract,\nplease."""\n'
        (model_file.parent / "Modelfile").write_text(text, encoding="utf-8")
        model = extraction_models.load_local(
            ModelSettings(str(model_file.parent), context_length=4096)
        )
        assert isinstance(model.generator, GgufGenerator)
        assert model.generator.system_prompt == "Extract,\nplease."
        assert model.generator.context_length == 4096
        assert model.count_tokens("four") == 4
        assert model.batch_size == 1

    def test_several_gguf_files_ask_for_a_name(self, model_file):
        (model_file.parent / "gemma-BF16.gguf").write_bytes(b"GGUF")
        with pytest.raises(PipelineError, match=r"gemma-BF16\.gguf, gemma-Q8_0\.gguf"):
            extraction_models.load_local(ModelSettings(str(model_file.parent)))

    def test_anything_else_goes_to_transformers_with_the_prompt_of_its_training(
        self, tmp_path, monkeypatch, capsys
    ):
        from recipe_pipeline.models import generator as inference

        def load(spec, system_prompt=None):
            tokenizer = lambda text, add_special_tokens: {"input_ids": text.split()}  # noqa: E731
            return SimpleNamespace(spec=spec, prompt=system_prompt, tokenizer=tokenizer)

        monkeypatch.setattr(inference, "load_generator", load)
        (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
        run = {"settings": {}, "system_prompt": "Extract!"}
        (tmp_path / "training_run.json").write_text(json.dumps(run), encoding="utf-8")
        model = extraction_models.load_local(ModelSettings(str(tmp_path), constrained=True))
        assert (model.generator.spec, model.generator.prompt) == (str(tmp_path), "Extract!")
        assert model.count_tokens("two words") == 2
        assert "does not support --constrained" in capsys.readouterr().err
        assert extraction_models.load_local(ModelSettings("embedded"))


def test_the_schema_allows_what_the_pipeline_writes_and_nothing_else():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(answer_schema())
    step = {"@type": "HowToStep", "text": "Boil."}
    section = {"@type": "HowToSection", "name": "Soup", "itemListElement": [step]}
    recipe = {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": "Soup",
        "recipeIngredient": ["1 leek"],
        "recipeInstructions": [step, section],
        "totalTime": "PT5M",
    }
    assert validator.is_valid({})
    assert validator.is_valid(recipe)
    for wrong in (
        [],
        {"name": "Soup"},
        {**recipe, "recipeIngredient": "1 leek"},
        {**recipe, "recipeIngredient": []},
        {**recipe, "recipeInstructions": ["Boil."]},
        {**recipe, "script": "x"},
        {**recipe, "@type": "Person"},
    ):
        assert not validator.is_valid(wrong)


def test_both_orders_of_keys_can_be_written_under_the_schema():
    # Runtimes let the required properties go first, in the order in which the schema has them.
    orders = [
        [key for key in form["properties"] if key in form["required"]][2:]
        for form in answer_schema()["anyOf"]
    ]
    assert orders == [
        ["name"],
        ["recipeIngredient", "name"],
        [],
    ]


def test_importing_the_module_loads_no_model_library():
    assert "llama_cpp" not in vars(inference_gguf)
