"""Dataset files appear whole or not at all, also when a run is killed."""

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.files import ShuffledExamples, work_folder


def test_examples_are_written_in_the_order_of_their_keys(tmp_path):
    train, test = tmp_path / "d_train.jsonl", tmp_path / "d_test.jsonl"
    with work_folder(train) as folder:
        examples = ShuffledExamples(folder)
        for order in (3, 1, 2**64 - 1, 2):
            examples.add(order, b"%d" % order, b"meta of %d" % order)
        examples.publish((train, test), (0, 0, 1, 0))
        examples.close()
    assert train.read_text() == "1\n2\n3\n"
    assert test.read_text() == f"{2**64 - 1}\n"
    assert train.with_name("d_train.meta.jsonl").read_text() == "meta of 1\nmeta of 2\nmeta of 3\n"
    assert len(list(tmp_path.iterdir())) == 4


def test_a_failure_halfway_leaves_no_trace(folders, monkeypatch):
    for number in range(3):
        folders.pair(number)

    def disk_full(self, *_):
        raise OSError(28, "No space left on device", "data.jsonl")

    monkeypatch.setattr(ShuffledExamples, "add", disk_full)
    with pytest.raises(PipelineError, match="No space left on device"):
        folders.build(split=0.5)
    assert list(folders.output.parent.iterdir()) == []


def test_the_folder_of_a_killed_run_is_removed_and_that_of_a_running_one_is_not(folders):
    work = folders.output.parent
    (work / ".data.killed.tmp").mkdir(parents=True)
    folders.pair(1)
    with work_folder(folders.output) as alive:
        folders.build()
        assert list(work.glob(".data.*.tmp")) == [alive]
