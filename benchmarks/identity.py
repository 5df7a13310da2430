"""Whether a model gives the same answers whichever way they are computed.

    python -m benchmarks.identity --data ../shared/html_dev --pages 60

The reference is 08's first greedy answer about one page: llama.cpp with the tokens that the page
needs, without retries and restarts. It is compared token for token with

    whole          the whole vocabulary
    folder         several pages at a time, as 08 answers a folder
    transformers   transformers and PEFT in 32-bit floats; they are given the reference and asked for
                   the next token at each position, so all is exact up to the first difference

For answers that differ it prints where they part, and by how much the log-probability of each of the
two tokens is above that of the other, in the way that chose it. llama.cpp computes with rounded
numbers (8-bit activations, 16-bit cache): gaps below 0.1 are near ties, in which either answer is right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.extraction import posts_of
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT

WAYS = ("whole", "folder", "transformers")
NEAR = 0.1
_CANDIDATES = 20
_LOGITS = 64  # positions at a time: each has 262,144 of them


@dataclass(frozen=True)
class Token:
    """A token of an answer, and the log-probabilities of the likeliest by their ids."""

    id: int
    text: str
    scores: dict[int, float]

    def ahead_of(self, other: int) -> float:
        """How far the log-probability is above that of another token, or at least so far."""
        return self.scores[self.id] - self.scores.get(other, min(self.scores.values()))


@dataclass(frozen=True)
class Parting:
    """Two ways part at ``position``: ``gaps`` is the lead of each one's token over the other's."""

    position: int
    tokens: tuple[str, str]
    gaps: tuple[float, float]

    @property
    def is_near(self) -> bool:
        """Whether neither way saw much of a difference."""
        return max(self.gaps) < NEAR

    def __str__(self) -> str:
        (one, other), (gap, other_gap) = self.tokens, self.gaps
        kind = "near tie" if self.is_near else "REAL DIFFERENCE"
        return (
            f"token {self.position}: {one!r} (ahead by {gap:.4f}) or {other!r} ({other_gap:.4f}), "
            f"{kind}"
        )


def llama_answers(
    spec: str, posts: Sequence[str], limit: int, way: str = ""
) -> Iterator[list[Token]]:
    """The answer to each post from llama.cpp; ``way``: "whole", "folder" or "" for the reference."""
    from recipe_pipeline.models import small_vocabulary
    from recipe_pipeline.models.gguf import _GROUP
    from recipe_pipeline.models.llama_server import parallel_answers
    from recipe_pipeline.models.loading import load_generator

    common = small_vocabulary.COMMON
    small_vocabulary.COMMON = sys.maxsize if way == "whole" else common
    parallel = parallel_answers() if way == "folder" else 1
    generator: Any = load_generator(spec, parallel=parallel)
    small_vocabulary.COMMON = common
    model, size = generator._model, _GROUP if way == "folder" else 1
    prompts = [prompt_of(generator, post) for post in posts]
    for start in range(0, len(prompts), size):
        group = prompts[start : start + size]
        length = max(len(model.encode(prompt)) for prompt in group) + limit
        model.prepare(group, min(length, generator.context_length))
        with ThreadPoolExecutor(parallel) as pool:
            yield from pool.map(lambda prompt: llama_answer(model, prompt, limit), group)


def llama_answer(model: Any, prompt: str, limit: int) -> list[Token]:
    """The greedy answer to ``prompt`` of an `OpenGguf` that is prepared for it."""
    original = {new: old for old, new in model._vocabulary._new.items()}
    chunks: list[dict[str, Any]] = []
    options = {"max_tokens": limit, "temperature": 0, "cache_prompt": False}
    body = {**options, "prompt": model._vocabulary.ids(prompt), "logprobs": _CANDIDATES}
    server = model._free.get()
    try:
        server._server.handle_completions(body, chunks.append)
    finally:
        model._free.put(server)
    if "error" in chunks[0]:
        raise SystemExit(f"error: {chunks[0]['error']}")
    return [
        Token(
            original[entry["id"]],
            entry["token"],
            {original[top["id"]]: top["logprob"] for top in entry["top_logprobs"]},
        )
        for entry in chunks[0]["choices"][0]["logprobs"]["content"]
    ]


def prompt_of(generator: Any, post: str) -> str:
    """What the model is asked about ``post``."""
    from recipe_pipeline.models.generator import prompt_text

    return prompt_text(generator.system_prompt, post)


def parting(reference: Sequence[Token], other: Sequence[Token]) -> Parting | None:
    """Where two answers part, or None."""
    for position, (a, b) in enumerate(zip(reference, other, strict=False)):
        if a.id != b.id:
            return Parting(position, (a.text, b.text), (a.ahead_of(b.id), b.ahead_of(a.id)))
    return None


def transformers_partings(generator: Any, post: str, reference: Sequence[Token]) -> list[Parting]:
    """All positions at which transformers would go on with another token than ``reference`` does."""
    import torch

    prompt = generator._tokenize(prompt_of(generator, post))
    answer = [token.id for token in reference]
    with torch.inference_mode():
        ids = torch.tensor([prompt + answer])
        hidden = generator.model.model(input_ids=ids).last_hidden_state[0, len(prompt) - 1 : -1]
        head = generator.model.get_output_embeddings()
        found = []
        for start in range(0, len(answer), _LOGITS):
            scores = head(hidden[start : start + _LOGITS]).float().log_softmax(-1)
            best = scores.argmax(-1).tolist()
            for row, (token, other) in enumerate(
                zip(reference[start : start + _LOGITS], best, strict=True)
            ):
                if token.id != other:
                    gap = (scores[row, other] - scores[row, token.id]).item()
                    text = generator.tokenizer.decode([other])
                    gaps = (token.ahead_of(other), gap)
                    found.append(Parting(start + row, (token.text, text), gaps))
    return found


def partings_of(
    way: str, args: argparse.Namespace, posts: Sequence[str], expected: Sequence[list[Token]]
) -> Iterator[list[Parting]]:
    """For each post, where ``way`` parts from the expected answer."""
    if way != "transformers":
        answers = llama_answers(args.model, posts, args.max_new_tokens, way)
        for reference, answer in zip(expected, answers, strict=True):
            where = parting(reference, answer)
            yield [] if where is None else [where]
        return
    from recipe_pipeline.models import bundle, local
    from recipe_pipeline.models.adapter import trained_prompt

    local.inference_dtype = lambda: "float32"  # merging would round to 16 bits
    folder = bundle.resolve(args.model)
    prompt = trained_prompt(Path(folder)) or EXTRACTION_SYSTEM_PROMPT
    generator = local.load_local(folder, prompt)
    for post, reference in zip(posts, expected, strict=True):
        yield transformers_partings(generator, post, reference)


def compare(
    way: str, args: argparse.Namespace, posts: Sequence[str], expected: Sequence[list[Token]]
) -> None:
    """Print how many answers of ``way`` are the expected ones, and where the others part."""
    partings = list(partings_of(way, args, posts, expected))
    first = {page: found[0] for page, found in enumerate(partings, start=1) if found}
    near = sum(each.is_near for each in first.values())
    print(
        f"{way}: {len(posts) - len(first)} of {len(posts)} answers are equal, {near} part at a near "
        f"tie, {len(first) - near} at a real difference"
    )
    if way == "transformers":
        count = sum(map(len, partings))
        print(f"  {count} of {sum(map(len, expected)):,} tokens differ, each after the reference's")
    for page, where in first.items():
        print(f"  page {page}, {where}", flush=True)


def parse_args() -> argparse.Namespace:
    """Flags of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--model", default="bundled", help="a model that llama.cpp answers, as 08 takes it")
    add("--data", type=Path, default=Path("../shared/html_dev"), help="pages as 07 reads them")
    add("--pages", type=int, default=60)
    add("--characters", type=int, default=12_000, help="longest page in characters")
    add("--max-new-tokens", type=int, default=1024)
    add("--ways", nargs="+", choices=WAYS, default=WAYS)
    return parser.parse_args()


def main() -> int:
    """Make the reference, then compare each way with it."""
    args = parse_args()
    try:
        posts = posts_of(args)
        expected = list(llama_answers(args.model, posts, args.max_new_tokens))
        print(f"{len(posts)} pages, {sum(map(len, expected)):,} tokens of answers", flush=True)
        for way in args.ways:
            compare(way, args, posts, expected)
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
