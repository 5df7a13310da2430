"""What a finished run shows for itself: answers to a few held-out posts, with their scores."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipe_pipeline.dataset.chat import strip_reasoning
from recipe_pipeline.models.prompts import USER_TEMPLATE
from recipe_pipeline.training import data as training_data
from recipe_pipeline.training.settings import TrainingSettings
from recipe_pipeline.training.tracking import Tracker

TABLE_NAME = "samples/held_out_posts"
TABLE_COLUMNS = ("post", "answer", "expected", "valid", "ingredient_f1")
# An answer this much longer than the longest expected one comes from a model that does not stop.
RUNAWAY_FACTOR = 1.5


@dataclass(frozen=True)
class Sample:
    """A held-out post, the system prompt it was trained with and the expected JSON answer."""

    system_prompt: str
    post: str
    expected: str


def held_out_samples(settings: TrainingSettings, count: int) -> list[Sample]:
    """The first ``count`` posts of the part that training holds out; none when there is none."""
    if not settings.eval_split or count < 1:
        return []
    chats = training_data.load_messages(Path(settings.dataset))
    _, held_out = training_data.split_off(chats, settings.eval_split, settings.seed)
    samples = []
    for chat in held_out[:count]:
        system = next((turn["content"] for turn in chat if turn["role"] == "system"), "")
        post = chat[-2]["content"].removeprefix(USER_TEMPLATE.format(post=""))
        samples.append(Sample(system, post, strip_reasoning(chat[-1]["content"])))
    return samples


def log_samples(settings: TrainingSettings, tracker: Tracker, count: int) -> None:
    """Answer ``count`` held-out posts with the saved adapter; log a table and the mean scores."""
    samples = held_out_samples(settings, count)
    if not samples:
        return
    from recipe_pipeline.models.generator import load_generator

    generator = load_generator(settings.save_dir, system_prompt=samples[0].system_prompt)
    longest = max(len(generator.tokenizer(sample.expected)["input_ids"]) for sample in samples)
    limit = int(longest * RUNAWAY_FACTOR) + 16
    answers = generator.generate([sample.post for sample in samples], limit)
    rows = [_row(sample, answer) for sample, answer in zip(samples, answers, strict=True)]
    tracker.log_table(TABLE_NAME, list(TABLE_COLUMNS), rows)
    tracker.log_metrics(_means(rows))


def _row(sample: Sample, answer: str) -> list[Any]:
    from recipe_pipeline.evaluation.scoring import score_document

    try:
        gold = json.loads(sample.expected)
    except ValueError:
        gold = {}
    score = score_document(answer, gold if isinstance(gold, dict) else {}, sample.post)
    return [
        sample.post,
        answer,
        sample.expected,
        bool(score.value("schema_valid")),
        score.value("ingredient_f1"),
    ]


def _means(rows: list[list[Any]]) -> dict[str, float]:
    f1 = [row[-1] for row in rows if row[-1] is not None]
    means = {"samples/schema_valid": sum(row[-2] for row in rows) / len(rows)}
    return means | ({"samples/ingredient_f1": sum(f1) / len(f1)} if f1 else {})
