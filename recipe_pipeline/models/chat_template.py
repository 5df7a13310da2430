"""The Gemma turn format, in one place for training, inference and export.

Format source: Gemma 3 model card and the chat template of ``google/gemma-3-270m-it``. Gemma has no
system turn; its template puts the system prompt before the first user message, followed by an
empty line. The whole text is exactly::

    <bos><start_of_turn>user
    {system}

    {user}<end_of_turn>
    <start_of_turn>model
    {answer}<end_of_turn>
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

BOS = "<bos>"
START_OF_TURN = "<start_of_turn>"
END_OF_TURN = "<end_of_turn>"
CONTROL_TOKENS = (BOS, "<eos>", "<pad>", "<unk>", "<mask>", START_OF_TURN, END_OF_TURN)

# For tokenizers, GGUF files and servers as well.
GEMMA_CHAT_TEMPLATE = """\
{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set system_prefix = messages[0]['content'] | trim + '\\n\\n' -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set system_prefix = '' -%}
    {%- set turns = messages -%}
{%- endif -%}
{%- for message in turns -%}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '\\n' + (system_prefix if loop.first else '') }}
    {{- message['content'] | trim + '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model\\n' }}
{%- endif -%}
"""


def neutralise(text: str) -> str:
    """``text`` with Gemma's control tokens broken up.

    Posts are untrusted: a literal ``<end_of_turn>`` in one would otherwise end the user's turn.
    """
    for token in CONTROL_TOKENS:
        if token in text:
            text = text.replace(token, token.replace("<", "< "))
    return text


def generation_prompt(messages: Sequence[dict[str, str]]) -> str:
    """Everything before the model's answer: BOS, the user turn (with the system prompt), ``model``.

    ``messages`` is ``[system?, user]`` or longer, without the final assistant message.
    """
    turns = [{**message, "content": neutralise(message["content"])} for message in messages]
    return _template().render(messages=turns, bos_token=BOS, add_generation_prompt=True)


@functools.cache
def _template() -> Any:
    import jinja2

    return jinja2.Template(GEMMA_CHAT_TEMPLATE)


def answer_text(answer: str) -> str:
    """What the model writes after the prompt: the answer and the end of its turn."""
    return neutralise(answer).strip() + END_OF_TURN
