"""What a post states and its label leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from recipe_pipeline.grounding.asides import is_aside
from recipe_pipeline.grounding.entries import INGREDIENT, STEP, lines_of_kind
from recipe_pipeline.grounding.facts import TIMES
from recipe_pipeline.grounding.ingredients import ingredient_support
from recipe_pipeline.grounding.missing_entries import missing_entries
from recipe_pipeline.grounding.post_index import (
    STOP_WORDS,
    PostIndex,
    content_words,
    is_number,
    line_tokens,
)
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts
from recipe_pipeline.text.durations import iso_to_minutes
from recipe_pipeline.text.vocabulary import UNIT_NAMES

STATED = 0.85  # a source line with this score counts as stated in the post
COVERED = 0.6  # share of a line's words that the label must hold to have it

Gap = tuple[str, str]
"""Field and text of something left out."""


class LabelText:
    """What a label says: its recipes, and the lines of all of them together."""

    def __init__(self, recipes: Sequence[dict[str, Any]]) -> None:
        self.recipes = recipes
        self.ingredients = [line for recipe in recipes for line in ingredient_lines(recipe)]
        self.steps = [text for recipe in recipes for text in instruction_texts(recipe)]

    def has(self, key: str) -> bool:
        """Whether any recipe has ``key``."""
        return any(key in recipe for recipe in self.recipes)

    def headings(self) -> list[str]:
        """Names of the recipes and of the sections of their instructions."""
        names = [str(recipe.get("name", "")) for recipe in self.recipes]
        for recipe in self.recipes:
            sections = recipe.get("recipeInstructions", ())
            names += [str(item["name"]) for item in sections if "name" in item]
        return names


def find_gaps(
    recipes: Sequence[dict[str, Any]], post: PostIndex, source: dict[str, Any]
) -> list[Gap]:
    """Everything the post states and the label does not.

    ``source``: facts to look for (keys of ``SourceRecipe.facts``). With {} only the post's own lists
    are compared, and times and a yield that have lines of their own.
    """
    label = LabelText(recipes)
    found = _missing_source_lines(label, post, source)
    if recipes or source:
        found += _missing_times(label, post, source)
        found += _missing_yield(label, post, source)
    if recipes:
        return list(dict.fromkeys(found + _missing_entries(label, post)))
    found = found if source else _lines_of_a_recipe(post)
    # A post without a recipe may name a food or two; a list of them is a recipe.
    return found if len(found) > 2 else []


def _missing_source_lines(label: LabelText, post: PostIndex, source: dict[str, Any]) -> list[Gap]:
    ingredients, directions = (_lines(source.get(key)) for key in ("ingredients", "directions"))
    directions = [line for line in directions if not is_aside(line)]
    return [
        *((INGREDIENT.field, x) for x in missing_ingredients(ingredients, label.ingredients, post)),
        *((STEP.field, x) for x in missing_steps(directions, label.steps, post)),
    ]


def _missing_entries(label: LabelText, post: PostIndex) -> list[Gap]:
    foods, steps, headings = label.ingredients, label.steps, label.headings()
    return [
        *((INGREDIENT.field, x) for x in missing_entries(INGREDIENT, foods, headings, steps, post)),
        *((STEP.field, x) for x in missing_entries(STEP, steps, headings, foods, post)),
    ]


def _lines_of_a_recipe(post: PostIndex) -> list[Gap]:
    """Ingredient lines of a post that has steps, too (a shopping list has none)."""
    ingredients = lines_of_kind(INGREDIENT, post)
    if len(ingredients) < 3 or len(lines_of_kind(STEP, post)) < 2:
        return []
    return [(INGREDIENT.field, post.line_text(number)) for number in ingredients]


def _missing_times(label: LabelText, post: PostIndex, source: dict[str, Any]) -> list[Gap]:
    found = []
    for key, (kind, fact) in TIMES.items():
        if label.has(key):
            continue
        if source:
            stated = {iso_to_minutes(source.get(fact))} & post.evidence.stated_minutes(kind)
        else:
            stated = post.evidence.card_minutes(kind)
        found += [(key, f"{minutes} minutes") for minutes in sorted(stated)[:1]]
    return found


def _missing_yield(label: LabelText, post: PostIndex, source: dict[str, Any]) -> list[Gap]:
    if label.has("recipeYield"):
        return []
    if source:
        facts = [str(source[key]) for key in ("yield", "servings") if source.get(key)]
        stated = [fact for fact in facts if post.evidence.labels_yield(fact)]
    else:
        stated = list(filter(None, [post.evidence.card_yield()]))
    return [("recipeYield", fact) for fact in stated[:1]]


def missing_ingredients(
    source_lines: Sequence[str], label_lines: Sequence[str], post: PostIndex
) -> list[str]:
    """Source lines that the post states and for which the label has no line of its own."""
    free = [set(_essence(line)) for line in label_lines]
    covered: list[set[str]] = []
    pending: list[tuple[str, set[str]]] = []
    # Exact counterparts first, so that "1 egg" does not take the label line of "1 egg white".
    for line in source_lines:
        essence = set(_essence(line))
        exact = [i for i, label in enumerate(free) if essence and essence <= label]
        if exact:
            free.pop(min(exact, key=lambda i: len(free[i])))
            covered.append(essence)
        elif essence and essence not in covered:  # a source may list a food twice, a post once
            pending.append((line, essence))
    return [
        line
        for line, essence in pending
        if not _take_similar(essence, free) and states_ingredient(line, post)
    ]


def _take_similar(essence: set[str], free: list[set[str]]) -> bool:
    """Remove the most similar of ``free`` when it covers ``essence``. A label's line without an amount
    is compared by its food: whether the post gives an amount is checked line by line."""
    foods = {word for word in essence if not is_number(word)}
    shares = [
        len(wanted & label) / len(wanted)
        for label in free
        for wanted in [essence if any(map(is_number, label)) else foods or essence]
    ]
    if not shares or max(shares) < COVERED:
        return False
    free.pop(shares.index(max(shares)))
    return True


def _head(line: str) -> Sequence[str]:
    """Tokens of a line up to the comma behind its food."""
    tokens = line_tokens(line)
    for at in range(1, len(tokens.words)):
        if tokens.breaks[at] and any(
            w not in UNIT_NAMES and not is_number(w) for w in tokens.words[:at]
        ):
            return tokens.words[:at]
    return tokens.words


def _essence(line: str) -> list[str]:
    """Numbers and content words of the head of a line, without units."""
    return [w for w in _head(line) if w not in STOP_WORDS and w not in UNIT_NAMES]


def states_ingredient(line: str, post: PostIndex) -> bool:
    """Whether the post gives ``line`` as an ingredient with its amount."""
    words = _head(line)
    if any(is_number(word) for word in words):
        return ingredient_support(line.split(",", 1)[0], post, explicit=True).score >= STATED
    return any(_is_entry(post, place, len(words)) for place in post.places_of(words))


def _is_entry(post: PostIndex, at: int, size: int) -> bool:
    """Whether ``size`` tokens have a line to themselves, or nearly."""
    line = post.line_at(at)
    return len(line) <= size + 6


def missing_steps(
    source_steps: Iterable[str], label_steps: Sequence[str], post: PostIndex
) -> list[str]:
    """Source directions that are in the post word for word and not in the label."""
    wanted = {step: line_tokens(step).words for step in source_steps}
    wanted = {step: words for step, words in wanted.items() if len(content_words(words)) > 1}
    label = [_joined(line_tokens(step).words) for step in label_steps]
    left = list(label)
    # Exact counterparts first, the longest before their parts, so that another baking in the label
    # does not pass for "Bake for 20 minutes."
    exact = {
        step
        for step in sorted(wanted, key=lambda step: -len(wanted[step]))
        if _take_out(_joined(wanted[step]), left)
    }
    rest = [set(words.split()) for words in left]
    return [
        step
        for step, words in wanted.items()
        if step not in exact
        and len(post.places_of(words)) > sum(text.count(_joined(words)) for text in label)
        and not _is_covered(words, rest)
    ]


def _joined(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "


def _take_out(step: str, texts: list[str]) -> bool:
    """Remove ``step`` from the first of ``texts`` that holds it; False when none does."""
    for at, text in enumerate(texts):
        if step in text:
            texts[at] = text.replace(step, "  ", 1)
            return True
    return False


def _is_covered(words: Sequence[str], label_steps: Sequence[set[str]]) -> bool:
    wanted = set(content_words(words))
    return any(len(wanted & step) >= COVERED * len(wanted) for step in label_steps)


def _lines(value: Any) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list | tuple) else []
