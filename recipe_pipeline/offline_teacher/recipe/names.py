"""What a dish is called: in prose, and in the title of its card."""

from __future__ import annotations

import re
from random import Random

from recipe_pipeline.offline_teacher.phrases.book import forms

_TITLES = forms("titles")


def short_name(name: str) -> str:
    """The short name of the dish: the last word or two, without brackets."""
    plain = re.sub(r"\([^)]*\)|\b(?:recipe|[IVX]+)\b", " ", name, flags=re.IGNORECASE)
    plain = re.split(r" with | in | for | from |[,:|]", plain.strip())[0] or name
    words = re.findall(r"[^\W\d_][\w'’-]*", plain) or ["dish"]
    return " ".join(words[-2:] if len(words[-1]) < 6 and len(words) > 2 else words[-1:])


def spoken_name(name: str, rng: Random) -> str:
    """The name of the dish in prose, which often differs from the title of the card."""
    draw = rng.random()
    words = name.split()
    plain = re.sub(r"\s*\([^)]*\)|,.*", "", name) or name
    if draw < 0.4 or "," in name:
        return name if draw < 0.25 else plain
    if draw < 0.6 and len(words) > 2:
        return " ".join(words[1:])
    if draw < 0.75:
        return name.lower()
    if draw < 0.85:
        return f"{rng.choice(_TITLES.starts[:6])} {plain}"
    return f"{plain.lower()} recipe"


def title(name: str, rng: Random) -> str:
    """The title of the card of ``name``."""
    draw = rng.random()
    start = f"{rng.choice(_TITLES.starts)} " if draw < 0.28 else ""
    end = f" {rng.choice(_TITLES.ends)}" if 0.22 < draw < 0.42 else ""
    text = start + name + end
    if not end and rng.random() < 0.08:
        # Words that headlines usually add; here they are part of the title.
        text += rng.choice((" Recipe", " recipe"))
    draw = rng.random()
    if draw < 0.05:
        return text.upper()
    return text.lower() if draw < 0.1 else text
