"""The Modelfile that ``ollama create`` takes: weights, turn format, system prompt, parameters.

Format: https://docs.ollama.com/modelfile. The template is a Go template over ``.System``,
``.Prompt`` and ``.Response``; Ollama adds ``<bos>`` itself, because the GGUF file asks for it, and
cuts the template at ``.Response`` when it is the model's turn.
"""

from __future__ import annotations

import re
from pathlib import Path

from recipe_pipeline.models.chat_template import END_OF_TURN, START_OF_TURN

# The same text as chat_template.generation_prompt, without <bos>. Gemma has no system turn: the
# system prompt comes before the user's message, followed by an empty line.
TEMPLATE = (
    f"{START_OF_TURN}user\n"
    "{{ if .System }}{{ .System }}\n\n{{ end }}"
    f"{{{{ .Prompt }}}}{END_OF_TURN}\n"
    f"{START_OF_TURN}model\n"
    f"{{{{ .Response }}}}{END_OF_TURN}\n"
)

DEFAULT_CONTEXT = 8192
# A small model can fall into a loop; without a limit, Ollama would let it run forever.
MAX_ANSWER_TOKENS = 2048

GEMMA_NOTICE = (
    "Gemma is provided under and subject to the Gemma Terms of Use found at "
    "ai.google.dev/gemma/terms"
)


def render(
    gguf_name: str,
    system_prompt: str,
    *,
    context_length: int = DEFAULT_CONTEXT,
    license_text: str | None = None,
) -> str:
    """The Modelfile for ``gguf_name``, which is in the same folder.

    ``context_length`` is in tokens, post and answer together. Ollama's defaults sample (temperature
    0.8) and penalise repetition, which JSON is full of; both are switched off.
    """
    parts = [
        "# ollama create recipe-extractor -f ./Modelfile",
        f"FROM ./{gguf_name}",
        f"TEMPLATE {_quoted(TEMPLATE)}",
        f"SYSTEM {_quoted(system_prompt)}",
        "PARAMETER temperature 0",
        "PARAMETER repeat_penalty 1.0",
        f"PARAMETER num_ctx {context_length}",
        f"PARAMETER num_predict {MAX_ANSWER_TOKENS}",
        f'PARAMETER stop "{END_OF_TURN}"',
    ]
    if license_text:
        parts.append(f"LICENSE {_quoted(license_text)}")
    return "\n".join(parts) + "\n"


def system_prompt_in(folder: Path) -> str | None:
    """The system prompt in the Modelfile of ``folder``, if there is one."""
    file = folder / "Modelfile"
    if not file.is_file():
        return None
    text = file.read_text(encoding="utf-8", errors="replace")
    found = re.search(r'^SYSTEM """(.*?)"""$', text, re.MULTILINE | re.DOTALL)
    return found[1] if found else None


def _quoted(text: str) -> str:
    # Nothing can be escaped inside triple quotes, so triple quotes in the text have to go.
    return '"""' + text.replace('"""', "'''") + '"""'
