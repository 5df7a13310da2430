"""Command-line flags made from the fields of a settings dataclass, so that they cannot diverge.

    @dataclass(frozen=True)
    class ServerSettings:
        base_url: str = flag("http://localhost:1234/v1", "address of an OpenAI-compatible server")
        timeout: float = flag(600.0, "time limit of one request in seconds", above=0)

        def __post_init__(self) -> None:
            check(self)

    add_flags(parser, ServerSettings)
    server = settings_from(ServerSettings, parser.parse_args())

Fields made without `flag` get no command-line flag. Imports nothing heavy: ``--help`` loads it.
"""

from __future__ import annotations

import argparse
import json
import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from recipe_pipeline.common.errors import PipelineError

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class _Flag:
    """``name`` replaces the flag's own name, ``short`` adds one such as "-i"."""

    help: str
    name: str | None = None
    short: str | None = None
    choices: Sequence[str] | None = None
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    metavar: str | None = None

    def allowed(self, value: Any) -> str | None:
        """What is allowed if ``value`` is not, in words; None if it is."""
        if value is None:
            return None
        if self.choices is not None:
            return None if value in self.choices else "one of " + ", ".join(self.choices)
        bounds = [
            (self.at_least, lambda v, b: v >= b, "at least {}"),
            (self.above, lambda v, b: v > b, "above {}"),
            (self.at_most, lambda v, b: v <= b, "at most {}"),
            (self.below, lambda v, b: v < b, "below {}"),
        ]
        given = [(bound, holds, words) for bound, holds, words in bounds if bound is not None]
        if all(holds(value, bound) for bound, holds, _ in given):
            return None
        return " and ".join(words.format(bound) for bound, _, words in given)


def flag(default: Any, help: str, *, repr: bool = True, **options: Any) -> Any:
    """A dataclass field with a flag: ``max_steps`` becomes ``--max-steps``; ``options``: see `_Flag`.

    ``default`` may be a callable without arguments that makes the default (for dictionaries);
    MISSING makes the field required of code, and the flag's default None. The bounds are checked by
    `check`. None always passes: it means "not given". ``repr`` False keeps a secret out of tracebacks
    and logs.
    """
    metadata = {"flag": _Flag(help, **options)}
    if callable(default):
        return field(default_factory=default, repr=repr, metadata=metadata)
    return field(default=default, repr=repr, metadata=metadata)


def check(settings: Any) -> None:
    """Check every field against its bounds; call it from ``__post_init__``.

    Raises PipelineError with the flag, its value and what is allowed; its exit code is that of argparse.
    """
    for item in fields(settings):
        spec: _Flag | None = item.metadata.get("flag")
        value = getattr(settings, item.name)
        allowed = spec and spec.allowed(value)
        if allowed:
            message = f"{_flag_name(item)} is {value!r}: it must be {allowed}"
            raise PipelineError(message, exit_code=2)


def add_flags(
    parser: argparse.ArgumentParser | argparse._ArgumentGroup,
    settings: type,
    leave_out: Iterable[str] = (),
    **defaults: Any,
) -> None:
    """Add a flag to ``parser`` for every `flag` field of ``settings`` but ``leave_out``.

    ``defaults`` replace the fields' own defaults.
    """
    hints = typing.get_type_hints(settings)
    left_out = set(leave_out)
    for item in fields(settings):
        spec: _Flag | None = item.metadata.get("flag")
        if spec is None or item.name in left_out:
            continue
        names = [spec.short] if spec.short else []
        default = defaults.get(item.name, _default(item))
        if isinstance(default, Path) and not default.is_absolute():
            default = f"./{default}"  # shown as users write it; the flag's type makes it a Path
        options: dict[str, Any] = {"dest": item.name, "default": default, "help": spec.help}
        kind = _kind(hints[item.name])
        if kind is bool:
            options["action"] = "store_true"
        else:
            options |= {"type": _READERS.get(kind, kind), "metavar": spec.metavar}
            if spec.choices is not None:
                options["choices"] = tuple(spec.choices)
        parser.add_argument(*[_flag_name(item), *names], **options)


def settings_from(settings: type[Settings], args: argparse.Namespace, **others: Any) -> Settings:
    """The settings that parsed flags describe; ``others`` are fields that have no flag.

    Fields with neither keep their default. Raises PipelineError for a value out of bounds.
    """
    names = {item.name for item in fields(settings)}  # type: ignore[arg-type]
    given = {name: value for name, value in vars(args).items() if name in names}
    return settings(**given | others)


def json_object(text: str) -> dict[str, Any]:
    """argparse type: a JSON object."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON object")
    return value


def whole_number(text: str) -> int:
    """argparse type: "4", and "4.0" as sweeps write it. Raises ValueError."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if not number.is_integer():
            raise
        return int(number)


whole_number.__name__ = "whole number"  # argparse says "invalid whole number value: 'x'"
_READERS = {int: whole_number, dict: json_object}


def _flag_name(item: Field) -> str:
    return item.metadata["flag"].name or "--" + item.name.replace("_", "-")


def _default(item: Field) -> Any:
    if item.default_factory is not MISSING:
        return item.default_factory()
    return None if item.default is MISSING else item.default


def _kind(hint: Any) -> type:
    """int of ``int | None``, dict of ``dict[str, Any]``."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    return typing.get_origin(hint) or hint
