"""Progress lines in a log file and the bar on a terminal."""

import io

import pytest

from recipe_pipeline.common import progress
from recipe_pipeline.common.progress import Progress, RunReport, format_seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.52, "4.5 s"), (123, "2:03"), (3723, "1:02:03"), (59.99, "60.0 s")]
)
def test_seconds_are_readable(seconds, text):
    assert format_seconds(seconds) == text


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now


def test_a_log_gets_a_line_every_few_seconds(monkeypatch):
    clock, log = Clock(), io.StringIO()
    monkeypatch.setattr(progress, "time", clock)
    shown, report = Progress("posts", 26, log), RunReport()
    shown.advance(report)  # done while the work was listed
    for _ in range(5):
        shown.skip()
    shown.start()
    for _ in range(15):
        clock.now += 1
        report.done += 1
        report.completion_tokens += 50
        shown.advance(report)
    shown.message("the server is back")
    shown.close()
    # After 10 seconds 10 of 26 - 1 - 5 = 20 posts at one per second, so 10 seconds are left.
    assert log.getvalue().splitlines() == [
        "posts: 10/20, 1.0/s, ETA 10.0 s, 0 failed, 50 tokens/s",
        "the server is back",
    ]
    assert shown.skipped == 5


def test_work_without_requests_has_neither_failures_nor_tokens(monkeypatch):
    clock, log = Clock(), io.StringIO()
    monkeypatch.setattr(progress, "time", clock)
    shown = Progress("posts", 20, log)
    shown.start()
    for _ in range(10):
        clock.now += 1
        shown.advance(RunReport())
    assert log.getvalue() == "posts: 10/20, 1.0/s, ETA 10.0 s\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar():
    screen = Terminal()
    shown = Progress("posts", 2, screen)
    shown.start()
    shown.advance(RunReport(done=1))
    shown.message("a pause")
    shown.close()
    assert "posts:  50%" in screen.getvalue()
    assert "a pause" in screen.getvalue()


def told(monkeypatch, arrivals, total):
    """What is said of the cost if replies come at these times."""
    clock, log = Clock(), io.StringIO()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(progress, "LINE_INTERVAL", 1e9)
    shown, report = Progress("posts", total, log), RunReport()
    shown.start()
    for arrival in arrivals:
        clock.now = 100 + arrival
        report.requests = 8 + 2 * (1 + report.repeats)  # 8 in flight
        report.repeats += 1
        report.done += 1
        report.prompt_tokens += 500
        report.completion_tokens += 1000
        shown.advance(report)
    return log.getvalue().splitlines()


def test_a_server_with_one_slot_is_judged_by_its_first_three_replies(monkeypatch):
    assert told(monkeypatch, [60, 120, 180, 240], 1203) == [
        "the other 1,200 posts will take about 20:00:00, 2,400 requests, 600,000 tokens in and "
        "1.2 million out, going by the first 3"
    ]


def test_a_server_with_many_slots_is_judged_by_several_rounds(monkeypatch):
    rounds = [60.0] * 256 + [120.0] * 256 + [180.0] * 256
    (line,) = told(monkeypatch, rounds, 100_513)  # 256 a minute
    assert "the other 100,000 posts will take about 6:30:38, 200,000 requests" in line


@pytest.mark.parametrize(
    ("arrivals", "total"), [([1, 2, 3, 4], 20), ([60, 120, 180], None), ([9], 9)]
)
def test_a_short_run_needs_no_estimate(monkeypatch, arrivals, total):
    assert told(monkeypatch, arrivals, total) == []


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (7, "7"), (1234, "1,200"), (999_499, "1,000,000"), (2_345_678, "2.3 million")],
)
def test_estimates_have_two_digits(number, text):
    assert progress._rounded(number) == text
