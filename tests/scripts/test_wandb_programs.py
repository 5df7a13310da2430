"""Script 06 with the real wandb: offline runs, ``wandb sync``, ``wandb sweep``, ``wandb agent``.

A stub server takes the place of W&B; the model is a random Gemma 3 of a few thousand weights.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from recipe_pipeline.dataset.chat import build_example
from tests.wandb_stub import API_KEY, ENTITY, WandbStub

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "06_finetune_wandb.py"
EXAMPLES = 24
FOODS = ("flour", "salt", "eggs", "milk", "rice", "beans", "honey", "oats")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Folder with ``data.jsonl`` and ``model``."""
    from tests.tiny_gemma import write_tiny_model

    folder = tmp_path_factory.mktemp("inputs")
    write_tiny_model(folder / "model")
    with (folder / "data.jsonl").open("w", encoding="utf-8") as file:
        for i in range(EXAMPLES):
            lines = [f"{i % 5 + 1} cup {FOODS[i % 8]}", f"2 {FOODS[(i + 3) % 8]}"]
            recipe = {"@context": "https://schema.org", "@type": "Recipe", "name": f"Dish {i}"}
            recipe["recipeIngredient"] = lines
            example = build_example(f"Dish {i}: {', '.join(lines)}", recipe, "", "Get it.")
            file.write(json.dumps(example) + "\n")
    return folder


@pytest.fixture
def program(tmp_path, inputs):
    """Run a program in ``tmp_path`` as on a fresh machine; returns the finished process."""

    def run(*command, timeout=600, **environment):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "COV_"))}
        for name in ("CONFIG_DIR", "CACHE_DIR", "DATA_DIR"):
            kept[f"WANDB_{name}"] = str(tmp_path / name.lower())
        # 'python' must be the interpreter that runs the tests, as in an activated environment.
        path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
        settings = {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "HF_HUB_OFFLINE": "1",
            "NETRC": str(tmp_path / "netrc"),
            "OMP_NUM_THREADS": "2",
        }
        result = subprocess.run(
            [str(part) for part in command],
            cwd=tmp_path,
            env={**kept, **settings, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
        )
        result.both = result.stdout + result.stderr
        return result

    return run


@pytest.fixture
def base(inputs):
    """Parameters of a small run: 4 steps on a tiny model."""
    return {
        "dataset": str(inputs / "data.jsonl"),
        "model_name": str(inputs / "model"),
        "max_seq_length": 512,
        "lora_rank": 4,
        "batch_size": 2,
        "gradient_accumulation_steps": 1,
        "max_steps": 4,
        "eval_split": 0.1,
        "warmup_steps": 0,
    }


def flags(parameters):
    return [f"--{name.replace('_', '-')}={value}" for name, value in parameters.items()]


@pytest.fixture
def server():
    servers = []

    def start(trials=None):
        servers.append(WandbStub(trials))
        return servers[-1]

    yield start
    for started in servers:
        started.close()


def online(stub):
    return {"WANDB_BASE_URL": stub.url, "WANDB_API_KEY": API_KEY}


def wandb_program(*arguments):
    return (sys.executable, "-m", "wandb", *arguments)


def run_record(folder):
    return json.loads((folder / "training_run.json").read_text(encoding="utf-8"))


def test_an_offline_run_holds_settings_metrics_and_samples_and_can_be_synced(
    program, server, base, tmp_path
):
    flags_given = [*flags(base), "--table-rows=2"]
    named = {"WANDB_NAME": "first", "WANDB_TAGS": "a,b"}
    run = program(sys.executable, SCRIPT, *flags_given, WANDB_MODE="offline", **named)
    assert run.returncode == 0, run.both
    [folder] = (tmp_path / "wandb").glob("offline-run-*")

    stub = server()
    synced = program(*wandb_program("sync", folder), **online(stub))
    assert synced.returncode == 0, synced.both
    [sent] = stub.runs.values()
    record = run_record(tmp_path / "gemma-3")
    # Settings: all of them, and the dataset they were used on.
    given = record["settings"]
    del given["gradient_checkpointing"], given["eval_steps"]  # the trainer resolves these
    for name, value in given.items():
        assert sent.config[name] == value, name
    assert sent.config["dataset_sha256"] == record["dataset_sha256"]
    assert sent.config["dataset_examples"] == EXAMPLES
    assert (sent.project, sent.display_name) == ("recipe-extractor-finetune", "first")
    assert sent.tags == ["a", "b"]
    # Metrics: the same numbers as in the record beside the adapter.
    written = [entry["loss"] for entry in record["loss_history"] if "loss" in entry]
    assert len(written) == 4
    assert sent.values("train/loss") == pytest.approx(written)
    evaluations = sent.values("eval/loss")
    assert len(evaluations) >= 4
    assert evaluations[-1] == pytest.approx(record["result"]["eval_loss"])
    for metric in ("learning_rate", "grad_norm"):
        values = sent.values(f"train/{metric}")
        assert len(values) == 4, metric
        assert all(value >= 0 for value in values), metric
    assert sent.summary["train/tokens_per_second"] > 0
    assert sent.summary["train/peak_memory_bytes"] > 0
    # Samples: held-out posts with answers.
    [table] = [json.loads(v) for k, v in stub.uploads.items() if "held_out_posts" in k]
    assert table["columns"] == ["post", "answer", "expected", "valid", "ingredient_f1"]
    assert len(table["data"]) == 2
    assert all(row[0].startswith("Dish ") for row in table["data"])


def test_wandb_sweep_and_wandb_agent(program, server, base, tmp_path):
    import yaml

    config = yaml.safe_load((ROOT / "sweep.yaml").read_text(encoding="utf-8"))
    config["program"] = str(SCRIPT)
    # Settings that the sweep does not search.
    own = [*flags(base), "--table-rows=1"]
    config["command"] = ["${interpreter}", "${program}", *own, "${args}"]
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    fixed = {"max_steps": -1, "num_epochs": 1, "eval_split": 0.1}
    first = {**fixed, "learning_rate": 3e-05, "use_rslora": True, "lora_dropout": 0}
    broken = {**first, "lora_dropout": 1.5}
    third = {**fixed, "learning_rate": 1e-4, "use_rslora": False, "lr_scheduler_type": "cosine"}
    stub = server([first, broken, third])

    made = program(*wandb_program("sweep", "sweep.yaml"), **online(stub))
    assert made.returncode == 0, made.both
    printed = re.search(r"wandb agent (\S+)", made.both).group(1)
    assert printed == f"{ENTITY}/recipe-extractor-finetune/sweep1"
    assert yaml.safe_load(stub.sweeps["sweep1"])["early_terminate"]["type"] == "hyperband"

    agent = program(*wandb_program("agent", printed), **online(stub))
    assert agent.returncode == 0, agent.both
    assert "--use_rslora=True" in agent.both  # the spelling that the script has to accept
    assert "error: --lora-dropout is 1.5" in agent.both
    assert set(stub.runs) == {"trial1", "trial2", "trial3"}
    assert [stub.runs[f"trial{i}"].exit_code for i in (1, 2, 3)] == [0, 1, 0]
    for run_id, parameters in (("trial1", first), ("trial3", third)):
        run = stub.runs[run_id]
        assert run.sweep == "sweep1"
        settings = run_record(tmp_path / "outputs" / run_id / "adapter")["settings"]
        for name, value in parameters.items():
            assert run.config[name] == value, name
            assert settings[name] == value, name
        assert len(run.values("eval/loss")) > 1
    assert not (tmp_path / "gemma-3").exists()  # trials write to folders of their own


def test_06_runs_trials_with_its_own_flags(program, server, base, tmp_path):
    first = {"learning_rate": 1e-3, "lora_rank": 8, "use_rslora": True}
    endless = {"learning_rate": 1e-5, "max_steps": 2000, "eval_steps": 1}
    stub = server([first, endless, first])
    stub.stop_after_evaluations["trial2"] = 2
    stub.sweeps["abc"] = (ROOT / "sweep.yaml").read_text(encoding="utf-8").replace(
        "program: ", f"program: {ROOT}/"
    )  # fmt: skip
    address = f"{stub.url}/{ENTITY}/my-project/sweeps/abc"
    sweep = ("--sweep-id", address, "--sweep-count", "2", "--table-rows=1")
    done = program(sys.executable, SCRIPT, *flags(base), *sweep, **online(stub))
    assert done.returncode == 0, done.both
    assert len(stub.runs) == 2, done.both
    runs = [stub.runs[f"trial{i}"] for i in (1, 2)]
    assert [run.exit_code for run in runs] == [0, 255]
    assert {run.project for run in runs} == {"my-project"}
    assert stub.agents[0]["sweep"] == "abc"
    # Each trial has its own parameters; everything else comes from the flags.
    assert [run.config["learning_rate"] for run in runs] == [1e-3, 1e-5]
    assert [run.config["lora_rank"] for run in runs] == [8, 4]
    assert [run.config["use_rslora"] for run in runs] == [True, False]
    assert [run.config["max_seq_length"] for run in runs] == [512, 512]
    assert 2 <= len(runs[1].values("eval/loss")) < 1000
    adapters = [tmp_path / "outputs" / run.id / "adapter" / "adapter_config.json" for run in runs]
    assert [path.exists() for path in adapters] == [True, False]
