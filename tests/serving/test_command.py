"""``08_extract.py --serve`` as a process: start, stop, and what it says."""

import json
import re
import signal
import socket
from contextlib import contextmanager

import pytest

from tests.extraction.kitchen import run
from tests.fake_server import FakeServer, Text
from tests.script_runs import start_script
from tests.serving.kitchen import WEB, post_of, recipe_of


@pytest.fixture(scope="module")
def upstream():
    """The model behind the server, to start a process without loading one."""
    with FakeServer(lambda call: Text(json.dumps(recipe_of("Rye")), delay=0.3)) as running:
        yield running


@contextmanager
def started(upstream, *flags):
    """A process that serves, with the model of ``upstream`` unless the flags name one; yields it and
    its URL, and kills it at the end."""
    base = ("--base-url", upstream.base_url) if upstream else ()
    process = start_script("08_extract.py", "--serve", "--port", "0", *base, *flags)
    try:
        printed = ""
        while not (found := re.search(r"http://[\d.:]+/", printed)):
            line = process.stderr.readline()
            assert line, printed
            printed += line
        process.printed = printed
        yield process, found[0]
    finally:
        process.kill()
        process.wait()


def test_it_serves_until_it_is_terminated(upstream):
    with started(upstream) as (process, url):
        answer = WEB.post(url + "extract", json={"text": post_of("Rye")})
        assert answer.json()["recipe"] == recipe_of("Rye")
        assert stopped(process, signal.SIGTERM)


def test_a_key_from_the_environment_is_required_and_not_printed(upstream, monkeypatch):
    monkeypatch.setenv("RECIPE_SERVE_KEY", "s3cret")
    with started(upstream, "--host", "0.0.0.0") as (process, url):
        assert WEB.get(url + "v1/models").status_code == 401
        headers = {"Authorization": "Bearer s3cret"}
        assert WEB.get(url + "v1/models", headers=headers).status_code == 200
        printed = process.printed + stopped(process, signal.SIGINT)
        assert "s3cret" not in printed
        assert "every machine that can reach this one" in printed


def stopped(process, number):
    """What the process printed before it ended as it should."""
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert err.splitlines()[-1] == "stopped"
    assert "Traceback" not in process.printed + err
    return err


def test_a_taken_port_is_one_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run("--serve", "--port", port) == 1
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 1
    assert printed[0].startswith(f"error: cannot listen on 127.0.0.1:{port}")
    assert printed[0].endswith("stop the program that uses it, or choose another --port")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("page.html",), "neither a SOURCE"),
        (("-o", "x"), "neither a SOURCE"),
        (("--host", "no-such-host.invalid"), "check --host"),
        (("--host", "192.0.2.1"), "check --host"),
        (("--serve-key", " "), "API key"),
    ],
)
def test_mistakes_are_one_sentence(flags, message, capsys):
    assert run("--serve", *flags) == 1
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert message in printed
