"""08 needs neither torch nor any other package outside requirements-extract.txt."""

import json

import pytest

from recipe_pipeline.models import bundle
from tests.extraction.kitchen import HTML, SOUP, html_with
from tests.light_install import light_packages, run_light
from tests.script_runs import ROOT

SAMPLE_PAGE = ROOT / "sample_data/sample_page.html"

# A local model that always answers with the soup.
SCRIPTED = f"""
import json
from recipe_pipeline.extraction import models
class Soup:
    batch_size, answer_tokens, constrained = 2, 0, False
    def count_tokens(self, text):
        return len(text.split())
    def generate(self, posts, max_new_tokens, on_answer=None, *, repeat=0, names=()):
        for position in range(len(posts) if on_answer else 0):
            on_answer(position, json.dumps({SOUP!r}))
        return [json.dumps({SOUP!r})] * len(posts)
models.load_generator = lambda *arguments, **options: Soup()
"""


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/own.html").write_text(html_with(SOUP), encoding="utf-8")
    (tmp_path / "pages/none.html").write_text(HTML, encoding="utf-8")
    return tmp_path / "pages"


def test_the_light_install_is_light():
    heavy = {"torch", "transformers", "openai", "pandas", "kaggle", "ray", "wandb", "tokenizers"}
    assert not heavy & light_packages()


def test_a_folder_of_pages(pages, tmp_path):
    done = run_light(pages, "--output", tmp_path / "out", "--model", "x", more=SCRIPTED)
    assert done.returncode == 0, done.stderr
    for name in ("own", "none"):
        assert json.loads((tmp_path / f"out/{name}.json").read_text("utf-8")) == SOUP


def test_one_page(pages):
    done = run_light(pages / "none.html", "--format", "html", "--model", "x", more=SCRIPTED)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Slice the leeks." in done.stdout


@pytest.mark.parametrize(
    ("flags", "package"),
    [
        (("--base-url", "http://127.0.0.1:1/v1"), "openai"),
        (("--model", "unsloth/gemma-3-270m-it"), "torch"),
    ],
)
def test_what_needs_the_full_install_says_so_in_one_sentence(pages, flags, package):
    done = run_light(pages / "none.html", *flags)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: the package {package} is not installed")
    assert "python tools/install.py" in done.stderr
    assert done.stderr.count("\n") == 1


def test_missing_llama_cpp_is_one_sentence(pages, tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    done = run_light(pages / "none.html", "--model", file, more="missing.add('xllamacpp')")
    assert done.returncode == 1
    assert done.stderr.startswith("error: GGUF files need xllamacpp")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(not bundle.is_there(), reason="no trained model comes with this version")
def test_the_bundled_model_reads_the_sample_page(tmp_path):
    done = run_light(SAMPLE_PAGE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    recipe = json.loads(done.stdout)
    assert recipe["name"] == "Smoky Carrot and Red Lentil Soup"
    assert len(recipe["recipeIngredient"]) == 11
    assert len(recipe["recipeInstructions"]) == 5
    assert recipe["totalTime"] == "PT45M"
