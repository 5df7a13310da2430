"""What clients, web pages in the user's browser, and load may not do."""

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import openai
import pytest

from recipe_pipeline.extraction.settings import ExtractionSettings, FetchLimits
from recipe_pipeline.serving import guard
from recipe_pipeline.serving.guard import is_own_name
from recipe_pipeline.serving.service import MAX_WAITING
from tests.script_runs import wait_until
from tests.serving.kitchen import WEB, post_of, recipe_of, serving


def ask(running, name="Rye"):
    return WEB.post(running.url + "/extract", json={"text": post_of(name)})


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1:8008", True),
        ("[::1]:8008", True),
        ("192.168.1.5", True),
        ("localhost:8008", True),
        ("LOCALHOST.", True),
        ("app.localhost", True),
        ("host.docker.internal:8008", True),
        ("recipes:8008", True),
        ("nas.local", True),
        ("nas.home.arpa", True),
        ("recipes.example.org:443", True),
        ("example.org", False),
        ("evil.com:8008", False),
        ("127.0.0.1.evil.com", False),
        ("localhost.evil.com", False),
        ("evillocal.com", False),
        ("recipes.example.org.evil.com", False),
        ("", False),
    ],
)
def test_names_of_this_server(host, is_own):
    assert is_own_name(host, {"recipes.example.org"}) is is_own


@pytest.mark.parametrize("path", ["/", "/extract", "/v1/models"])
def test_a_page_whose_name_resolves_to_this_machine_gets_nothing(server, path):
    answer = WEB.get(server.url + path, headers={"Host": "evil.com:8008"})
    assert answer.status_code == 403
    assert "--allow-host" in answer.json()["error"]["message"]


def test_a_name_can_be_allowed():
    with serving(allow_host="a.example, Recipes.Example.org") as running:
        for host, status in (("recipes.example.org", 200), ("b.example", 403)):
            assert WEB.get(running.url, headers={"Host": host}).status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_any_web_page_may_send_is_refused(server, kind):
    headers = {"Content-Type": kind} if kind else {}
    body = json.dumps({"text": post_of("Rye")}).encode()
    for path in ("/extract", "/v1/chat/completions"):
        assert WEB.post(server.url + path, content=body, headers=headers).status_code == 415


def test_no_other_origin_is_admitted(server):
    headers = {"Origin": "https://evil.com", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        answer = WEB.request(method, server.url + "/extract", headers=headers)
        assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b'"text"', b"\xff\xfe{}", b"9" * 5000, b"[" * 100_000, b"null", b"NaN"],
)
def test_broken_bodies_are_bad_requests(server, body):
    headers = {"Content-Type": "application/json"}
    for path in ("/extract", "/v1/chat/completions"):
        answer = WEB.post(server.url + path, content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]


@pytest.mark.parametrize("is_announced", [True, False])
def test_large_bodies_are_refused(is_announced):
    limits = FetchLimits(max_page_mb=0.1)
    body = json.dumps({"text": "x" * 300_000}).encode()
    with serving(extraction=ExtractionSettings(limits=limits)) as running:
        headers = {"Content-Type": "application/json"}
        content = body if is_announced else iter([body[:1000], body[1000:]])
        answer = WEB.post(running.url + "/extract", content=content, headers=headers)
        assert answer.status_code == 413
        assert ask(running).status_code == 200


def test_an_idle_connection_is_closed_by_the_client_and_not_under_its_next_request(server):
    assert server.server.config.timeout_keep_alive > httpx.Limits().keepalive_expiry


def test_unknown_paths_and_methods_are_answered_as_json(server):
    assert WEB.get(server.url + "/../../etc/passwd").status_code == 404
    assert WEB.get(server.url + "/v1/..%2f..%2fetc/passwd").status_code == 404
    assert WEB.get(server.url + "/extract").json()["error"]["type"] == "invalid_request_error"
    assert WEB.delete(server.url + "/v1/models").status_code == 405


def test_requests_beyond_the_queue_are_told_to_come_back():
    with serving() as running, ThreadPoolExecutor(60) as pool:
        running.model.gate.clear()
        answers = [pool.submit(ask, running, f"Dish {i}") for i in range(60)]
        wait_until(lambda: any(a.done() for a in answers))
        refused = next(a for a in answers if a.done()).result()
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        with pytest.raises(openai.RateLimitError):
            openai.OpenAI(
                base_url=running.base_url, api_key="x", max_retries=0
            ).chat.completions.create(
                model="m", messages=[{"role": "user", "content": post_of("Rye")}]
            )
        running.model.gate.set()
        found = [answer.result() for answer in answers]
        good = [answer for answer in found if answer.status_code == 200]
        assert len(good) >= MAX_WAITING
        assert {a.status_code for a in found} == {200, 429}
        for i, answer in enumerate(found):
            if answer.status_code == 200:
                assert answer.json()["recipe"] == recipe_of(f"Dish {i}")
        assert ask(running).status_code == 200


def test_clients_that_ask_at_the_same_time_are_all_answered():
    with serving() as running, ThreadPoolExecutor(8) as pool:
        running.model.gate.clear()
        answers = [pool.submit(ask, running, f"Dish {i}") for i in range(4)]
        wait_until(lambda: running.model.batches)
        running.model.gate.set()
        assert all(answer.result().status_code == 200 for answer in answers)
        assert sum(map(len, running.model.batches)) == 4


def test_a_client_that_hangs_up_leaves_the_queue(monkeypatch):
    ended = []
    monkeypatch.setattr(guard, "_log", lambda scope, *_: ended.append(scope["path"]))
    with serving() as running:
        running.model.gate.clear()
        first = threading.Thread(target=ask, args=(running, "First"))
        first.start()
        wait_until(lambda: running.model.batches)
        body = json.dumps({"text": post_of("Gone")}).encode()
        address = urlsplit(running.url)
        for _ in range(30):  # more than fit: each must leave its place
            connection = http.client.HTTPConnection(address.hostname, address.port)
            connection.request("POST", "/extract", body, {"Content-Type": "application/json"})
            connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()
        wait_until(lambda: ended.count("/extract") >= 30)
        running.model.gate.set()
        first.join()
        assert ask(running).status_code == 200
        asked = [post for batch in running.model.batches for post in batch]
        assert sum("Gone" in post for post in asked) == 0


def test_stopping_answers_what_runs_and_refuses_the_rest(monkeypatch):
    from recipe_pipeline.serving import command

    monkeypatch.setattr(command, "GRACE", 0.5)
    with serving() as running, ThreadPoolExecutor(2) as pool:
        running.model.gate.clear()
        slow = pool.submit(ask, running)
        wait_until(lambda: running.model.batches)
        running.server.should_exit = True
        answer = slow.result()
        assert answer.status_code == 503
        assert "stopping" in answer.json()["error"]["message"]
    monkeypatch.setattr(command, "GRACE", 60)
    with serving() as running, ThreadPoolExecutor(2) as pool:
        running.model.gate.clear()
        quick = pool.submit(ask, running)
        wait_until(lambda: running.model.batches)
        running.server.should_exit = True
        running.model.gate.set()
        assert quick.result().json()["recipe"] == recipe_of("Rye")
