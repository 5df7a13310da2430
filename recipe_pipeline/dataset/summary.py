"""What stage 4 reports when it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.wording import counted
from recipe_pipeline.dataset.files import meta_name
from recipe_pipeline.dataset.token_counts import METHOD

_HINTS = {
    "no-recipe": "posts labelled {} are left out; --include-empty keeps them",
    "unsupported": "unsupported: the label contradicts its post or leaves out what it states",
    "outdated-label": "outdated-label: the post has changed since; 03_generate_recipe_json.py renews "
    "the label (if it does not, delete the label first)",
}


@dataclass
class DatasetSummary:
    """Counts, skips by reason slug, mixes, token lengths, and the files written."""

    examples: int = 0
    train: int = 0
    test: int = 0
    recipes: int = 0
    models: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    labels_without_post: int = 0
    removed: Counter[str] = field(default_factory=Counter)
    styles: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    lengths: str = ""
    lengths_with_reasoning: str = ""
    data_files: list[Path] = field(default_factory=list)
    dropped_file: Path | None = None
    card: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The data files, each followed by its metadata."""
        return [file for data in self.data_files for file in (data, meta_name(data))]

    def count(self, meta: dict[str, Any]) -> None:
        """Count one example by its metadata, in which a sidecar made by hand can put anything."""
        source = meta["source"]
        self.styles[str(meta.get("style") or "unknown")] += 1
        self.kinds[str(meta["kind"])] += 1
        for role in ("blog", "label"):
            if model := source.get(f"{role}_model"):
                self.models[f"{model}, {role}"] += 1
        self.removed.update(meta.get("removed", ()))


def format_summary(summary: DatasetSummary) -> str:
    """The closing lines of script 04."""
    split = f" (train {summary.train:,}, test {summary.test:,})" if summary.test else ""
    lines = [
        f"examples   {summary.examples:,}{split} of {counted(summary.recipes, 'different recipe')}"
    ]
    if summary.skipped:
        total = sum(summary.skipped.values())
        lines.append(f"skipped    {total:,}: {_mix(summary.skipped)} (see {summary.dropped_file})")
    lines += _notes(summary)
    if summary.removed:
        lines.append(
            f"mended     {_mix(summary.removed)} (removed or corrected, going by the posts)"
        )
    lines.append(f"styles     {_shares(summary.styles)}")
    if set(summary.kinds) - {"complete"}:
        lines.append(f"kinds      {_shares(summary.kinds)}")
    lines.append(f"tokens     {summary.lengths} (as 05 trains: without think traces)")
    if summary.lengths_with_reasoning != summary.lengths:
        lines.append(f"           {summary.lengths_with_reasoning} (with think traces)")
    lines.append(f"           {METHOD}")
    lines += [f"wrote      {file}" for file in (*summary.files, summary.card) if file]
    return "\n".join(lines)


def _notes(summary: DatasetSummary) -> list[str]:
    notes = [_HINTS[reason] for reason in _HINTS if summary.skipped[reason]]
    if summary.labels_without_post:
        notes.append(f"labels without a post: {summary.labels_without_post:,}")
    return [f"           {note}" for note in notes]


def _shares(counts: Counter[str]) -> str:
    total = sum(counts.values()) or 1
    return ", ".join(f"{name} {count / total:.1%}" for name, count in counts.most_common())


def _mix(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
