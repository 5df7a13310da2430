"""The runner loses nothing, repeats nothing needlessly, and limits everything."""

from __future__ import annotations

import asyncio
import errno
import json
import random
import threading
import time
from dataclasses import dataclass, field

import pytest

from recipe_pipeline.common.stage_folder import FailureLog
from recipe_pipeline.llm.client import ChatClient, ChatRequest
from recipe_pipeline.llm.outage import backoff
from recipe_pipeline.llm.replies import ReplyError, require_finished
from recipe_pipeline.llm.runner import Runner
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.llm.stage import ItemError, StageRun
from tests.fake_server import MODEL, Drop, FakeServer, Garbage, Hang, Status, Text


@dataclass(frozen=True)
class Item:
    stem: str


@dataclass
class EchoStage:
    """Sends the stem; accepts every text but "" and "bad"."""

    results: dict[str, str] = field(default_factory=dict)
    unusable: frozenset[str] = frozenset()
    write_error: OSError | None = None

    def request(self, item, repeat):
        if item.stem in self.unusable:
            raise ItemError("empty_post", f"{item.stem} is empty")
        return ChatRequest([{"role": "user", "content": item.stem}], {"seed": repeat})

    def accept(self, item, request, reply):
        require_finished(reply.finish_reason)
        if reply.text in ("", "bad"):
            raise ReplyError("empty_reply", "the reply is empty")
        if self.write_error is not None:
            raise self.write_error
        assert item.stem not in self.results, "written twice"
        self.results[item.stem] = reply.text


@dataclass
class Watcher:
    messages: list[str] = field(default_factory=list)
    told: threading.Event = field(default_factory=threading.Event)
    advanced: int = 0
    on_advance: object = None

    def start(self):
        pass

    def advance(self, report):
        self.advanced += 1
        if self.on_advance:
            self.on_advance(report)

    def message(self, text):
        self.messages.append(text)
        self.told.set()


class Run:
    """One run of `count` items, with everything a test looks at."""

    def __init__(
        self,
        server,
        tmp_path,
        count=20,
        stage=None,
        timeout=60.0,
        items=None,
        concurrency=4,
        **settings,
    ):
        self.stage = stage or EchoStage()
        self.watcher = Watcher()
        self.log = FailureLog(tmp_path)
        self.items = items or (Item(f"{n:05d}-x") for n in range(count))
        self.settings = RunnerSettings(**{"server_wait": 60.0, **settings})
        self.server = ServerSettings(
            server.base_url, MODEL, concurrency=concurrency, timeout=timeout
        )

    def __call__(self):
        return asyncio.run(self._main())

    async def _main(self):
        async with ChatClient(self.server) as client:
            run = StageRun(self.log, self.watcher)
            self.runner = Runner(self.stage, client, run, self.settings)
            return await self.runner.run(iter(self.items))

    def failures(self):
        if not self.log.path.exists():
            return []
        return [json.loads(line) for line in self.log.path.read_text("utf-8").splitlines()]


@pytest.fixture(autouse=True)
def _fast_backoff(monkeypatch):
    monkeypatch.setattr("recipe_pipeline.llm.outage.BACKOFF_FIRST", 0.01)
    monkeypatch.setattr("recipe_pipeline.llm.runner.BACKOFF_ANSWERING", 0.02)
    monkeypatch.setattr("recipe_pipeline.llm.runner.BACKOFF_LONGEST", 0.02)


def test_every_item_is_requested_once_within_the_concurrency_limit(tmp_path):
    with FakeServer(lambda call: Text(call.user, delay=0.01)) as server:
        run = Run(server, tmp_path, 50, concurrency=5)
        report = run()
    assert run.stage.results == {f"{n:05d}-x": f"{n:05d}-x" for n in range(50)}
    assert (report.done, report.failed, report.requests, report.repeats) == (50, 0, 50, 0)
    assert (report.prompt_tokens, report.completion_tokens) == (500, 250)
    assert server.most_in_flight == 5


def test_items_are_pulled_as_needed(tmp_path):
    pulled = 0

    def items():
        nonlocal pulled
        for number in range(1000):
            pulled += 1
            yield Item(f"{number:05d}-x")

    def stop_at_ten(report):
        if report.done == 10:
            run.runner.interrupt()

    with FakeServer(lambda call: Text("x")) as server:
        run = Run(server, tmp_path, items=items())
        run.watcher.on_advance = stop_at_ten
        report = run()
    assert report.interrupted
    assert pulled <= 10 + 2 * 4


FAULTS = (
    Status(429, {"Retry-After": "0.01"}),
    Status(500),
    Drop(),
    Garbage(),
    Text("bad"),
    Text(""),
)


def test_mixed_faults_lose_nothing_and_only_failures_are_retried(tmp_path):
    rng = random.Random(4)
    faults = 0

    def script(call):
        nonlocal faults
        if rng.random() < 0.3 and call.repeat < 3:
            faults += 1
            return rng.choice(FAULTS)
        return Text(call.user)

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 150, concurrency=16, reply_retries=3)
        report = run()
    assert len(run.stage.results) == 150
    assert report.failed == 0
    assert faults > 30
    assert len(server.calls) == 150 + faults
    assert run.failures() == []


def test_a_hanging_request_is_retried_after_the_timeout(tmp_path):
    def script(call):
        return Hang() if call.user == "00001-x" and not call.repeat else Text("x")

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 5, timeout=1.0, max_retries=10)
        assert run().done == 5
    assert [call.user for call in server.calls].count("00001-x") >= 2


@pytest.mark.parametrize(
    ("action", "reason", "requests"),
    [
        (Status(500), "server_error", 3),
        (Drop(), "connection_dropped", 3),
        (Garbage(), "bad_response", 3),
        (Status(400), "rejected", 1),
        (Text("bad"), "empty_reply", 2),
        (Text("half", finish_reason="length"), "truncated", 1),
    ],
)
def test_a_hopeless_item_fails_alone_with_its_reason(tmp_path, action, reason, requests):
    def script(call):
        return action if call.user == "00003-x" else Text("x")

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 10, max_retries=2, reply_retries=1)
        report = run()
    assert (report.done, report.failed, dict(report.reasons)) == (9, 1, {reason: 1})
    (failure,) = run.failures()
    assert (failure["id"], failure["reason"], failure["requests"]) == ("00003-x", reason, requests)
    if isinstance(action, Text):
        assert failure["reply"] == action.content
    assert run.watcher.advanced == 10


def test_an_unusable_reply_is_retried_with_another_seed(tmp_path):
    with FakeServer(lambda call: Text("bad" if call.body["seed"] == 0 else "good")) as server:
        run = Run(server, tmp_path, 1)
        assert run().done == 1
    assert [call.body["seed"] for call in server.calls] == [0, 1]


def test_an_unusable_item_costs_no_request(tmp_path):
    with FakeServer(lambda call: Text("x")) as server:
        run = Run(server, tmp_path, 3, stage=EchoStage(unusable=frozenset(["00001-x"])))
        report = run()
    assert (report.done, report.failed, len(server.calls)) == (2, 1, 2)
    assert run.failures()[0]["reason"] == "empty_post"


def test_retries_come_before_new_items(tmp_path):
    def script(call):
        if call.user == "00000-x" and not call.repeat:
            return Status(500)
        return Text("x", delay=0.2)

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 8, concurrency=2)
        assert run().done == 8
    # The retry is due once the other slot has moved on; behind the new items it would come last.
    assert sorted(call.user[4] for call in server.calls[:5]) == list("00123")


def test_retries_do_not_exceed_the_concurrency_limit(tmp_path):
    def script(call):
        fails = int(call.user[:5]) % 3 == 0 and not call.repeat
        return Status(500) if fails else Text("x", delay=0.02)

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 30, concurrency=3)
        report = run()
    assert (report.done, report.repeats, len(server.calls)) == (30, 10, 40)
    assert server.most_in_flight == 3


def test_retry_after_is_honoured_while_other_items_continue(tmp_path):
    times = {}

    def script(call):
        times.setdefault(call.user, []).append(time.monotonic())
        if call.user == "00000-x" and not call.repeat:
            return Status(429, {"Retry-After": "0.4"})
        return Text("x", delay=0.6 if call.user == "00001-x" else 0.0)

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 30, concurrency=2)
        assert run().done == 30
    first, second = times["00000-x"]
    assert second - first >= 0.4
    # The other slot is busy: if the limited item kept its own, no third one would overtake it.
    assert sum(moments[0] < second for moments in times.values()) >= 3


def test_a_server_that_only_answers_429_gets_a_rest(tmp_path):
    until = time.monotonic() + 0.6

    def script(call):
        limited = time.monotonic() < until
        return Status(429, {"Retry-After": "0.3"}) if limited else Text("x")

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 30, concurrency=2, max_retries=20)
        assert run().done == 30
    # Without the pause every slot would keep sending: far more than a few rounds of 429.
    assert len(server.calls) <= 30 + 12


def test_a_server_restart_is_waited_for_and_reported(tmp_path):
    def script(call):
        if call.number == 10:
            server.stop_soon(run.watcher.told)
            return Hang()
        return Text("x")

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 40)
        report = run()
    assert (report.done, report.failed, report.error) == (40, 0, None)
    # Only what was in flight at the crash is sent again.
    assert len(server.calls) <= 40 + 4
    assert "does not answer" in run.watcher.messages[0]
    assert run.watcher.messages[-1] == "the server is back"


def test_a_server_that_stays_away_ends_the_run(tmp_path):
    def script(call):
        if call.number == 5:
            server.stop_soon(threading.Event())
            return Hang()
        return Text("x")

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 40, server_wait=0.3)
        report = run()
    assert "has not answered for" in str(report.error)
    assert report.failed == 0
    assert report.done == len(run.stage.results) < 40


@pytest.mark.parametrize(("code", "word"), [(401, "--api-key"), (404, "--model")])
def test_a_key_or_model_that_stops_working_ends_the_run_at_once(tmp_path, code, word):
    with FakeServer(lambda call: Status(code) if call.number >= 3 else Text("x")) as server:
        run = Run(server, tmp_path, 500)
        report = run()
    assert word in str(report.error)
    assert len(server.calls) < 20


def test_a_server_that_fails_every_item_ends_the_run_early(tmp_path):
    with FakeServer(lambda call: Status(500)) as server:
        run = Run(server, tmp_path, 500, max_retries=0)
        report = run()
    assert "failed at the server" in str(report.error)
    assert report.failed <= 25


def test_the_first_failure_of_each_reason_is_shown_at_once(tmp_path):
    body = '{"error": {"message": "no max_tokens"}}'

    def script(call):
        return Text("x") if call.user == "00000-x" else Status(400, body=body)

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 100, concurrency=1)
        report = run()
    assert (report.error, report.done, report.failed) == (None, 1, 99)
    assert report.details == {"rejected": "HTTP 400: no max_tokens"}
    assert run.watcher.messages == ["00001-x failed: HTTP 400: no max_tokens"]


def test_a_server_that_refuses_every_request_ends_the_run_early(tmp_path):
    with FakeServer(lambda call: Status(400, body='{"error": "no field seed"}')) as server:
        report = Run(server, tmp_path, 500)()
    assert "--extra-body '{\"seed\": null}'" in str(report.error)
    assert report.failed <= 25


def test_a_server_that_is_loading_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("recipe_pipeline.llm.outage.LOADING_PAUSE", 0.05)
    body = '{"error": {"code": 503, "message": "Loading model"}}'

    def script(call):
        return Text("x") if call.number >= 4 else Status(503, body=body)

    with FakeServer(script) as server:
        run = Run(server, tmp_path, 20, concurrency=1, max_retries=0)
        report = run()
    assert (report.done, report.failed) == (20, 0)
    assert len(run.watcher.messages) == 1
    assert "is loading its model (HTTP 503: Loading model)" in run.watcher.messages[0]


def test_a_server_that_never_gets_ready_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr("recipe_pipeline.llm.outage.LOADING_PAUSE", 0.02)
    body = '{"error": "Model x is currently loading", "estimated_time": 20}'
    with FakeServer(lambda call: Status(503, body=body)) as server:
        report = Run(server, tmp_path, 20, server_wait=0.2)()
    assert "still loading" in str(report.error)
    assert report.failed == 0


def test_a_queue_that_is_too_long_for_the_timeout_is_shortened(tmp_path):
    """A server with one slot: eight requests in flight would all time out, over and over."""
    queue = asyncio.Lock()

    with FakeServer(lambda call: Text("x", delay=0.1)) as server:
        plain = server._complete

        async def one_at_a_time(body, writer):
            async with queue:
                return await plain(body, writer)

        server._complete = one_at_a_time
        run = Run(server, tmp_path, 10, timeout=0.55, concurrency=8, max_retries=50)
        report = run()
    assert (report.done, report.failed) == (10, 0)
    assert any("in flight from now on" in message for message in run.watcher.messages)


def test_too_many_requests_at_once_are_no_fault_of_an_item(tmp_path):
    """A service that takes two requests at a time and answers 429 to all others."""

    def script(call):
        return Text("x", delay=0.05) if server.in_flight <= 2 else Status(429)

    with FakeServer(script) as server:
        report = Run(server, tmp_path, 30, concurrency=8, max_retries=2)()
    assert (report.done, report.failed) == (30, 0)


def test_a_full_disk_stops_the_run(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device", "out/00001.txt")
    with FakeServer(lambda call: Text("x")) as server:
        run = Run(server, tmp_path, 500, stage=EchoStage(write_error=full))
        report = run()
    assert "cannot write out/00001.txt: No space left on device" in str(report.error)
    assert len(server.calls) <= 8


def test_a_failure_log_that_cannot_be_written_stops_the_run(tmp_path):
    with FakeServer(lambda call: Status(400)) as server:
        run = Run(server, tmp_path / "gone" / "folder", 50)
        report = run()
    assert "cannot write" in str(report.error)


def test_a_bug_is_not_swallowed(tmp_path):
    class Broken(EchoStage):
        def accept(self, item, request, reply):
            raise ZeroDivisionError

    with FakeServer(lambda call: Text("x")) as server, pytest.raises(ZeroDivisionError):
        Run(server, tmp_path, 5, stage=Broken())()


def test_waits_double_up_to_the_longest(monkeypatch):
    monkeypatch.undo()

    class NoJitter(random.Random):
        def random(self):
            return 0.0

    waits = [backoff(errors, NoJitter()) for errors in range(1, 8)]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]
    assert [backoff(errors, NoJitter(), 2.0) for errors in range(1, 5)] == [0.5, 1, 2, 2]
    assert all(0.375 <= backoff(1, random.Random(seed)) <= 0.5 for seed in range(20))


def test_first_requests_are_spread_out(tmp_path, monkeypatch):
    monkeypatch.setattr("recipe_pipeline.llm.runner.RAMP_STEP", 0.1)
    monkeypatch.setattr("recipe_pipeline.llm.runner.RAMP_LONGEST", 1.0)
    with FakeServer(lambda call: Text("x")) as server:
        report = Run(server, tmp_path, 3, concurrency=3)()
    assert report.seconds >= 0.2  # the third slot begins after two steps


def test_pauses_stay_short_while_the_server_answers_other_requests(tmp_path, monkeypatch):
    monkeypatch.setattr("recipe_pipeline.llm.runner.BACKOFF_LONGEST", 60.0)
    waits = []

    def noted(*arguments):
        waits.append(backoff(*arguments))
        return waits[-1]

    monkeypatch.setattr("recipe_pipeline.llm.runner.backoff", noted)
    asked = 0

    def unlucky(call):
        nonlocal asked
        asked += call.user == "00000-x"
        return Status(500) if call.user == "00000-x" and asked <= 6 else Text("x")

    with FakeServer(unlucky) as server:
        report = Run(server, tmp_path, 20, concurrency=10)()
    assert (report.done, report.repeats) == (20, 6)
    # Doubled from 0.01 s each time, the last would be 0.24 s or more.
    assert len(waits) == 6
    assert max(waits) <= 0.02
