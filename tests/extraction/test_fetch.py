import time

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.fetch import fetch, is_url
from recipe_pipeline.extraction.settings import FetchLimits
from tests.extraction.conftest import PAGE


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
