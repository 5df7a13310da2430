"""Shared ground: command lines, errors, files, progress."""
