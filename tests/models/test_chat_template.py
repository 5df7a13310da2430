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


def test_the_system_prompt_comes_before_the_first_post_and_the_model_is_next():
    messages = [
        {"role": "system", "content": " be brief "},
        {"role": "user", "content": "a post\n\nwith lines "},
        {"role": "assistant", "content": "{}"},
        {"role": "user", "content": "second"},
    ]
    assert generation_prompt(messages) == (
        "<bos><start_of_turn>user\nbe brief\n\na post\n\nwith lines<end_of_turn>\n"
        "<start_of_turn>model\n{}<end_of_turn>\n"
        "<start_of_turn>user\nsecond<end_of_turn>\n"
        "<start_of_turn>model\n"
    )
    assert generation_prompt(messages[3:]) == (
        "<bos><start_of_turn>user\nsecond<end_of_turn>\n<start_of_turn>model\n"
    )


def test_a_whole_example_ends_the_models_turn():
    messages = [{"role": "user", "content": "a post"}]
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
