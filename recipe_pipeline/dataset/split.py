"""Which examples go to train and which to test: whole recipes, never parts of one."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.pairs import key64

TRAIN, TEST = 0, 1
PARTS = 16  # of the keys, compared one after the other: sorting them all at once takes memory


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
        for one, other in self._sharing():
            join(one, other)
        return array("I", (find(node) for node in range(len(parent))))

    def _sharing(self) -> Iterator[tuple[int, int]]:
        """Pairs of examples that share a key, as many as connect all that do."""
        import numpy

        if not self._keys:
            return
        keys = numpy.frombuffer(self._keys, dtype=numpy.uint64)
        owners = numpy.frombuffer(self._owners, dtype=numpy.uint32)
        width = 2**64 // PARTS
        for low in range(0, 2**64, width):
            chosen = numpy.flatnonzero((keys >= low) & (keys <= low + width - 1))
            by_key = chosen[numpy.argsort(keys[chosen], kind="stable")]
            ordered = keys[by_key]
            for position in numpy.flatnonzero(ordered[1:] == ordered[:-1]).tolist():
                yield int(owners[by_key[position]]), int(owners[by_key[position + 1]])

    def assign(self, train_share: float, seed: int, groups: array | None = None) -> bytearray:
        """TRAIN or TEST for every example: close to ``train_share``, groups kept whole.

        The draw depends on the seed and the members' shuffle keys alone, not on the order in which
        the file system listed them. Both sides get at least one group.

        Raises:
            PipelineError: when everything is one recipe.
        """
        import numpy

        groups = numpy.array(self.groups() if groups is None else groups, dtype=numpy.intp)
        sizes = numpy.bincount(groups)
        firsts = numpy.full(len(sizes), 2**64 - 1, dtype=numpy.uint64)
        numpy.minimum.at(firsts, groups, numpy.array(self._orders, dtype=numpy.uint64))
        roots = numpy.flatnonzero(sizes)
        if len(roots) < 2:
            raise PipelineError(
                "the dataset holds a single recipe, so it cannot be split: leave --split away "
                "or generate more posts"
            )
        drawn = array("Q", (key64(f"split:{seed}:{firsts[group]}") for group in roots))
        draw = roots[numpy.argsort(numpy.array(drawn, dtype=numpy.uint64), kind="stable")]
        target = min(max(1, round(train_share * len(groups))), len(groups) - 1)
        sides = numpy.full(len(sizes), TEST, dtype=numpy.uint8)
        taken = 0
        for group in draw:
            if taken + sizes[group] <= target:
                sides[group] = TRAIN
                taken += sizes[group]
        if not taken:
            sides[draw[numpy.argmin(sizes[draw])]] = TRAIN
        return bytearray(sides[groups])
