"""What 08 reads: a file, a page on the web, standard input, or a folder of files."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import shard_of
from recipe_pipeline.extraction.fetch import FetchLimits, fetch, is_url
from recipe_pipeline.extraction.page import Document, read_document

STDIN = "-"
SUFFIXES = (".txt", ".html", ".htm", ".md")


@dataclass(frozen=True)
class SourceFile:
    """One file of a folder; ``stem`` names its output and is unique in the folder."""

    stem: str
    path: Path


def read_source(source: str, limits: FetchLimits) -> Document:
    """The document behind ``source``: ``-``, an address, or a file.

    Raises PipelineError when it is missing, too large, binary or empty.
    """
    if source == STDIN:
        return _document(_read_stdin(limits), "standard input", limits)
    if is_url(source):
        page = fetch(source, limits)
        return _document(page.content, page.url, limits, page.charset)
    return read_file(Path(source), limits)


def read_file(path: Path, limits: FetchLimits) -> Document:
    """The document in ``path``; raises PipelineError."""
    try:
        # Size first: the limit is to protect memory and time, also from a file.
        if path.stat().st_size > limits.max_bytes:
            raise _too_large(str(path), limits)
        content = path.read_bytes()
    except FileNotFoundError:
        raise PipelineError(f"there is no file or folder {path}: check the path") from None
    except OSError as error:
        raise PipelineError(f"cannot read {path} ({error.strerror}): check the file") from None
    return _document(content, str(path), limits)


def list_folder(folder: Path) -> list[SourceFile]:
    """The posts and pages in ``folder``, by name; raises PipelineError when there are none.

    The sub-folders in which 02 and 03 put rows from 50,000 on are looked into.
    """
    paths = sorted(_documents_in(folder), key=lambda path: path.name)
    if not paths:
        raise PipelineError(f"there is no post in {folder}: it takes files ending in {SUFFIXES}")
    times = Counter(path.stem for path in paths)
    return [
        SourceFile(path.name.replace(".", "-") if times[path.stem] > 1 else path.stem, path)
        for path in paths
    ]


def _documents_in(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lower().endswith(SUFFIXES):
                if entry.name[0] != "." and entry.is_file():
                    yield Path(entry.path)
            elif shard_of(entry.name) == f"{entry.name}/" and entry.is_dir():
                yield from _documents_in(Path(entry.path))


def _document(
    content: bytes, name: str, limits: FetchLimits, charset: str | None = None
) -> Document:
    if len(content) > limits.max_bytes:
        raise _too_large(name, limits)
    document = read_document(content, name, charset)
    if not (document.text or document.recipe):
        raise PipelineError(f"{name} is empty: there is nothing to extract from")
    return document


def _read_stdin(limits: FetchLimits) -> bytes:
    if sys.stdin.isatty():
        print(
            "reading from the terminal; end with Ctrl-D (Windows: Ctrl-Z, Enter)", file=sys.stderr
        )
    return sys.stdin.buffer.read(limits.max_bytes + 1)


def _too_large(name: str, limits: FetchLimits) -> PipelineError:
    return PipelineError(
        f"{name} is larger than {limits.max_bytes / 1e6:g} MB: raise --max-page-mb if it really is "
        "one page"
    )
