"""Which reasoning traces are not worth training on."""

import pytest

from recipe_pipeline.dataset.reasoning_checks import reasoning_problem

SENTENCES = (
    "The title of the post is Leek Soup. It lists two leeks and a litre of water. There is no cooking "
    "time, so I leave it out. The steps follow the list: slice, boil, season. Serves four stands at "
    "the top, which gives the yield. The comments speak of another dish and are ignored. The notes on "
    "storage are no step. The author mentions cream as an option, which is not an ingredient. "
)


@pytest.mark.parametrize(
    ("text", "finish", "problem"),
    [
        ("", "stop", "empty"),
        (" \n", None, "empty"),
        (SENTENCES, "stop", None),
        ("Short and fine", "stop", None),
        (SENTENCES + "Now the ingredients:\n- 2 leeks\n- 1 l water", "stop", None),
        (SENTENCES, "length", "truncated"),
        (SENTENCES + "And then I look at the", None, "truncated"),
        (SENTENCES + "The list goes on,", None, "truncated"),
        ("Let me check the ingredients again. " * 40, "stop", "looping"),
        ("\n".join(["Wait, I should read the post once more."] * 5), "stop", "looping"),
        (SENTENCES * 2, "stop", None),
    ],
)
def test_a_trace_is_empty_truncated_looping_or_fine(text, finish, problem):
    assert reasoning_problem(text, finish) == problem


def test_traces_of_the_offline_teacher_are_fine():
    from recipe_pipeline.offline_teacher.composer import compose

    facts = {"name": "Leek Soup", "ingredients": ["2 leeks", "1 l water"], "directions": ["Boil."]}
    for seed in range(20):
        reasoning = compose(facts, "fluffy_organized", seed).reasoning
        assert reasoning_problem(reasoning, "stop") is None
