"""From a pair of files to one dataset line, in this process or in several."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.name_lists import SortedNames
from recipe_pipeline.dataset.chat import build_example
from recipe_pipeline.dataset.near_duplicates import signature
from recipe_pipeline.dataset.pairs import Pair, Skipped, key64, read_pair, source_facts
from recipe_pipeline.dataset.reasoning_checks import reasoning_problem
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.dataset.token_counts import TokenCounter
from recipe_pipeline.grounding.record import LabelSupport, judge, recorded
from recipe_pipeline.schema.key_order import in_order
from recipe_pipeline.schema.step_sections import in_form

CHUNK = 64  # posts that go to a worker at a time; their examples (7 kB each) are held in memory
PARALLEL_FROM = 4000  # posts; below that, starting processes costs more than they save

_to_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps makes an encoder for each call


class Traits(NamedTuple):
    """What the summary counts an example by; None or "" for what is not known."""

    style: str | None
    kind: str
    blog_model: str | None
    label_model: str | None
    reasoning_problem: str | None


class Record(NamedTuple):
    """One example on its way to the file, or (``reason`` set) why there is none.

    ``line`` and ``meta`` are JSON texts without line ends, ``tokens`` the lengths without and with
    the think trace, ``signature`` the MinHash of the post (empty when near-duplicates are not
    looked for).
    """

    stem: str
    order: int = 0
    line: bytes = b""
    meta: bytes = b""
    traits: Traits | None = None
    identities: tuple[int, ...] = ()
    tokens: tuple[int, int] = (0, 0)
    signature: bytes = b""
    reason: str = ""
    details: tuple[str, ...] = ()


@lru_cache(maxsize=2)
def _counter(tokenizer: Path | None) -> TokenCounter:
    return TokenCounter(tokenizer)


def make_record(settings: DatasetSettings, stem: str) -> Record:
    """The record of one post; never raises for bad content, only for a broken file system."""
    try:
        pair = read_pair(settings.blog_dir, settings.llm_dir, stem)
        if not pair.recipe and not settings.include_empty:
            raise Skipped("no-recipe")
        judged = _checked_support(pair, settings.min_support)
    except Skipped as skipped:
        return Record(stem, reason=skipped.reason, details=tuple(skipped.details))
    reasoning = pair.reasoning if settings.reasoning == "keep" else ""
    recipe = in_order(in_form(pair.recipe, settings.sections), settings.key_order)
    example = build_example(pair.post, recipe, reasoning, settings.system_prompt)
    lengths = _counter(settings.tokenizer).measure(example["messages"])
    tokens = (lengths.answer_only, lengths.with_reasoning)
    meta = _meta(pair, tokens, judged)
    return Record(
        stem=stem,
        order=key64(f"order:{settings.seed}:{stem}"),
        line=_to_json(example).encode("utf-8", "replace"),
        meta=_to_json(meta).encode("utf-8", "replace"),
        traits=_traits(meta),
        identities=pair.identities,
        tokens=tokens,
        signature=signature(pair.post) if settings.keeps_near_together else b"",
    )


def _checked_support(pair: Pair, min_support: float) -> LabelSupport | None:
    """How the post supports the label; raises Skipped when it does not enough."""
    if not min_support:
        return None
    judged = recorded(pair.label_meta, pair.recipe, pair.post)
    # A record without complaints was made with another limit: its reasons have to be worked out.
    if judged is None or (judged.support < min_support and not judged.complaints):
        judged = judge(pair.recipe, pair.post, source_facts(pair.source), min_support)
    if judged.support < min_support:
        raise Skipped("unsupported", list(judged.complaints))
    return judged


def _meta(pair: Pair, tokens: tuple[int, int], judged: LabelSupport | None) -> dict[str, Any]:
    """What a person wants to know about an example later; never part of the training text."""
    facts = source_facts(pair.source)
    source = {
        "row": facts.get("row"),
        "name": facts.get("name"),
        "blog_model": pair.source.get("model"),
        "label_model": pair.label_meta.get("model"),
    }
    meta = {
        "id": pair.stem,
        "style": pair.source.get("style"),
        "kind": pair.source.get("kind") or ("complete" if pair.recipe else "no_recipe"),
        "source": {key: value for key, value in source.items() if value is not None},
        "left_out": pair.source.get("left_out") or None,
        "support": round(judged.support, 3) if judged else None,
        "tries": pair.label_meta.get("tries"),
        "reasoning_problem": reasoning_problem(
            pair.reasoning, pair.label_meta.get("finish_reason")
        ),
        "tokens": tokens[0],
        "tokens_with_reasoning": tokens[1],
    }
    return {key: value for key, value in meta.items() if value is not None}


def _traits(meta: dict[str, Any]) -> Traits:
    source = meta["source"]
    values = (
        meta.get("style"),
        meta["kind"],
        source.get("blog_model"),
        source.get("label_model"),
        meta.get("reasoning_problem"),
    )
    # A sidecar made by hand can hold anything.
    return Traits(*(str(value) if value else None for value in values))


def _make_chunk(settings: DatasetSettings, stems: Sequence[str]) -> list[Record]:
    return [make_record(settings, stem) for stem in stems]


def _begin_worker() -> None:
    """Let a worker end with its parent: it would wait for ever for work that nobody sends."""
    import multiprocessing
    import signal
    import threading

    # How the pool ends its workers when one is lost; cli.run has made an interrupt of it.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def iter_records(settings: DatasetSettings, stems: SortedNames) -> Iterator[Record]:
    """Records in the order of ``stems``; in worker processes when there are many.

    At most a few chunks are under way, so memory does not depend on the number of stems.
    """
    workers = settings.workers or os.cpu_count() or 1
    if workers < 2 or len(stems) < PARALLEL_FROM or settings.limit:
        for stem in stems:
            yield make_record(settings, stem)
        return
    from collections import deque
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    names = iter(stems)
    chunks = iter(lambda: list(islice(names, CHUNK)), [])
    work = partial(_make_chunk, settings)
    pool = ProcessPoolExecutor(workers, initializer=_begin_worker)
    try:
        pending: deque[Any] = deque()
        for chunk in chunks:
            pending.append(pool.submit(work, chunk))
            if len(pending) > 2 * workers:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BrokenProcessPool:
        raise PipelineError(
            "a worker process was ended from outside, most likely for want of memory: run again with "
            "fewer --workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
