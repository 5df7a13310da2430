"""Who answers in 08: a model on this machine, or one behind an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.extract import ExtractionSettings, messages_for
from recipe_pipeline.llm.client import ChatClient, ChatRequest, preflight
from recipe_pipeline.llm.errors import RequestFailed
from recipe_pipeline.llm.runner import backoff
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.models.generator import temperature_of, trained_prompt

DEFAULT_MODEL = "./gemma-3"
_OFFERED = "answers are not constrained"


@dataclass
class LocalModel:
    """A generator of this machine with what 08 needs to know about it."""

    generator: Any
    context_length: int | None = None

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` in this model's own tokenizer."""
        if hasattr(self.generator, "count_tokens"):
            return self.generator.count_tokens(text)
        return len(self.generator.tokenizer(text, add_special_tokens=False)["input_ids"])

    def answer(self, post: str, settings: ExtractionSettings, repeat: int = 0) -> str:
        """The raw answer to one post: greedy, or with some chance when it is asked again."""
        return self.generator.generate([post], settings.max_new_tokens, repeat=repeat)[0]

    @property
    def batch_size(self) -> int:
        """Posts to hand over at once."""
        return getattr(self.generator, "batch_size", 1)


def load_local(spec: str | None, settings: ExtractionSettings, constrained: bool) -> LocalModel:
    """The model that ``spec`` names: adapter, model folder, hub name, "embedded", GGUF file or a
    folder with one. Raises PipelineError when it cannot be loaded."""
    if spec is None:
        spec = DEFAULT_MODEL
        if not Path(spec).is_dir():
            raise PipelineError(
                f"there is no model in {spec}: run 05_finetune.py first, or name one with --model, "
                "or a server with --base-url"
            )
    path = Path(spec).expanduser()
    gguf = _gguf_file(path)
    if gguf is not None:
        from recipe_pipeline.models.gguf import load_gguf

        generator = load_gguf(
            gguf,
            context_length=settings.context_length,
            system_prompt=trained_prompt(gguf),
            constrained=constrained,
        )
        return LocalModel(generator, settings.context_length)
    if constrained:
        _say(f"constrained decoding is not offered for this kind of model: {_OFFERED}")
    from recipe_pipeline.models.generator import load_generator

    return LocalModel(load_generator(spec, system_prompt=trained_prompt(path)))


@dataclass(frozen=True)
class ServerModel:
    """A model behind a server; ``options`` go into every request, ``max_retries`` bounds how often
    ``answer`` repeats one after passing errors."""

    server: ServerSettings
    options: dict[str, Any]
    full_instructions: bool = False
    max_retries: int = RunnerSettings.max_retries

    def request(self, post: str, settings: ExtractionSettings, repeat: int = 0) -> ChatRequest:
        """The request for ``post``: greedy at first, with some chance after unusable answers."""
        options = {
            "temperature": temperature_of(repeat),
            "seed": repeat,
            "max_tokens": settings.max_new_tokens,
            **self.options,
        }
        messages = messages_for(post, full_instructions=self.full_instructions)
        return ChatRequest(messages, options)

    def answer(self, post: str, settings: ExtractionSettings, repeat: int = 0) -> str:
        """The answer to one post; repeats after passing errors. Raises PipelineError."""
        return asyncio.run(self._answer(self.request(post, settings, repeat)))

    async def _answer(self, request: ChatRequest) -> str:
        client = ChatClient(self.server)
        rng = random.Random(0)
        try:
            for errors in itertools.count(1):
                try:
                    return (await client.complete(request)).text
                except RequestFailed as failure:
                    if not failure.transient or errors > self.max_retries:
                        raise PipelineError(
                            f"the server at {self.server.base_url} gives no answer "
                            f"({failure.detail}): check its log"
                        ) from None
                    await asyncio.sleep(failure.retry_after or backoff(errors, rng))
        finally:
            await client.close()
        raise AssertionError("unreachable")


def answers(
    model: LocalModel | ServerModel,
    post: str,
    settings: ExtractionSettings,
    first: str | None = None,
) -> Iterator[str]:
    """Raw answers to ``post``, as many as are drawn and ``settings.tries`` at most.

    ``first`` is the greedy answer where it is known already.
    """
    yield model.answer(post, settings) if first is None else first
    for repeat in range(1, settings.tries):
        yield model.answer(post, settings, repeat)


def connect(
    server: ServerSettings,
    constrained: bool,
    full_instructions: bool,
    max_retries: int = RunnerSettings.max_retries,
) -> ServerModel:
    """Check the server and find out what it offers; an empty model name means its first model.

    Raises PipelineError when it does not answer, refuses the key or lacks the model.
    """
    server, options = asyncio.run(_connect(server, constrained))
    return ServerModel(server, options, full_instructions, max_retries)


async def _connect(
    server: ServerSettings, constrained: bool
) -> tuple[ServerSettings, dict[str, Any]]:
    client = ChatClient(server)
    try:
        if not server.model:
            server = replace(server, model=await _first_model(client))
            await client.close()
            client = ChatClient(server)
        await preflight(client)
        return server, await _constraint(client) if constrained else {}
    finally:
        await client.close()


async def _first_model(client: ChatClient) -> str:
    try:
        names = await client.models()
    except RequestFailed:
        names = None  # preflight says what is wrong
    return names[0] if names else "default"


async def _constraint(client: ChatClient) -> dict[str, Any]:
    """The ``response_format`` that the server takes, found by asking; ``{}`` when it has none."""
    from recipe_pipeline.schema.json_schema import response_formats

    messages = [{"role": "user", "content": "Answer with {}."}]
    for form in response_formats():
        options = {"response_format": form, "max_tokens": 8, "temperature": 0}
        try:
            reply = await client.complete(ChatRequest(messages, options))
        except RequestFailed as failure:
            if failure.transient and failure.reason != "server_error":
                raise PipelineError(
                    f"the server at {client.settings.base_url} gives no answer ({failure.detail}): "
                    "check its log"
                ) from None
            continue
        if _begins_as_json(reply.text):
            return {"response_format": form}
    _say(f"the server does not offer decoding under a JSON schema: {_OFFERED}")
    return {}


def _begins_as_json(text: str) -> bool:
    """Whether a cut-off answer obeys the schema: servers may take the field and ignore it."""
    start = text.lstrip()[:40].replace(" ", "").replace("\n", "")
    expected = json.dumps({"@context": "https://schema.org"}, separators=(",", ":"))
    return bool(start) and (start.startswith("{}") or expected.startswith(start[: len(expected)]))


def _gguf_file(path: Path) -> Path | None:
    """``path`` if it is a GGUF file, or the only one in an export folder."""
    if path.suffix.lower() == ".gguf" or path.is_file():
        return path
    if not path.is_dir() or (path / "config.json").exists():
        return None
    if (path / "adapter_config.json").exists():
        return None
    files = sorted(path.glob("*.gguf"))
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        raise PipelineError(f"{path} holds several GGUF files ({names}): name one of them")
    return files[0] if files else None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
