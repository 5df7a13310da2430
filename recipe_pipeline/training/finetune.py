"""Script 05 from checks to summary: train, try the model once, export."""

from __future__ import annotations

import os
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.wording import counted
from recipe_pipeline.dataset.chat import post_of
from recipe_pipeline.llm.replies import parse_answer
from recipe_pipeline.training import data
from recipe_pipeline.training.settings import TrainingSettings

TEST_ANSWER_TOKENS = 1024


def finetune(settings: TrainingSettings) -> int:
    """Script 05; returns its exit code. Raises PipelineError."""
    # Whatever would fail after the training fails here, before it.
    data.load_chats(settings.dataset)
    if settings.save_gguf:
        from recipe_pipeline.models.export import require_packages

        require_packages()

    from recipe_pipeline.training.loop import train

    result = train(settings)
    if int(os.environ.get("RANK", "0")):  # under torchrun one process tests and exports
        return 0
    print(
        f"{counted(result.steps, 'step')}, {counted(result.examples, 'example')} in {result.seconds:.0f} s "
        f"({result.tokens_per_second:.0f} tokens/s), mean loss {result.train_loss:.4f}, "
        f"peak memory {result.peak_memory_bytes / 1e9:.1f} GB"
    )
    print(f"adapter: {result.save_dir}")
    if not settings.skip_inference_test:
        inference_test(settings)
    if settings.save_gguf:
        _export(settings)
    return 0


def export_only(settings: TrainingSettings) -> int:
    """Export the adapter in ``settings.save_dir`` without training; returns the exit code."""
    folder = Path(settings.save_dir)
    if not (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        raise PipelineError(f"no adapter in {folder}: train one first or set --save-dir")
    _export(settings)
    return 0


def inference_test(settings: TrainingSettings) -> None:
    """Answer the shortest post of the dataset and print whether the answer parses and validates."""
    from recipe_pipeline.models.loading import load_generator

    chats = data.load_chats(settings.dataset)
    posts = [post_of(chat) for chat in chats]
    post = min(posts, key=len)
    # The post is shown first: on a busy CPU the answer takes minutes.
    print("\nInference test, the shortest post of the dataset:")
    print(post[:500] + ("..." if len(post) > 500 else ""))
    print("\nAnswer:", flush=True)
    generator = load_generator(settings.save_dir, system_prompt=data.system_prompt_of(chats))
    [answer] = generator.generate([post], TEST_ANSWER_TOKENS)
    print(answer)
    print(f"\n{verdict(answer)}")


def verdict(answer: str) -> str:
    """One line: does ``answer`` parse as JSON, and is it a valid schema.org Recipe (or none)?"""
    from recipe_pipeline.schema.recipe import is_valid

    parsed = parse_answer(answer)
    if parsed.data is None:
        return "parses: no; valid: no"
    parses = "yes" if parsed.strict else "only after repair"
    if parsed.data == {}:
        return f"parses: {parses}; valid: yes (no recipe found)"
    return f"parses: {parses}; valid: {'yes' if is_valid(parsed.data) else 'no'}"


def _export(settings: TrainingSettings) -> None:
    from recipe_pipeline.models.export import export_gguf

    path = export_gguf(settings.save_dir, quantization=settings.gguf_quantization)
    print(f"GGUF: {path} (Modelfile beside it)")
