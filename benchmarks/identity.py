"""Whether a model gives the same answers whichever way they are computed.

    python -m benchmarks.identity --data ../shared/html_dev --pages 60

The reference is the first greedy answer of 08 about one page, by llama.cpp with the tokens that the
page needs. It is compared token for token with

    whole          the whole vocabulary
    folder         several pages at a time, one thread each: llama.cpp's flash attention adds up a
                   context of 512 tokens and more in as many pieces as there are threads
    transformers   transformers and PEFT in 32-bit floats: they read the reference in one pass and
                   say at each token which one they would have chosen

Where two answers part, the lead is how far each way saw the log-probability of its own token above
that of the other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.extraction import posts_of
from recipe_pipeline.common.errors import PipelineError

WAYS = ("whole", "folder", "transformers")
NEAR = 0.5
"""A near tie: neither way gives its token more than 62 % against 38 % for the other one."""

_CANDIDATES = 20
_POSITIONS = 64  # at a time: each has 262,144 logits


@dataclass(frozen=True)
class Token:
    """A token of an answer, and the log-probabilities of the likeliest ones by their ids."""

    id: int
    text: str
    scores: dict[int, float]

    def lead(self, other: int) -> float:
        """How far it is above another token, or at least so far."""
        return self.scores[self.id] - self.scores.get(other, min(self.scores.values()))


@dataclass(frozen=True)
class Parting:
    """Two answers part at the token ``position``, with ``leads`` as in the docstring above."""

    position: int
    tokens: tuple[str, str]
    leads: tuple[float, float]

    @property
    def is_near(self) -> bool:
        """Whether it is a near tie."""
        return max(self.leads) < NEAR

    def __str__(self) -> str:
        a, b = (f"{text!r} +{lead:.4f}" for text, lead in zip(self.tokens, self.leads, strict=True))
        kind = "near tie" if self.is_near else "REAL DIFFERENCE"
        return f"token {self.position}: {a} or {b}, {kind}"


def prompts_of(args: argparse.Namespace) -> list[str]:
    """What the model is asked about each page."""
    from recipe_pipeline.models import bundle
    from recipe_pipeline.models.adapter import trained_prompt
    from recipe_pipeline.models.generator import prompt_text
    from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT

    system = trained_prompt(Path(bundle.resolve(args.model))) or EXTRACTION_SYSTEM_PROMPT
    return [prompt_text(system, post) for post in posts_of(args)]


def llama_answers(args: argparse.Namespace, prompts: list[str], way: str) -> list[list[Token]]:
    """The answer to each prompt from llama.cpp; ``way``: "whole", "folder", "" for the reference."""
    from recipe_pipeline.models import small_vocabulary
    from recipe_pipeline.models.llama_server import parallel_answers
    from recipe_pipeline.models.loading import load_generator

    parallel = parallel_answers() if way == "folder" else 1
    common = sys.maxsize if way == "whole" else small_vocabulary.COMMON
    with mock.patch.object(small_vocabulary, "COMMON", common):
        generator: Any = load_generator(args.model, parallel=parallel)
    with ThreadPoolExecutor(parallel) as pool:
        return list(pool.map(lambda prompt: llama_answer(generator, prompt, args), prompts))


def llama_answer(generator: Any, prompt: str, args: argparse.Namespace) -> list[Token]:
    """The greedy answer to ``prompt``."""
    tokens = generator._model.encode(prompt)
    body: dict[str, Any] = {"temperature": 0, "cache_prompt": False, "logprobs": _CANDIDATES}
    replies: list[dict[str, Any]] = []
    length = min(len(tokens) + args.max_new_tokens, generator.context_length)
    with generator._model.copy_for(prompt, length) as copy:
        numbers = copy._numbers
        body |= {"prompt": [numbers[token] for token in tokens], "max_tokens": args.max_new_tokens}
        copy._server._server.handle_completions(body, replies.append)
    if "error" in replies[0]:
        raise PipelineError(f"llama.cpp cannot answer ({replies[0]['error']})")
    original = {new: old for old, new in numbers.items()}
    return [
        Token(
            original[entry["id"]],
            entry["token"],
            {original[top["id"]]: top["logprob"] for top in entry["top_logprobs"]},
        )
        for entry in replies[0]["choices"][0]["logprobs"]["content"]
    ]


def first_parting(reference: Sequence[Token], answer: Sequence[Token]) -> list[Parting]:
    """Where two answers part, if they do."""
    for position, (a, b) in enumerate(zip(reference, answer, strict=False)):
        if a.id != b.id:
            return [Parting(position, (a.text, b.text), (a.lead(b.id), b.lead(a.id)))]
    return []


def second_opinion(generator: Any, prompt: str, reference: Sequence[Token]) -> Iterator[Parting]:
    """The positions at which transformers would go on with another token than ``reference``."""
    import torch

    asked = generator._tokenize(prompt)
    head = generator.model.get_output_embeddings()
    with torch.inference_mode():
        ids = torch.tensor([asked + [token.id for token in reference]])
        hidden = generator.model.model(input_ids=ids).last_hidden_state[0, len(asked) - 1 : -1]
        for start in range(0, len(reference), _POSITIONS):
            scores = head(hidden[start : start + _POSITIONS]).log_softmax(-1)
            for position, row in enumerate(scores, start):
                token, best = reference[position], int(row.argmax())
                if token.id != best:
                    leads = token.lead(best), float(row[best] - row[token.id])
                    texts = token.text, generator.tokenizer.decode([best])
                    yield Parting(position, texts, leads)


def partings_of(
    way: str, args: argparse.Namespace, prompts: list[str], expected: list[list[Token]]
) -> list[list[Parting]]:
    """For each prompt, where ``way`` parts from the expected answer."""
    if way != "transformers":
        answers = llama_answers(args, prompts, way)
        return [first_parting(a, b) for a, b in zip(expected, answers, strict=True)]
    from recipe_pipeline.models import bundle, local

    with mock.patch.object(local, "inference_dtype", return_value="float32"):  # 16 bits are rounded
        generator = local.load_local(bundle.resolve(args.model), "")
    pairs = zip(prompts, expected, strict=True)
    return [list(second_opinion(generator, prompt, answer)) for prompt, answer in pairs]


def report(way: str, partings: Sequence[list[Parting]], tokens: int) -> None:
    """Print how many answers are the same, and where the others part."""
    first = {page: found[0] for page, found in enumerate(partings, start=1) if found}
    near = sum(each.is_near for each in first.values())
    print(f"{way}: {len(partings) - len(first)} of {len(partings)} answers are the same, ", end="")
    print(f"{near} part at a near tie, {len(first) - near} at a real difference")
    if way == "transformers":
        print(f"  {sum(map(len, partings))} of {tokens:,} tokens are not the likeliest there")
    for page, where in first.items():
        print(f"  page {page}, {where}", flush=True)


def main() -> int:
    """Make the reference and compare each way with it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--model", default="bundled", help="adapter for the embedded model")
    add("--data", type=Path, default=Path("../shared/html_dev"), help="pages as 07 reads them")
    add("--pages", type=int, default=60)
    add("--characters", type=int, default=12_000, help="longest page in characters")
    add("--max-new-tokens", type=int, default=1024)
    add("--ways", nargs="+", choices=WAYS, default=WAYS)
    args = parser.parse_args()
    try:
        prompts = prompts_of(args)
        expected = llama_answers(args, prompts, "")
        tokens = sum(map(len, expected))
        print(f"{len(prompts)} pages, {tokens:,} tokens in the answers", flush=True)
        for way in args.ways:
            report(way, partings_of(way, args, prompts, expected), tokens)
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
