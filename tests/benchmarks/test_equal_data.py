"""The sets that are compared have the same number of examples, of about the same length."""

from __future__ import annotations

import pytest

from benchmarks.equal_data import Example, closest


def examples(*tokens):
    return [Example(count, f"{count}\n") for count in tokens]


def test_each_example_gets_another_of_about_its_length():
    found = closest(examples(100, 900, 110), examples(105, 500, 850, 95, 2000))
    assert [example.tokens for example in found] == [95, 850, 105]


def test_more_examples_than_there_are_to_draw_from_are_an_error():
    with pytest.raises(ValueError, match="empty"):
        closest(examples(100, 200), examples(100))
