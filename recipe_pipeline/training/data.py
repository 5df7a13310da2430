"""Chat examples -> token ids and labels: loss on the answer only, nothing truncated.

Examples are tokenised here and not by the trainer, for three reasons: the prompt carries no loss
and no second BOS; an example that is too long is dropped instead of losing the end of its JSON; and
untrusted posts cannot inject control tokens.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.wording import counted
from recipe_pipeline.dataset.chat import read_examples, strip_reasoning
from recipe_pipeline.models.chat_template import answer_text, generation_prompt
from recipe_pipeline.training.settings import TrainingSettings

IGNORE = -100  # the label value that torch's cross entropy skips

Chat = list[dict[str, str]]


@dataclass
class TokenisedExamples:
    """Token lists ready for the trainer.

    ``rows``: dicts of ``input_ids`` and ``labels`` (equal length, labels -100 on the prompt) and
    ``length`` (tokens). ``too_long``: number of examples that were dropped for their length.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    too_long: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def tokens(self) -> int:
        return sum(row["length"] for row in self.rows)

    @property
    def answer_tokens(self) -> int:
        return sum(label != IGNORE for row in self.rows for label in row["labels"])

    @property
    def longest(self) -> int:
        return max((row["length"] for row in self.rows), default=0)


def load_chats(path: str | Path) -> list[Chat]:
    """The chats of a dataset file. Raises PipelineError with the line number of a broken line."""
    path = Path(path)
    if not path.is_file():
        train_part = path.with_name(f"{path.stem}_train{path.suffix}")
        if train_part.is_file():
            raise PipelineError(f"no dataset at {path}: it is split, use --dataset {train_part}")
        raise PipelineError(
            f"no dataset at {path}: make one with 04_generate_finetuning_dataset.py or set --dataset"
        )
    chats = [example["messages"] for example in read_examples(path)]
    if not chats:
        raise PipelineError(f"{path} has no examples: run 04_generate_finetuning_dataset.py again")
    return chats


def system_prompt_of(chats: Sequence[Chat]) -> str | None:
    """The system prompt of the examples, if they have one."""
    first = chats[0][0]
    return first["content"] if first["role"] == "system" else None


def split_off(chats: list[Chat], fraction: float, seed: int) -> tuple[list[Chat], list[Chat]]:
    """(train, held out) with at least one chat on each side; equal posts stay on one side."""
    groups: dict[str, list[Chat]] = {}
    for chat in chats:
        groups.setdefault(chat[-2]["content"], []).append(chat)
    keys = list(groups)
    random.Random(seed).shuffle(keys)
    target = max(1, round(len(chats) * fraction))
    held_out: list[Chat] = []
    while keys and len(held_out) < target and len(groups) > 1:
        held_out.extend(groups.pop(keys.pop()))
    if not groups or not held_out:
        raise PipelineError("the dataset is too small for a held-out split: use a larger one")
    return [chat for key in keys for chat in groups[key]], held_out


def load_split(settings: TrainingSettings) -> tuple[list[Chat], list[Chat]]:
    """(train, held out) of the dataset, as ``eval_split`` has it; nothing held out if it is 0."""
    chats = load_chats(settings.dataset)
    if not settings.eval_split:
        return chats, []
    return split_off(chats, settings.eval_split, settings.seed)


def tokenise(chats: Iterable[Chat], tokenizer: Any, max_seq_length: int) -> TokenisedExamples:
    """Token ids and labels of every chat that fits into ``max_seq_length`` tokens."""
    result = TokenisedExamples()
    for chat in chats:
        prompt = tokenizer(generation_prompt(chat[:-1]), add_special_tokens=False)["input_ids"]
        answer = tokenizer(
            answer_text(strip_reasoning(chat[-1]["content"])), add_special_tokens=False
        )["input_ids"]
        length = len(prompt) + len(answer)
        if length > max_seq_length:
            result.too_long += 1
            continue
        labels = [IGNORE] * len(prompt) + answer
        result.rows.append({"input_ids": prompt + answer, "labels": labels, "length": length})
    return result


def training_examples(chats: list[Chat], tokenizer: Any, max_seq_length: int) -> TokenisedExamples:
    """`tokenise` with a summary printed. Raises PipelineError if every example is too long."""
    examples = tokenise(chats, tokenizer, max_seq_length)
    if not examples:
        raise PipelineError(
            f"no example fits into --max-seq-length {max_seq_length} tokens: raise it"
        )
    if examples.too_long:
        print(
            f"{counted(examples.too_long, 'example')} dropped: longer than {max_seq_length} tokens"
        )
    print(
        f"{counted(len(examples), 'training example')}, {examples.tokens:,} tokens "
        f"({examples.answer_tokens:,} in answers), longest {examples.longest:,}"
    )
    return examples
