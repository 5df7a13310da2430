"""The phrases: templates of the grammar and lists of ready-made words, in the TOML files beside this one."""

from __future__ import annotations

import tomllib
from importlib import resources
from types import SimpleNamespace
from typing import Any

from recipe_pipeline.offline_teacher.phrases.grammar import Grammar


def read(name: str) -> dict[str, Any]:
    """The tables of ``name``.toml."""
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


GRAMMAR = Grammar(read("prose") | read("page") | read("site") | read("no_recipe"))
_FORMS = read("forms")


def forms(table: str) -> SimpleNamespace:
    """The lists of one table of forms.toml, as attributes."""
    return SimpleNamespace(**_FORMS[table])
