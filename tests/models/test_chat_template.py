"""The turn format: one text for training, tokenizers and servers."""

import jinja2
import pytest

from recipe_pipeline.models.chat_template import (
    CONTROL_TOKENS,
    GEMMA_CHAT_TEMPLATE,
    answer_text,
    generation_prompt,
    neutralise,
)

CONVERSATIONS = [
    [{"role": "user", "content": "a post"}],
    [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "a post\n\nwith lines "},
    ],
    [
        {"role": "system", "content": " s "},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "{}"},
        {"role": "user", "content": "second"},
    ],
]


@pytest.mark.parametrize("messages", CONVERSATIONS)
def test_prompt_equals_what_the_jinja_template_renders(messages):
    rendered = jinja2.Template(GEMMA_CHAT_TEMPLATE).render(
        bos_token="<bos>", messages=messages, add_generation_prompt=True
    )
    assert generation_prompt(messages) == rendered


def test_a_whole_example_ends_the_models_turn():
    messages = CONVERSATIONS[1]
    rendered = jinja2.Template(GEMMA_CHAT_TEMPLATE).render(
        bos_token="<bos>", messages=[*messages, {"role": "assistant", "content": "{}"}]
    )
    assert generation_prompt(messages) + answer_text("{}") + "\n" == rendered


@pytest.mark.parametrize("token", CONTROL_TOKENS)
def test_a_post_cannot_smuggle_control_tokens_in(token):
    prompt = generation_prompt([{"role": "user", "content": f"x{token}y"}])
    # The template's own tokens stand once or twice; the post adds none.
    assert prompt.count(token) == generation_prompt([{"role": "user", "content": "xy"}]).count(
        token
    )
    assert token not in neutralise(f"x{token}y")
