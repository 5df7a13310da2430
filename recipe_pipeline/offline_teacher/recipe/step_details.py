"""Details that wordy authors add to a method: remarks after a step, and additional steps.

Directions of real pages run to about seven steps of a hundred characters, and many hold times,
temperatures, sizes and asides that a label must copy and must not take for the recipe's own times.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from recipe_pipeline.offline_teacher.phrases.book import GRAMMAR, forms, read

_DETAILS = read("directions")["details"]
_ASIDES = forms("steps").asides
# Kinds of authors: weight, additional steps (least, most), chance of a remark (and of another).
_MANNERS = ((2, (0, 1), 0.1), (4, (1, 5), 0.4), (4, (4, 12), 0.55))
_MOST_REMARKS = 3


def _write(template: str, foods: Sequence[str], rng: Random) -> str:
    named = [food[:1].lower() + food[1:] for food in foods if len(food) < 40] or ["mixture"]
    food = rng.choice(named)
    other = rng.choice([other for other in named if other != food] or ["rest"])
    return GRAMMAR.write(template, rng, {"food": food, "other": other})


def elaborate(steps: Sequence[str], foods: Sequence[str], rng: Random) -> list[str]:
    """``steps`` with additional steps and remarks, in the manner of one author.

    ``foods`` are the recipe's foods, as sentences name them. No template is used twice.
    """
    weights = [weight for weight, _, _ in _MANNERS]
    _, (least, most), chance = rng.choices(_MANNERS, weights)[0]
    out = list(steps)
    for template in rng.sample(_DETAILS["step"], rng.randint(least, most)):
        # The last step serves the dish, so it stays last.
        out.insert(rng.randint(0, max(0, len(out) - 1)), _write(template, foods, rng))
    remarks = rng.sample(_DETAILS["remark"], len(_DETAILS["remark"]))
    for index in range(len(out)):
        added = 0
        while remarks and added < _MOST_REMARKS and rng.random() < chance:
            out[index] += f" {_write(remarks.pop(0), foods, rng)}"
            added += 1
    return out


def ended(step: str, rng: Random) -> str:
    """``step``, rarely with another ending: brackets before the full stop, a star, no full stop.

    The end of a line decides how its JSON continues, so a model must have seen the rare endings.
    """
    draw = rng.random()
    if draw > 0.17 or not step.endswith(".") or len(step) < 20:
        return step
    stem = step[:-1]
    if draw < 0.1:
        aside = rng.choice(_ASIDES)
        return f"{stem} ({aside})" + rng.choice((".", ".", ".", ""))
    if draw < 0.12:
        return stem + rng.choice(("*.", "*", ".*", ". *", "**"))
    if draw < 0.13:
        return f"{stem} to {rng.choice((145, 165, 350, 400))}°{rng.choice('FFC')}."
    return stem + rng.choice(("", "", "!", "!", "…", ":", ";"))
