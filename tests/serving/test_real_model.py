"""The server with llama.cpp behind it."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from recipe_pipeline.models import bundle
from tests.extraction.kitchen import run
from tests.models.conftest import tiny, tiny_gguf  # noqa: F401
from tests.script_runs import ROOT
from tests.serving.kitchen import WEB, post_of
from tests.serving.test_command import started, stopped

pytestmark = pytest.mark.slow
SAMPLE_PAGE = ROOT / "sample_data/sample_page.html"


def test_every_request_is_answered_and_a_running_answer_does_not_delay_the_end(tiny_gguf):  # noqa: F811
    # A model of random weights: under the grammar its answers are JSON, if they end at all.
    flags = ("--model", tiny_gguf, "--constrained", "--context", 4096, "--tries", 1)
    with started(None, *flags, "--max-new-tokens", 60) as (process, url):

        def ask(number):
            body = {"text": post_of(f"Dish {number}")}
            return WEB.post(url + "extract", json=body, timeout=300).status_code

        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(ask, range(8))) <= {200, 422}
    with (
        started(None, *flags, "--max-new-tokens", 3000) as (process, url),
        ThreadPoolExecutor(6) as pool,
    ):
        asked = [pool.submit(WEB.post, url + "extract", json={"text": "x"}) for _ in range(6)]
        stopped(process, signal.SIGTERM)
        assert {status_of(answer) for answer in asked} <= {200, 422, 503, None}


def status_of(answer):
    """None for a connection that came too late."""
    return None if answer.exception() else answer.result().status_code


@pytest.mark.skipif(not bundle.is_there(), reason="no trained model comes with this version")
def test_the_bundled_model_reads_the_sample_page_as_08_does(capsys):
    assert run(SAMPLE_PAGE, "--model", "bundled") == 0
    expected = json.loads(capsys.readouterr().out)
    with started(None, "--model", "bundled") as (_, url):
        answer = WEB.post(url + "extract", json={"html": SAMPLE_PAGE.read_text("utf-8")})
        assert answer.json()["recipe"] == expected
