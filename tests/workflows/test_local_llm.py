"""The language model server: what it refuses, the packaged model, and a run of 02 to 04 with it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import socket
import struct
import subprocess
import sys
from types import SimpleNamespace

import pytest

from recipe_pipeline.common import cli
from recipe_pipeline.models import packaged_llm
from recipe_pipeline.models.gguf_file import GgufFile, number_field, write_gguf
from recipe_pipeline.workflows import local_llm
from tests.script_runs import ROOT, run_script

needs_model = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("xllamacpp", *packaged_llm.PARTS)),
    reason="needs the packages of requirements-llm.txt",
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """Three small parts in place of the packages; the cache is a temporary folder."""
    contents = {"part_one": b"GGUF", "part_two": b"abc" * 1000, "part_three": b"\0end"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        module = SimpleNamespace(get_part_path=lambda name=name: str(tmp_path / name))
        monkeypatch.setitem(sys.modules, name, module)
    whole = b"".join(contents.values())
    monkeypatch.setattr(packaged_llm, "PARTS", tuple(contents))
    monkeypatch.setattr(packaged_llm, "SHA256", hashlib.sha256(whole).hexdigest())
    monkeypatch.setenv("RECIPE_PIPELINE_CACHE", str(tmp_path / "cache"))
    return whole


def error_of(capsys, *argv):
    assert cli.run(local_llm.main, list(map(str, argv))) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    return error


def test_the_parts_are_joined_once(parts):
    path = packaged_llm.packaged_llm()
    assert path.read_bytes() == parts
    made = path.stat().st_mtime_ns
    assert packaged_llm.packaged_llm().stat().st_mtime_ns == made
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_damaged_parts_leave_nothing_behind(parts, tmp_path, monkeypatch, capsys):
    (tmp_path / "part_two").write_bytes(b"xyz")
    code = cli.run(local_llm.main, ["--port", str(free_port())])
    assert code == 1
    assert "pip install --force-reinstall" in capsys.readouterr().err
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("missing", ["module", "file"])
def test_a_missing_part_is_named(parts, tmp_path, monkeypatch, capsys, missing):
    if missing == "module":
        monkeypatch.setitem(sys.modules, "part_two", None)
    else:
        (tmp_path / "part_two").unlink()
    error = error_of(capsys, "--port", free_port())
    assert "part-two is missing" in error
    assert "requirements-llm.txt" in error


def test_a_port_in_use_and_a_file_that_is_no_model_are_reported(tmp_path, capsys):
    text = tmp_path / "notes.gguf"
    text.write_text("hello")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert "choose another --port" in error_of(capsys, "--port", port)
    assert "not a GGUF file" in error_of(capsys, "--port", free_port(), "--model", text)
    assert "No such file" in error_of(capsys, "--port", free_port(), "--model", tmp_path / "no")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """`load_for` with flags on a machine of these cores and gigabytes, and 100 KB per token."""
    import psutil

    path = tmp_path / "model.gguf"
    numbers = {"block_count": 25, "attention.head_count_kv": 8, "attention.head_count": 16}
    fields = {f"qwen3.{key}": number_field(n) for key, n in numbers.items()}
    fields["qwen3.embedding_length"] = number_field(16 * 125)
    fields["general.architecture"] = struct.pack("<IQ", 8, 5) + b"qwen3"
    write_gguf(path, GgufFile(fields, ()))

    def load(cores, gigabytes, **flags):
        memory = SimpleNamespace(available=gigabytes * 1_000_000_000 + path.stat().st_size)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
        monkeypatch.setattr(local_llm, "available_cores", lambda: cores)
        monkeypatch.setattr(local_llm, "CONTAINER_LIMIT", tmp_path / "memory.max")
        return local_llm.load_for(local_llm.LocalLlmSettings(**flags), path)

    return load


@pytest.mark.parametrize(
    ("cores", "gigabytes", "slots", "context"),
    [
        (2, 16, 1, 16_384),
        (8, 32, 2, 16_384),
        (64, 64, 8, 16_384),
        (64, 8, 8, 8_750),  # 7 GB are 70,000 tokens
        (64, 3, 2, 10_000),
        (4, 1, 1, 4_096),
        (1, 0, 1, 4_096),
    ],
)
def test_slots_and_context_follow_cores_and_memory(machine, cores, gigabytes, slots, context):
    load = machine(cores, gigabytes)
    assert (load.slots, load.context) == (slots, context)
    assert (
        f"{cores} core{'s' * (cores > 1)}, {gigabytes}.0 GB of memory beside the model"
        in load.reason
    )


def test_a_container_may_have_less_than_its_machine(machine, tmp_path):
    for limit, slots in (("max\n", 8), ("3000000000\n", 2)):
        (tmp_path / "memory.max").write_text(limit)
        assert machine(64, 64).slots == slots


def test_flags_outweigh_the_machine(machine):
    load = machine(64, 3, context=2048)
    assert (load.slots, load.context) == (8, 2048)
    load = machine(2, 16, slots=3, context=40_000)
    assert (load.slots, load.context) == (3, 40_000)


@pytest.mark.slow
@needs_model
def test_six_rows_become_a_dataset_with_a_real_model(tmp_path):
    """About half an hour on two cores. Exit code 1: some replies were of no use, as it happens."""
    port = free_port()
    command = [sys.executable, "-m", "recipe_pipeline.workflows.local_llm", "--port", str(port)]
    server = ("--base-url", f"http://127.0.0.1:{port}/v1", "--model", packaged_llm.NAME)
    server += ("--concurrency", 1, "--max-tokens", 3000, "--timeout", 3600)
    posts, labels, dataset = tmp_path / "posts", tmp_path / "labels", tmp_path / "dataset.jsonl"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert "at http://localhost" in process.stdout.readline()
            csv = ROOT / "sample_data" / "recipes.csv"
            flags = ("--csv", csv, "--limit", 6, "--output-blog", posts, *server)
            assert run_script("02_generate_blogs.py", *flags) in (0, 1)
            flags = ("-i", posts, "-o", labels, *server)
            assert run_script("03_generate_recipe_json.py", *flags) in (0, 1)
            process.terminate()
            assert process.wait(timeout=600) == 0
        finally:
            process.kill()  # does nothing to a server that has ended
    arguments = ("--blog-dir", posts, "--llm-dir", labels, "--output", dataset)
    run_script("04_generate_finetuning_dataset.py", *arguments)
    assert len([json.loads(line) for line in dataset.read_text("utf-8").splitlines()]) >= 4
