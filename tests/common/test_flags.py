"""Flags made from settings: types, defaults, bounds."""

import argparse
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import add_flags, check, flag, settings_from


@dataclass(frozen=True)
class Oven:
    shelf: str = flag(MISSING, "shelf to use")
    input: Path = flag(Path("in"), "folder to read", short="-i")
    degrees: int = flag(180, "temperature in degrees Celsius", at_least=50, at_most=300)
    minutes: float | None = flag(None, "baking time in minutes (None: until done)", above=0)
    fan: bool = flag(False, "use the fan")
    mode: str = flag("bake", "what to do", choices=("bake", "grill"))
    extra: dict[str, Any] = flag(dict, "further fields")
    hidden: int = 7

    def __post_init__(self) -> None:
        check(self)


def parse(*arguments: str, **options) -> Oven:
    parser = argparse.ArgumentParser()
    add_flags(parser, Oven, **options)
    return settings_from(Oven, parser.parse_args(arguments))


def test_without_flags_every_field_has_its_default():
    assert parse() == Oven(shelf=None)


def test_values_get_the_types_of_their_fields():
    oven = parse(
        "-i", "there", "--degrees", "200", "--minutes", "1.5", "--fan", "--extra", '{"a": 1}'
    )
    assert oven == Oven(None, Path("there"), 200, 1.5, True, "bake", {"a": 1})


@pytest.mark.parametrize(("text", "value"), [("200.0", 200), ("2e2", 200), ("1_00", 100)])
def test_a_whole_number_may_be_written_as_a_float(text, value):
    degrees = parse(f"--degrees={text}").degrees
    assert (degrees, type(degrees)) == (value, int)


@pytest.mark.parametrize("text", ["200.5", "nan", "inf", "4.0.0", ""])
def test_any_other_float_is_no_whole_number(text, capsys):
    with pytest.raises(SystemExit):
        parse(f"--degrees={text}")
    assert "invalid whole number" in capsys.readouterr().err


def test_a_script_can_change_a_default_and_leave_a_flag_out(capsys):
    assert parse(degrees=90).degrees == 90
    with pytest.raises(SystemExit):
        parse("--fan", leave_out=("fan",))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--degrees", "hot"), "invalid whole number value: 'hot'"),
        (("--mode", "fry"), "invalid choice: 'fry'"),
        (("--extra", "[1]"), "'[1]' is not a JSON object"),
        (("--hidden", "1"), "unrecognized arguments"),
    ],
)
def test_a_bad_flag_is_a_usage_error(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        parse(*arguments)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"degrees": 20}, "--degrees is 20: it must be at least 50 and at most 300"),
        ({"minutes": -1.0}, "--minutes is -1.0: it must be above 0"),
        ({"mode": "fry"}, "--mode is 'fry': it must be one of bake, grill"),
    ],
)
def test_settings_made_in_code_are_checked_too(fields, message):
    with pytest.raises(PipelineError) as error:
        Oven(shelf="middle", **fields)
    assert str(error.value) == message
