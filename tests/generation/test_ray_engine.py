"""``--engine ray`` of 02 and 03: the same files as asyncio's, also when a worker is killed."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import list_stage
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.generation.labels import LabelItem, LabelStage
from recipe_pipeline.generation.ray_worker import Job, Worker
from recipe_pipeline.generation.settings import (
    EngineSettings,
    GenerationSettings,
    LabelSettings,
    StageSettings,
    add_generation_flags,
    generation_settings,
)
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.offline_teacher.answers import answer
from recipe_pipeline.offline_teacher.memory import Memory
from tests.fake_server import MODEL, FakeServer, Hang, Hold, Status, Text
from tests.generation.test_run import BLOGS, COLUMNS, LABELS, files, label_for, write_posts
from tests.script_runs import run_script, start_script, wait_until

COUNT = 300
SCRIPTS = pytest.mark.parametrize("script", [BLOGS, LABELS])
DISHES = ("Lentil Soup", "Apple Pie", "Fish Stew", "Bean Salad", "Leek Tart", "Rice Pudding")


class Teacher:
    """The offline teacher behind a `FakeServer`, which counts the requests."""

    def __init__(self):
        self.memory = Memory()

    def __call__(self, call):
        return Text(answer(call.body["messages"], call.body.get("seed") or 0, self.memory))


@pytest.fixture(scope="module")
def local_ray():
    """One local Ray for all tests that run in this process; the engine joins it."""
    ray = pytest.importorskip("ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(address="local", num_cpus=3, include_dashboard=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture
def flags(tmp_path):
    """Flags of a script, given its output folder and the server."""
    source = tmp_path / "recipes.csv"
    with open(source, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(COUNT):
            dish = f"{DISHES[number % 6]} {number}"
            row = ["main-dish", dish, "4", "9", "2", f"A {dish} for every day."]
            ingredients = f"{number + 2} cups water + 1 leek, sliced + 2 teaspoons salt"
            writer.writerow([*row, f"prep: {number % 50 + 5} mins,Servings: 4", ingredients])

    def build(script, output, server, *more):
        if script == BLOGS:
            fixed = ("--csv", source, "--output-blog", tmp_path / output, "--unchecked")
            fixed += () if "--limit" in more else ("--limit", 0)
        else:
            fixed = ("-i", tmp_path / "posts", "-o", tmp_path / output)
        return (*fixed, "--base-url", server.base_url, *more)

    return build


@pytest.fixture
def teacher(tmp_path, flags):
    """A server with the offline teacher; ``prepare(script)`` makes the input of the script."""
    with FakeServer(Teacher()) as server:

        def prepare(script):
            if script == LABELS:
                assert run_script(BLOGS, *flags(BLOGS, "posts", server)) == 0
                server.calls.clear()

        server.prepare = prepare
        yield server


@pytest.fixture
def drivers():
    """Starts scripts as `start_script` does and kills what a failed test leaves running."""
    started = []

    def begin(*command):
        started.append(start_script(*command))
        return started[-1]

    yield begin
    for process in started:
        process.kill()  # Ray's processes end with their driver
        process.communicate()


def summary(output):
    """The closing lines without times, speeds and the folder's name."""
    text = re.sub(r", in [^;]*; folder .*| \([\d,]+/s\)|; details and replies in .*", "", output)
    return [line for line in text.splitlines() if not line.startswith("/")]


def ray_workers(driver):
    """Process ids of the Ray actors below the process ``driver``."""
    listing = subprocess.run(
        ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
    parents = {int(row[0]): int(row[1]) for row in rows}

    def below(pid):
        while pid in parents and pid != driver:
            pid = parents[pid]
        return pid == driver

    return [
        int(row[0])
        for row in rows
        if len(row) > 2 and row[2].startswith("ray::") and "Worker" in row[2] and below(int(row[0]))
    ]


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds workers by ps and /proc")
@SCRIPTS
def test_a_killed_worker_changes_no_file_and_costs_only_what_was_in_flight(
    tmp_path, script, flags, teacher, drivers
):
    pytest.importorskip("ray")
    teacher.prepare(script)
    assert run_script(script, *flags(script, "undisturbed", teacher)) == 0
    asked = len(teacher.calls)
    teacher.calls.clear()
    suffix, good, killed = ".txt" if script == BLOGS else ".json", teacher.script, threading.Event()

    def written():
        return len(list(tmp_path.glob(f"disturbed/*{suffix}")))

    # From then on every answer waits until a worker is dead, however slow this machine is.
    teacher.script = lambda call: good(call) if written() < 50 else Hold(killed, good(call))
    more = ("--engine", "ray", "--concurrency", 8, "--ray-workers", 2)
    driver = drivers(script, *flags(script, "disturbed", teacher, *more))
    wait_until(lambda: written() >= 50 and teacher.in_flight > 0, 300)
    os.kill(ray_workers(driver.pid)[0], signal.SIGKILL)
    killed.set()
    output, error = driver.communicate(timeout=300)

    assert driver.returncode == 0, error
    assert f"{COUNT} done, 0 skipped" in output
    assert files(tmp_path / "disturbed") == files(tmp_path / "undisturbed")
    # A lost worker costs what was in flight, at most 8 requests, and not its two blocks of 16 items.
    assert asked <= len(teacher.calls) <= asked + 8


@pytest.mark.slow
@pytest.mark.usefixtures("local_ray")
@SCRIPTS
def test_ray_finishes_what_asyncio_started(tmp_path, script, flags, teacher, capfd):
    teacher.prepare(script)
    assert run_script(script, *flags(script, "whole", teacher)) == 0
    whole = len(teacher.calls)
    teacher.calls.clear()
    capfd.readouterr()
    assert run_script(script, *flags(script, "parts", teacher, "--limit", COUNT // 2)) == 0
    assert run_script(script, *flags(script, "parts", teacher, "--engine", "ray")) == 0
    assert f"{COUNT // 2} done, {COUNT // 2} skipped" in capfd.readouterr().out
    assert len(teacher.calls) == whole
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    # Nothing is left to do: neither a server nor Ray is needed.
    assert run_script(script, *flags(script, "parts", teacher, "--engine", "ray")) == 0
    assert len(teacher.calls) == whole


@pytest.mark.slow
@pytest.mark.usefixtures("local_ray")
@SCRIPTS
def test_summary_failures_and_exit_code_are_those_of_asyncio(
    tmp_path, script, flags, teacher, capfd
):
    teacher.prepare(script)
    good = teacher.script

    def some_fail(call):
        return Status(400) if "17" in call.user else good(call)

    teacher.script = some_fail
    ends = {}
    for engine in ("asyncio", "ray"):
        capfd.readouterr()
        code = run_script(
            script, *flags(script, engine, teacher, "--limit", 60, "--engine", engine)
        )
        lines = (tmp_path / engine / "failures.jsonl").read_text("utf-8").splitlines()
        failures = sorted(json.loads(line)["id"] for line in lines)
        ends[engine] = code, failures, sorted(summary(capfd.readouterr().out))
    assert ends["ray"] == ends["asyncio"]
    assert ends["ray"][0] == 1
    assert ends["ray"][1]


@pytest.mark.slow
@pytest.mark.usefixtures("local_ray")
def test_counts_of_several_blocks_add_up(flags, teacher, capfd):
    assert run_script(BLOGS, *flags(BLOGS, "posts", teacher, "--limit", 50, "--engine", "ray")) == 0
    styles = re.search(r"styles: (.*)", capfd.readouterr().out)[1]
    assert sum(map(int, re.findall(r"\d+", styles))) == 50


@pytest.mark.slow
@pytest.mark.usefixtures("local_ray")
def test_a_fatal_error_ends_the_run(tmp_path, flags, teacher, capfd):
    good = teacher.script
    teacher.script = lambda call: good(call) if call.number < 20 else Status(401)
    assert run_script(BLOGS, *flags(BLOGS, "posts", teacher, "--engine", "ray")) == 1
    output, error = capfd.readouterr()
    assert "pass the right one with --api-key" in error
    # What was in flight at the first 401, and little more: not all that was left to do.
    assert len(teacher.calls) < COUNT / 2
    assert f"posts: {len(list_stage(tmp_path / 'posts', '.txt'))} done" in output


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process on Windows")
def test_ctrl_c_ends_with_a_summary_and_code_130_and_no_key_is_written(
    tmp_path, flags, teacher, drivers
):
    pytest.importorskip("ray")
    good, teacher.key = teacher.script, "sk-quite-secret"

    # Neither requests nor workers are counted: Ray may start a worker late or twice.
    def written():
        return len(list(tmp_path.glob("posts/*.txt")))

    teacher.script = lambda call: good(call) if written() < 40 else Hang()
    more = ("--engine", "ray", "--api-key", teacher.key)
    driver = drivers(BLOGS, *flags(BLOGS, "posts", teacher, *more))
    wait_until(lambda: written() >= 40 and teacher.in_flight > 0, 300)
    driver.send_signal(signal.SIGINT)
    output, error = driver.communicate(timeout=300)
    assert driver.returncode == 130, error
    assert 40 <= written() < COUNT
    assert f"posts: {written()} done" in output
    assert "interrupted; run the same command again to continue" in error
    assert teacher.key not in output + error
    # The newest session of Ray is the one that has just ended.
    logs = Path("/tmp/ray/session_latest").rglob("*")
    texts = [path.read_bytes() for path in logs if path.is_file() and not path.is_symlink()]
    assert not any(teacher.key.encode() in text for text in texts)


@pytest.mark.slow
def test_a_ray_address_without_a_cluster_is_reported_at_once(tmp_path, flags, teacher, capfd):
    pytest.importorskip("ray")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    more = ("--engine", "ray", "--ray-address", address)
    assert run_script(BLOGS, *flags(BLOGS, "posts", teacher, *more)) == 1
    assert f"nothing answers at --ray-address {address}" in capfd.readouterr().err
    assert not teacher.calls


def test_a_worker_skips_finished_items_and_returns_failures_and_counts(tmp_path):
    posts, output = write_posts(tmp_path / "posts", 4), tmp_path / "json"
    items = [LabelItem(path.stem, str(path)) for path in sorted(posts.glob("*.txt"))]
    place = StageSettings(output, ".json", "recipes")
    write_atomic(output / "00000-soup.json", "{}")

    def script(call):
        return Status(400) if "Post 2:" in call.user else label_for(call)

    with FakeServer(script) as server:
        generation = GenerationSettings(ServerSettings(server.base_url, MODEL, concurrency=2))
        stage = LabelStage(LabelSettings(posts, output, verify=0), generation)
        job = Job(stage, place, generation.server, generation.runner, os.getcwd())
        result = asyncio.run(Worker(job).work(items))
    assert (result.report.done, result.report.failed, len(server.calls)) == (3, 1, 3)
    assert [failure["stem"] for failure in result.failures] == ["00002-soup"]
    assert result.counts["found"] == {"one recipe": 2}
    assert stage.counts["found"] == {}


def test_a_worker_without_the_drivers_folder_says_so(tmp_path):
    job = Job(None, None, ServerSettings(), RunnerSettings(), str(tmp_path / "absent"))
    with pytest.raises(PipelineError, match="all machines of the cluster share"):
        Worker(job)


@SCRIPTS
def test_without_ray_the_error_says_how_to_install_it(script, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.chdir(tmp_path)
    assert run_script(script, "--engine", "ray") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("pip install -r requirements-scale.txt")
    assert not list(tmp_path.iterdir()), "nothing was started"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"engine": "spark"}, "--engine is 'spark': it must be one of asyncio, ray"),
        ({"ray_address": "10.0.0.1:6379"}, "--ray-address needs --engine ray"),
        ({"engine": "ray", "ray_workers": 0}, "--ray-workers is 0: it must be at least 1"),
    ],
)
def test_wrong_engine_settings_are_reported(fields, message):
    with pytest.raises(PipelineError, match=message):
        EngineSettings(**fields)


def test_flags_become_engine_settings():
    from recipe_pipeline.common import cli

    parser = cli.build_parser("")
    add_generation_flags(parser, temperature=0.5)
    settings = generation_settings(parser.parse_args([]))
    assert settings.engine == EngineSettings("asyncio", None, 2)
    assert settings.sampling.temperature == 0.5
    args = parser.parse_args(["--engine", "ray", "--ray-address", "auto", "--ray-workers", "5"])
    assert generation_settings(args).engine == EngineSettings("ray", "auto", 5)


def test_the_repr_of_settings_hides_the_key():
    assert "secret" not in repr(ServerSettings("http://localhost/v1", "m", "secret"))
