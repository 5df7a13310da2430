"""Answers from a model: post in, raw answer text out (07 scores them, 08 turns them into recipes)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import base as base_model
from recipe_pipeline.models import modelfile
from recipe_pipeline.models.adapter import trained_system_prompt
from recipe_pipeline.models.chat_template import END_OF_TURN, GEMMA_CHAT_TEMPLATE, generation_prompt
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT, user_message

DEFAULT_MAX_NEW_TOKENS = 1024
# A passage of up to 32 tokens that stands four times in a row is a loop, not a recipe; so is a longer
# one (several steps, the whole recipe) that stands three times.
LOOP_PERIOD = 32
LOOP_REPEATS = 4
LONG_LOOP_PERIOD = 512
LONG_LOOP_REPEATS = 3
LOOP_CHECK_EVERY = 16


class Generator(Protocol):
    """Anything that answers posts: a local model, a GGUF file, a server."""

    name: str

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        on_answer: Callable[[int, str], None] | None = None,
    ) -> list[str]:
        """One raw answer per post, in order.

        ``on_answer(position, answer)`` is called as answers arrive, for progress and resume.
        """


def temperature_of(repeat: int) -> float:
    """Greedy at first; with some chance when it is asked again after an unusable answer."""
    return min(0.3 * repeat, 0.9)


def trained_prompt(path: Path) -> str | None:
    """The system prompt that the model in ``path`` was trained with, if it can be told.

    A folder may have 05's notes; a GGUF file, or the folder of one, a Modelfile beside it.
    """
    if path.is_dir() and (prompt := trained_system_prompt(path)):
        return prompt
    return modelfile.system_prompt_in(path.parent if path.is_file() else path)


@dataclass
class TransformersGenerator:
    """Batched generation with transformers. Counts the tokens it reads and writes."""

    model: Any
    tokenizer: Any
    name: str
    batch_size: int = 8
    system_prompt: str = EXTRACTION_SYSTEM_PROMPT
    prompt_tokens: int = 0
    answer_tokens: int = 0

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        on_answer: Callable[[int, str], None] | None = None,
        repeat: int = 0,
    ) -> list[str]:
        """See ``Generator.generate``. Posts of like length share a batch, so padding stays low.

        ``repeat`` above 0 samples at its ``temperature_of``, with itself as the seed.
        """
        answers = [""] * len(posts)
        prompts = [self._prompt_ids(post) for post in posts]
        order = sorted(range(len(posts)), key=lambda position: len(prompts[position]))
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            written = self._answer_batch([prompts[i] for i in batch], max_new_tokens, repeat)
            for position, answer in zip(batch, written, strict=True):
                answers[position] = answer
                if on_answer is not None:
                    on_answer(position, answer)
        return answers

    def _prompt_ids(self, post: str) -> list[int]:
        messages = [
            {"role": "system", "content": self.system_prompt},
            {"role": "user", "content": user_message(post)},
        ]
        return self.tokenizer(generation_prompt(messages), add_special_tokens=False)["input_ids"]

    def _answer_batch(
        self, prompts: list[list[int]], max_new_tokens: int, repeat: int
    ) -> list[str]:
        import torch

        width = max(len(prompt) for prompt in prompts)
        pad = self.tokenizer.pad_token_id
        ids = [[pad] * (width - len(prompt)) + prompt for prompt in prompts]
        mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        stop = [self.tokenizer.eos_token_id, self.tokenizer.convert_tokens_to_ids(END_OF_TURN)]
        chance: dict[str, Any] = {"do_sample": False, "top_p": None, "temperature": None}
        if repeat:
            chance = {"do_sample": True, "top_p": 0.95, "temperature": temperature_of(repeat)}
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(repeat)
            output = self.model.generate(
                input_ids=torch.tensor(ids, device=self.model.device),
                attention_mask=torch.tensor(mask, device=self.model.device),
                max_new_tokens=max_new_tokens,
                top_k=None,
                **chance,
                eos_token_id=stop,
                pad_token_id=pad,
                stopping_criteria=[loop_criterion(width)],
            )[:, width:]
        self.prompt_tokens += sum(len(prompt) for prompt in prompts)
        self.answer_tokens += int((output != pad).sum())
        return [
            text.strip() for text in self.tokenizer.batch_decode(output, skip_special_tokens=True)
        ]


def in_loop(tokens: Sequence[int]) -> bool:
    """Whether an answer has begun to repeat itself and will run on to the limit.

    True when its end is one passage of at most 32 tokens, four times in a row, or one of at most
    512 tokens, three times.
    """
    for period in range(1, min(LONG_LOOP_PERIOD, len(tokens) // LONG_LOOP_REPEATS) + 1):
        if tokens[-1] != tokens[-1 - period]:
            continue
        needed = period * LOOP_REPEATS
        if period > LOOP_PERIOD:
            needed = max(period * LONG_LOOP_REPEATS, LOOP_PERIOD * LOOP_REPEATS)
        if len(tokens) < max(needed, LOOP_PERIOD * 2):
            continue
        # Short passages have to fill two of the longest, so that "0000" in a number is no loop.
        tail = list(tokens[-max(needed, LOOP_PERIOD * 2) :])
        if tail[period:] == tail[:-period]:
            return True
    return False


def loop_criterion(prompt_width: int) -> Any:
    """A transformers stopping criterion that ends the rows of a batch that loop."""
    import torch
    from transformers import StoppingCriteria

    class StopLoops(StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
            written = input_ids.shape[1] - prompt_width
            if written % LOOP_CHECK_EVERY:
                return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
            rows = input_ids[:, prompt_width:].tolist()
            return torch.tensor([in_loop(row) for row in rows], device=input_ids.device)

    return StopLoops()


def load_generator(
    spec: str, *, batch_size: int = 8, system_prompt: str | None = None
) -> TransformersGenerator:
    """The model that ``spec`` names: an adapter folder, a model folder, a hub name or ``embedded``.

    An adapter is merged into its base for speed. Raises PipelineError when it cannot be loaded.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = Path(spec).expanduser()
    is_adapter = (folder / "adapter_config.json").is_file()
    base = adapter_base(folder) if is_adapter else base_model.resolve(spec)
    try:
        model = AutoModelForCausalLM.from_pretrained(base, dtype=inference_dtype())
        tokenizer = AutoTokenizer.from_pretrained(folder if is_adapter else base)
        if is_adapter:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, folder).merge_and_unload()
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise PipelineError(
            f"cannot load the model {spec!r} ({reason}): check the path or name"
        ) from error
    if tokenizer.chat_template is None:
        tokenizer.chat_template = GEMMA_CHAT_TEMPLATE
    if torch.cuda.is_available():
        model = model.to("cuda")
    # After a training on a GPU without bf16, Unsloth has every Gemma 3 of the process feed its head float16.
    model.get_output_embeddings().register_forward_pre_hook(
        lambda head, inputs: (inputs[0].to(head.weight.dtype),)
    )
    model.eval()
    return TransformersGenerator(
        model=model,
        tokenizer=tokenizer,
        name=spec,
        batch_size=batch_size,
        system_prompt=system_prompt or EXTRACTION_SYSTEM_PROMPT,
    )


def adapter_base(folder: Path) -> str:
    """What to load below the adapter in ``folder``.

    ``training_run.json`` knows the name that was trained on ("embedded", a hub name); the adapter's
    own config may hold a cache path of another machine.
    """
    run_file = folder / "training_run.json"
    if run_file.is_file():
        run = json.loads(run_file.read_text(encoding="utf-8"))
        return base_model.resolve(run["settings"]["model_name"])
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    return base_model.resolve(config["base_model_name_or_path"])


def inference_dtype() -> Any:
    """bf16 where the hardware multiplies it, else float32.

    Not fp16 on older GPUs such as the T4: Gemma 3's activations exceed its range. CPUs without AMX
    or AVX512-BF16 emulate bf16 several times slower than float32.
    """
    import torch

    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float32
    return torch.bfloat16 if cpu_has_bf16() else torch.float32


def cpu_has_bf16() -> bool:
    """Whether this CPU has bf16 matrix instructions (x86 AMX or AVX512-BF16, Arm BF16).

    Read from the flags the kernel reports; False where there are none to read.
    """
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="ignore")
    except OSError:
        return False
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() in ("flags", "features"):
            return bool({"amx_bf16", "avx512_bf16", "bf16"} & set(value.split()))
    return False
