import json

import pytest

from recipe_pipeline.models.gguf_metadata import is_gemma, model_metadata, short_name


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("embedded", "gemma-3-270m"),
        ("unsloth/gemma-3-270m-it", "gemma-3-270m-it"),
        ("x/we ird:name", "we-ird-name"),
        ("x/..", "model"),
    ],
)
def test_file_names_are_safe(base, expected):
    assert short_name(base) == expected


def test_gemma_models_carry_license_and_origin():
    metadata = model_metadata("unsloth/gemma-3-270m-it")
    assert metadata["general.license"] == "gemma"
    assert metadata["general.base_models"] == [
        {
            "name": "gemma-3-270m-it",
            "organization": "Google",
            "repo_url": "https://huggingface.co/unsloth/gemma-3-270m-it",
        }
    ]
    assert model_metadata("embedded")["general.base_models"][0]["repo_url"].endswith(
        "google/gemma-3-270m"
    )


def test_other_models_get_no_license_and_paths_stay_private(tmp_path):
    assert "general.license" not in model_metadata("someone/qwen")
    assert str(tmp_path) not in json.dumps(model_metadata(str(tmp_path)))


def test_a_local_gemma_is_known_by_its_config(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "gemma3_text"}', encoding="utf-8")
    assert is_gemma(str(tmp_path))
