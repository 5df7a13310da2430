"""The recipe in a request, read leniently: missing or malformed facts count as unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.text.durations import iso_to_minutes

_TIMES = ("prep", "cook", "total")


@dataclass(frozen=True)
class SourceFacts:
    """Known facts of one recipe; times in minutes, everything else in the words of the source."""

    name: str
    ingredients: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    times: dict[str, int] = field(default_factory=dict)  # prep, cook, total
    other_times: dict[str, int] = field(default_factory=dict)  # chill, marinate, ...
    servings: str | None = None
    recipe_yield: str | None = None
    summary: str = ""
    category: str = ""
    cuisine: str = ""

    @property
    def quotable_summary(self) -> str:
        """The summary, unless it has numbers: they may be times or yields that the post omits."""
        return "" if re.search(r"\d|minute|hour|serv", self.summary) else self.summary


def _line(value: Any) -> str:
    """``value`` as one line of encodable text; "" for containers."""
    if not isinstance(value, str | int | float):
        return ""
    # JSON can hold lone surrogates ("\\ud800"), which cannot be encoded.
    return " ".join(str(value).encode("utf-8", "replace").decode().split())


def _lines(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(line for item in items if (line := _line(item)))


def read_facts(facts: Mapping[str, Any]) -> SourceFacts:
    """``facts`` as `SourceFacts`. Raises ValueError without a name or without ingredients."""
    name = _line(facts.get("name"))
    if not name:
        raise ValueError("the recipe has no name")
    other_times = {
        key.removesuffix("_time").replace("_", " "): minutes
        for key, value in facts.items()
        if key.endswith("_time") and (minutes := iso_to_minutes(value))
    }
    times = {kind: other_times.pop(kind) for kind in _TIMES if kind in other_times}
    category = re.split(r"[.,]", _line(facts.get("category")))[0].replace("-", " ").strip()
    return SourceFacts(
        name=name,
        ingredients=_lines(facts.get("ingredients")),
        directions=_lines(facts.get("directions")),
        times=times,
        other_times=other_times,
        servings=_line(facts.get("servings")) or None,
        recipe_yield=_line(facts.get("yield")) or None,
        summary=_line(facts.get("summary")),
        category=category.title(),
        cuisine=_line(facts.get("cuisine")),
    )
