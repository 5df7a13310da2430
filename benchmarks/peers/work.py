"""The requests of every peer: one chat per recipe name, as long as ours."""

from __future__ import annotations

import csv

MODEL = "bench"
SYSTEM = "You write realistic posts for food blogs and social media. " * 18
USER = "Write a typical food-blog post about this recipe in plain text: {name}. " + "Fact. " * 120


def read_names(table: str, rows: int) -> list[str]:
    """Names of the first ``rows`` recipes."""
    with open(table, encoding="utf-8", newline="") as file:
        return [
            record["name"] for _, record in zip(range(rows), csv.DictReader(file), strict=False)
        ]


def messages(name: str) -> list[dict[str, str]]:
    """Chat messages about one recipe."""
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": USER.format(name=name)},
    ]
