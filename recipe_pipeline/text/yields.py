"""Recipe yields: the numbers in them and whether two of them agree."""

from __future__ import annotations

from recipe_pipeline.text.match import NUMBER_WORDS, tokenise


def yield_numbers(text: str) -> set[str]:
    """Numbers of a yield, in decimal spelling: "Serves 4-6" -> {"4", "6"}, "a dozen" -> {"12"}."""
    tokens = (NUMBER_WORDS.get(token, token) for token in tokenise(text))
    return {token for token in tokens if token[0].isdigit()}


def same_yield(predicted: str, gold: str) -> bool:
    """Whether two yields agree: a number in common, or the same words where gold has no number."""
    if not predicted:
        return False
    numbers = yield_numbers(gold)
    if numbers:
        return bool(numbers & yield_numbers(predicted))
    return sorted(tokenise(predicted)) == sorted(tokenise(gold))
