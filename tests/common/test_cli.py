"""One-line errors and exit codes."""

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


def test_a_user_error_is_one_line_on_stderr(capsys):
    assert cli.run(raising(PipelineError("no file x: make it")), []) == 1
    captured = capsys.readouterr()
    assert captured.err == "error: no file x: make it\n"
    assert captured.out == ""


def test_an_error_can_set_the_exit_code():
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
def test_sigterm_ends_the_work_as_ctrl_c_does(capsys):
    before = signal.getsignal(signal.SIGTERM)

    def main(argv):
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("continued after SIGTERM")

    assert cli.run(main, []) == 130
    assert "again" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_bug_is_one_line_too(capsys):
    assert cli.run(raising(ZeroDivisionError("oops")), []) == 1
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "--debug" in err
    assert err.count("\n") == 1


def test_a_file_that_cannot_be_used_is_one_line_with_its_name(capsys):
    for error in (PermissionError(13, "Permission denied", "/a/post.txt"), OSError("a\nb")):
        assert cli.run(raising(error), []) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: /a/post.txt: Permission denied; check the path")
    assert second.startswith("error: a; check the path")


def test_a_bug_with_a_long_message_is_one_line(capsys):
    assert cli.run(raising(RuntimeError("one\ntwo\nthree")), []) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_exit_code_of_main_is_kept():
    assert cli.run(lambda argv: 5, []) == 5
    assert cli.run(lambda argv: None, []) == 0


def test_libraries_are_quiet_unless_debugging(monkeypatch):
    logger = logging.getLogger("torchao")
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    seen = []
    cli.run(lambda argv: seen.append(logger.isEnabledFor(logging.WARNING)), ["--debug"])
    cli.run(lambda argv: seen.append(logger.isEnabledFor(logging.WARNING)), [])
    assert seen == [True, False]


def test_the_parser_shows_defaults():
    parser = cli.build_parser("What it does.")
    parser.add_argument("--count", default=3, help="how many")
    assert "how many (default: 3)" in parser.format_help()


@pytest.mark.parametrize(
    ("module", "advice"),
    [
        ("openai", "pip install -c constraints.txt -r requirements.txt"),
        ("json_repair", "pip install -c constraints.txt -r requirements.txt"),
        ("xllamacpp", "pip install -c constraints.txt -r requirements-extract.txt"),
        ("ray", "pip install -c constraints.txt -r requirements-scale.txt"),
        ("torch", "run 'python tools/install.py', which installs everything"),
        ("nobody_has_it", "run 'python tools/install.py', which installs everything"),
    ],
)
def test_a_missing_package_is_one_sentence_that_says_how_to_get_it(module, advice, capsys):
    error = ModuleNotFoundError(f"No module named '{module}.part'", name=f"{module}.part")
    assert cli.run(raising(error), []) == 1
    expected = f"error: the package {module} is not installed: {advice}\n"
    assert capsys.readouterr().err == expected


def test_a_missing_module_of_the_project_is_a_bug_and_not_an_installation():
    with pytest.raises(ModuleNotFoundError):
        cli.run(raising(ModuleNotFoundError("x", name="recipe_pipeline.nothing")), [])
