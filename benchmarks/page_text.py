"""How much of the gold recipe is in the text that a model would read of a web page.

    python -m benchmarks.page_text --pages ../shared/html_dev
    python -m benchmarks.page_text --pages ../shared/html_dev --losses 40   # what is missing, and where

``--pages`` is a folder with HTML files and ``index.jsonl``: ``{"id", "file", "gold"}`` a line. No model
runs. Each figure is given for trafilatura (what an article extractor keeps), for the page's whole text
(the most that can be kept) and for the text that 08 reads, within the window of 08's default context.

A gold line is there if the text has it but for small differences in spelling (`FOUND`), in one piece or,
for steps, sentence by sentence. A time or yield is *stated* if the page's whole text or either of the
other two has it beside a label of its kind (`text.evidence`).
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.extraction.extract import model_input
from recipe_pipeline.extraction.html_tree import parse_html
from recipe_pipeline.extraction.page import Page
from recipe_pipeline.extraction.page_text import read_html
from recipe_pipeline.extraction.window import estimate_tokens
from recipe_pipeline.text.evidence import PageEvidence
from recipe_pipeline.text.normalise import plain_words, tokenise

OURS = "08"
FOUND = 88.0
BUDGET = 6016
FACTS = ("prep_time", "cook_time", "total_time", "yields")
KINDS = ("ingredients", "steps", "title", *FACTS)
# "Soup Recipe | Name of the Site"
_TITLE_END = re.compile(r"\s+[-–|]\s+.*|\s+recipes?$", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass
class Tally:
    """Figures of one way to read pages."""

    found: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)
    characters: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    halved: int = 0
    losses: list[tuple[str, str, str]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--pages", type=Path, required=True, help="folder with index.jsonl")
    parser.add_argument("--losses", type=int, default=0, help="number of losses to print")
    options = parser.parse_args()
    lines = (options.pages / "index.jsonl").read_text(encoding="utf-8").splitlines()
    pages = [json.loads(line) for line in lines]
    readers: dict[str, Callable[[str], str]] = {
        "trafilatura": _article_text,
        "whole page": _whole_text,
        OURS: lambda html: read_html(html).text,
    }
    tallies = {name: Tally() for name in readers}
    for page in pages:
        html = (options.pages / page["file"]).read_text(encoding="utf-8")
        texts = {name: _timed(read, html, tallies[name]) for name, read in readers.items()}
        facts = [name_and_value for name_and_value in page["gold"].items() if name_and_value[1]]
        stated = {
            kind
            for kind, value in facts
            if kind in FACTS and any(_states(text, kind, value) for text in texts.values())
        }
        for name, text in texts.items():
            _count(tallies[name], page, text, stated)
    _print(tallies, len(pages))
    for kind, where, line in tallies[OURS].losses[: options.losses]:
        print(f"{kind:12} {where[:40]:40} {line[:110]}")


def _timed(read: Callable[[str], str], html: str, tally: Tally) -> str:
    start = time.perf_counter()
    text = read(html)
    seconds = time.perf_counter() - start
    tally.seconds += seconds
    tally.slowest = max(tally.slowest, seconds)
    if read is _whole_text:
        return text
    return model_input(Page(text), BUDGET, estimate_tokens).text


def _article_text(page: str) -> str:
    import trafilatura

    return trafilatura.extract(page, include_comments=False, favor_recall=True) or ""


def _whole_text(page: str) -> str:
    """Every text of the body, a line each: also menus, comments and what is hidden."""
    tree = parse_html(page)
    for element in tree.xpath("//script | //style | //noscript | //template | //head"):
        element.drop_tree()
    lines = (" ".join(line.split()) for line in tree.itertext())
    return "\n".join(line for line in lines if line)


def _count(tally: Tally, page: dict[str, Any], text: str, stated: set[str]) -> None:
    gold, flat = page["gold"], " ".join(tokenise(text))
    found = {
        "ingredients": [(line, _has(flat, line)) for line in gold["ingredients"]],
        "steps": [(line, _has_step(flat, line)) for line in gold["instructions"]],
        "title": [(gold["name"], _has(flat, _TITLE_END.sub("", gold["name"])))],
    }
    for kind in stated:
        found[kind] = [(str(gold[kind]), _states(text, kind, gold[kind]))]
    for kind, lines in found.items():
        tally.wanted[kind] += len(lines)
        tally.found[kind] += sum(there for _, there in lines)
        tally.losses += [(kind, page["id"], line) for line, there in lines if not there]
    there = [there for _, there in found["ingredients"]]
    tally.halved += sum(there) * 2 < len(there)
    tally.characters += len(text)


def _has(flat: str, line: str) -> bool:
    """Whether ``flat`` has the tokens of ``line`` in this order, with every number among them."""
    from rapidfuzz import fuzz

    wanted = " ".join(tokenise(line))
    if wanted in flat or len(wanted) > len(flat):
        return wanted in flat
    found = fuzz.partial_ratio_alignment(wanted, flat, score_cutoff=FOUND)
    if found is None:
        return False
    around = set(flat[max(0, found.dest_start - 20) : found.dest_end + 20].split())
    return all(token in around for token in wanted.split() if token[0].isdigit())


def _has_step(flat: str, step: str) -> bool:
    if _has(flat, step):
        return True
    sentences = _SENTENCE.split(step)
    length = sum(len(sentence) for sentence in sentences if _has(flat, sentence))
    return length >= 0.8 * len(step)


def _states(text: str, kind: str, value: Any) -> bool:
    # Labels and values may be in elements of their own: with a line each, and in one line.
    for shown in (text, " ".join(text.split("\n"))):
        evidence = PageEvidence(plain_words(shown))
        if kind == "yields":
            if evidence.states_yield(str(value)):
                return True
        elif int(value) in evidence.stated_minutes(kind.removesuffix("_time")):
            return True
    return False


def _print(tallies: dict[str, Tally], pages: int) -> None:
    print(f"{pages} pages".ljust(28) + "".join(name.rjust(22) for name in tallies))
    for kind in KINDS:
        row = [
            f"{t.found[kind]} of {t.wanted[kind]}  {t.found[kind] / max(1, t.wanted[kind]):.3f}"
            for t in tallies.values()
        ]
        print(kind.ljust(28) + "".join(cell.rjust(22) for cell in row))
    rows = {
        "pages without half": [str(t.halved) for t in tallies.values()],
        "mean characters": [f"{t.characters / pages:,.0f}" for t in tallies.values()],
        "ms a page": [f"{t.seconds / pages * 1000:.0f}" for t in tallies.values()],
        "slowest page, ms": [f"{t.slowest * 1000:.0f}" for t in tallies.values()],
    }
    for label, cells in rows.items():
        print(label.ljust(28) + "".join(cell.rjust(22) for cell in cells))


if __name__ == "__main__":
    main()
