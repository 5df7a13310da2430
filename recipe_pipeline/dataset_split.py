"""Which examples go to train and which to test: whole recipes, never parts of one."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from recipe_pipeline.errors import PipelineError
from recipe_pipeline.stage_pairs import key64

TRAIN, TEST = 0, 1


class IdentityIndex:
    """Collects the identity keys of examples and joins those that share one (union-find).

    Holds about 12 bytes per key and 16 per example, so a million examples fit in some 50 MB.
    """

    def __init__(self) -> None:
        self._keys = array("Q")
        self._owners = array("I")
        self._orders = array("Q")

    def __len__(self) -> int:
        return len(self._orders)

    def add(self, order: int, identities: Iterable[int]) -> None:
        """The next example: its shuffle key (64 bit) and the keys of its recipe (64 bit each)."""
        owner = len(self._orders)
        self._orders.append(order)
        for key in identities:
            self._keys.append(key)
            self._owners.append(owner)

    def groups(self, near: Iterable[tuple[int, int]] = ()) -> array:
        """For every example the index of its group's first member (array of unsigned int).

        ``near``: further pairs of examples that belong together (near-duplicates).
        """
        import numpy

        parent = array("I", range(len(self._orders)))

        def find(node: int) -> int:
            while parent[node] != node:
                parent[node] = parent[parent[node]]
                node = parent[node]
            return node

        def join(one: int, other: int) -> None:
            left, right = find(one), find(other)
            parent[max(left, right)] = min(left, right)

        for one, other in near:
            join(one, other)
        if self._keys:
            keys = numpy.frombuffer(self._keys, dtype=numpy.uint64)
            owners = numpy.frombuffer(self._owners, dtype=numpy.uint32)
            by_key = numpy.argsort(keys, kind="stable")
            repeats = numpy.flatnonzero(keys[by_key][1:] == keys[by_key][:-1])
            for position in repeats.tolist():
                join(int(owners[by_key[position]]), int(owners[by_key[position + 1]]))
        return array("I", (find(node) for node in range(len(parent))))

    def assign(self, train_share: float, seed: int, groups: array | None = None) -> bytearray:
        """TRAIN or TEST for every example: close to ``train_share``, groups kept whole.

        The draw depends on the seed and the members' shuffle keys alone, not on the order in which
        the file system listed them. Both sides get at least one group.

        Raises:
            PipelineError: when everything is one recipe.
        """
        groups = self.groups() if groups is None else groups
        members: dict[int, int] = {}
        first_order: dict[int, int] = {}
        for group, order in zip(groups, self._orders, strict=True):
            members[group] = members.get(group, 0) + 1
            first_order[group] = min(order, first_order.get(group, order))
        if len(members) < 2:
            raise PipelineError(
                "the dataset holds a single recipe, so it cannot be split: leave --split away "
                "or generate more posts"
            )
        draw = sorted(members, key=lambda group: key64(f"split:{seed}:{first_order[group]}"))
        target = min(max(1, round(train_share * len(groups))), len(groups) - 1)
        train: set[int] = set()
        taken = 0
        for group in draw:
            if taken + members[group] <= target:
                train.add(group)
                taken += members[group]
        if not train:
            train.add(min(draw, key=members.__getitem__))
        return bytearray(TRAIN if group in train else TEST for group in groups)
