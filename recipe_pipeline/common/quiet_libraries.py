"""Warnings of libraries about their own insides, which a user can do nothing about."""

from __future__ import annotations

import logging

_LOGGERS = (
    "torchao",  # GPU kernels that do not load on a machine without one
    "torch.utils._pytree",  # a deprecated call inside torchao
    "bitsandbytes.backends.cpu.ops",  # 4-bit kernels, which nothing here uses on a CPU
)


def hush() -> None:
    """Show nothing below errors of these libraries. Call it before they are imported."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
