"""Is an ingredient line of a label a whole line, or what remains of a line of the post?

"flour" for the post's "2 cups flour" has lost its amount, "2 cups" its food, "2 cups all-purpose" its
end. All their words are in the post, so nothing else notices. A line that the post itself gives without
an amount ("salt to taste") is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from recipe_pipeline.grounding.amounts import ARTICLES, has_amount, is_amount
from recipe_pipeline.grounding.post_index import (
    HEADINGS,
    NO_BREAK,
    STOP_WORDS,
    VERBS,
    PostIndex,
    Tokens,
    canonical,
    content_words,
    is_number,
)
from recipe_pipeline.text.vocabulary import DESCRIBING, NOT_FOR_FOOD, UNIT_NAMES

DESCRIBING_WORDS = frozenset(map(canonical, DESCRIBING.split()))
_NOT_THE_FOOD = DESCRIBING_WORDS - {"salt"}  # "salted" is not a food but has the stem of one
_ENDS_OF_NAME = STOP_WORDS - {"of", "the", "a", "an"}
_JOINING = frozenset({"and", "or", "plus"})
_LONGEST_LIST_LINE = 16  # tokens of a line that may list a food without an amount
_LONGEST_SHOWN = 80

Words = Sequence[str]


def what_is_lost(line: Tokens, post: PostIndex) -> str:
    """What an ingredient line of a label has lost, in words; "" for a whole line."""
    if not _foods(line.words):
        is_lost = has_amount(line.words) and not _is_entry(line.words, post)
        return "an amount without a food" if is_lost else ""
    if line.words[0] in UNIT_NAMES and _follows_a_number(line.words, post):
        return "its number is lost"
    if has_amount(line.words):
        rest = _rest_of_line(line, post)
        return f"it breaks off; in the post {rest!r} follows" if rest else ""
    amount = _amount_in_post(_head(line), line.words, post)
    return f"its amount is lost; the post says {amount!r}" if amount else ""


def _is_entry(words: Words, post: PostIndex) -> bool:
    """Whether the post itself ends an entry behind these words: "4 skinless, boneless chicken breasts"."""
    lines = {post.line_number(place) for place in post.places_of(words)}
    describes = bool(_NOT_THE_FOOD & set(words))  # the food of "2 cups" is in a table's next cell
    return describes and any(part == words for number in lines for part in _parts(number, post))


def _follows_a_number(words: Words, post: PostIndex) -> bool:
    """Whether the post has a number before these words wherever it has them: "cups (480 ml) water"."""
    places = post.places_of(words)
    return bool(places) and all(
        at and post.breaks[at] == NO_BREAK and is_number(post.words[at - 1]) for at in places
    )


def _rest_of_line(line: Tokens, post: PostIndex) -> str:
    """The word that goes on with the food's name in the post's entry: "cheese" for "1 cup cream".

    "" if the post has the line as a whole, or elsewhere than at the beginning of an entry.
    """
    rest = ""
    for place in post.places_of(line.words):
        entry, end = post.line_at(place), place + len(line.words)
        text = post.line_text(post.line_number(place))
        goes_on = entry.start == place and end < entry.stop
        if not goes_on or post.breaks[end] != NO_BREAK or text.endswith("."):
            return ""
        rest = post.words[end]
        if is_number(rest) or rest in STOP_WORDS | _NOT_THE_FOOD | VERBS | _JOINING:
            return ""
        if f"{line.plain.strip()} {rest[0]}" not in text:
            return ""  # "2 cups flour (sifted)"
    return rest


def _head(line: Tokens) -> Words:
    """The words of a line up to the end of its food's name: "onions, diced" -> "onions"."""
    for at in range(1, len(line.words)):
        ends = line.breaks[at] != NO_BREAK or line.words[at] in _ENDS_OF_NAME
        if ends and _foods(line.words[:at]):
            return line.words[:at]
    return line.words


def _foods(words: Words) -> set[str]:
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


def _amount_in_post(head: Words, words: Words, post: PostIndex) -> str:
    """The line of the post that gives this food with an amount; "" if there is none, or if the post has
    the food as an entry without one, too."""
    foods = {post.spelt(word) for word in _foods(head)}
    content = {post.spelt(word) for word in content_words(words)}
    found = ""
    rarest = min(foods, key=lambda word: len(post.positions.get(word, ())))
    for number in dict.fromkeys(map(post.line_number, post.positions.get(rarest, ()))):
        for part in _parts(number, post):
            if not foods <= set(part):
                continue
            is_sentence = post.line_text(number).endswith(".")
            if _gives_amount(part, foods, is_sentence) or _amount_follows(
                part, foods, number, post
            ):
                found = found or post.line_text(number)[:_LONGEST_SHOWN]
            elif beside := _amount_beside(number, part, post):
                found = found or f"{beside} {' '.join(part)}"
            elif _foods(part) <= content and _may_be_entry(number, part, content, post):
                return ""
    return found


def _parts(number: int, post: PostIndex) -> Iterator[Words]:
    """The parts of a line between its commas, sentence ends and "and"."""
    part: list[str] = []
    for at in post.lines[number]:
        is_joining = post.words[at] in _JOINING
        if part and (is_joining or post.breaks[at] != NO_BREAK):
            yield part
            part = []
        if not is_joining:
            part.append(post.words[at])
    if part:
        yield part


def _gives_amount(part: Words, foods: set[str], is_sentence: bool) -> bool:
    """Whether there is an amount of these ``foods`` before them: "2 cups sifted flour".

    "2 cups chicken broth" is none of chicken. A number before a verb is one in a list ("2 chopped onions"), not in a step ("Part 2: boil water").
    """
    places = [at for at, word in enumerate(part) if word in foods]
    first, behind = places[0], part[places[-1] + 1 :]
    if _foods(list(takewhile(lambda word: word not in STOP_WORDS, behind))) - VERBS:
        return False
    for at, (word, after) in enumerate(pairwise(part[: first + 1])):
        if after in NOT_FOR_FOOD | {"of"}:  # "half of the onion"
            continue
        if word in ARTICLES and after in UNIT_NAMES:
            return True
        opens_list_line = at == 0 and not is_sentence
        if is_number(word) and (
            after in UNIT_NAMES or opens_list_line or not VERBS & set(part[at:first])
        ):
            return True
    return False


def _amount_follows(part: Words, foods: set[str], number: int, post: PostIndex) -> bool:
    """Whether the food opens its line and an amount is all that follows: "flour 2 cups", "flour, 2 cups"."""
    words = post.line_words(number)
    last = max(at for at, word in enumerate(part) if word in foods)
    return list(words[: last + 1]) == list(part[: last + 1]) and is_amount(words[last + 1 :])


def _amount_beside(number: int, part: Words, post: PostIndex) -> str:
    """The line next to a food's own line that is its amount, in a list with both in turns."""
    if len(post.line_words(number)) != len(part):
        return ""
    beside = number - 1 if _amounts_come_first(post) else number + 1
    return post.line_text(beside) if _is_amount_line(beside, post) else ""


def _amounts_come_first(post: PostIndex) -> bool:
    """Whether amounts on lines of their own are above their foods: the first is below a heading."""
    first = next((n for n in range(len(post.lines)) if _is_amount_line(n, post)), 0)
    above = post.line_words(first - 1) if first else ()
    return set(content_words(above)) <= HEADINGS or post.line_text(first - 1).endswith(":")


def _is_amount_line(number: int, post: PostIndex) -> bool:
    """Whether a line is nothing but an amount; a number above an instruction counts its steps."""
    if not 0 <= number < len(post.lines) or not is_amount(post.line_words(number)):
        return False
    has_unit = bool(UNIT_NAMES & set(post.line_words(number)))
    is_last = number + 1 == len(post.lines)
    return has_unit or is_last or post.line_words(number + 1)[0] not in VERBS


def _may_be_entry(number: int, part: Words, content: set[str], post: PostIndex) -> bool:
    """Whether a part of a line may list a food without an amount, rather than use it in a step.

    ``content``: the words of the label's line; a line of nothing else is an entry ("brown sugar").
    """
    words = post.line_words(number)
    is_sentence = post.line_text(number).endswith(".")
    is_step = is_sentence or VERBS & {part[0], *words[: 1 + is_number(words[0])]}
    return len(words) <= _LONGEST_LIST_LINE and (
        not is_step or content.issuperset(content_words(words))
    )
