import pytest

from recipe_pipeline.models.loops import in_loop


@pytest.mark.parametrize(
    ("tokens", "loops"),
    [
        ([1, 2, 3] * 30, True),
        ([7] * 64, True),
        (list(range(32)) * 4, True),
        ([5] * 20, False),  # "000000" may well occur in an answer
        (list(range(200)), False),
        (list(range(33)) * 3, False),
        (list(range(33)) * 4, True),
        (list(range(300)) * 2, False),
        (list(range(300)) * 3, True),  # the steps over and over
        (list(range(600)) * 3, False),
        ([], False),
    ],
)
def test_a_repeated_passage_at_the_end_is_a_loop(tokens, loops):
    assert in_loop(tokens) is loops
