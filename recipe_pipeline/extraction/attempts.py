"""Ask a model again about posts whose answers are unusable: 08 and 07."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from recipe_pipeline.extraction.extract import UnusableAnswer

Failures = dict[int, tuple[Exception, str]]
"""What is wrong with the first, likeliest answer about each post, and that answer, by position."""

_HOPELESS = 8  # posts without a single usable answer: the model was not made for this


def ask(
    model: Any,
    posts: Sequence[str],
    tries: int,
    max_new_tokens: int,
    accept: Callable[[int, str], None],
    names: Sequence[str] = (),
    rescue: Callable[[int, str], None] | None = None,
) -> Failures:
    """Ask about ``posts``, then up to ``tries`` times in all about those without a usable answer.

    ``model``: a `models.generator.Generator` or `extraction.models.ServerModel`. ``accept(position,
    answer)`` takes an answer or raises; its OSError (the output cannot be written) ends the run. A
    post that the model did not answer is not asked about again. ``names`` identify the posts in the
    model's failure log. ``rescue`` is the last resort: it takes the first answer about a post that
    got no usable one, or raises UnusableAnswer. Returns the posts that have no answer.
    """
    failures: Failures = {}
    pending = list(range(len(posts)))
    for attempt in range(tries):
        pending = _ask_once(model, posts, pending, attempt, max_new_tokens, accept, failures, names)
        if not pending or len(pending) == len(posts) >= _HOPELESS:
            break
    failures = {position: failures[position] for position in pending}
    for position, (error, answer) in list(failures.items()):
        if rescue is not None and isinstance(error, UnusableAnswer):
            with contextlib.suppress(UnusableAnswer):
                rescue(position, answer)
                del failures[position]
    return failures


def _ask_once(
    model: Any,
    posts: Sequence[str],
    pending: list[int],
    attempt: int,
    max_new_tokens: int,
    accept: Callable[[int, str], None],
    failures: Failures,
    names: Sequence[str],
) -> list[int]:
    """Those of ``pending`` that got an unusable answer; the reasons are added to ``failures``."""
    unusable = []

    def take(number: int, answer: str) -> None:
        position = pending[number]
        try:
            accept(position, answer)
        except OSError:
            raise
        except Exception as error:
            unusable.append(position)
            failures.setdefault(position, (error, answer))

    options = {"names": [names[position] for position in pending]} if names else {}
    asked = [posts[position] for position in pending]
    model.generate(asked, max_new_tokens, take, repeat=attempt, **options)
    return sorted(unusable)
