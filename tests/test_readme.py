"""README.md and docs/ match the code: flags, commands, targets, files, links."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools import readme_tables

ROOT = Path(__file__).parents[1]
PAGES = {page.relative_to(ROOT).as_posix(): page.read_text("utf-8") for page in readme_tables.PAGES}
README = PAGES["README.md"]
EVERYTHING = "\n".join(PAGES.values())
SCRIPTS = sorted(path.name for path in ROOT.glob("0[1-8]_*.py"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
HEADINGS = [
    "Overview",
    "Why This Architecture",
    "Scripts",
    "Installation",
    "Running the Pipeline",
    "Output",
    "Dataset Format",
    "License",
]

parser_of = lru_cache(maxsize=None)(readme_tables.parser_of)


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The lines of all shell blocks and of the inline code, with continued lines joined."""
    blocks = code_blocks(EVERYTHING, "bash") + code_blocks(EVERYTHING, "powershell")
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    prose = re.sub(r"^```.*?^```", "", EVERYTHING, flags=re.MULTILINE | re.DOTALL)
    lines += [code.replace("\n", " ") for code in re.findall(r"`([^`|]+)`", prose)]
    return [line.strip() for line in lines if line.strip()]


def words(command: str) -> list[str]:
    """The words of a command as a shell splits them, without its comment."""
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # inline code that is not a command
        return []


def script_calls() -> list[tuple[str, tuple[str, ...]]]:
    """(script or module, its arguments) of every command."""
    calls = []
    for command in commands():
        parts = words(command)
        for position, part in enumerate(parts):
            module = (
                position and parts[position - 1] == "-m" and part.startswith("recipe_pipeline.")
            )
            name = Path(part).name if Path(part).name in SCRIPTS else part
            if name not in SCRIPTS and not module:
                continue
            arguments = parts[position + 1 :]
            ends = [i for i, word in enumerate(arguments) if word in ("|", "&", "&&", ">", ";")]
            calls.append((name, tuple(arguments[: ends[0]] if ends else arguments)))
    return calls


def test_tables_are_up_to_date():
    outdated = [name for name, text in PAGES.items() if readme_tables.render(text) != text]
    assert outdated == [], "run 'make readme'"


def test_readme_is_short():
    assert len(README.splitlines()) <= 350


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_script_has_a_table_of_all_its_flags(script):
    table = re.search(
        rf"<!-- flags:{script} -->\n(.*?)<!-- /flags -->", PAGES["docs/flags.md"], re.DOTALL
    )
    assert table
    rows = dict(re.findall(r"^\| (`.+?`) \| (.+?) \|", table[1], re.MULTILINE))
    for action in readme_tables.flags_of(parser_of(script)):
        names = ", ".join(f"`{name}`" for name in action.option_strings or [action.dest])
        shown = rows[names].strip("`")
        if action.nargs == 0:
            assert shown == ("on" if action.default else "off"), names
        else:
            assert shown in (str(action.default), "none"), names


def test_a_table_can_be_restricted_to_some_flags():
    parser = readme_tables.argparse.ArgumentParser(prog="script")
    for name in ("--one", "--two"):
        parser.add_argument(name, help="a number")
    assert "--two" not in readme_tables.flag_table(parser, ["--one"])
    with pytest.raises(ValueError, match="script has no --three"):
        readme_tables.flag_table(parser, ["--three"])


def test_a_parser_is_caught_before_the_script_does_anything(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "--csv" in parser_of("02_generate_blogs.py").format_help()
    assert list(tmp_path.iterdir()) == []


def test_angle_brackets_and_bars_survive_markdown():
    parser = readme_tables.argparse.ArgumentParser()
    parser.add_argument("--x", default="a|b", help="writes <save-dir>-gguf, see --y")
    assert readme_tables.flag_table(parser).splitlines()[-1] == (
        "| `--x` | `a\\|b` | writes `<save-dir>-gguf`, see `--y` |"
    )


def test_commands_are_found():
    assert {script for script, _ in script_calls()} >= set(SCRIPTS)


@pytest.mark.parametrize(("script", "arguments"), sorted(set(script_calls())), ids=str)
def test_every_command_parses(script, arguments, capsys):
    if script.startswith("recipe_pipeline."):
        script += ".__main__" if (ROOT / script.replace(".", "/")).is_dir() else ""
        if script == "recipe_pipeline.models.base":
            return  # takes no arguments
    try:
        parser_of(script).parse_args(list(arguments))
    except SystemExit:
        pytest.fail(capsys.readouterr().err)


def test_every_module_that_is_run_exists():
    modules = re.findall(r"python -m ((?:recipe_pipeline|benchmarks)[\w.]*)", EVERYTHING)
    assert modules
    for module in modules:
        assert find_spec(module), module


def test_every_make_target_exists():
    targets = set(re.findall(r"`?make ([a-z][a-z-]*)(?=[`\s])", "\n".join(commands())))
    assert {"quickstart", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), f"make {target}"


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_heading_linked_exists(page):
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", PAGES[page]):
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), path
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
            assert anchor[1:] in slugs, f"{path}{anchor}"


def test_files_named_in_prose_exist():
    named = re.findall(
        r"\b(?:requirements[\w-]*\.txt|(?:tools|docs|sample_data)/[\w.]+\.\w+)", EVERYTHING
    )
    assert [name for name in set(named) if not (ROOT / name).exists()] == []


def test_modules_named_in_the_development_guide_exist():
    named = re.findall(r"`((?:\w+/)+\w+\.py)`", PAGES["docs/development.md"])
    assert named
    missing = [
        n for n in named if not (ROOT / n).exists() and not (ROOT / "recipe_pipeline" / n).exists()
    ]
    assert missing == []


def test_the_headings_are_there_in_order():
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    assert [heading for heading in headings if heading in HEADINGS] == HEADINGS


def test_the_first_commands_come_first():
    first = code_blocks(README, "bash")[0].splitlines()
    assert first == ["make extract", "make quickstart", "make test"]
