"""What the tests of the server share: a model that reads plain posts, and a server that runs."""

import asyncio
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from recipe_pipeline.common.listening import listen
from recipe_pipeline.extraction.settings import ExtractionSettings, ModelSettings
from recipe_pipeline.serving.command import make_server
from recipe_pipeline.serving.service import Service
from recipe_pipeline.serving.settings import ServeSettings
from tests.script_runs import wait_until

WEB = httpx.Client(timeout=120, trust_env=False)
"""One client for all: each would make a TLS context of its own, which takes longer than a request."""


def post_of(name):
    """A post that `Cook` understands."""
    return (
        f"{name}\nPrep time: 10 minutes\nIngredients\n- 2 cups {name} flour, sifted\n- 1 leek\n"
        f"Directions\n1. Slice the leek for the {name}.\n2. Bake for 20 minutes.\n"
    )


def recipe_of(name):
    """The recipe of ``post_of(name)``."""
    return {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": name,
        "prepTime": "PT10M",
        "recipeIngredient": [f"2 cups {name} flour, sifted", "1 leek"],
        "recipeInstructions": [
            {"@type": "HowToStep", "text": f"Slice the leek for the {name}."},
            {"@type": "HowToStep", "text": "Bake for 20 minutes."},
        ],
    }


class Cook:
    """A model that writes the recipe of a post with the lines of `post_of`, in any surroundings."""

    name = "cook"
    parallel = 1
    answer_tokens = 0
    constrained = False
    context_length = None

    def __init__(self):
        self.batches = []
        self.gate = threading.Event()  # answers come while it is set
        self.gate.set()
        self.broken = False

    def count_tokens(self, text):
        return len(text.split())

    def generate(self, posts, max_new_tokens, on_answer=None, *, repeat=0):
        self.batches.append(list(posts))
        assert self.gate.wait(120)
        if self.broken:
            raise RuntimeError("out of flour")
        answers = [self._answer(post) for post in posts]
        for position, answer in enumerate(answers):
            if on_answer is not None:
                on_answer(position, answer)
        return answers

    def _answer(self, post):
        if "garble" in post:
            return "I cannot"
        lines = post.splitlines()
        found = [line.removeprefix("1. Slice the leek for the ") for line in lines if "1. " in line]
        return json.dumps(recipe_of(found[0].rstrip("."))) if found else "{}"


@dataclass
class Running:
    """A server in a thread of this process."""

    url: str
    model: Cook
    server: object

    @property
    def base_url(self):
        return self.url + "/v1"


@contextmanager
def serving(model=None, extraction=None, **settings):
    """Run a server; yields it as `Running`."""
    model = model or Cook()
    extraction = extraction or ExtractionSettings(model=ModelSettings(tries=2))
    listener = listen("127.0.0.1", 0)
    server = make_server(Service(model), extraction, ServeSettings(serve=True, **settings))
    run = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
    )
    run.start()
    wait_until(lambda: server.started)
    try:
        yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", model, server)
    finally:
        model.gate.set()
        server.should_exit = True
        run.join(120)
        listener.close()
        assert not run.is_alive()
