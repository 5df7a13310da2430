"""Each label is checked once: 03 records the result, 04 reuses it while post and label are unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.common.seeding import text_digest
from recipe_pipeline.grounding.check import ground

GROUNDING_VERSION = 12
"""Increased when the rules of the check change, so that older records are not reused."""

MAX_COMPLAINTS = 12


@dataclass(frozen=True)
class LabelSupport:
    """Support of a label (0 to 1) and what is wrong with it, worst first."""

    support: float
    complaints: tuple[str, ...] = ()


def measure_support(
    recipe: dict[str, Any], post: str, source: dict[str, Any] | None, min_support: float
) -> LabelSupport:
    """Support and complaints (everything below ``min_support``) of a canonical label."""
    found = ground(recipe, post, source)
    return LabelSupport(found.support, tuple(found.complaints(min_support)[:MAX_COMPLAINTS]))


def record(found: LabelSupport, recipe: dict[str, Any], post: str) -> dict[str, Any]:
    """What goes into the label's meta."""
    return {
        "support": round(found.support, 3),
        "complaints": list(found.complaints),
        "version": GROUNDING_VERSION,
        "digest": digest(recipe, post),
    }


def recorded(meta: dict[str, Any], recipe: dict[str, Any], post: str) -> LabelSupport | None:
    """The recorded support, or None when it was not recorded for this very label and post."""
    entry = meta.get("grounding")
    if not isinstance(entry, dict) or entry.get("version") != GROUNDING_VERSION:
        return None
    support, complaints = entry.get("support"), entry.get("complaints")
    if not isinstance(support, int | float) or not isinstance(complaints, list):
        return None
    if entry.get("digest") != digest(recipe, post):
        return None
    return LabelSupport(float(support), tuple(map(str, complaints)))


def digest(recipe: dict[str, Any], post: str) -> str:
    """SHA-256 (hex) of post and label together."""
    label = json.dumps(recipe, ensure_ascii=False, sort_keys=True)
    return text_digest(f"{label}\0{post}")
