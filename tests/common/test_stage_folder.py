"""Stage folders: layout, resume, lock, failure log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recipe_pipeline.common import stage_folder
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import write_atomic


@pytest.mark.parametrize(
    ("stem", "folder"),
    [
        ("00012-pie", "."),
        ("49999-pie", "."),
        ("50000-pie", "50000-59999"),
        ("123456-pie", "120000-129999"),
        ("12345678-pie", "12340000-12349999"),
        ("my own notes", "."),
        ("2024 was good", "."),
    ],
)
def test_rows_from_50000_on_are_in_subfolders(stem, folder):
    path = stage_folder.stage_path(Path("out"), stem, ".txt")
    assert path == Path("out", folder, f"{stem}.txt")


def test_every_written_file_is_found_again_in_row_order(tmp_path):
    stems = ["00002-b", "00010-a", "99999-z", "100000-a", "50000-c"]
    for stem in reversed(stems):
        write_atomic(stage_folder.stage_path(tmp_path, stem, ".txt"), stem)
    listed = stage_folder.list_stage(tmp_path, ".txt")
    assert list(listed) == ["00002-b", "00010-a", "50000-c", "99999-z", "100000-a"]
    paths = (stage_folder.existing_path(tmp_path, stem, ".txt") for stem in listed)
    assert [Path(path).read_text() for path in paths] == list(listed)


def test_a_file_outside_its_subfolder_is_found(tmp_path):
    write_atomic(tmp_path / "50000-c.txt", "flat")
    assert Path(stage_folder.existing_path(tmp_path, "50000-c", ".txt")).read_text() == "flat"


def test_sidecars_hidden_files_and_other_folders_are_not_results(tmp_path):
    for name in ("a.json", "a.meta.json", ".b.json", "failures.jsonl", "notes.txt", "x/c.json"):
        write_atomic(tmp_path / name, "{}")
    done = stage_folder.done_stems(tmp_path, ".json")
    assert len(done) == 1
    assert "a" in done
    assert len(stage_folder.done_stems(tmp_path / "absent", ".json")) == 0


def test_a_missing_folder_and_a_file_in_its_place_are_reported(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("absent", "file"):
        with pytest.raises(PipelineError, match=name):
            stage_folder.list_stage(tmp_path / name, ".txt")


def test_a_second_run_in_the_same_folder_is_refused_and_a_later_one_is_not(tmp_path):
    folder = tmp_path / "new" / "out"
    with (
        stage_folder.locked(folder),
        pytest.raises(PipelineError, match="another run is writing"),
        stage_folder.locked(folder),
    ):
        pass
    with stage_folder.locked(folder):
        pass


def test_the_lock_removes_what_a_killed_run_left(tmp_path):
    (tmp_path / "50000-59999").mkdir()
    left = [tmp_path / ".00001-a.txt.7-1.tmp", tmp_path / "50000-59999" / ".50001-a.txt.7-2.tmp"]
    kept = [tmp_path / "00001-a.txt", tmp_path / "mine.tmp", tmp_path / ".hidden"]
    for path in left + kept:
        path.write_text("x")
    with stage_folder.locked(tmp_path):
        assert not any(path.exists() for path in left)
        assert all(path.exists() for path in kept)


def test_a_file_in_place_of_the_output_folder_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PipelineError, match="file"), stage_folder.locked(tmp_path / "file"):
        pass


def test_the_failure_log_keeps_the_last_line_of_items_without_output(tmp_path):
    log = stage_folder.FailureLog(tmp_path)
    log.add("a", "refusal", "first", reply="no")
    log.add("b", "refusal", "other")
    log.add("a", "truncated", "second", reply="cut \ud83d")
    with open(log.path, "ab") as file:
        file.write(b'{"id": "c", "rea')
    log.settle(lambda stem: stem != "b")
    assert len(log.path.read_text(encoding="utf-8").splitlines()) == 2  # what is there is older
    log = stage_folder.FailureLog(tmp_path)
    log.settle(lambda stem: stem != "b")
    (line,) = log.path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["reason"] == "truncated"
    log.settle(lambda stem: False)
    assert not log.path.exists()
    log.settle(lambda stem: False)


def test_a_new_folder_that_stays_empty_is_removed_and_an_old_one_is_kept(tmp_path):
    (tmp_path / "old").mkdir()
    for name in ("new", "old"):
        with stage_folder.locked(tmp_path / name):
            pass
    with stage_folder.locked(tmp_path / "used"):
        (tmp_path / "used" / "00001-a.txt").write_text("x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "used"]
