"""One model for many requests: their posts wait in line.

Requests run in threads of their own and use a `Session` as if it were the model. A model of this
machine is used by as many threads as it allows; each takes as many posts at a time as the model
answers together.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.models import Model, ServerModel
from recipe_pipeline.models.generator import OnAnswer
from recipe_pipeline.serving.errors import Abandoned, ModelFailed


@dataclass
class _Job:
    """A post that waits for its answer, or ``call``, anything else that needs the model."""

    post: str = ""
    max_new_tokens: int = 0
    repeat: int = 0
    call: Callable[[], Any] | None = None
    result: Future[Any] = field(default_factory=Future)

    def goes_with(self, other: _Job) -> bool:
        """Whether both posts can be in one batch."""
        return (
            self.call is other.call is None
            and self.repeat == other.repeat
            and self.max_new_tokens == other.max_new_tokens
        )


class SharedModel:
    """``model`` behind a queue. `session` gives a request its access."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.is_remote = isinstance(model, ServerModel)
        workers = 0 if self.is_remote else model.parallel
        self._batch = 1 if self.is_remote or workers > 1 else model.batch_size
        self.together = model.server.concurrency if self.is_remote else max(workers, self._batch)
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._working: set[int] = set()
        for number in range(workers):
            name = f"model {number + 1}"
            threading.Thread(target=self._work, args=(number,), name=name, daemon=True).start()

    @property
    def is_busy(self) -> bool:
        """Whether a model of this machine is answering."""
        return bool(self._working)

    def session(self) -> Session:
        """Access for one request."""
        return Session(self)

    def submit(self, job: _Job) -> None:
        """Put ``job`` in line."""
        self._jobs.put(job)

    def _work(self, number: int) -> None:
        following: _Job | None = None
        while True:
            batch, following = self._take(following or self._jobs.get())
            self._working.add(number)
            if batch and batch[0].call is not None:
                _settle(batch[0], batch[0].call)
            elif batch:
                self._answer(batch)
            self._working.discard(number)

    def _take(self, first: _Job) -> tuple[list[_Job], _Job | None]:
        """A batch that begins with ``first``, without cancelled jobs, and the job that ended it."""
        batch, following = [first], None
        while len(batch) < self._batch:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if not job.goes_with(first):
                following = job
                break
            batch.append(job)
        return [job for job in batch if job.result.set_running_or_notify_cancel()], following

    def _answer(self, batch: list[_Job]) -> None:
        def take(position: int, answer: str) -> None:
            batch[position].result.set_result(answer)

        answers: list[str] = []
        error: Exception = ModelFailed("the model gave no answer")
        posts = [job.post for job in batch]
        try:
            answers = self.model.generate(
                posts, batch[0].max_new_tokens, take, repeat=batch[0].repeat
            )
        except Exception as problem:
            error = problem
        for job, answer in itertools.zip_longest(batch, answers[: len(batch)], fillvalue=""):
            if job.result.done():
                continue
            if answer:
                job.result.set_result(answer)
            elif len(batch) > 1:
                self._answer([job])  # what one post caused must not fail the others
            else:
                job.result.set_exception(error)


class Session:
    """The model, as one request sees it. `abandon` ends its waiting, from any thread."""

    def __init__(self, shared: SharedModel) -> None:
        self._shared = shared
        self._abandoned = threading.Event()
        self._waiting: list[_Job] = []

    def abandon(self) -> None:
        """Nobody waits for this request any more."""
        self._abandoned.set()
        for job in list(self._waiting):
            job.result.cancel()

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` alone."""
        from recipe_pipeline.models.gguf import GgufGenerator

        model = self._shared.model
        if self._shared.is_remote or isinstance(model, GgufGenerator):
            return model.count_tokens(text)
        # The tokenizers of transformers must not be used by two threads at once.
        [job] = self._submit([_Job(call=lambda: model.count_tokens(text))])
        return self._wait(job)

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
    ) -> list[str]:
        """See ``models.generator.Generator.generate``. Raises ModelFailed and Abandoned."""
        if self._shared.is_remote:
            if self._abandoned.is_set():
                raise Abandoned
            try:
                return self._shared.model.generate(posts, max_new_tokens, on_answer, repeat=repeat)
            except PipelineError as error:
                raise ModelFailed(str(error)) from error
        answers = []
        jobs = self._submit([_Job(post, max_new_tokens, repeat) for post in posts])
        for position, job in enumerate(jobs):
            answers.append(self._wait(job))
            if on_answer is not None:
                on_answer(position, answers[-1])
        return answers

    def _submit(self, jobs: list[_Job]) -> list[_Job]:
        self._waiting = jobs
        if self._abandoned.is_set():
            raise Abandoned
        for job in jobs:
            self._shared.submit(job)
        return jobs

    def _wait(self, job: _Job) -> Any:
        try:
            return job.result.result()
        except CancelledError:
            raise Abandoned from None
        except PipelineError as error:
            raise ModelFailed(str(error)) from error


def _settle(job: _Job, call: Callable[[], Any]) -> None:
    try:
        job.result.set_result(call())
    except Exception as error:
        job.result.set_exception(error)
