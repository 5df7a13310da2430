"""Normalisation and one-to-one alignment of lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.text.match import align_lines, overlap, similarity
from recipe_pipeline.text.normalise import tokenise

LINES = st.lists(
    st.text(alphabet="abc 12½/é", min_size=1, max_size=12).filter(lambda s: bool(tokenise(s))),
    max_size=6,
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("1 1/2 Cups Sugar", ("1.5", "cups", "sugar")),
        ("1½ cups sugar", ("1.5", "cups", "sugar")),
        ("1 ½ cups sugar", ("1.5", "cups", "sugar")),
        ("1-1/2 cups sugar", ("1.5", "cups", "sugar")),
        ("1\u2009½ cups sugar", ("1.5", "cups", "sugar")),
        ("1 and 1/2 cups sugar", ("1.5", "cups", "sugar")),
        ("1.50 cups sugar", ("1.5", "cups", "sugar")),
        ("1\u20442 cup", ("0.5", "cup")),
        ("⅓ cup", ("0.333", "cup")),
        ("¾-1 cup water", ("0.75", "1", "cup", "water")),
        ("2 CRÈMES BRÛLÉES", ("2", "cremes", "brulees")),
        ("don’t / don't", ("dont", "dont")),
        ("350°F — 10–12 min", ("350", "f", "10", "12", "min")),
        ("10/0 and 12/25/2024", ("10", "0", "and", "12", "25", "2024")),
        ("350 1/2 cups", ("350", "0.5", "cups")),
        ("酱油 2 勺", ("酱油", "2", "勺")),
        ("•-- !", ()),
    ],
)
def test_equal_amounts_have_equal_tokens(text, tokens):
    assert tokenise(text) == tokens


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1/2 cup butter", "½ cup butter"),
        ("1/2 cup butter, melted", "½ cup melted butter"),
        ("Salt & Pepper", "pepper salt"),
    ],
)
def test_spelling_and_word_order_do_not_make_a_line_different(left, right):
    assert similarity(left, right) == 100


def test_another_ingredient_is_another_line():
    assert similarity("2 cups flour", "1 tsp vanilla extract") < 85
    assert align_lines(["2 cups flour"], ["1 tsp vanilla extract"]) == []


def test_alignment_is_one_to_one():
    assert align_lines(["2 cups flour", "2 cups flour"], ["2 cups flour"]) == [(0, 0)]
    assert align_lines(["1 egg"], ["1 egg", "1 egg"]) == [(0, 0)]


def test_a_greedy_first_choice_never_costs_a_line():
    # The first line resembles both gold lines (100 and 97), the second only the first gold line
    # (97): taking the exact pair first would leave one line unpaired.
    lines = ["aaaaaaaaaaaaaaaaaa b", "aaaaaaaaaaaaaaaaaa c"]
    predicted = [lines[0], "aaaaaaaaaaaaaaaaa b"]
    gold = [lines[0], lines[1]]
    threshold = 94
    assert similarity(predicted[0], gold[1]) >= threshold
    assert similarity(predicted[1], gold[1]) < threshold
    assert align_lines(predicted, gold, threshold) == [(1, 0), (0, 1)]


@given(LINES)
def test_lines_align_with_themselves(lines):
    assert sorted(align_lines(lines, lines)) == sorted(align_lines(lines[::-1], lines[::-1]))
    assert len(align_lines(lines, lines)) == len(lines)


@given(LINES, LINES)
def test_alignment_is_symmetric_in_number_and_uses_no_line_twice(left, right):
    pairs = align_lines(left, right)
    assert len(pairs) == len(align_lines(right, left)) <= min(len(left), len(right))
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)


def test_overlap_counts_repeats():
    # "a" twice on the left, three times on the right; "b" once each.
    assert overlap(["a", "a", "b"], ["a", "a", "a", "b", "c"]) == 3
