"""Break labels the way a careless teacher model does, and count how many the check catches.

Eleven kinds: an ingredient or step is dropped, an amount is changed, an amount is lost ("2 cups flour"
-> "flour"), an ingredient line is split ("2 cups", "flour"), an ingredient is invented, two steps are
swapped, a number in a step is changed, a time is changed, a time or the yield is dropped, a
time is given as one of another kind, a cuisine, category or keywords are invented.
Every corruption actually changes what the label says.

Composes posts with the offline teacher from a recipe CSV, breaks a share of their labels, and counts
how many broken labels are repaired (what the post does not state is removed, and the label is as it
was) or score below --min-support, and how many clean ones are changed or dropped: with and without
the source facts, and at other limits. --show lists every wrong verdict.

    python -m benchmarks.corruption --csv kaggle_dataset/allrecipes.csv --posts 500
"""

from __future__ import annotations

import argparse
import copy
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.grounding import Case, add_post_flags, clean_cases
from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.facts import TIMES
from recipe_pipeline.grounding.repair import repaired
from recipe_pipeline.schema.recipe import recipes_in
from recipe_pipeline.text.durations import iso_to_minutes, seconds_to_iso
from recipe_pipeline.text.numbers import FRACTION_SIGNS
from recipe_pipeline.text.vocabulary import MEASURE

INVENTED = (
    "2 tablespoons capers, drained", "1 cup crumbled feta cheese", "½ teaspoon ground cardamom",
    "3 anchovy fillets, minced", "1/4 cup maple syrup", "200 g smoked tofu", "2 star anise",
    "1 tablespoon fish sauce", "1 (14 oz) can coconut milk", "a handful of raisins",
    "1 cup pomegranate seeds", "2 teaspoons saffron threads", "1 bunch watercress",
    "4 dried figs, quartered", "1 tablespoon miso paste", "½ cup candied ginger",
)  # fmt: skip
CUISINES = (
    "American", "Italian", "Mexican", "French", "Asian", "Indian", "Mediterranean", "Thai", "Southern",
)  # fmt: skip
CATEGORIES = ("Main Course", "Dessert", "Side Dish", "Dinner", "Appetizer", "Snack", "Breakfast")
TAGS = ("easy", "quick", "comfort food", "homemade", "healthy", "weeknight dinner", "kid friendly")
LIMITS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_AMOUNT = re.compile(r"(?<![\d/.,])([1-9]\d?)(?=\s+[A-Za-z(])")
_MEASURED = re.compile(
    rf"([\d{FRACTION_SIGNS}][\d{FRACTION_SIGNS} /.-]*(?:(?:{MEASURE})\b\.?)?)\s+([A-Za-z].+)",
    re.IGNORECASE,
)
_TAG_LINE = re.compile(r"\b(?:keywords|tags|tagged|filed under|posted in)\b")
_STEP_NUMBER = re.compile(r"(?<![\w/.,])\d+(?![\w/.,])")


def _body(label: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    return rng.choice(recipes_in(label))


def _step_lists(recipe: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The lists that hold steps: the top one and those of sections."""
    top = recipe.get("recipeInstructions", [])
    inner = [item["itemListElement"] for item in top if item["@type"] == "HowToSection"]
    return inner or [top]


def drop_line(label: dict[str, Any], rng: random.Random) -> bool:
    """Drop one ingredient or one step."""
    recipe = _body(label, rng)
    lists = [recipe.get("recipeIngredient", []), *_step_lists(recipe)]
    lists = [lines for lines in lists if len(lines) > 1]
    if not lists:
        return False
    lines = rng.choice(lists)
    lines.pop(rng.randrange(len(lines)))
    return True


def change_amount(label: dict[str, Any], rng: random.Random) -> bool:
    """Change a whole number in an ingredient line."""
    lines = _body(label, rng).get("recipeIngredient", [])
    candidates = [i for i, line in enumerate(lines) if _AMOUNT.search(line)]
    if not candidates:
        return False
    at = rng.choice(candidates)
    lines[at] = _AMOUNT.sub(
        lambda m: str(int(m[1]) + rng.choice((1, 2, 3, int(m[1])))), lines[at], count=1
    )
    return True


def lose_amount(label: dict[str, Any], rng: random.Random) -> bool:
    """Leave only the food of an ingredient line."""
    return _replace_measured(label, rng, lambda amount, food: [food])


def split_line(label: dict[str, Any], rng: random.Random) -> bool:
    """Make two lines of an ingredient line: its amount and its food."""
    return _replace_measured(label, rng, lambda amount, food: [amount, food])


def _replace_measured(
    label: dict[str, Any], rng: random.Random, make: Callable[[str, str], list[str]]
) -> bool:
    lines = _body(label, rng).get("recipeIngredient", [])
    candidates = [i for i, line in enumerate(lines) if _MEASURED.fullmatch(line)]
    if not candidates:
        return False
    at = rng.choice(candidates)
    match = _MEASURED.fullmatch(lines[at])
    assert match
    lines[at : at + 1] = make(match[1], match[2])
    return True


def invent_ingredient(label: dict[str, Any], rng: random.Random) -> bool:
    """Add an ingredient that the post does not have."""
    lines = _body(label, rng).get("recipeIngredient", [])
    text = " ".join(lines).lower()
    candidates = [line for line in INVENTED if line.split()[-1].strip(",") not in text]
    lines.insert(rng.randint(0, len(lines)), rng.choice(candidates))
    return bool(lines) and len(lines) > 1


def swap_steps(label: dict[str, Any], rng: random.Random) -> bool:
    """Swap two neighbouring steps."""
    lists = [steps for steps in _step_lists(_body(label, rng)) if len(steps) > 1]
    if not lists:
        return False
    steps = rng.choice(lists)
    at = rng.randrange(len(steps) - 1)
    if steps[at] == steps[at + 1]:
        return False
    steps[at], steps[at + 1] = steps[at + 1], steps[at]
    return True


def change_step_number(label: dict[str, Any], rng: random.Random) -> bool:
    """Change one number in a step."""
    steps = [step for steps in _step_lists(_body(label, rng)) for step in steps]
    candidates = [step for step in steps if _STEP_NUMBER.search(step["text"])]
    if not candidates:
        return False
    step = rng.choice(candidates)
    number = rng.choice(list(_STEP_NUMBER.finditer(step["text"])))
    other = str(int(number[0]) + rng.choice((3, 7, 25)))
    step["text"] = step["text"][: number.start()] + other + step["text"][number.end() :]
    return True


def drop_fact(label: dict[str, Any], rng: random.Random) -> bool:
    """Drop a time or the yield."""
    recipe = _body(label, rng)
    keys = [key for key in ("prepTime", "cookTime", "totalTime", "recipeYield") if key in recipe]
    if not keys:
        return False
    del recipe[rng.choice(keys)]
    return True


def change_time(label: dict[str, Any], rng: random.Random) -> bool:
    """Change a stated time."""
    recipe = _body(label, rng)
    keys = [key for key in ("prepTime", "cookTime", "totalTime") if recipe.get(key)]
    if not keys:
        return False
    key = rng.choice(keys)
    minutes = iso_to_minutes(recipe[key]) or 0
    recipe[key] = seconds_to_iso(60 * (minutes + rng.choice((5, 10, 15, 30, 60))))
    return True


def mistake_time(label: dict[str, Any], rng: random.Random) -> bool:
    """Give a stated time as one of another kind."""
    recipe = _body(label, rng)
    pairs = [
        (key, other)
        for key in TIMES
        for other in TIMES
        if key in recipe and recipe.get(other) != recipe[key]
    ]
    if not pairs:
        return False
    key, other = rng.choice(pairs)
    recipe[other] = recipe[key]
    return True


def invent_term(label: dict[str, Any], rng: random.Random) -> bool:
    """Add a cuisine, a category or keywords, as a model does that thinks they belong there."""
    recipe = _body(label, rng)
    words = [word for word in str(recipe["name"]).lower().split() if len(word) > 3]
    made = {
        "recipeCuisine": rng.choice(CUISINES),
        "recipeCategory": rng.choice(CATEGORIES),
        "keywords": ", ".join([*words[-1:], *rng.sample(TAGS, 2)]),
    }
    keys = [key for key in made if key not in recipe]
    if not keys:
        return False
    key = rng.choice(keys)
    recipe[key] = made[key]
    return True


KINDS: dict[str, Callable[[dict[str, Any], random.Random], bool]] = {
    "line dropped": drop_line,
    "amount changed": change_amount,
    "amount lost": lose_amount,
    "line split": split_line,
    "ingredient invented": invent_ingredient,
    "steps swapped": swap_steps,
    "number in a step": change_step_number,
    "time changed": change_time,
    "time or yield dropped": drop_fact,
    "time of the wrong kind": mistake_time,
    "invented cuisine or keywords": invent_term,
}


def corrupt(label: dict[str, Any], post: str, rng: random.Random) -> tuple[dict[str, Any], str]:
    """A corrupted copy of ``label`` and the kind of corruption; kinds are drawn uniformly.

    Raises ValueError if no kind can change the label ("{}").
    """
    kinds = rng.sample(list(KINDS), len(KINDS)) if label else []
    for kind in kinds:
        changed = copy.deepcopy(label)
        is_changed = KINDS[kind](changed, rng) and changed != label
        if is_changed and not (KINDS[kind] is invent_term and _is_said(changed, label, post)):
            return changed, kind
    raise ValueError("this label cannot be corrupted")


def _is_said(changed: dict[str, Any], label: dict[str, Any], post: str) -> bool:
    """Whether the post happens to say what was added: a keyword in its list or as a hashtag, or a
    cuisine or category ("a quick dinner") apart from the ingredients ("Italian seasoning")."""
    text = post.lower()
    tags = " ".join(line for line in text.splitlines() if _TAG_LINE.search(line))
    for new, old in zip(recipes_in(changed), recipes_in(label), strict=True):
        for line in old.get("recipeIngredient", ()):
            text = text.replace(line.lower(), "")
        for key in ("recipeCuisine", "recipeCategory"):
            if key not in old and new.get(key, "?").lower() in text:
                return True
        terms = [] if "keywords" in old else new.get("keywords", "").lower().split(", ")
        if any(
            term.strip("!?.)") in tags or f"#{term.replace(' ', '')}" in text
            for term in terms
            if term
        ):
            return True
    return False


def break_some(cases: Sequence[Case], share: float, rng: random.Random) -> list[Case]:
    """``cases`` with the labels of a random ``share`` of them corrupted."""
    chosen = set(rng.sample(range(len(cases)), round(share * len(cases))))
    out = []
    for number, case in enumerate(cases):
        if number in chosen:
            label, kind = corrupt(case.label, case.post, rng)
            case = replace(case, label=label, broken=kind)
        out.append(case)
    return out


def _support(label: dict[str, Any], case: Case, known: bool) -> float:
    return ground(label, case.post, case.source if known else None).support


def measure(clean: Sequence[Case], known: bool, args: argparse.Namespace) -> None:
    """Check the clean labels once, the broken ones of all draws, and print both results."""
    supports = []

    def mended(case: Case) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return repaired(case.label, case.post, str(case.source["name"]) if known else "")

    for number, case in enumerate(clean):
        label, removed = mended(case)
        # A clean label that is changed is as bad as one that is dropped.
        supports.append(0.0 if removed else _support(label, case, known))
        if args.show and supports[-1] < DEFAULT_MIN_SUPPORT:
            faults = ground(label, case.post, case.source if known else None).complaints()
            print(f"  changed or dropped: post {number}, {removed or faults[0]}")
    broken = []
    for draw in range(args.rounds):
        for number, case in enumerate(
            break_some(clean, args.share, random.Random(args.seed + draw))
        ):
            if not case.broken:
                continue
            label, _ = mended(case)
            is_right = label == clean[number].label
            broken.append(
                (case.broken, 0.0 if is_right else _support(label, case, known), is_right)
            )
            if args.show and broken[-1][1] >= DEFAULT_MIN_SUPPORT:
                print(f"  missed: post {number}, {case.broken}: {_difference(clean[number], case)}")
    _print_kinds(broken)
    _print_limits(supports, [support for _, support, _ in broken])


def _difference(clean: Case, broken: Case) -> str:
    """The first value that differs between the two labels, before and after."""
    for key in {**clean.label, **broken.label}:
        value, other = clean.label.get(key), broken.label.get(key)
        if value == other:
            continue
        if isinstance(value, list) and isinstance(other, list):
            return f"{key}: {[x for x in value if x not in other]} -> {[x for x in other if x not in value]}"
        return f"{key}: {value!r} -> {other!r}"
    return ""


def _print_kinds(broken: list[tuple[str, float, bool]]) -> None:
    total = Counter(kind for kind, _, _ in broken)
    caught = Counter(kind for kind, support, _ in broken if support < DEFAULT_MIN_SUPPORT)
    mended = Counter(kind for kind, _, is_right in broken if is_right)
    for kind, count in total.most_common():
        print(f"  {kind:28} {caught[kind]:4} of {count:4} caught ({caught[kind] / count:.1%})"
              f"{f', {mended[kind]} of them repaired' if mended[kind] else ''}")  # fmt: skip


def _print_limits(clean: list[float], broken: list[float]) -> None:
    print("  limit   broken caught   clean changed or dropped")
    for limit in LIMITS:
        caught = sum(support < limit for support in broken) / len(broken)
        dropped = sum(support < limit for support in clean) / len(clean)
        mark = "  <- default" if limit == DEFAULT_MIN_SUPPORT else ""
        print(f"  {limit:4.1f}  {caught:14.1%}  {dropped:14.1%}{mark}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_post_flags(parser)
    parser.add_argument("--share", type=float, default=0.1, help="share of labels broken (0.1)")
    parser.add_argument("--rounds", type=int, default=10, help="draws of the broken labels (10)")
    parser.add_argument(
        "--show", action="store_true", help="list every label that the check got wrong"
    )
    args = parser.parse_args()
    clean = list(clean_cases(args.csv, args.posts, args.seed))
    print(f"{len(clean)} posts from {args.csv.name}, {args.share:.0%} of the labels broken, "
          f"{args.rounds} draws, seed {args.seed}")  # fmt: skip
    for known in (True, False):
        print(f"\nsource facts {'known' if known else 'not known'}")
        measure(clean, known, args)


if __name__ == "__main__":
    main()
