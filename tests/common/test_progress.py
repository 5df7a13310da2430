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


def test_a_terminal_gets_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    shown = Progress("posts", 2, screen)
    shown.start()
    shown.advance(RunReport(done=1))
    shown.message("a pause")
    shown.close()
    assert "posts:  50%" in screen.getvalue()
    assert "a pause" in screen.getvalue()
