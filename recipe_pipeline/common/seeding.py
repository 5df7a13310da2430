"""Random choices and hashes that depend on names and a seed alone, not on order or platform."""

from __future__ import annotations

import hashlib
from pathlib import Path


def unit_interval(*parts: object) -> float:
    """A number in [0, 1) that depends on ``parts`` alone.

    SHA-256 and not ``random.Random``: the result must be the same on every Python version, and
    ``hash()`` of a string differs between processes.
    """
    return int.from_bytes(_digest(parts)[:7], "big") / 2**56


def derived_seed(*parts: object) -> int:
    """A 31-bit seed for the server's sampler that depends on ``parts`` alone."""
    return int.from_bytes(_digest(parts)[:4], "big") >> 1


def key64(text: str) -> int:
    """A 64-bit hash of ``text`` that is the same in every process and on every machine."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def text_digest(text: str) -> str:
    """SHA-256 (hex) of ``text``, by which posts and answers are recognised."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def file_sha256(path: str | Path) -> str:
    """SHA-256 (hex) of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(parts: tuple[object, ...]) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
