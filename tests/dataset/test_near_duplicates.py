"""Near-duplicates are found by MinHash; different posts are left alone."""

import random

import pytest

from recipe_pipeline.dataset.near_duplicates import VALUES, near_pairs, signature


def text(seed, words=200):
    rng = random.Random(seed)
    return " ".join("".join(rng.choices("abcdefghij", k=5)) for _ in range(words))


def pairs(*posts):
    signatures = b"".join(map(signature, posts))
    return {tuple(sorted(pair)) for pair in near_pairs(signatures)}


def test_a_post_with_a_few_words_changed_is_a_near_duplicate():
    words = text(1).split()
    words[10], words[100] = "changed", "twice"
    assert pairs(text(1), text(2), " ".join(words)) == {(0, 2)}


def test_equal_posts_up_to_case_and_white_space_are_found():
    assert pairs(text(1), text(1).upper().replace(" ", "\n")) == {(0, 1)}


def test_sharing_half_the_text_is_not_a_duplicate():
    shared = text(9, 100)
    assert pairs(f"{shared} {text(1, 100)}", f"{shared} {text(2, 100)}") == set()


def test_different_posts_with_a_common_frame_are_not_joined():
    posts = [f"{text(99, 30)} {text(seed)} {text(98, 30)}" for seed in range(40)]
    assert pairs(*posts) == set()


@pytest.mark.parametrize("post", ["", "x", "one two", "¼ ☕"])
def test_short_and_odd_posts_have_a_signature(post):
    assert len(signature(post)) == 4 * VALUES
    assert pairs(post) == set()
    assert pairs(post, post) == {(0, 1)}


def test_the_signature_is_the_same_in_every_process():
    assert signature("boil the soup slowly") == signature("boil the soup slowly")
    assert signature("boil the soup slowly") != signature("slowly the soup boil")
