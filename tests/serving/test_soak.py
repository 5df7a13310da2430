"""500 requests in a process of its own, every twentieth one broken: all good ones are answered, and
the memory of the process stays as it was."""

import json
import random
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psutil
import pytest

from tests.script_runs import ROOT
from tests.serving.kitchen import WEB, post_of, recipe_of

REQUESTS = 500
CLIENTS = 8
SERVER = """
import sys, time
from tests.serving.kitchen import serving
with serving() as running:
    print(running.url, flush=True)
    sys.stdin.read()
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def process():
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        running.url = running.stdout.readline().strip()
        yield running
        running.stdin.close()
        assert running.wait(30) == 0


def good(url, number):
    """Whether a good request got its own recipe; each way of asking in turn."""
    name = f"Dish {number}"
    if number % 3 == 0:
        answer = WEB.post(url + "/extract", json={"text": post_of(name), "unknown": {"a": [1]}})
        return answer.json()["recipe"] == recipe_of(name)
    body = {"model": "m", "messages": [{"role": "user", "content": post_of(name)}]}
    if number % 3 == 1:
        body |= {"unknown_field": "x", "logit_bias": {}, "tools": None}
        answer = WEB.post(url + "/v1/chat/completions", json=body).json()
        return json.loads(answer["choices"][0]["message"]["content"]) == recipe_of(name)
    with WEB.stream("POST", url + "/v1/chat/completions", json={**body, "stream": True}) as answer:
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line[:5] == "data:"]
    text = json.loads(lines[0])["choices"][0]["delta"]["content"]
    return lines[-1] == "[DONE]" and json.loads(text) == recipe_of(name)


def broken(url, number):
    """One of the ways in which clients fail; True if the server took it as it should."""
    kind = number % 5
    headers = {"Content-Type": "application/json"}
    if kind == 0:
        answer = WEB.post(url + "/extract", content=b'{"text": "x', headers=headers)
        return answer.status_code == 400
    if kind == 1:
        body = b'{"text": "' + b"x" * 20_000_000 + b'"}'
        return WEB.post(url + "/extract", content=body, headers=headers).status_code == 413
    if kind == 2:
        body = json.dumps({"text": "garble"}).encode()
        return WEB.post(url + "/extract", content=body, headers=headers).status_code == 422
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        if kind == 3:  # cut off within the body
            connection.sendall(
                b"POST /extract HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b'Content-Length: 5000\r\n\r\n{"text": "'
            )
        else:  # not HTTP at all
            connection.sendall(random.Random(number).randbytes(4000))
    return True


def soak(url, first, count):
    def one(number):
        return (broken if number % 20 == 19 else good)(
            url, number if number % 20 != 19 else number // 20
        )

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, range(first, first + count)))


def test_soak(process):
    memory = psutil.Process(process.pid).memory_info
    assert all(soak(process.url, 0, REQUESTS // 2))
    before = memory().rss
    assert all(soak(process.url, REQUESTS // 2, REQUESTS - REQUESTS // 2))
    time.sleep(1)
    assert memory().rss < 1.1 * before
    assert process.poll() is None
