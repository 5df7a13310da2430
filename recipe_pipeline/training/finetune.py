"""Script 05 from checks to summary: train, try the model once, export."""

from __future__ import annotations

import os
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.prompts import USER_TEMPLATE
from recipe_pipeline.training import data as training_data
from recipe_pipeline.training.settings import TrainingSettings

TEST_ANSWER_TOKENS = 1024


def finetune(settings: TrainingSettings) -> int:
    """Script 05; returns its exit code. Raises PipelineError."""
    # Anything that would fail after the training is found out before it.
    if not Path(settings.dataset).is_file():
        training_data.load_messages(Path(settings.dataset))
    if settings.save_gguf:
        from recipe_pipeline.models.export import check_export_possible

        check_export_possible(settings)

    from recipe_pipeline.training.loop import train

    result = train(settings)
    if int(os.environ.get("RANK", "0")):  # under torchrun one process tests and exports
        return 0
    print(
        f"{result.steps} steps, {result.examples} examples in {result.seconds:.0f} s "
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
        raise PipelineError(f"no adapter in {folder}: train one first or give --save-dir")
    _export(settings)
    return 0


def inference_test(settings: TrainingSettings) -> None:
    """Answer the shortest post of the dataset and say whether the answer parses and validates."""
    from recipe_pipeline.models.generator import load_generator

    chats = training_data.load_messages(Path(settings.dataset))
    posts = [chat[-2]["content"].removeprefix(USER_TEMPLATE.format(post="")) for chat in chats]
    post = min(posts, key=len)
    # Shown first: on a busy CPU the answer takes minutes.
    print("\nInference test, the shortest post of the dataset:")
    print(post[:500] + ("..." if len(post) > 500 else ""))
    print("\nAnswer:", flush=True)
    system_prompt = training_data.system_prompt_of(chats)
    generator = load_generator(settings.save_dir, system_prompt=system_prompt)
    [answer] = generator.generate([post], TEST_ANSWER_TOKENS)
    print(answer)
    print(f"\n{verdict(answer)}")


def verdict(answer: str) -> str:
    """One line: does ``answer`` parse as JSON, and is it a valid schema.org Recipe (or none)?"""
    import json

    from recipe_pipeline.schema.recipe import is_valid

    try:
        data = json.loads(answer)
    except ValueError as error:
        return f"parses: no ({error}); valid: no"
    if data == {}:
        return "parses: yes; valid: yes (no recipe found)"
    return f"parses: yes; valid: {'yes' if is_valid(data) else 'no'}"


def _export(settings: TrainingSettings) -> None:
    from recipe_pipeline.models.export import export_gguf

    path = export_gguf(settings.save_dir, quantization=settings.gguf_quantization)
    print(f"GGUF: {path} (Modelfile beside it)")
