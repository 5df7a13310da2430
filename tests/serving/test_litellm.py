"""Tandoor's client, litellm, in a process of its own: it reads .env files and patches what it likes."""

import json
import os
import subprocess
import sys

import pytest

from tests.serving.kitchen import post_of, recipe_of
from tests.serving.test_recipe_managers import TANDOOR

pytestmark = pytest.mark.slow
PROGRAM = """
import json, sys

hosts = set()


def note(event, arguments):
    if event == "socket.getaddrinfo":
        hosts.add(str(arguments[0]))
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        hosts.add(arguments[1][0])


sys.addaudithook(note)
import litellm

base_url, *texts = json.load(sys.stdin)
content = [{"type": "text", "text": text} for text in texts]
request = {
    "model": "openai/recipe-extractor",
    "api_base": base_url,
    "api_key": "any",
    "messages": [{"role": "user", "content": content}],
    "response_format": {"type": "json_object"},
}
whole = litellm.completion(**request)
chunks = list(litellm.completion(**request, stream=True, stream_options={"include_usage": True}))
counts = ("prompt_tokens", "completion_tokens", "total_tokens")
streamed = chunks[-1].usage
print(json.dumps({
    "whole": whole.choices[0].message.content,
    "streamed": "".join(c.choices[0].delta.content or "" for c in chunks if c.choices),
    "whole_usage": [whole.usage[name] for name in counts],
    "streamed_usage": [streamed[name] for name in counts],
    "hosts": sorted(hosts),
}))
"""


def test_tandoor_through_litellm(server):
    pytest.importorskip("litellm")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([server.base_url, TANDOOR, post_of("Rye")]),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"},
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert json.loads(answer["whole"]) == json.loads(answer["streamed"]) == recipe_of("Rye")
    assert answer["whole_usage"] == answer["streamed_usage"]
    read, written, total = answer["whole_usage"]
    assert total == read + written > read > 0
    assert answer["hosts"] == ["127.0.0.1"]
