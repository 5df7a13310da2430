"""What a real language model writes as posts (02) and labels (03): a Markdown table of rates.

A run is a folder with the default folders of 02 and 03 in it, generated_recipes_blog and
llm_output_reasoning. The checks are those of 02, 03 and 04. Several runs stand side by side, for
example one with older prompts and one with newer ones.

    python -m benchmarks.llm_data llm_run_old llm_run
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import (
    FAILURES_NAME,
    POST_SUFFIX,
    RECIPE_SUFFIX,
    existing_path,
    list_stage,
)
from recipe_pipeline.dataset.pairs import Label, Post, Skipped, read_pair
from recipe_pipeline.dataset.records import make_record
from recipe_pipeline.dataset.settings import DatasetSettings
from recipe_pipeline.generation.post_checks import (
    facts_stated,
    faults_in,
    is_off_length,
    tidied,
    wanted_facts,
    wanted_steps,
)
from recipe_pipeline.generation.styles import STYLES
from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.repair import removed_in
from recipe_pipeline.schema.recipe import recipes_in
from recipe_pipeline.text.markdown import without_markdown

POSTS, LABELS = "generated_recipes_blog", "llm_output_reasoning"
_STYLES = {style.name: style for style in STYLES}
_FAULTS = {
    "iso_duration": "with ISO durations (PT20M)",
    "prompt_words": "with words of the prompt as headings or names",
    "hashtag_title": "with a hashtag as the title",
    "placeholder": "with placeholders ([Your Name])",
    "repetitive": "that repeat themselves",
    "no_steps": "without steps, though not told to leave them out",
    "no_ingredients": "without most of the ingredients, though not told to leave them out",
}
_FACTS = {
    "ingredient": "ingredients with their amounts",
    "time": "times, called by their kind",
    "yield": "yield or servings",
}


@dataclass
class Measured:
    """Counts of one run by row of the table: ``rates`` (how many, of how many) and ``lists`` of
    reasons; ``words``: the lengths of the posts by style."""

    rates: dict[str, list[int]] = field(default_factory=dict)
    lists: dict[str, Counter[str]] = field(default_factory=dict)
    words: dict[str, list[int]] = field(default_factory=dict)

    def count(self, row: str, hits: int, of: int = 1) -> None:
        """Add to a rate."""
        rate = self.rates.setdefault(row, [0, 0])
        rate[0] += hits
        rate[1] += of

    def table(self) -> Iterator[tuple[str, str]]:
        """Rows of the table: name and cell."""
        for row, (hits, of) in self.rates.items():
            yield row, f"{hits} of {of} ({hits / of:.0%})" if of else "-"
        for style in STYLES:
            if counts := self.words.get(style.name):
                asked = "any" if style.words is None else "{:,} to {:,}".format(*style.words)
                near = sum(not is_off_length(count, style) for count in counts)
                yield (
                    f"words, {style.name} (asked: {asked})",
                    f"median {statistics.median(counts):,.0f}; {near} of {len(counts)} within 40 %",
                )
        for row, counter in self.lists.items():
            cell = ", ".join(f"{name} {count}" for name, count in counter.most_common())
            yield row, cell or "none"


def measure(run: Path) -> Measured:
    """The rates of a run; raises PipelineError without posts."""
    found = Measured()
    stems = list_stage(run / POSTS, POST_SUFFIX)
    if not stems:
        raise PipelineError(f"no posts in {run / POSTS}: generate some with 02")
    for stem in stems:
        measure_post(Post.read(existing_path(run / POSTS, stem, POST_SUFFIX)), found)
    found.lists["posts: failures"] = failed = _failures(run / POSTS)
    found.count("posts: written", len(stems), len(stems) + failed.total())
    if (run / LABELS).is_dir():
        measure_labels(run, stems, found)
    return found


def measure_post(post: Post, found: Measured) -> None:
    """Count what is wrong with a post, and which facts of its source it states."""
    style, kind = _STYLES.get(post.meta.get("style", "")), post.meta.get("kind", "complete")
    left_out = post.meta.get("left_out") or []
    found.count("posts: with Markdown", without_markdown(post.text) != post.text)
    plain = tidied(post.text)
    wanted = post.source, kind, left_out
    steps, facts = wanted_steps(*wanted), wanted_facts(*wanted)
    if style is not None:
        faults = {fault.reason for fault in faults_in(plain, style, steps, facts)}
        for reason, row in _FAULTS.items():
            if reason != "no_steps" or steps is not None:
                found.count(f"posts: {row}", reason in faults)
        found.words.setdefault(style.name, []).append(len(plain.split()))
    for fact, _, is_stated in facts_stated(facts, plain):
        found.count(f"facts stated: {_FACTS[fact]}", is_stated)
    found.lists.setdefault("posts: retries", Counter()).update(post.meta.get("retries") or ())


def measure_labels(run: Path, stems: list[str], found: Measured) -> None:
    """Count what 03 and 04 make of the posts."""
    settings = DatasetSettings(run / POSTS, run / LABELS, include_empty=True)
    removed, dropped, retries = Counter(), Counter(), Counter()
    labelled = sorted(set(list_stage(run / LABELS, RECIPE_SUFFIX)) & set(stems))
    for stem in labelled:
        meta, is_kept = {}, True
        try:
            meta = make_record(settings, stem).meta
        except Skipped as skipped:
            is_kept = False
            dropped[_dropped_for(skipped.reason, skipped.details)] += 1
        found.count("labels: kept by 04", is_kept)
        try:
            post, label = read_pair(run / POSTS, run / LABELS, stem)
        except Skipped:
            found.count("labels: kept by 04 if nothing were removed", 0)
            continue
        support = ground(with_removed(label), post.text, post.source).support
        found.count("labels: kept by 04 if nothing were removed", support >= DEFAULT_MIN_SUPPORT)
        found.count("labels: kept by 04, nothing removed", is_kept and not meta.get("removed"))
        removed.update(meta.get("removed") or [entry["field"] for entry in removed_in(label.meta)])
        retries.update(label.meta.get("retries") or ())
    failed, valid = _failures(run / LABELS), len(labelled) - dropped["invalid-label"]
    found.count("labels: valid", valid, len(labelled) + failed.total())
    found.lists |= {
        "labels: removed as not stated": removed,
        "labels: dropped by 04": dropped,
        "labels: retries": retries,
        "labels: failures": failed,
    }


def with_removed(label: Label) -> dict[str, Any]:
    """The recipe as the model wrote it: what 03 has removed is put back."""
    recipe = copy.deepcopy(label.recipe)
    for node in recipes_in(recipe)[:1]:
        for entry in removed_in(label.meta):
            key, value = entry["field"], entry.get("value")
            rest = node.get(key)
            is_part = isinstance(rest, str) and isinstance(value, str) and key != "name"
            value = [*rest, value] if isinstance(rest, list) else value
            node[key] = f"{rest}, {value}" if is_part else value
    return recipe


def _dropped_for(reason: str, details: tuple[str, ...]) -> str:
    """The reason of 04; for an unsupported label with the field of its worst fault."""
    return f"{reason} {details[0].split(':')[0]}" if reason == "unsupported" and details else reason


def _failures(folder: Path) -> Counter[str]:
    path = folder / FAILURES_NAME
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return Counter(json.loads(line)["reason"] for line in lines)


def print_table(runs: list[Path]) -> None:
    """The Markdown table, a column for every run."""
    tables = [dict(measure(run).table()) for run in runs]
    print("| | " + " | ".join(run.name for run in runs) + " |\n|---" + "|---" * len(runs) + "|")
    for row in dict.fromkeys(row for table in tables for row in table):
        print(f"| {row} | " + " | ".join(table.get(row, "-") for table in tables) + " |")


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table. Raises PipelineError for a run without posts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "runs", nargs="+", type=Path, help="folder with the posts and labels of a run"
    )
    print_table(parser.parse_args(argv).runs)


if __name__ == "__main__":
    sys.exit(cli.run(main))
