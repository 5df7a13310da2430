"""Which times and which yield the text of a page states.

The known recipe of a real page comes from the page's metadata and often holds a preparation time or
a yield that a reader of the text cannot see. Asking a model for it would measure guessing, so such
facts are scored only where the text states them (rules: `stated_times`, `yields`).
"""

from __future__ import annotations

from functools import cached_property

from recipe_pipeline.text import stated_times, yields
from recipe_pipeline.text.card_times import labelled_times
from recipe_pipeline.text.normalise import simplify


class PageEvidence:
    """The times and yields that one text states; ``plain`` is the text after `normalise.plain_words`."""

    def __init__(self, plain: str) -> None:
        self._simple = stated_times.squeeze(simplify(labelled_times(plain)))

    def stated_minutes(self, kind: str) -> set[int]:
        """Minutes of every duration labelled as the ``prep``, ``cook`` or ``total`` time."""
        return self._labelled[kind]

    @cached_property
    def _labelled(self) -> dict[str, set[int]]:
        return stated_times.labelled_minutes(self._simple)

    @cached_property
    def mentioned_minutes(self) -> set[int]:
        """Minutes of every duration, labelled or not."""
        return stated_times.all_minutes(self._simple).union(*self._labelled.values())

    def card_minutes(self, kind: str) -> set[int]:
        """Those of `stated_minutes` that have a line of their own, as on a card."""
        return self._on_cards[kind] & self.stated_minutes(kind)

    @cached_property
    def _on_cards(self) -> dict[str, set[int]]:
        return stated_times.minutes_on_cards(self._simple)

    def states_yield(self, recipe_yield: str) -> bool:
        """Whether the text states ``recipe_yield``; false for a yield without a number."""
        return bool(
            yields.yield_numbers(recipe_yield) & self._yield_counts
        ) or yields.counts_its_noun(self._simple, recipe_yield)

    @cached_property
    def _yield_counts(self) -> set[str]:
        return yields.counts_beside_yield_words(self._simple)

    def labels_yield(self, recipe_yield: str) -> bool:
        """Whether the text gives a number of ``recipe_yield`` after a label such as "serves"."""
        return bool(yields.labelled_yields(self._simple) & yields.yield_numbers(recipe_yield))

    @property
    def gives_a_yield(self) -> bool:
        """Whether the text gives any yield after a label such as "serves"."""
        return bool(yields.labelled_yields(self._simple) or self.card_yield())

    def card_yield(self) -> str:
        """The line of a card that gives the yield, or "" for none."""
        return yields.yield_on_card(self._simple)
