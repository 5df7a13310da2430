"""Files between the stages: names that are safe everywhere, writes that are whole or absent."""

from __future__ import annotations

import itertools
import json
import os
import re
import unicodedata
from pathlib import Path
from typing import Any

PROJECT_ROOT = Path(__file__).resolve().parents[2]
MAX_SLUG_LENGTH = 60
TEMPORARY_SUFFIX = ".tmp"

_serial = itertools.count()


def slugify(text: str) -> str:
    """ASCII words of ``text`` joined by hyphens, at most 60 characters; "recipe" if none are left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    ascii_text = ascii_text.lower().replace("'", "")
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_text)[:MAX_SLUG_LENGTH].strip("-")
    return slug or "recipe"


def recipe_stem(row: int, name: str) -> str:
    """File stem of a source row: ``00012-ham-and-cheese-breakfast-tortillas``."""
    return f"{row:05d}-{slugify(name)}"


def write_atomic(path: Path, data: str | bytes) -> None:
    """Write ``data`` (text as UTF-8, ``\n`` line ends) so that ``path`` is whole or untouched.

    Lone surrogates, which JSON can hold and UTF-8 cannot, become "?".

    The temporary file is in the same folder (same file system, so the rename is atomic). Its name
    starts with a dot and ends in ``.tmp``; readers of stage folders ignore it.
    """
    payload = data.encode("utf-8", "replace") if isinstance(data, str) else data
    # Not tempfile.mkstemp: its files are 0600 whatever the umask, and others may share the folder.
    temporary = path.with_name(f".{path.name[:40]}.{os.getpid()}-{next(_serial)}{TEMPORARY_SUFFIX}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(temporary, flags, 0o666)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, flags, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any, indent: int | None = 2) -> None:
    """``value`` as UTF-8 JSON, written atomically. NaN is refused: it is not JSON."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    write_atomic(path, text + "\n")


def write_record(path: Path, record: dict[str, Any]) -> None:
    """``record`` as UTF-8 JSON with one line for each key, written atomically.

    Readable enough for a person, and written by the encoder in C: indenting takes ten times as long,
    which matters for tens of thousands of files.
    """
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in record.items()
    )
    write_atomic(path, "{\n" + ",\n".join(lines) + "\n}\n")


def cache_dir() -> Path:
    """Folder for things that are expensive to create again (the unpacked base model).

    ``RECIPE_PIPELINE_CACHE`` overrides the platform's own cache folder.
    """
    override = os.environ.get("RECIPE_PIPELINE_CACHE")
    if override:
        return Path(override)
    from platformdirs import user_cache_path

    return user_cache_path("recipe-pipeline")
