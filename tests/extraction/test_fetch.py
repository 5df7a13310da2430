import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.fetch import fetch, is_url
from recipe_pipeline.extraction.settings import FetchLimits

PAGE = "<html><body><h1>Crêpes</h1></body></html>"


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
            for _ in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_has_the_charset_of_its_header(site):
    page = fetch(site + "/good", FetchLimits())
    assert page.content.decode(page.charset) == PAGE
    assert page.url == site + "/good"


def test_redirects_are_followed(site):
    assert fetch(site + "/moved", FetchLimits()).url == site + "/good"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/loop", "redirects more than 5 times"),
        ("/tofile", "redirects to file:///etc/passwd, which is not an http"),
        ("/missing", "HTTP 404"),
        ("/picture", "image/png, not a web page"),
        ("/announced", r"larger than 0\.1 MB"),
        ("/large", r"larger than 0\.1 MB"),
        ("/bomb", r"larger than 0\.1 MB"),
    ],
)
def test_bad_pages_are_one_line_errors(site, path, message):
    with pytest.raises(PipelineError, match=message):
        fetch(site + path, FetchLimits(max_page_mb=0.1))


def test_a_server_that_drips_bytes_times_out(site):
    started = time.monotonic()
    with pytest.raises(PipelineError, match=r"within 0\.3 s"):
        fetch(site + "/drip", FetchLimits(fetch_timeout=0.3))
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://host/page", "gopher://x/", "data://x"]
)
def test_other_schemes_are_never_opened(url):
    with pytest.raises(PipelineError, match="not an http or https URL"):
        fetch(url, FetchLimits())


@pytest.mark.parametrize("url", ["http://", "http://127.0.0.1:1/", "http://[bad/", "https://\x00/"])
def test_a_url_that_leads_nowhere_is_a_one_line_error(url):
    with pytest.raises(PipelineError, match=r"check the URL|not an http"):
        fetch(url, FetchLimits())


def test_paths_are_not_urls():
    assert is_url("https://example.com/a")
    assert is_url("file:///etc/passwd")
    assert not is_url("C:\\pages\\a.html")
    assert not is_url("folder/page.html")
    assert not is_url("-")
