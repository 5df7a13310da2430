"""Which examples go to train and which to test: whole recipes, never parts of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import key64

TRAIN, TEST = 0, 1


class RecipeGroups:
    """Joins the examples that tell the same recipe (union-find)."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._owner: dict[int, int] = {}

    def add(self, identities: Iterable[int]) -> None:
        """The next example; examples that share an identity key belong together."""
        number = len(self._parent)
        self._parent.append(number)
        for key in identities:
            owner = self._owner.setdefault(key, number)
            if owner != number:
                left, right = self._find(owner), self._find(number)
                self._parent[max(left, right)] = min(left, right)

    def first_members(self) -> list[int]:
        """For every example the first one of its group."""
        return [self._find(number) for number in range(len(self._parent))]

    def _find(self, number: int) -> int:
        parent = self._parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number


def assign_sides(
    groups: Sequence[int], orders: Sequence[int], train_share: float, seed: int
) -> bytearray:
    """TRAIN or TEST for every example: close to ``train_share``, groups kept whole.

    ``groups``: the first member of each example's group; ``orders``: the shuffle keys. The draw
    depends on the seed and the shuffle keys alone, not on the order in which the file system listed
    the posts. Both sides get at least one group.

    Raises:
        PipelineError: when everything is one recipe.
    """
    sizes = Counter(groups)
    if len(sizes) < 2:
        raise PipelineError(
            "the dataset holds a single recipe and cannot be split: leave out --split or generate "
            "more posts"
        )
    lowest: dict[int, int] = {}
    for group, order in zip(groups, orders, strict=True):
        lowest[group] = min(order, lowest.get(group, order))
    drawn = sorted(sorted(sizes), key=lambda group: key64(f"split:{seed}:{lowest[group]}"))
    target = min(max(1, round(train_share * len(groups))), len(groups) - 1)
    train: set[int] = set()
    taken = 0
    for group in drawn:
        if taken + sizes[group] <= target:
            train.add(group)
            taken += sizes[group]
    if not train:
        train.add(min(drawn, key=sizes.__getitem__))
    return bytearray(TRAIN if group in train else TEST for group in groups)
