"""Fixtures of the tests of 08."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recipe_pipeline.extraction import models
from recipe_pipeline.models import bundle
from tests.extraction.kitchen import HTML, POST, SOUP, FakeGenerator
from tests.fake_server import FakeServer, Text

PAGE = HTML.replace("Leek", "Crêpe")


class Site(BaseHTTPRequestHandler):
    """A few well- and ill-behaved pages."""

    def do_GET(self):
        getattr(self, "page_" + self.path.strip("/").split("/")[0])()

    def log_message(self, *args):
        """Quiet."""

    def answer(self, body=b"", status=200, **headers):
        self.send_response(status)
        for name, value in {"Content_Type": "text/html", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def page_good(self):
        self.answer(PAGE.encode("latin-1"), Content_Type="text/html; charset=ISO-8859-1")

    def page_moved(self):
        self.answer(status=301, Location="/good")

    def page_host(self):
        self.answer(self.headers["Host"].encode())

    def page_loop(self):
        self.answer(status=302, Location="/loop/" + self.path[-3:] + "x")

    def page_tofile(self):
        self.answer(status=302, Location="file:///etc/passwd")

    def page_missing(self):
        self.answer(b"gone", status=404)

    def page_picture(self):
        self.answer(b"\x89PNG", Content_Type="image/png")

    def page_announced(self):
        self.answer(b"x", Content_Length="20000000")

    def page_large(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        try:
            for _ in range(2000):
                self.wfile.write(b"x" * 10_000)
            self.server.sent_all = True
        except OSError:
            pass  # the client hung up

    def page_bomb(self):
        import gzip

        body = gzip.compress(b"\0" * 5_000_000)
        self.answer(body, Content_Encoding="gzip", Content_Length=str(len(body)))

    def page_drip(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        try:
            for _ in range(10_000):  # until the client hangs up
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass


@pytest.fixture(scope="module")
def site():
    """Root URL of `Site`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def no_bundled_model(monkeypatch, tmp_path):
    """The tests neither need nor notice the model that comes with the project."""
    monkeypatch.setattr(bundle, "FOLDER", tmp_path / "no-bundled-model")


@pytest.fixture
def post(tmp_path):
    path = tmp_path / "post.txt"
    path.write_text(POST, encoding="utf-8")
    return path


@pytest.fixture
def server():
    """Always answers with the soup."""
    with FakeServer(lambda call: Text(json.dumps(SOUP)), models=["tuned"]) as running:
        yield running


@pytest.fixture
def local(monkeypatch, tmp_path):
    """``local(answer, ...)`` replaces the local model with a scripted one."""

    def install(*answers):
        generator = FakeGenerator(*(a if isinstance(a, str) else json.dumps(a) for a in answers))
        monkeypatch.setattr(models, "load_generator", lambda *args, **options: generator)
        monkeypatch.chdir(tmp_path)
        (tmp_path / "gemma-3").mkdir(exist_ok=True)
        return generator

    return install


@pytest.fixture(params=["local", "server"])
def answering(request, local):
    """``answering(answer)`` returns the flags for a model that always gives this answer."""
    servers = []

    def install(answer):
        text = answer if isinstance(answer, str) else json.dumps(answer)
        if request.param == "local":
            local(text)
            return ()
        servers.append(FakeServer(lambda call: Text(text)).__enter__())
        return ("--base-url", servers[-1].base_url)

    yield install
    for server in servers:
        server.__exit__(None, None, None)
