"""The answers of one model on the disk.

Answers are stored as they arrive, one JSON lines file per model, so that a killed run can continue.
The first line is a fingerprint of what determines the answers; when that has changed (an adapter
retrained under the same name, another answer length), the file is started again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.jsonl import JsonlStore
from recipe_pipeline.common.seeding import text_digest
from recipe_pipeline.common.storage import slugify
from recipe_pipeline.evaluation.data import EvaluationDocument


def short_digest(text: str) -> str:
    """Identifies a post or an answer."""
    return text_digest(text)[:16]


class AnswerStore:
    """The answers of one model by document and post, and the speed of the runs that wrote them.

    A web page has all answers of its tries, and the part of its text that the model read.
    """

    def __init__(self, folder: Path, label: str, fingerprint: str, overwrite: bool = False) -> None:
        name = text_digest(label)[:8]
        self._file = JsonlStore(folder / f"{slugify(label)}-{name}.jsonl")
        header = {"model": label, "fingerprint": fingerprint}
        rows = list(self._file.rows())
        if overwrite or rows[:1] != [header]:
            self._file.rewrite([header])
            rows = []
        self._rows = {(row["id"], row["post"]): row for row in rows if "answer" in row}
        self._runs: list[dict[str, float]] = [row["run"] for row in rows if "run" in row]

    def is_done(self, document: EvaluationDocument, tries: int) -> bool:
        """Whether there is nothing to ask; a page asked with another number of tries is not done."""
        row = self._row(document.id, document.post)
        return bool(row) and (document.page is None or row.get("tries") == tries)

    def get(self, document_id: str, post: str) -> str | None:
        """The (first, greedy) answer to exactly this post, if there is one."""
        return self._row(document_id, post).get("answer")

    def all_answers(self, document: EvaluationDocument) -> list[str]:
        """The answers about a web page in the order of the tries."""
        row = self._row(document.id, document.post)
        return [row["answer"], *row.get("retries", [])] if row else []

    def text_read(self, document: EvaluationDocument) -> str:
        """The text that the model was given of a web page."""
        return self._row(document.id, document.post).get("read", document.post)

    def add(self, document_id: str, post: str, answer: str) -> None:
        """Store an answer; it is on the disk when this returns."""
        self._add(document_id, post, {"answer": answer})

    def add_page(
        self, document: EvaluationDocument, read: str, answers: Sequence[str], tries: int
    ) -> None:
        """Store all answers about a web page, of which the model was given ``read``."""
        row: dict[str, Any] = {"answer": answers[0], "retries": list(answers[1:]), "tries": tries}
        if read != document.post:
            row["read"] = read
        self._add(document.id, document.post, row)

    def _row(self, document_id: str, post: str) -> dict[str, Any]:
        return self._rows.get((document_id, short_digest(post)), {})

    def _add(self, document_id: str, post: str, its: dict[str, Any]) -> None:
        row = {"id": document_id, "post": short_digest(post), **its}
        self._rows[document_id, row["post"]] = row
        self._file.append(row)

    def add_run(self, documents: int, seconds: float, tokens: int) -> None:
        """Store the speed of a run: ``tokens`` of answers written in ``seconds``."""
        run = {"documents": documents, "seconds": round(seconds, 6), "tokens": tokens}
        self._runs.append(run)
        self._file.append({"run": run})

    def speed(self) -> dict[str, float]:
        """ "tokens_per_second" and "documents_per_minute" over all runs; {} without a run."""
        seconds = sum(run["seconds"] for run in self._runs)
        if not seconds:
            return {}
        documents = sum(run["documents"] for run in self._runs)
        speed = {"documents_per_minute": 60 * documents / seconds}
        if tokens := sum(run["tokens"] for run in self._runs):
            speed["tokens_per_second"] = tokens / seconds
        return speed
