"""What every model has in common: posts in, raw answers out. 07 scores them, 08 reads them.

`loading.load_generator` opens a model of this machine by its name; `extraction.models.ServerModel`
is a model behind a server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.chat_template import generation_prompt
from recipe_pipeline.models.prompts import chat, user_message

DEFAULT_MAX_NEW_TOKENS = 1024

OnAnswer = Callable[[int, str], None]


class PostFailed(PipelineError):
    """One post has no answer: it is too long, or decoding failed. Others may have one."""


class Generator(Protocol):
    """A model that answers posts.

    ``batch_size`` is the number of posts to give it at once, ``parallel`` the number of threads that
    may call `generate` at the same time; ``constrained`` says whether answers are decoded under the
    recipe schema. ``context_length`` is the number of tokens of prompt and answer together (None: not
    limited, or not known). The counters add up over all calls; ``failed`` counts the posts without an
    answer, whose reasons are in ``failures.jsonl``.
    """

    name: str
    batch_size: int
    parallel: int
    constrained: bool
    context_length: int | None
    answer_tokens: int
    failed: int

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
        names: Sequence[str] = (),
    ) -> list[str]:
        """One raw answer per post, in order; "" for a post that failed.

        Answers are greedy; with ``repeat`` above 0 they are sampled at ``temperature_of(repeat)``
        with ``repeat`` as the seed. ``on_answer(position, answer)`` is called as answers arrive,
        for progress and resume. ``names`` identify the posts in ``failures.jsonl``.
        """

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` alone; an estimate for a model behind a server."""


def prompt_text(system_prompt: str, post: str) -> str:
    """The text before the answer, exactly as in training, with its ``<bos>``."""
    return generation_prompt(chat(system_prompt, user_message(post)))


def temperature_of(repeat: int) -> float:
    """Sampling temperature: greedy at first, warmer with each retry after an unusable answer."""
    return min(0.3 * repeat, 0.9)
