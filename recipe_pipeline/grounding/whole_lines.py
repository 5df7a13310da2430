"""Is an ingredient line of a label a whole line, or what remains of a line of the post?

"flour" for the post's "2 cups flour" has lost its amount, "2 cups" its food, "2 cups all-purpose"
its end. All their words are in the post, so nothing else notices. A line that the post itself gives
without an amount ("salt to taste") is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recipe_pipeline.grounding.amounts import ARTICLES
from recipe_pipeline.grounding.entries import MAX_LIST_LINE, looks_like_ingredient
from recipe_pipeline.grounding.post_index import (
    NO_BREAK,
    STOP_WORDS,
    PostIndex,
    Tokens,
    canonical,
    content_words,
    gaps_of,
    is_number,
)
from recipe_pipeline.text.vocabulary import DESCRIBING, HEADING_WORDS, KITCHEN_VERBS, UNIT_NAMES

DESCRIBING_WORDS = frozenset(map(canonical, DESCRIBING.split()))
_NOT_THE_FOOD = DESCRIBING_WORDS - {"salt"}  # "salted" is no food, but has the stem of one
_VERBS = frozenset(map(canonical, KITCHEN_VERBS.split()))
_HEADINGS = frozenset(map(canonical, HEADING_WORDS.split()))
_JOINING = frozenset({"and", "or", "plus", "with"})
_ENDS_OF_NAME = STOP_WORDS - {"of", "the", "a", "an"}
_NOT_FOR_FOOD = frozenset({"minute", "hour", "day", "degree", "inch"})
_MEASURES = UNIT_NAMES - _NOT_FOR_FOOD
_LONGEST_ENTRY = 8  # tokens of a list entry without an amount
_FAR = 5  # tokens between a food and its amount
_NEAR = 3  # lines between an entry without an amount and one of the same list that has one
_MOST_LINES = 40
_LONGEST_SHOWN = 80

Segment = Sequence[str]


def what_is_lost(line: Tokens, post: PostIndex) -> str:
    """What an ingredient line of a label has lost, in words; "" for a whole line."""
    words = line.words
    if not _foods(words):
        lost = _has_amount(words) and not _is_entry(words, post)
        return "an amount without a food" if lost else ""
    if not _has_amount(words):
        amount = _amount_in_post(_head(line), words, post)
        return f"its amount is lost; the post says {amount!r}" if amount else ""
    rest = _rest_of_line(words, post)
    return f"it breaks off; in the post {rest!r} follows" if rest else ""


def _head(line: Tokens) -> Segment:
    """The words of a line up to the end of its food's name: "onions, diced" -> "onions"."""
    for at in range(1, len(line.words)):
        ends = line.breaks[at] != NO_BREAK or line.words[at] in _ENDS_OF_NAME
        if ends and _foods(line.words[:at]):
            return line.words[:at]
    return line.words


def _foods(words: Segment) -> set[str]:
    """The words that name a food: no amounts, nor what only describes or prepares one."""
    named = [
        word
        for at, word in enumerate(words)
        if not is_number(word)
        and word not in STOP_WORDS | _NOT_THE_FOOD
        and not (
            word in UNIT_NAMES and at and (is_number(words[at - 1]) or words[at - 1] in ARTICLES)
        )
    ]
    # "Diced garlic cloves" are garlic, but the cloves of "1 teaspoon cloves" are a spice.
    return {word for word in named if word not in _VERBS | UNIT_NAMES} or set(named)


def _has_amount(words: Segment) -> bool:
    """Whether there is an amount, also in words ("a pinch of"); "in 1-inch cubes" is none."""
    return any(
        after not in _NOT_FOR_FOOD
        and (is_number(word) or (word in ARTICLES and after in UNIT_NAMES))
        for word, after in zip(words, [*words[1:], ""], strict=True)
    )


def _is_entry(words: Segment, post: PostIndex) -> bool:
    """Whether the post itself has these words, which describe a food, as an entry ("4 large")."""
    if not _NOT_THE_FOOD & set(words):
        return False  # "2 cups": in a table, the food is in the next line
    lines = dict.fromkeys(post.line_number(place) for place in post.places_of(words))
    return any(segment == words for line in lines for segment, _ in _segments(line, post))


def _rest_of_line(words: Segment, post: PostIndex) -> str:
    """The word behind ``words`` in the post's list line that begins with them, if it belongs to the
    food's name; "" if the post has them as a whole line or elsewhere."""
    rest = ""
    for place in post.places_of(words):
        line, end = post.line_at(place), place + len(words)
        number = post.line_number(place)
        goes_on = place == line.start and end < line.stop and post.breaks[end] == NO_BREAK
        if not goes_on or not looks_like_ingredient(
            post.line_words(number), post.line_text(number)
        ):
            return ""
        word = post.words[end]
        if is_number(word) or word in STOP_WORDS | _NOT_THE_FOOD | _VERBS | _JOINING:
            return ""
        if gaps_of(post.line_text(number))[len(words) - 1].strip(" -"):
            return ""  # "2 cups flour (sifted)"
        rest = word
    return rest


def _amount_in_post(head: Segment, words: Segment, post: PostIndex) -> str:
    """The list entry of the post that gives this food with an amount; "" if there is none, or if the
    post has the food as an entry without one, too."""
    foods = {post.spelt(word) for word in _foods(head)}
    content = {post.spelt(word) for word in content_words(words)}
    found = ""
    for number in _lines_with(foods, post):
        for segment, following in _segments(number, post):
            if not foods <= set(segment):
                continue
            if _gives_amount(segment, foods) or _follows(segment, foods, following):
                found = found or _shown(number, [*segment, *following], post)
            elif _foods(segment) <= content and _may_be_entry(number, segment, content, post):
                beside = _amount_line_beside(number, segment, post)
                if not beside:
                    return ""
                found = found or " ".join([*beside, *segment])
    return found


def _shown(number: int, entry: Segment, post: PostIndex) -> str:
    """An entry of the post for the reader: its line as it is, unless that is a whole paragraph."""
    text = post.line_text(number).lstrip("-*•▢☐ ")
    return text if len(text) <= _LONGEST_SHOWN else " ".join(entry)


def _lines_with(foods: set[str], post: PostIndex) -> list[int]:
    """The lines of the post that have all these words."""
    rarest = min(foods, key=lambda word: len(post.positions.get(word, ())))
    places = post.positions.get(rarest, ())
    numbers = dict.fromkeys(post.line_number(place) for place in places)
    return [n for n in numbers if foods <= set(post.line_words(n))][:_MOST_LINES]


def _segments(number: int, post: PostIndex) -> Iterator[tuple[Segment, Segment]]:
    """The parts of a line between its commas, sentence ends and "and", each with the amount that
    follows it alone ("flour, 2 cups")."""
    parts: list[list[str]] = [[]]
    for at in post.lines[number]:
        word = post.words[at]
        if post.breaks[at] != NO_BREAK or word in _JOINING:
            parts.append([])
        if word not in _JOINING:
            parts[-1].append(word)
    for part, after in zip(parts, [*parts[1:], []], strict=True):
        yield part, after if after and _is_amount(after) else []


def _gives_amount(segment: Segment, foods: set[str]) -> bool:
    """Whether an amount of this very food comes before it: "2 cups sifted flour"."""
    places = [at for at, word in enumerate(segment) if word in foods]
    behind = segment[places[-1] + 1 :]
    end = next((at for at, word in enumerate(behind) if word in STOP_WORDS), len(behind))
    if _foods(behind[:end]) - _VERBS:
        return False  # "2 cups chicken broth" is no chicken
    for at in range(places[0] - 1, max(-1, places[0] - _FAR - 1), -1):
        word, after = segment[at], segment[at + 1]
        if is_number(word) or (word in ARTICLES and after in UNIT_NAMES):
            return after not in _NOT_FOR_FOOD
    return False


def _follows(segment: Segment, foods: set[str], following: Segment) -> bool:
    """Whether an amount comes behind the food: "flour 2 cups", "flour, 2 cups"."""
    if following:
        return len(segment) <= _LONGEST_ENTRY and not set(segment) & _VERBS
    last = max(at for at, word in enumerate(segment) if word in foods)
    return len(segment) <= _LONGEST_ENTRY and _is_amount(segment[last + 1 :])


def _is_amount(words: Segment) -> bool:
    """Whether ``words`` are a number and a unit, or several."""
    return (
        0 < len(words) <= 4
        and is_number(words[0])
        and all(is_number(w) or w in _MEASURES or w in STOP_WORDS for w in words)
    )


def _may_be_entry(number: int, segment: Segment, content: set[str], post: PostIndex) -> bool:
    """Whether ``segment`` of a line may be an ingredient without an amount: among others with one."""
    words = post.line_words(number)
    if content.issuperset(words):
        pass  # "Brown sugar" is no step
    elif segment[0] in _VERBS or words[0] in _VERBS or (is_number(words[0]) and words[1] in _VERBS):
        return False
    if _looks_right(number, post) or sum(unit in _MEASURES for unit in words) > 1:
        return True  # "1 tsp salt and pepper"; "8 oz pasta, 4 tbsp butter, basil"
    if len(words) > 2 * _LONGEST_ENTRY:
        return False
    near = range(max(0, number - _NEAR), min(len(post.lines), number + _NEAR + 1))
    return any(_gives_some_amount(n, post) for n in near if n != number) or not any(
        _looks_right(n, post) for n in range(len(post.lines))
    )


def _gives_some_amount(number: int, post: PostIndex) -> bool:
    words = post.line_words(number)
    return len(words) <= MAX_LIST_LINE and words[0] not in _VERBS and _has_amount(words)


def _looks_right(number: int, post: PostIndex) -> bool:
    return looks_like_ingredient(post.line_words(number), post.line_text(number))


def _amount_line_beside(number: int, segment: Segment, post: PostIndex) -> Sequence[str]:
    """The line next to a food's own line that is its amount, in a list with both in turns."""
    if len(post.line_words(number)) != len(segment):
        return ()
    beside = number - 1 if _amounts_come_first(post) else number + 1
    if not 0 <= beside < len(post.lines):
        return ()
    words = post.line_words(beside)
    return words if _is_amount(words) else ()


def _amounts_come_first(post: PostIndex) -> bool:
    """Whether amounts that have their own lines stand above their foods: what is above the first?"""
    first = next((n for n in range(len(post.lines)) if _is_amount(post.line_words(n))), 0)
    if not first:
        return True
    above, text = post.line_words(first - 1), post.line_text(first - 1)
    return text.endswith(":") or set(content_words(above)) <= _HEADINGS or above[0] == "for"
