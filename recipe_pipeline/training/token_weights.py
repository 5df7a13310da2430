"""Which tokens of an answer weigh more in the training loss (``--decision-weight``).

The text of an ingredient or a step is copied, and every word of it teaches copying. A few tokens
carry a choice instead: which name, which facts are left out, where a list ends, whether another
recipe follows. Each is one among hundreds, so with equal weights it is learnt late or never.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise

from recipe_pipeline.schema.layout import FACTS

START_TOKENS = 32
"""The start of an answer: recipe or none, one recipe or several, how the first list begins."""
END_TOKENS = 8
"""The end of an answer: where its last list and the answer itself end."""

# The first key after the context is "@graph" for several recipes and "@type" for one. A single
# token there settles what the whole answer looks like, so it gets the weight twice.
_ONE_OR_SEVERAL = re.compile(r'\A\{"@context": "[^"]*", "@(?:graph|type)"')

# Name, yield and times with the key that follows them, which shows which facts are left out.
# The name of a step or section follows its type; it is copied like any other line of a list.
_FACTS = rf"""
    (?<! HowToSection",[ ] ) (?<! HowToStep",[ ] )
    (?: "(?: {"|".join(FACTS)} )":[ ] "(?: [^"\\] | \\. )*" (?: ,[ ] )? )+
    (?: "\w+":[ ] )?
"""
_NEXT_RECIPE = r"""
    (?<= \},[ ] ) \{"@type":[ ]"Recipe",[ ]
"""
# The end of a string that something follows: the list goes on here, or its brackets close.
# Both outcomes need the same weight: if ending weighs more, lists end early; if less, never.
# Not an escaped quote inside a string, and not the value of an "@type", which decides nothing.
_END_OF_ENTRY = r"""
    (?<! \\ ) (?<! HowToStep ) (?<! HowToSection ) (?<! "Recipe )
    " [\]}]* , (?=[ ])
"""
_CHOICES = re.compile("|".join((_FACTS, _NEXT_RECIPE, _END_OF_ENTRY)), re.VERBOSE)


def token_weights(pieces: Sequence[str], weight: float) -> list[float]:
    """The weight of each token of one answer in the loss; their mean is 1.

    ``pieces``: the answer's tokens as the vocabulary spells them (a space is "▁"). Tokens that carry
    a choice weigh ``weight`` times as much as the others. An answer no longer than its start and
    end together (such as ``{}``) is weighted evenly.
    """
    count = len(pieces)
    if count <= START_TOKENS + END_TOKENS:
        return [1.0] * count
    start_and_end = (*range(START_TOKENS), *range(count - END_TOKENS, count))
    heavy = {*start_and_end, *_covered(pieces, _CHOICES)}
    weights = [weight if at in heavy else 1.0 for at in range(count)]
    for at in _covered(pieces, _ONE_OR_SEVERAL):
        weights[at] = weight**2
    mean = sum(weights) / count
    return [each / mean for each in weights]


def _covered(pieces: Sequence[str], pattern: re.Pattern[str]) -> list[int]:
    """Positions of the tokens that a match of ``pattern`` touches."""
    spans = [match.span() for match in pattern.finditer("".join(pieces).replace("▁", " "))]
    edges = pairwise(accumulate(map(len, pieces), initial=0))
    return [
        at
        for at, (begin, end) in enumerate(edges)
        if any(begin < last and end > first for first, last in spans)
    ]
