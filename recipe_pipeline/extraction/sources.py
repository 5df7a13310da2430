"""What 08 reads: a file, a web page, standard input, or a folder of files."""

from __future__ import annotations

import errno
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import shard_of
from recipe_pipeline.extraction.fetch import fetch, is_url, too_large
from recipe_pipeline.extraction.page import Page, read_page
from recipe_pipeline.extraction.settings import STDIN, FetchLimits

SOURCE_SUFFIXES = (".txt", ".html", ".htm", ".md")


@dataclass(frozen=True)
class SourceFile:
    """One file of a folder; ``stem`` names its output and is unique in the folder."""

    stem: str
    path: Path


def read_source(source: str, limits: FetchLimits) -> Page:
    """The page behind ``source``: "-", a URL or a file.

    Raises PipelineError if it is missing, too large, binary or empty.
    """
    if source == STDIN:
        return page_of(_read_stdin(limits), "standard input", limits)
    if is_url(source):
        download = fetch(source, limits)
        return page_of(download.content, download.url, limits, download.charset)
    return read_file(Path(source), limits)


def read_file(path: Path, limits: FetchLimits) -> Page:
    """The page in ``path``. Raises PipelineError."""
    try:
        # Checked before reading: the limit protects memory, from files as well.
        if path.stat().st_size > limits.max_bytes:
            raise too_large(str(path), limits)
        content = path.read_bytes()
    except OSError as error:
        if "\n" in str(path) or error.errno == errno.ENAMETOOLONG:
            raise PipelineError(
                "SOURCE is the path or URL of a page, not its text: pass text on standard input"
            ) from None
        if isinstance(error, FileNotFoundError):
            raise PipelineError(
                f"there is no file or folder {path}: check the path (web addresses begin with "
                "https://)"
            ) from None
        raise PipelineError(f"cannot read {path} ({error.strerror}): check the file") from None
    return page_of(content, str(path), limits)


def list_folder(folder: Path) -> list[SourceFile]:
    """The posts and pages in ``folder``, sorted by name. Raises PipelineError if there are none.

    Includes the sub-folders in which 02 and 03 put rows from 50,000 on.
    """
    paths = sorted(_pages_in(folder), key=lambda path: path.name)
    if not paths:
        suffixes = ", ".join(SOURCE_SUFFIXES)
        raise PipelineError(f"{folder} contains no posts: expected files ending in {suffixes}")
    times = Counter(path.stem for path in paths)
    return [
        SourceFile(path.name.replace(".", "-") if times[path.stem] > 1 else path.stem, path)
        for path in paths
    ]


def _pages_in(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lower().endswith(SOURCE_SUFFIXES):
                if entry.name[0] != "." and entry.is_file():
                    yield Path(entry.path)
            elif shard_of(entry.name) == f"{entry.name}/" and entry.is_dir():
                yield from _pages_in(Path(entry.path))


def page_of(content: bytes, name: str, limits: FetchLimits, charset: str | None = None) -> Page:
    """The page in ``content``. Raises PipelineError if it is too large, binary or empty."""
    if len(content) > limits.max_bytes:
        raise too_large(name, limits)
    page = read_page(content, name, charset)
    if not (page.text or page.recipe):
        raise PipelineError(f"{name} is empty: there is nothing to extract from")
    return page


def _read_stdin(limits: FetchLimits) -> bytes:
    if sys.stdin.isatty():
        print(
            "reading from the terminal; end with Ctrl-D (Windows: Ctrl-Z, Enter)", file=sys.stderr
        )
    return sys.stdin.buffer.read(limits.max_bytes + 1)
