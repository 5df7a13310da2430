"""Numbers with their nouns."""

import pytest

from recipe_pipeline.common.wording import counted


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "request", "0 requests"),
        (1, "request", "1 request"),
        (2400, "request", "2,400 requests"),
        (1, "retry", "1 retry"),
        (2, "retry", "2 retries"),
    ],
)
def test_the_noun_fits_the_number(number, noun, text):
    assert counted(number, noun) == text
