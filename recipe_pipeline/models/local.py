"""Local generation with transformers: adapters, model folders, hub models."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError, first_line
from recipe_pipeline.models import base as base_model
from recipe_pipeline.models import loops
from recipe_pipeline.models.adapter import base_of
from recipe_pipeline.models.chat_template import END_OF_TURN, GEMMA_CHAT_TEMPLATE
from recipe_pipeline.models.generator import (
    DEFAULT_MAX_NEW_TOKENS,
    OnAnswer,
    prompt_text,
    temperature_of,
)


@dataclass
class TransformersGenerator:
    """Batched generation; see ``generator.Generator``."""

    model: Any
    tokenizer: Any
    name: str
    system_prompt: str
    batch_size: int = 8
    answer_tokens: int = 0
    failed: int = 0
    context_length: int | None = None
    constrained: bool = False
    parallel: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """The tokenizers of transformers must not be used by two threads at once."""

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` alone."""
        return len(self._tokenize(text))

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
        names: Sequence[str] = (),
    ) -> list[str]:
        """See ``generator.Generator.generate``. Posts of similar length share a batch, which keeps
        the padding low."""
        answers = [""] * len(posts)
        prompts = [self._tokenize(prompt_text(self.system_prompt, post)) for post in posts]
        order = sorted(range(len(posts)), key=lambda position: len(prompts[position]))
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            written = self._answer_batch([prompts[i] for i in batch], max_new_tokens, repeat)
            for position, answer in zip(batch, written, strict=True):
                answers[position] = answer
                if on_answer is not None:
                    on_answer(position, answer)
        return answers

    def _tokenize(self, text: str) -> list[int]:
        with self._lock:
            return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def _answer_batch(
        self, prompts: list[list[int]], max_new_tokens: int, repeat: int
    ) -> list[str]:
        import torch

        width = max(len(prompt) for prompt in prompts)
        pad = self.tokenizer.pad_token_id
        ids = [[pad] * (width - len(prompt)) + prompt for prompt in prompts]
        mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        stop = [self.tokenizer.eos_token_id, self.tokenizer.convert_tokens_to_ids(END_OF_TURN)]
        sampling: dict[str, Any] = {"do_sample": False, "top_p": None, "temperature": None}
        if repeat:
            sampling = {"do_sample": True, "top_p": 0.95, "temperature": temperature_of(repeat)}
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(repeat)
            output = self.model.generate(
                input_ids=torch.tensor(ids, device=self.model.device),
                attention_mask=torch.tensor(mask, device=self.model.device),
                max_new_tokens=max_new_tokens,
                top_k=None,
                **sampling,
                eos_token_id=stop,
                pad_token_id=pad,
                stopping_criteria=[loop_criterion(width)],
            )[:, width:]
        self.answer_tokens += int((output != pad).sum())
        with self._lock:
            texts = self.tokenizer.batch_decode(output, skip_special_tokens=True)
        return [text.strip() for text in texts]


def loop_criterion(prompt_width: int) -> Any:
    """A transformers stopping criterion that ends the answers of a batch that loop."""
    import torch
    from transformers import StoppingCriteria

    class StopLoops(StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
            written = input_ids.shape[1] - prompt_width
            if written % loops.CHECK_EVERY:
                return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
            rows = input_ids[:, prompt_width:].tolist()
            return torch.tensor([loops.in_loop(row) for row in rows], device=input_ids.device)

    return StopLoops()


def load_local(spec: str, system_prompt: str, batch_size: int = 8) -> TransformersGenerator:
    """The adapter or model that ``spec`` names; an adapter is merged into its base for speed.

    Raises PipelineError when it cannot be loaded.
    """
    folder = Path(spec).expanduser()
    is_adapter = (folder / "adapter_config.json").is_file()
    base = base_model.resolve(base_of(folder) if is_adapter else spec)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        model = AutoModelForCausalLM.from_pretrained(base, dtype=inference_dtype())
        tokenizer = AutoTokenizer.from_pretrained(folder if is_adapter else base)
        if is_adapter:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, folder).merge_and_unload()
    except (OSError, ValueError) as error:
        raise PipelineError(
            f"cannot load the model {spec!r} ({first_line(error)}): check the path or name"
        ) from error
    if tokenizer.chat_template is None:
        tokenizer.chat_template = GEMMA_CHAT_TEMPLATE
    if torch.cuda.is_available():
        model = model.to("cuda")
    # After training on a GPU without bf16, Unsloth makes every Gemma 3 of the process pass float16
    # to its head.
    model.get_output_embeddings().register_forward_pre_hook(
        lambda head, inputs: (inputs[0].to(head.weight.dtype),)
    )
    model.eval()
    return TransformersGenerator(model, tokenizer, spec, system_prompt, batch_size)


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
