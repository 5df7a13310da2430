"""sweep.yaml: what it searches, and that every trial of it is valid for 06."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipe_pipeline.training.flags import normalised, settings_of
from recipe_pipeline.training.trainer import SHARE_BETWEEN_EVALUATIONS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sweep_config():
    import yaml

    return yaml.safe_load((ROOT / "sweep.yaml").read_text(encoding="utf-8"))


def test_sweep_yaml_searches_the_documented_values(sweep_config):
    assert sweep_config["method"] == "bayes"
    assert sweep_config["metric"] == {"name": "eval/loss", "goal": "minimize"}
    assert sweep_config["early_terminate"]["type"] == "hyperband"
    parameters = dict(sweep_config["parameters"])
    log_uniform = {"distribution": "log_uniform_values"}
    assert parameters.pop("learning_rate") == {**log_uniform, "min": 1e-6, "max": 1e-4}
    assert parameters.pop("weight_decay") == {**log_uniform, "min": 1e-4, "max": 1e-2}
    fixed = {
        name: parameters.pop(name)["value"]
        for name in list(parameters)
        if "value" in parameters[name]
    }
    assert fixed == {"max_steps": -1, "num_epochs": 1, "eval_split": 0.1}
    assert {name: spec["values"] for name, spec in parameters.items()} == {
        "lora_rank": [32, 64, 128, 256],
        "lora_alpha": [32, 64, 128, 256],
        "lora_dropout": [0, 0.05, 0.1],
        "batch_size": [2, 4, 8],
        "gradient_accumulation_steps": [2, 4, 8],
        "warmup_steps": [0, 5, 10, 20],
        "lr_scheduler_type": ["linear", "cosine", "constant_with_warmup"],
        "use_rslora": [False, True],
    }


def test_every_corner_of_the_search_makes_valid_settings(sweep_config):
    for pick in (0, -1):
        values = {}
        for name, spec in sweep_config["parameters"].items():
            choices = spec.get("values") or [spec.get("value", spec.get("min")), spec.get("max")]
            values[name] = spec["value"] if "value" in spec else choices[pick]
        flags = [f"--{name}={value}" for name, value in values.items()]  # as the agent writes them
        assert settings_of(normalised(flags)).max_steps == -1


def test_sweep_yaml_names_the_script(sweep_config):
    assert (ROOT / sweep_config["program"]).is_file()


def test_a_run_is_judged_at_least_twice_by_hyperband(sweep_config):
    rule = sweep_config["early_terminate"]
    # Bands are min_iter, min_iter * eta, ...: 3 and 9 of about 10 evaluations.
    assert rule["min_iter"] * rule["eta"] < 1 / SHARE_BETWEEN_EVALUATIONS
