"""Mean and spread of several runs of 07."""

import json

import pytest

from benchmarks import seeds
from recipe_pipeline.common.errors import PipelineError


def write_summary(folder, model, **values):
    metrics = {key: {"value": value, "low": 0, "high": 1} for key, value in values.items()}
    path = folder / f"{model}-{len(list(folder.iterdir()))}.json"
    models = [{"model": model, "documents": 20, "metrics": metrics}]
    path.write_text(json.dumps({"models": models}), encoding="utf-8")
    return str(path)


def test_metrics_of_three_runs_have_mean_and_spread(tmp_path, capsys):
    runs = [write_summary(tmp_path, "mine", name=value) for value in (0.9, 0.95)]
    runs.append(write_summary(tmp_path, "mine", name=1.0, unsupported=0.01))
    assert seeds.main(runs) == 0
    out = capsys.readouterr().out
    assert "mine, 3 runs (20, 20, 20 documents)" in out
    assert "| name | 0.950 | 0.900 to 1.000 | 0.900, 0.950, 1.000 |" in out
    assert "(lower is better) | 0.010 | 0.010 to 0.010 | -, -, 0.010 |" in out


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    ours, other = write_summary(tmp_path, "a", name=1.0), write_summary(tmp_path, "b", name=1.0)
    with pytest.raises(PipelineError, match="no model is in all"):
        seeds.main([ours, other])
    (tmp_path / "results.jsonl").write_text("[]", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"results\.jsonl is not a summary"):
        seeds.main([str(tmp_path / "results.jsonl")])
