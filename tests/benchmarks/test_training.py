"""The training benchmarks: what they compare, on a tiny model with stand-ins for Unsloth and TRL."""

import os
from argparse import Namespace

import pytest

from benchmarks import stand_ins, training, training_profile, training_ways
from benchmarks.new_process import in_new_process
from benchmarks.training_profile import REST, kind_of, profile_loop, shares
from benchmarks.training_ways import dataset_in, joined


def arguments(folder, **more):
    values = {"dataset": folder / "set.jsonl", "model_name": str(folder / "base"), "work": folder}
    return Namespace(**values, **more)


def test_before_and_after_train_to_the_same_loss(tiny_run, without_unsloth, monkeypatch):
    stand_ins.install(["unsloth", "trl"], "bf16")
    monkeypatch.setattr(training_ways, "HELD_OUT", 4)
    options = {"rank": 4, "rate": 1e-3, "examples": 8, "lengths": "quickstart"}
    results = []
    for way in ("ours", "before"):
        results.append({"way": way, **training_ways.WAYS[way](arguments(tiny_run, **options))})
    ours, before = results
    assert ours["held_out_loss"] == pytest.approx(before["held_out_loss"], rel=1e-3)
    assert "| before |" in training.table(results)


@pytest.mark.parametrize("loop", training_profile.LOOPS)
def test_the_profile_of_a_loop_has_shares_that_add_up_and_memory(
    tiny_run, without_unsloth, monkeypatch, loop
):
    monkeypatch.setattr(training_profile, "PROFILED", 1)
    stand_ins.install(["unsloth", "trl"], "bf16")
    result = profile_loop(loop, arguments(tiny_run, steps=3, tokens=0))
    assert sum(result["shares"].values()) == pytest.approx(1, abs=0.01)
    assert result["shares"]["matrix products"] > 0
    assert result["memory"][3] > 1e6
    assert "| copies and casts |" in training_profile.table({loop: result})
    assert len(result["losses"]) == 3


def test_losses_stand_side_by_side_in_blocks():
    result = {"shares": shares({}, 1.0), "step_seconds": 1.0, "tokens": 9, "memory": {}}
    plain = {**result, "losses": ["2.0"] * 25 + ["1.0"] * 25}
    fused = {**result, "losses": ["2.0"] * 25 + ["1.5"] * 25}
    lines = training_profile.table({"plain": plain, "fused": fused}).splitlines()
    assert "| mean loss, steps 26 to 50 | 1.0000 | 1.5000 |" in lines
    assert lines[-1] == "| mean distance from plain, step by step | 0.0000 | 0.2500 |"


@pytest.mark.parametrize(
    ("operator", "kind"),
    [
        ("aten::mm", "matrix products"),
        ("aten::bmm", "attention products"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu_backward", "attention products"),
        ("aten::copy_", "copies and casts"),
        ("aten::mul", "element-wise"),
        ("aten::_fused_adamw_", REST),
    ],
)
def test_operators_have_kinds(operator, kind):
    assert kind_of(operator) == kind


def test_shares_are_of_the_wall_time():
    found = shares({"aten::mm": 2.0, "aten::addmm_": 1.0, "aten::mul": 1.0, "x": 9.0}, wall=8.0)
    assert found["matrix products"] == 3 / 8
    assert found["element-wise"] == 1 / 8
    assert found[REST] == 1 / 2


def test_rows_are_joined_until_they_are_long_enough():
    rows = [{"input_ids": [n] * n, "labels": [n] * n, "length": n} for n in (2, 3, 6, 1)]
    assert joined(rows, 0) == rows
    long = joined(rows, 5)
    assert [row["length"] for row in long] == [5, 6]
    assert long[0]["input_ids"] == long[0]["labels"] == [2, 2, 3, 3, 3]


def test_the_bundled_recipes_replace_a_dataset_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert dataset_in(tmp_path, tmp_path / "mine.jsonl") == tmp_path / "mine.jsonl"
    path = dataset_in(tmp_path, None)
    assert len(path.read_text(encoding="utf-8").splitlines()) > 100


def test_a_way_that_fails_or_is_killed_says_so_and_the_others_go_on():
    killed, failed = in_new_process(os._exit, 9), in_new_process(open, "missing.jsonl")
    speed = {"examples_per_second": 1.0, "peak_bytes": 2e9, "held_out_loss": 0.5}
    ways = [{"way": "ours", **speed}, {"way": "before", **killed}, {"way": "plain", **failed}]
    lines = training.table(ways).splitlines()
    assert "| ours | 1.000 | 1.00 x | 2.0 GB | 0.5000 |" in lines
    assert any("killed by the system" in line for line in lines)
    assert any("FileNotFoundError" in line for line in lines)
