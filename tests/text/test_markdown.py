"""Markdown goes, everything that only looks like it stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.text.markdown import without_markdown


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("### The soup", "The soup"),
        ("# Leek Soup #", "Leek Soup"),
        ("  ## **Directions:**", "Directions:"),
        ("**Prep Time:** 20 mins\n**Serves** 4", "Prep Time: 20 mins\nServes 4"),
        ("- **Leeks**: 2\n  * __Salt__", "- Leeks: 2\n  * Salt"),
        ("1. **Slice** the *leeks*, 1 * 2", "1. Slice the leeks, 1 * 2"),
        ("***So good*** and **hot**", "So good and hot"),
        (
            "See [my other soup](https://example.org/a_b) for **more**.",
            "See my other soup for more.",
        ),
        ("Jump to [Recipe](#recipe)", "Jump to Recipe"),
        ("![A bowl of soup](soup.jpg)", "A bowl of soup"),
        (
            "Facts:\n\n| Prep | Cook |\n|:---|---:|\n| 10 **min** | 1 h |\n| | 2 |\n\nEnd",
            "Facts:\n\nPrep | Cook\n10 min | 1 h\n2\n\nEnd",
        ),
        ("| A | B |\n|---|---|\n| 1 | 2 | 3 |\nMore", "A | B\n1 | 2 | 3\nMore"),
        ("Leeks | Salt\n--- | ---\n2 | 1 pinch", "Leeks | Salt\n2 | 1 pinch"),
    ],
)
def test_markdown_becomes_the_text_a_reader_sees(marked, plain):
    assert without_markdown(marked) == plain
    around = "Hello *you*,  \n    I cook.\n\n{}\n\nBye"
    assert without_markdown(around.format(marked)) in (
        around.format(plain),
        around.format(plain).replace("*you*", "you"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Use a pan of 1 * 2 feet, or 2*3 and 3*4.",
        "*** ADVERTISEMENT ***\n***\n---\n* * *",
        "***SPONSORED***",
        "# of servings: 4\n#pasta #dinner\n#1 in our house",
        "# 10 can of tomatoes",
        "flour**, sugar*\n* see the notes\n**use brown sugar",
        "**see note\nflour**",
        "This was *so* good. _Really_.",
        "Fill in: ____ cups\nsnake_case_word",
        "Prep 10 min | Cook 20 min | Total 30 min",
        "- 1 cup flour\n    - sifted\n\n    4 eggs\n> said she\n```\ncode\n```",
        "Title\n=====\nText\n-----",
        "5**6**7 [sic] (see below) <b>&amp;</b> \\* \\# http://a.b/_c_",
        "",
    ],
)
def test_text_that_is_no_markdown_stays_as_it_is(text):
    assert without_markdown(text) == text


@given(st.text(st.sampled_from("#*_|-! \t\n\r:aB1[]()é"), max_size=120))
def test_no_word_is_lost_in_any_text(text):
    plain = without_markdown(text)
    if "](" not in text:  # the address of a link goes
        assert [c for c in plain if c.isalnum()] == [c for c in text if c.isalnum()]
