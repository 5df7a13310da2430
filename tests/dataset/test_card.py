"""The dataset card, and that the ecosystem's own tools read the dataset."""

import json
from collections import Counter
from pathlib import Path

import pytest

from recipe_pipeline.dataset.card import card_name, card_text, splits
from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.summary import DatasetSummary
from recipe_pipeline.dataset.token_counts import described


@pytest.fixture
def report(tmp_path):
    summary = DatasetSummary(
        examples=1500, train=1200, test=300, recipes=1400, card=tmp_path / "d.README.md",
        data_files=[tmp_path / f"d_{side}.jsonl" for side in ("train", "test")],
        styles=Counter(fluffy_organized=1000, instagram_short=500), kinds=Counter(complete=1500),
        skipped=Counter({"unsupported": 7}),
        lengths=described([900, 9000], 8192), lengths_with_reasoning=described([950, 9100], 8192),
        models=Counter({"qwen3, blog": 1500, "qwen3, label": 1500}),
    )  # fmt: skip
    for file in (*summary.files, summary.card):
        file.write_text(json.dumps(build_example("post", {})) + "\n")
    return summary


def header_of(card):
    yaml = pytest.importorskip("yaml")
    assert card.startswith("---\n")
    return yaml.safe_load(card.split("---\n")[1])


def test_the_header_has_the_fields_of_the_hub(report):
    header = header_of(card_text(report, DatasetSettings()))
    assert header["license"] == "other"
    assert header["size_categories"] == "1K<n<10K"
    assert header["configs"][0]["data_files"] == [
        {"split": "train", "path": "d_train.jsonl"},
        {"split": "test", "path": "d_test.jsonl"},
    ]


def test_the_card_describes_origin_contents_and_limits(report):
    card = card_text(report, DatasetSettings(split=0.8, seed=5))
    for said in (
        "1,500 chat examples (1,200 to train, 300 to test) about 1,400 different recipes",
        "`qwen3, blog` (1,500)", "seed 5", "less than 0.6 were left out", "| style | fluffy_organized | 1,000 |",
        "median 9,000", "50.0% exceed 8,192", "7 unsupported", "on one side of the split",
    ):  # fmt: skip
        assert said in card
    unchecked = card_text(report, DatasetSettings(min_support=0))
    assert "**not** checked" in unchecked


@pytest.mark.parametrize(
    ("examples", "size"),
    [(1, "n<1K"), (9_999, "1K<n<10K"), (500_000, "100K<n<1M"), (2_000_000, "n>1M")],
)
def test_the_size_category_follows_the_number_of_examples(report, examples, size):
    report.examples = examples
    assert header_of(card_text(report, DatasetSettings()))["size_categories"] == size


def test_the_card_never_replaces_a_readme():
    assert card_name(Path("finetuning_dataset.jsonl")).name == "finetuning_dataset.README.md"


@pytest.fixture
def built(folders):
    """A small dataset built from files, split in two."""
    for number in range(8):
        folders.pair(number)
    return folders.build(split=0.5)


def test_the_card_is_written_beside_the_dataset(built):
    assert built.card.name == "data.README.md"
    assert "8 chat examples" in built.card.read_text()


@pytest.mark.slow
def test_load_dataset_reads_the_files_and_the_card(built, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    files = {split: str(path) for split, path in splits(built).items()}
    cache = str(tmp_path / "cache")
    loaded = datasets.load_dataset("json", data_files=files, cache_dir=cache)
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 4, "test": 4}
    assert [m["role"] for m in loaded["train"][0]["messages"]] == ["system", "user", "assistant"]
    repository = tmp_path / "repository"
    repository.mkdir()
    for file in (*built.files, built.card):
        name = "README.md" if file == built.card else file.name
        (repository / name).write_bytes(file.read_bytes())
    from_card = datasets.load_dataset(str(repository), cache_dir=cache)
    assert {split: len(rows) for split, rows in from_card.items()} == {"train": 4, "test": 4}
