"""make gpu-check without a GPU: the loop on its stand-ins, what is skipped, what counts as failed."""

import pytest

from benchmarks import gpu_check, stand_ins
from benchmarks.gpu_check import checked_losses, parse_args, reason_to_skip
from recipe_pipeline.common.errors import PipelineError


def test_the_loop_trains_resumes_evaluates_and_answers_on_stand_ins(
    tiny_run, monkeypatch, without_unsloth
):
    monkeypatch.setattr(gpu_check, "find_spec", lambda name: None)  # no bitsandbytes
    monkeypatch.setattr(gpu_check, "ANSWER_TOKENS", 4)
    monkeypatch.setattr(gpu_check, "export", lambda settings: "1 MB")  # has tests of its own
    outcome = gpu_check.check_mode("bf16", str(tiny_run / "base"), tiny_run, steps=4)
    assert outcome["losses"][1] < outcome["losses"][0]
    assert outcome["tokens_per_second"] > 0
    assert outcome["peak_bytes"] > 0
    assert outcome["answers"].endswith(" of 4")
    assert "| bf16 |" in gpu_check.row("bf16", outcome)
    assert (tiny_run / "bf16" / "adapter" / "training_run.json").exists()


def test_a_batch_is_padded_on_the_right_without_loss_on_padding():
    pytest.importorskip("torch")
    rows = [{"input_ids": [5, 6, 7], "labels": [-100, 6, 7]}, {"input_ids": [8], "labels": [8]}]
    batch = {name: tensor.tolist() for name, tensor in stand_ins.padded(rows, 0).items()}
    assert batch == {
        "input_ids": [[5, 6, 7], [8, 0, 0]],
        "attention_mask": [[1, 1, 1], [1, 0, 0]],
        "labels": [[-100, 6, 7], [8, -100, -100]],
    }


def test_a_mode_without_its_packages_or_hardware_is_skipped_with_a_sentence(monkeypatch):
    assert reason_to_skip("fp16", has_bf16=False) is None
    assert reason_to_skip("bf16", has_bf16=True) is None
    assert "no bf16" in reason_to_skip("bf16", has_bf16=False)
    monkeypatch.setattr(gpu_check, "find_spec", lambda name: None)
    assert "bitsandbytes is not installed" in reason_to_skip("4bit", has_bf16=True)


def history(losses, first=1):
    return [{"step": step, "loss": loss} for step, loss in enumerate(losses, first)]


@pytest.mark.parametrize(
    ("losses", "eval_loss", "steps", "complaint"),
    [
        ([3.0, 2.0], 2.0, 4, "did not continue"),
        ([3.0, 2.5, float("nan"), 2.0], 2.0, 4, "not finite"),
        ([3.0, 2.5, 2.2, 2.0], float("inf"), 4, "not finite"),
        ([3.0, 2.5, 2.2, 2.0], None, 4, "not finite"),
        ([2.0, 2.5, 2.2, 3.0], 2.0, 4, "does not fall"),
    ],
)
def test_a_training_that_went_wrong_fails(losses, eval_loss, steps, complaint):
    with pytest.raises(PipelineError, match=complaint):
        checked_losses(history(losses), eval_loss, steps)


def test_the_table_has_every_mode_that_ran_and_a_sentence_for_the_others(monkeypatch, capsys):
    monkeypatch.setattr(gpu_check, "prepare", lambda work, name: "base")
    monkeypatch.setattr(gpu_check, "find_spec", lambda name: None)
    good = {"tokens_per_second": 12345.6, "peak_bytes": 3.2e9, "losses": [4.0, 1.0]}
    good |= {"eval_loss": 1.5, "answers": "0 of 4", "export": "290 MB", "stand_ins": ["unsloth"]}
    outcomes = {"bf16": good, "fp16": {"failed": "not done after 150 seconds"}}
    code = gpu_check.check_all(parse_args([]), True, lambda mode, *_: outcomes[mode])
    out = capsys.readouterr().out
    assert code == 1
    assert "| bf16 | 12,346 | 3.2 GB | 4.00 to 1.00 | 1.50 | 0 of 4 | 290 MB |" in out
    assert "fp16: failed, not done after 150 seconds" in out
    assert "4bit: skipped, bitsandbytes is not installed" in out
    assert "replaced by transformers and PEFT: unsloth" in out


def test_without_a_gpu_one_sentence(capsys, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu_check.main([]) == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_fp16_hides_bf16_from_whatever_asks(monkeypatch):
    torch = pytest.importorskip("torch")
    for name in ("get_device_capability", "is_bf16_supported"):
        monkeypatch.setattr(torch.cuda, name, None)
    gpu_check.hide_bf16()
    assert torch.cuda.get_device_capability() == torch.cuda.get_device_capability(0) == (7, 5)
    assert not torch.cuda.is_bf16_supported()
    assert not torch.cuda.is_bf16_supported(False)
