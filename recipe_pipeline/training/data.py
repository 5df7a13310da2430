"""Chat examples -> token ids and labels: think traces out, loss on the answer only, nothing cut.

Examples are tokenised here, not by the trainer, for three reasons: the prompt carries no loss and
no doubled BOS; an example that is too long is dropped instead of losing the end of its JSON; and
untrusted posts cannot smuggle control tokens in.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.chat_template import answer_text, generation_prompt

IGNORE = -100  # the label value that torch's cross entropy leaves out


@dataclass
class TokenisedExamples:
    """Token lists ready for the trainer, and what was left out on the way.

    ``rows``: dicts of ``input_ids`` and ``labels`` (equal length, labels -100 on the prompt) and
    ``length`` (tokens). ``messages``: the chat each row was made of, in the same order.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    messages: list[list[dict[str, str]]] = field(default_factory=list)
    too_long: int = 0

    @property
    def tokens(self) -> int:
        return sum(row["length"] for row in self.rows)

    @property
    def answer_tokens(self) -> int:
        return sum(label != IGNORE for row in self.rows for label in row["labels"])

    @property
    def longest(self) -> int:
        return max((row["length"] for row in self.rows), default=0)


def load_messages(path: Path) -> list[list[dict[str, str]]]:
    """The chats of a dataset file. Raises PipelineError with the line number of a broken line."""
    from recipe_pipeline.dataset.build import read_examples

    if not path.is_file():
        train_part = path.with_name(f"{path.stem}_train{path.suffix}")
        if train_part.is_file():
            raise PipelineError(f"no dataset at {path}: it is split, give --dataset {train_part}")
        raise PipelineError(
            f"no dataset at {path}: make one with 04_generate_finetuning_dataset.py or give --dataset"
        )
    messages = [example["messages"] for example in read_examples(path)]
    if not messages:
        raise PipelineError(
            f"{path} holds no examples: run 04_generate_finetuning_dataset.py again"
        )
    return messages


def system_prompt_of(chats: Sequence[Sequence[dict[str, str]]]) -> str | None:
    """The system prompt that the examples were made with, if they have one."""
    first = chats[0][0]
    return first["content"] if first["role"] == "system" else None


def tokenise(
    chats: Iterable[list[dict[str, str]]], tokenizer: Any, max_seq_length: int
) -> TokenisedExamples:
    """Token ids and labels of every chat that fits ``max_seq_length`` tokens."""
    from recipe_pipeline.dataset.build import strip_reasoning

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
        result.rows.append(
            {
                "input_ids": prompt + answer,
                "labels": [IGNORE] * len(prompt) + answer,
                "length": length,
            }
        )
        result.messages.append(chat)
    return result


def split_off(
    chats: list[list[dict[str, str]]], fraction: float, seed: int
) -> tuple[list[list[dict[str, str]]], list[list[dict[str, str]]]]:
    """(train, held out) with at least one chat on each side; equal posts stay on one side."""
    groups: dict[str, list[list[dict[str, str]]]] = {}
    for chat in chats:
        groups.setdefault(chat[-2]["content"], []).append(chat)
    keys = list(groups)
    random.Random(seed).shuffle(keys)
    wanted = max(1, round(len(chats) * fraction))
    held_out: list[list[dict[str, str]]] = []
    while keys and len(held_out) < wanted and len(groups) > 1:
        held_out.extend(groups.pop(keys.pop()))
    if not groups or not held_out:
        raise PipelineError("the dataset is too small to hold anything out: use a larger one")
    return [chat for key in keys for chat in groups[key]], held_out


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex: which dataset a run was trained on."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
