"""The body of a chat completion -> a `Reply`, wherever the server puts its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.llm.errors import RequestFailed, bad_response, shortened

LENGTH_REASONS = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"}
)
FILTER_REASONS = frozenset({"content_filter", "refusal", "safety", "recitation", "blocklist"})
TOOL_REASONS = frozenset({"tool_calls", "tool_use", "function_call"})
#: Some servers never give a reason for a complete reply, so "" and null are an end like any other.
_END_REASONS = frozenset({"", "stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete"})
_REASONING_FIELDS = (
    "reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks",
)  # fmt: skip
_DEEPEST = 6


@dataclass(frozen=True)
class Reply:
    """``finish_reason`` is the server's ("stop", "length"); token counts are 0 if unknown;
    ``model`` is the one the server says has answered, "" if it does not say."""

    text: str
    reasoning: str | None
    finish_reason: str | None
    prompt_tokens: int
    completion_tokens: int
    model: str = ""

    @property
    def written(self) -> str:
        """Everything that the model wrote: reasoning and answer."""
        return f"{self.reasoning or ''}{self.text}"

    @property
    def usage(self) -> dict[str, int]:
        """Token counts as they are recorded beside a result."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
        }


def parse_completion(answer: Any) -> Reply:
    """The first choice of a chat completion (an object of the ``openai`` client, or the text of a
    body that is not JSON). Raises RequestFailed if there is none, or if the server broke it off.
    """
    try:
        choice, usage = answer.choices[0], answer.usage
        message = choice.message
        content = message.content
        extra = message.model_extra or {}
        counts = [
            int(getattr(usage, name, 0) or 0) for name in ("prompt_tokens", "completion_tokens")
        ]
    except (TypeError, IndexError, AttributeError, ValueError):
        text = answer.to_json(indent=None) if hasattr(answer, "to_json") else str(answer)
        raise bad_response(
            f"the server's answer is not a chat completion: {shortened(text)}"
        ) from None
    _require_end(choice)
    thoughts = next(filter(None, (_text_in(extra.get(name)) for name in _REASONING_FIELDS)), "")
    if isinstance(content, list):
        thoughts = thoughts or "\n\n".join(map(_text_in, filter(_is_thought, content)))
        content = "".join(
            _text_in(p) for p in content if isinstance(p, dict) and not _is_thought(p)
        )
    reason = _reason_of(choice)
    return Reply(
        text=_encodable(str(content or getattr(message, "refusal", None) or "")),
        reasoning=_encodable(thoughts) or None,
        finish_reason=reason,
        prompt_tokens=counts[0],
        completion_tokens=counts[1],
        model=_model_name(_encodable(str(getattr(answer, "model", None) or "")))[:200],
    )


def _model_name(said: str) -> str:
    """llama.cpp gives the path of its file, which is nobody's business in a dataset's metadata."""
    return re.split(r"[/\\]", said)[-1] if said.lower().endswith(".gguf") else said


def _reason_of(choice: Any) -> str | None:
    reason = getattr(choice, "finish_reason", None)
    if isinstance(reason, dict):  # SGLang's own form
        reason = reason.get("type")
    return None if reason is None else _encodable(str(reason))[:100]


def _require_end(choice: Any) -> None:
    """Raises RequestFailed for a reply that ended neither by itself nor at a known limit."""
    error = getattr(choice, "error", None)
    reason = _reason_of(choice) or ""
    known = LENGTH_REASONS | FILTER_REASONS | TOOL_REASONS | _END_REASONS
    if error or reason.lower() not in known:
        said = error.get("message", error) if isinstance(error, dict) else error
        why = f": {shortened(str(said))}" if said else ""
        raise RequestFailed(
            "broken_off",
            f"the server broke the reply off (finish_reason {shortened(reason) or 'none'}{why})",
            transient=True,
        )


def _is_thought(part: Any) -> bool:
    """Parts of type "thinking" (Mistral, Anthropic) or "reasoning"."""
    return isinstance(part, dict) and str(part.get("type", "")).startswith(("think", "reason"))


def _text_in(value: Any, depth: int = 0) -> str:
    """The text of a field that is a string, a part, or a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth < _DEEPEST:
        return "".join(_text_in(part, depth + 1) for part in value)
    if isinstance(value, dict) and depth < _DEEPEST:
        keys = ("text", "thinking", "reasoning", "summary", "content")
        return next(filter(None, (_text_in(value.get(key), depth + 1) for key in keys)), "")
    return ""


def _encodable(text: str) -> str:
    """``text`` without lone surrogates, which JSON can hold but UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
