"""Files appear whole or not at all, under names that every file system takes."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from recipe_pipeline.common import storage


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ham & Cheese", "ham-cheese"),
        ('Grandma\'s "Best" Crème/Brûlée', "grandmas-best-creme-brulee"),
        ("CON: ../../etc/passwd", "con-etc-passwd"),
        ("🍕", "recipe"),
        ("", "recipe"),
        ("寿司 sushi", "sushi"),
        ("a" * 100, "a" * 60),
        ("b" * 59 + " c", "b" * 59),
    ],
)
def test_slugs_are_ascii_words(name, slug):
    assert storage.slugify(name) == slug


def test_stems_of_one_name_differ_by_row():
    assert storage.recipe_stem(12, "Pie") == "00012-pie"
    assert storage.recipe_stem(123456, "Pie") == "123456-pie"


def test_a_write_creates_the_folder_and_leaves_only_the_file(tmp_path):
    path = tmp_path / "a" / "b.txt"
    storage.write_atomic(path, "crème\r\nx\n")
    assert path.read_bytes() == "crème\r\nx\n".encode()
    storage.write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["b.txt"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    path.write_text("old")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        storage.write_atomic(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_a_written_file_respects_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        storage.write_atomic(tmp_path / "x", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_a_long_name_is_written(tmp_path):
    path = tmp_path / ("ü" * 100 + ".txt")
    storage.write_atomic(path, "x")
    assert path.read_text() == "x"


def test_json_is_readable_and_refuses_nan(tmp_path):
    storage.write_json(tmp_path / "x.json", {"a": "½"})
    assert "½" in (tmp_path / "x.json").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="not JSON compliant"):
        storage.write_json(tmp_path / "y.json", {"a": float("nan")})
    assert not (tmp_path / "y.json").exists()


def test_a_record_has_a_line_for_each_key(tmp_path):
    record = {"a": "½\n", "b": [1, {"c": None}], 'q"': {}}
    storage.write_record(tmp_path / "x.json", record)
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(text) == record
    assert text.count("\n") == 5
    with pytest.raises(ValueError, match="not JSON compliant"):
        storage.write_record(tmp_path / "y.json", {"a": float("inf")})


def test_the_cache_folder_can_be_set(monkeypatch, tmp_path):
    monkeypatch.setenv("RECIPE_PIPELINE_CACHE", str(tmp_path))
    assert storage.cache_dir() == tmp_path
    monkeypatch.delenv("RECIPE_PIPELINE_CACHE")
    assert "recipe-pipeline" in str(storage.cache_dir())
    assert isinstance(storage.cache_dir(), Path)
