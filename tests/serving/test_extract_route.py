"""``POST /extract``: recipe and notes of a URL, HTML or text, and nothing of this machine."""

import pytest

from recipe_pipeline.extraction.settings import ExtractionSettings, FetchLimits
from tests.extraction.kitchen import html_with
from tests.serving.kitchen import WEB, post_of, recipe_of, serving

LIST_PAGE = (
    "<html><body><h1>Rye</h1><ul><li>2 cups Rye flour, sifted</li><li>1 leek</li></ul>"
    "<p>Prep time: 10 minutes</p><p>1. Slice the leek for the Rye.</p><p>Bake for 20 minutes.</p>"
)


def ask(server, **body):
    return WEB.post(server.url + "/extract", json=body)


@pytest.mark.parametrize(
    "body",
    [
        {"text": post_of("Rye")},
        {"html": LIST_PAGE},
        {"text": LIST_PAGE},
        {"text": post_of("Rye"), "unknown": [1], "url": None},
    ],
)
def test_the_recipe_in_text_or_html(server, body):
    answer = ask(server, **body)
    assert answer.status_code == 200
    assert answer.json() == {"recipe": recipe_of("Rye"), "notes": []}


def test_notes_are_those_of_the_command_line(server):
    answer = ask(server, html=html_with(recipe_of("Oat"))).json()
    assert answer["recipe"] == recipe_of("Oat")
    assert "JSON-LD recipe" in answer["notes"][0]
    text = post_of("Rye").replace("2 cups", "two or three bags of")
    assert "not supported by the text" in ask(server, text=text).json()["notes"][0]
    assert ask(server, text="Hello").json() == {"recipe": {}, "notes": ["no recipe found"]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "exactly one"),
        ({"text": "a", "html": "b"}, "exactly one"),
        ({"text": 3}, "exactly one"),
        ({"url": ["https://example.com"]}, "exactly one"),
        ({"path": "/etc/passwd"}, "exactly one"),
        ({"text": " \n"}, "empty"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(server, body, message):
    answer = ask(server, **body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "url",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://127.1:{port}/",
        "http://0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://user@127.0.0.1:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://",
        "http://\x00/",
        "https://exa mple/",
    ],
)
def test_no_url_of_this_machine_or_its_network_is_fetched(server, site, url):
    answer = ask(server, url=url.format(port=site.rpartition(":")[2]))
    assert answer.status_code == 422, answer.text
    assert "recipe" not in answer.json()


def test_private_urls_can_be_allowed(site):
    with serving(allow_private=True) as running:
        assert ask(running, url=site + "/good").status_code == 200
    limits = FetchLimits(max_page_mb=0.1, fetch_timeout=0.5)
    with serving(extraction=ExtractionSettings(limits=limits), allow_private=True) as running:
        for page in ("large", "drip", "bomb", "loop", "tofile", "missing", "picture"):
            answer = ask(running, url=f"{site}/{page}")
            assert answer.status_code == 422, page


def test_a_server_of_ours_that_is_not_found_is_one_line(server):
    answer = ask(server, url="http://no-such-host.invalid/")
    assert answer.status_code == 422
    assert "cannot fetch" in answer.json()["error"]["message"]
