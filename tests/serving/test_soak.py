"""500 requests to a process of its own, every twentieth one broken: all good ones are answered, and
the process needs no more memory afterwards."""

import json
import random
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.script_runs import ROOT
from tests.serving.kitchen import WEB, post_of, recipe_of

WARM_UP = 260
"""Requests before the first look at the memory: imports, threads and caches, and every kind of broken
request twice."""
REQUESTS = 500
CLIENTS = 8
# Prints its memory for each line of standard input, without what the allocator merely holds back:
# how much that is depends on which threads happened to serve the large requests.
SERVER = """
import ctypes, gc, sys
import psutil
from tests.serving.kitchen import serving
with serving() as running:
    print(running.url, flush=True)
    for _ in sys.stdin:
        running.model.batches.clear()
        gc.collect()
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)
        print(psutil.Process().memory_info().rss, flush=True)
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
        assert running.wait(120) == 0


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


def memory_of(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def test_soak(process):
    assert all(soak(process.url, 0, WARM_UP))
    before = memory_of(process)
    assert all(soak(process.url, WARM_UP, REQUESTS))
    assert memory_of(process) < 1.1 * before
