"""Is an ingredient line of a label a whole line, or what remains of a line of the post?

"flour" for the post's "2 cups flour" has lost its amount, "2 cups" its food, "2 cups all-purpose"
its end. All their words are in the post, so nothing else notices. A line that the post itself gives
without an amount ("salt to taste") is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recipe_pipeline.grounding.amounts import ARTICLES
from recipe_pipeline.grounding.bare_entries import (
    JOINING,
    LONGEST_ENTRY,
    Segment,
    amount_line_beside,
    has_amount,
    is_amount,
    is_bare_entry,
    is_ingredient_line,
)
from recipe_pipeline.grounding.post_index import (
    NO_BREAK,
    SOFT_BREAK,
    STOP_WORDS,
    VERBS,
    PostIndex,
    Tokens,
    canonical,
    content_words,
    gaps_of,
    is_number,
)
from recipe_pipeline.text.vocabulary import DESCRIBING, NOT_FOR_FOOD, UNIT_NAMES

DESCRIBING_WORDS = frozenset(map(canonical, DESCRIBING.split()))
_NOT_THE_FOOD = DESCRIBING_WORDS - {"salt"}  # "salted" is not a food but has the stem of one
_MEASURES = UNIT_NAMES - NOT_FOR_FOOD
_ENDS_OF_NAME = STOP_WORDS - {"of", "the", "a", "an"}
_FAR = 5  # tokens between a food and its amount
_MOST_LINES = 40
_LONGEST_SHOWN = 80

_IRREGULAR = frozenset({"beaten", "cut", "juiced"})
_LETTERS = re.compile(r"[^\W\d_]+")
_NUMBERING = re.compile(r"[.)]|\s+[-–]\s")


def what_is_lost(line: Tokens, post: PostIndex) -> str:
    """What an ingredient line of a label has lost, in words; "" for a whole line."""
    words = line.words
    if not _foods(words):
        lost = has_amount(words) and not _is_entry(words, post)
        return "an amount without a food" if lost else ""
    if _opens_with_measure(words) and (amount := _number_before(words, post)):
        return f"its number is lost; the post says {amount!r}"
    if not has_amount(words):
        amount = _amount_in_post(_head(line), words, post)
        return f"its amount is lost; the post says {amount!r}" if amount else ""
    rest = _rest_of_line(words, post)
    return f"it breaks off; in the post {rest!r} follows" if rest else ""


def is_preparation(line: str) -> bool:
    """Whether a line names no food, but says how one is prepared: "thinly sliced"."""
    words = [word for word in _LETTERS.findall(line.lower()) if word not in STOP_WORDS]
    participles = [word for word in words if word.endswith("ed") or word in _IRREGULAR]
    is_other = any(word not in participles and not word.endswith("ly") for word in words)
    return bool(participles) and not is_other and not any(map(str.isdigit, line))


def _opens_with_measure(words: Segment) -> bool:
    """ "cups flour", "large pinch of salt", and what remains of "4 x 180 g"."""
    if words[0] in _MEASURES or words[0] == "x":
        return True
    return len(words) > 1 and words[0] in DESCRIBING_WORDS and words[1] in _MEASURES


def _number_before(words: Segment, post: PostIndex) -> str:
    """ "2 cups" for the line "cups (480 ml) water", if the post has a number before it wherever it has
    these words; else ""."""
    places = post.places_of(words)
    before = [
        post.words[at - 1]
        for at in places
        if at > post.line_at(at).start
        and post.breaks[at] == NO_BREAK
        and is_number(post.words[at - 1])
    ]
    return f"{before[0]} {words[0]}" if before and len(before) == len(places) else ""


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
    return {word for word in named if word not in VERBS | UNIT_NAMES} or set(named)


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
        if not (goes_on and is_ingredient_line(number, post)):
            return ""
        word = post.words[end]
        if is_number(word) or word in STOP_WORDS | _NOT_THE_FOOD | VERBS | JOINING:
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
        is_listed = is_ingredient_line(number, post)
        for segment, following in _segments(number, post):
            if not foods <= set(segment):
                continue
            if _gives_amount(segment, foods, is_listed) or _follows(segment, foods, following):
                found = found or _shown(number, [*segment, *following], post)
            elif _foods(segment) <= content and is_bare_entry(number, segment, content, post):
                beside = amount_line_beside(number, segment, post)
                if not beside:
                    return ""
                found = found or " ".join([*beside, *segment])
    return found


def _shown(number: int, entry: Segment, post: PostIndex) -> str:
    """An entry of the post to show: its line, unless that is a whole paragraph."""
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
    follows it alone ("flour, 2 cups"). The number of a numbered line is left out."""
    parts: list[list[str]] = [[]]
    gaps = gaps_of(post.line_text(number))
    for position, at in enumerate(post.lines[number]):
        word = post.words[at]
        if position == 0 and is_number(word) and _NUMBERING.match(gaps[0]):
            continue
        # "2 Tbsp. sugar" is one part.
        ends = post.breaks[at] > SOFT_BREAK or (position and "," in gaps[position - 1])
        if ends or word in JOINING:
            parts.append([])
        if word not in JOINING:
            parts[-1].append(word)
    parts = [part for part in parts if part]
    is_pair = len(parts) == 2 and is_amount(parts[1])
    for part in parts:
        yield part, parts[1] if is_pair and part is parts[0] else []


def _gives_amount(segment: Segment, foods: set[str], is_listed: bool) -> bool:
    """Whether an amount of this very food comes before it: "2 cups sifted flour".

    Sentences may have other numbers ("Step 1: boil the water"), list lines do not.
    """
    places = [at for at, word in enumerate(segment) if word in foods]
    behind = segment[places[-1] + 1 :]
    end = next((at for at, word in enumerate(behind) if word in STOP_WORDS), len(behind))
    if _foods(behind[:end]) - VERBS:
        return False  # "2 cups chicken broth" is not chicken
    for at in range(places[0] - 1, max(-1, places[0] - _FAR - 1), -1):
        word, after = segment[at], segment[at + 1]
        if word in ARTICLES and after in UNIT_NAMES:
            return after not in NOT_FOR_FOOD
        if is_number(word):
            is_surely_one = is_listed or after in UNIT_NAMES or not VERBS & set(segment[at:])
            return is_surely_one and after not in NOT_FOR_FOOD | {"of"}  # "half of the onion"
    return False


def _follows(segment: Segment, foods: set[str], following: Segment) -> bool:
    """Whether an amount comes behind the food: "flour 2 cups", "flour, 2 cups"."""
    if segment[0] in VERBS and "with" in segment:
        return False  # "serve with the sauce (about 1 cup)" is a step
    if following:
        return len(segment) <= LONGEST_ENTRY and not set(segment) & VERBS
    last = max(at for at, word in enumerate(segment) if word in foods)
    return len(segment) <= LONGEST_ENTRY and is_amount(segment[last + 1 :])
