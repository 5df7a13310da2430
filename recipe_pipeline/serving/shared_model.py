"""One model for many requests, which run in threads of their own and wait for their turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.models import Model, ServerModel
from recipe_pipeline.models.generator import OnAnswer
from recipe_pipeline.serving.errors import Abandoned, ModelFailed


class SharedModel:
    """``model``, used by as many threads at a time as it allows (``together``). `session` gives a
    request its access."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.is_remote = isinstance(model, ServerModel)
        self.together = model.server.concurrency if self.is_remote else model.parallel
        self.free = self.together
        self.changed = threading.Condition()

    @property
    def is_busy(self) -> bool:
        """Whether a model of this machine is answering."""
        return not self.is_remote and self.free < self.together

    def session(self) -> Session:
        """Access for one request."""
        return Session(self)


class Session:
    """The model, as one request sees it. `abandon` ends its waiting, from any thread."""

    def __init__(self, shared: SharedModel) -> None:
        self._shared = shared
        self._is_abandoned = False

    def abandon(self) -> None:
        """Nobody waits for this request any more."""
        with self._shared.changed:
            self._is_abandoned = True
            self._shared.changed.notify_all()

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` alone."""
        from recipe_pipeline.models.gguf import GgufGenerator

        model = self._shared.model
        if self._shared.is_remote or isinstance(model, GgufGenerator):
            return model.count_tokens(text)
        # The tokenizers of transformers must not be used by two threads at once.
        with self._turn():
            return model.count_tokens(text)

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
    ) -> list[str]:
        """See ``models.generator.Generator.generate``. Raises ModelFailed and Abandoned."""
        with self._turn():
            try:
                answers = self._shared.model.generate(posts, max_new_tokens, repeat=repeat)
            except PipelineError as error:
                raise ModelFailed(str(error)) from error
        # Others have their turn while these answers are checked.
        for position, answer in enumerate(answers):
            if on_answer is not None:
                on_answer(position, answer)
        return answers

    @contextmanager
    def _turn(self) -> Iterator[None]:
        shared = self._shared
        with shared.changed:
            shared.changed.wait_for(lambda: self._is_abandoned or shared.free)
            if self._is_abandoned:
                raise Abandoned
            shared.free -= 1
        try:
            yield
        finally:
            with shared.changed:
                shared.free += 1
                shared.changed.notify_all()
