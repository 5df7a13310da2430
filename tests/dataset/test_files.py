"""Dataset files appear whole or not at all, also when a run is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

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


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.05)


def processes_below(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


SLOW_RUN = """
import sys, time
from pathlib import Path
from recipe_pipeline.common import cli
from recipe_pipeline.dataset import records
from recipe_pipeline.dataset.build import DatasetSettings, build_dataset
records.PARALLEL_FROM, records.CHUNK = 2, 1
make = records.make_record
blog, llm, output = map(Path, sys.argv[1:])
started = blog.parent / "started"
records.make_record = lambda *arguments: started.touch() or time.sleep(0.3) or make(*arguments)
settings = DatasetSettings(blog_dir=blog, llm_dir=llm, output=output, workers=2, min_support=0)
sys.exit(cli.run(lambda argv: build_dataset(settings) and 0))
"""


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")


def start_slow_run(folders):
    """(process, its workers): 04 over 200 posts, half a minute long, with its first post being read."""
    for row in range(200):
        folders.pair(row)
    command = [sys.executable, "-c", SLOW_RUN, folders.blog, folders.llm, folders.output]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for((folders.blog.parent / "started").exists)
    workers = processes_below(process.pid)
    assert len(workers) == 2
    return process, workers


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_run_leaves_no_process_and_the_next_one_no_folder(folders, number):
    process, workers = start_slow_run(folders)
    process.send_signal(number)
    process.communicate(timeout=120)  # ends only when no worker holds the pipe any more
    wait_for(lambda: not any(map(lives, workers)))
    work = folders.output.parent
    if number == signal.SIGTERM:
        assert process.returncode == 130
        assert list(work.iterdir()) == []
    folders.build()
    assert list(work.glob(".data.*.tmp")) == []


@needs_proc
def test_a_lost_worker_ends_the_run_with_one_line(folders):
    process, workers = start_slow_run(folders)
    os.kill(workers[0], signal.SIGKILL)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "fewer --workers" in error.splitlines()[-1]
    assert list(folders.output.parent.iterdir()) == []
