"""The teacher's memory: the label of every post it wrote, kept across restarts."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.text.markdown import without_markdown


def post_key(post: str) -> str:
    """SHA-256 of the words of ``post``: 02 changes white space, and takes out Markdown."""
    words = " ".join(without_markdown(post).split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


class Memory:
    """Post -> (label, reasoning) in one SQLite file, safe for use from several threads.

    ``path`` None keeps everything in RAM. Raises PipelineError if the file cannot be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                ":memory:" if path is None else str(path), check_same_thread=False, timeout=10
            )
            # Write-ahead logging without a sync per post: a power failure may lose the last
            # posts, but does not damage the file.
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=OFF")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS posts (key TEXT PRIMARY KEY, label TEXT, reasoning TEXT)"
            )
        except (sqlite3.Error, OSError) as error:
            raise PipelineError(
                f"cannot use {path} as the teacher's memory ({error}); delete it or name another "
                "file with --memory"
            ) from error

    def remember(self, post: str, label: dict[str, Any], reasoning: str) -> None:
        row = (post_key(post), json.dumps(label, ensure_ascii=False), reasoning)
        with self._lock, self._database:
            self._database.execute("INSERT OR REPLACE INTO posts VALUES (?, ?, ?)", row)

    def recall(self, post: str) -> tuple[dict[str, Any], str] | None:
        """(label, reasoning) of a post written earlier, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT label, reasoning FROM posts WHERE key = ?", (post_key(post),)
            ).fetchone()
        return None if row is None else (json.loads(row[0]), row[1])

    def close(self) -> None:
        with self._lock:
            self._database.close()
