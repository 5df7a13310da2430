"""The dataset card, the upload, and that the ecosystem's own tools read the dataset."""

import json
from collections import Counter
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.card import card_name, card_text, push_to_hub, splits
from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.summary import DatasetSummary
from recipe_pipeline.dataset.token_counts import summarise


@pytest.fixture
def report(tmp_path):
    summary = DatasetSummary(
        examples=1500, train=1200, test=300, recipes=1400, card=tmp_path / "d.README.md",
        data_files=[tmp_path / f"d_{side}.jsonl" for side in ("train", "test")],
        styles=Counter(fluffy_organized=1000, instagram_short=500), kinds=Counter(complete=1500),
        skipped=Counter({"unsupported": 7}), reasoning_problems=Counter(empty=3),
        lengths=summarise([900, 9000], 8192), lengths_with_reasoning=summarise([950, 9100], 8192),
        lengths_how="estimated",
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
        "median 9,000", "50.0% exceed 8,192", "7 unsupported", "3 empty", "on one side of the split",
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


class Hub:
    """A fake client of the hub that records the uploads."""

    def __init__(self, error=None):
        self.error, self.created, self.uploads = error, [], {}

    def create_repo(self, name, **options):
        if self.error:
            raise self.error
        self.created.append((name, options))
        return Address(f"me/{name}")

    def upload_file(self, path_or_fileobj, path_in_repo, repo_id, repo_type):
        self.uploads[path_in_repo] = (Path(path_or_fileobj).read_text(), repo_id, repo_type)


class Address(str):
    @property
    def repo_id(self):
        return str(self)


@pytest.fixture
def hub(monkeypatch):
    import huggingface_hub

    def use(error=None, token="hf_secret"):
        fake = Hub(error)
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda: fake)
        monkeypatch.setattr(huggingface_hub, "get_token", lambda: token)
        return fake

    return use


def test_card_data_and_metadata_are_uploaded_to_a_dataset_repository(report, hub):
    report.card.write_text("the card")
    fake = hub()
    assert push_to_hub("recipes", report, private=True) == "me/recipes"
    assert fake.created == [
        ("recipes", {"repo_type": "dataset", "private": True, "exist_ok": True})
    ]
    assert set(fake.uploads) == {"README.md", *(file.name for file in report.files)}
    assert fake.uploads["README.md"] == ("the card", "me/recipes", "dataset")


def test_without_a_token_the_error_says_how_to_get_one(report, hub):
    hub(token=None)
    with pytest.raises(PipelineError, match="hf auth login"):
        push_to_hub("recipes", report)


def hub_error(kind):
    from huggingface_hub import errors

    if kind == "refused":
        import httpx

        request = httpx.Request("POST", "https://huggingface.co/api")
        return errors.HfHubHTTPError("no", response=httpx.Response(403, request=request))
    return errors.HFValidationError("bad name") if kind == "name" else ConnectionError("down")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("refused", "refused the upload to recipes (403)"), ("name", "is not a valid repository name"),
     ("network", "could not reach the Hugging Face hub")],
)  # fmt: skip
def test_a_failed_upload_is_one_line_without_the_token(report, hub, kind, sentence):
    hub(hub_error(kind))
    with pytest.raises(PipelineError) as caught:
        push_to_hub("recipes", report)
    assert sentence in str(caught.value)
    assert "hf_secret" not in str(caught.value)


def test_a_missing_package_is_reported(report, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(PipelineError, match="pip install huggingface_hub"):
        push_to_hub("recipes", report)


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
