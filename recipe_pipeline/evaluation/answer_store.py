"""Answers of one model on the disk: written as they arrive, so that a killed run can go on.

One JSON lines file per model. The first line says what made the answers; when that has changed (a
retrained adapter under the same name, another answer length), the file is started anew.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from recipe_pipeline.common.stage_folder import post_digest
from recipe_pipeline.common.storage import slugify

_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".gguf", ".json")


def fingerprint(spec: str, **settings: Any) -> str:
    """A digest of what determines the answers: the name, the settings, the files of a local model.

    Files count by name, size and time of change; hashing gigabytes would cost more than it saves.
    """
    path = Path(spec).expanduser()
    files = [path] if path.is_file() else sorted(path.iterdir()) if path.is_dir() else []
    stamps = [
        (file.name, file.stat().st_size, file.stat().st_mtime_ns)
        for file in files
        if file.is_file() and file.suffix in _WEIGHT_SUFFIXES
    ]
    text = json.dumps([spec, stamps, settings], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def short_digest(text: str) -> str:
    """Identifies a post or an answer by its text."""
    return post_digest(text)[:16]


class AnswerStore:
    """``answers[(id, post digest)]`` of one model, and the speed of the runs that made them."""

    def __init__(self, folder: Path, label: str, fingerprint: str, overwrite: bool = False) -> None:
        name = hashlib.sha256(label.encode("utf-8", "replace")).hexdigest()[:8]
        self.path = folder / f"{slugify(label)}-{name}.jsonl"
        self.answers: dict[tuple[str, str], str] = {}
        self.runs: list[dict[str, float]] = []
        self.started_anew = False
        self._header = {"model": label, "fingerprint": fingerprint}
        folder.mkdir(parents=True, exist_ok=True)
        if overwrite or not self._read():
            self.started_anew = self.path.exists()
            self._start()

    def get(self, document_id: str, post: str) -> str | None:
        """The answer to this very post, if there is one."""
        return self.answers.get((document_id, short_digest(post)))

    def add(self, document_id: str, post: str, answer: str) -> None:
        """Keep an answer; it is on the disk when this returns."""
        digest = short_digest(post)
        self.answers[document_id, digest] = answer
        self._append({"id": document_id, "post": digest, "answer": answer})

    def add_run(self, documents: int, seconds: float, tokens: int) -> None:
        """Keep what a run measured: ``tokens`` of the answers it wrote in ``seconds``."""
        run = {"documents": documents, "seconds": round(seconds, 6), "tokens": tokens}
        self.runs.append(run)
        self._append({"run": run})

    def speed(self) -> dict[str, float]:
        """ "tokens_per_second" and "documents_per_minute" over all runs; {} when nothing was timed."""
        seconds = sum(run["seconds"] for run in self.runs)
        if not seconds:
            return {}
        speed = {"documents_per_minute": 60 * sum(run["documents"] for run in self.runs) / seconds}
        if tokens := sum(run["tokens"] for run in self.runs):
            speed["tokens_per_second"] = tokens / seconds
        return speed

    def _read(self) -> bool:
        """Read the file; False when there is none or it holds answers of something else."""
        if not self.path.is_file():
            return False
        with self.path.open("rb") as file:
            for number, line in enumerate(file):
                row = None
                with suppress(ValueError):
                    row = json.loads(line)
                if number == 0 and row != self._header:
                    return False
                # A line that a killed run left half written is passed over.
                if isinstance(row, dict) and "answer" in row:
                    self.answers[row["id"], row["post"]] = row["answer"]
                elif isinstance(row, dict) and "run" in row:
                    self.runs.append(row["run"])
        return True

    def _start(self) -> None:
        from recipe_pipeline.common.storage import write_atomic

        self.answers, self.runs = {}, []
        write_atomic(self.path, json.dumps(self._header, ensure_ascii=False) + "\n")

    def _append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        with self.path.open("r+b") as file:
            # After a half-written line the next one must not be glued to it.
            end = file.seek(0, 2)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":
                    line = b"\n" + line
            file.write(line)
