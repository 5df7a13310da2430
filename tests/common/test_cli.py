"""One-line errors and exit codes."""

import argparse
import logging
import os
import signal

import pytest

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError


def raising(error: BaseException):
    def main(argv=None):
        raise error

    return main


def test_a_users_mistake_is_one_line_on_stderr(capsys):
    assert cli.run(raising(PipelineError("no file x: make it")), []) == 1
    captured = capsys.readouterr()
    assert captured.err == "error: no file x: make it\n"
    assert captured.out == ""


def test_an_error_can_bring_its_exit_code():
    assert cli.run(raising(PipelineError("nothing found", exit_code=3)), []) == 3


def test_debug_shows_the_traceback():
    with pytest.raises(PipelineError):
        cli.run(raising(PipelineError("x")), ["--debug"])


def test_an_interruption_ends_with_130(capsys):
    assert cli.run(raising(KeyboardInterrupt()), []) == 130
    assert "again" in capsys.readouterr().err
    assert cli.run(raising(KeyboardInterrupt()), [], to_go_on="add --resume") == 130
    assert capsys.readouterr().err == "interrupted; add --resume\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_kill_ends_the_work_as_ctrl_c_does(capsys):
    before = signal.getsignal(signal.SIGTERM)

    def main(argv):
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("went on after SIGTERM")

    assert cli.run(main, []) == 130
    assert "again" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_bug_is_one_line_too(capsys):
    assert cli.run(raising(ZeroDivisionError("oops")), []) == 1
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "--debug" in err
    assert err.count("\n") == 1


def test_the_exit_code_of_main_is_kept():
    assert cli.run(lambda argv: 5, []) == 5
    assert cli.run(lambda argv: None, []) == 0


def test_help_shows_defaults(capsys):
    parser = cli.build_parser("What it does.")
    cli.add_server_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    out = capsys.readouterr().out
    assert "http://localhost:1234/v1" in out
    assert "lm-studio" in out


@pytest.mark.parametrize(("text", "ok"), [("0", True), ("7", True), ("-1", False)])
def test_non_negative_int(text, ok):
    if ok:
        assert cli.non_negative_int(text) == int(text)
    else:
        with pytest.raises(argparse.ArgumentTypeError):
            cli.non_negative_int(text)


def test_positive_int_refuses_zero():
    assert cli.positive_int("1") == 1
    with pytest.raises(argparse.ArgumentTypeError):
        cli.positive_int("0")


def test_libraries_keep_quiet_about_their_insides_unless_asked(monkeypatch):
    logger = logging.getLogger("torchao")
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    seen = []
    cli.run(lambda argv: seen.append(logger.isEnabledFor(logging.WARNING)), ["--debug"])
    cli.run(lambda argv: seen.append(logger.isEnabledFor(logging.WARNING)), [])
    assert seen == [True, False]
