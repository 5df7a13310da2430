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

    A document has all answers of its tries, and the part of its text that the model read.
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
        """Whether exactly this post has been asked about with ``tries``."""
        return self._row(document).get("tries") == tries

    def get(self, document: EvaluationDocument) -> list[str]:
        """The answers about exactly this post in the order of the tries, the first one greedy."""
        row = self._row(document)
        return [row["answer"], *row["retries"]] if row else []

    def text_read(self, document: EvaluationDocument) -> str:
        """The text that the model was given of a document."""
        return self._row(document).get("read", document.post)

    def add(
        self, document: EvaluationDocument, read: str, answers: Sequence[str], tries: int
    ) -> None:
        """Store all answers about a document, of which the model was given ``read``; they are on the
        disk when this returns."""
        row: dict[str, Any] = {"id": document.id, "post": short_digest(document.post)}
        row |= {"answer": answers[0], "retries": list(answers[1:]), "tries": tries}
        if read != document.post:
            row["read"] = read
        self._rows[document.id, row["post"]] = row
        self._file.append(row)

    def _row(self, document: EvaluationDocument) -> dict[str, Any]:
        return self._rows.get((document.id, short_digest(document.post)), {})

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
