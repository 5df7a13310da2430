"""Turn messy food blogs into schema.org recipes with a very small language model."""

__version__ = "0.1.0"
