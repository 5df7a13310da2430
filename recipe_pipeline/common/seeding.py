"""Random choices that depend on names and a seed alone, never on order, process or platform."""

from __future__ import annotations

import hashlib


def unit_interval(*parts: object) -> float:
    """A number in [0, 1) that depends on ``parts`` alone.

    SHA-256 and not ``random.Random``: the result must be the same on every Python version, and
    ``hash()`` of a string differs between processes.
    """
    return int.from_bytes(_digest(parts)[:7], "big") / 2**56


def derived_seed(*parts: object) -> int:
    """A 31-bit seed for the server's sampler that depends on ``parts`` alone."""
    return int.from_bytes(_digest(parts)[:4], "big") >> 1


def _digest(parts: tuple[object, ...]) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
