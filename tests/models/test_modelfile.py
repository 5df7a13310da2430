import re

import jinja2
import pytest

from recipe_pipeline.models import modelfile
from recipe_pipeline.models.chat_template import GEMMA_CHAT_TEMPLATE, generation_prompt
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT, user_message

POST = 'Nana\'s "best" pie\n\n{{ .System }} 2½ cups flour <b>now</b>'


def parse(text: str) -> dict[str, list[str]]:
    """Instructions of a Modelfile and their values; triple quotes hold any text."""
    found: dict[str, list[str]] = {}
    pattern = re.compile(r'^([A-Z]+) (?:"""((?:.|\n)*?)"""|([^\n]+))$', re.MULTILINE)
    for match in pattern.finditer(text):
        found.setdefault(match[1], []).append(match[2] if match[2] is not None else match[3])
    return found


def render_go_template(template: str, **values: str) -> str:
    """The part of Go's text/template that the Modelfile uses: ``{{ if .X }}`` and ``{{ .X }}``.

    One pass over the template, so that a value is never expanded again. Raises on anything else.
    """
    output, shown = [], [True]
    for literal, action in re.findall(r"((?:(?!\{\{)(?:.|\n))*)(\{\{.*?\}\})?", template):
        if all(shown):
            output.append(literal)
        words = action.strip("{} ").split()
        if not words:
            continue
        if words[0] == "if":
            shown.append(bool(values[words[1].removeprefix(".")]))
        elif words == ["end"]:
            shown.pop()
        elif len(words) == 1 and words[0].startswith("."):
            if all(shown):
                output.append(values[words[0].removeprefix(".")])
        else:
            raise ValueError(f"unsupported action {action}")
    assert shown == [True]
    return "".join(output)


def ollama_prompt(text: str, system: str, prompt: str) -> str:
    """What Ollama gives to the model: <bos>, then the template up to the response."""
    template = parse(text)["TEMPLATE"][0]
    return "<bos>" + render_go_template(
        template[: template.index("{{ .Response }}")], System=system, Prompt=prompt
    )


def conversation(system=EXTRACTION_SYSTEM_PROMPT):
    turns = [{"role": "system", "content": system}] if system else []
    return [*turns, {"role": "user", "content": user_message(POST)}]


@pytest.mark.parametrize("system", [EXTRACTION_SYSTEM_PROMPT, ""])
def test_the_template_renders_the_training_prompt_character_for_character(system):
    text = modelfile.render("m.gguf", system or "unused")
    assert ollama_prompt(text, system, user_message(POST)) == generation_prompt(
        conversation(system)
    )


def test_the_template_renders_the_same_as_the_chat_template_in_the_gguf():
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    chat = environment.from_string(GEMMA_CHAT_TEMPLATE).render(
        messages=conversation(), bos_token="<bos>", add_generation_prompt=True
    )
    system = parse(modelfile.render("m.gguf", EXTRACTION_SYSTEM_PROMPT))["SYSTEM"][0]
    assert ollama_prompt(modelfile.render("m.gguf", "s"), system, user_message(POST)) == chat


def test_after_the_answer_the_template_ends_the_turn_as_in_training():
    template = parse(modelfile.render("m.gguf", "s"))["TEMPLATE"][0]
    assert template.endswith("<start_of_turn>model\n{{ .Response }}<end_of_turn>\n")


def test_weights_prompt_and_greedy_decoding_are_set():
    found = parse(
        modelfile.render("gemma-Q8_0.gguf", EXTRACTION_SYSTEM_PROMPT, context_length=4096)
    )
    assert found["FROM"] == ["./gemma-Q8_0.gguf"]
    assert found["SYSTEM"] == [EXTRACTION_SYSTEM_PROMPT]
    parameters = dict(value.split(" ", 1) for value in found["PARAMETER"])
    assert parameters == {
        "temperature": "0",
        "repeat_penalty": "1.0",
        "num_ctx": "4096",
        "num_predict": "2048",
        "stop": '"<end_of_turn>"',
    }


def test_the_license_is_there_when_given():
    assert "LICENSE" not in parse(modelfile.render("m.gguf", "s"))
    with_notice = modelfile.render("m.gguf", "s", license_text=modelfile.GEMMA_NOTICE)
    assert parse(with_notice)["LICENSE"] == [modelfile.GEMMA_NOTICE]


def test_a_system_prompt_cannot_close_its_quotes():
    found = parse(modelfile.render("m.gguf", 'say """\nPARAMETER temperature 2\n"""'))
    assert len(found["SYSTEM"]) == 1
    assert "PARAMETER temperature 2" in found["SYSTEM"][0]
    assert "temperature 2" not in found["PARAMETER"]
