import socket

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction import public_addresses
from recipe_pipeline.extraction.fetch import fetch, is_url
from recipe_pipeline.extraction.public_addresses import is_public
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
    with pytest.raises(PipelineError, match=r"within 0\.3 s"):
        fetch(site + "/drip", FetchLimits(fetch_timeout=0.3))


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


class TestPublicOnly:
    """What others than the user ask for: nothing of this machine or its network."""

    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0"),
            *("100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"),
            *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "2001:db8::1"),
            *(
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::",
                "::7f00:1",
            ),
        ],
    )
    def test_addresses_that_are_refused(self, address):
        assert not is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
    def test_addresses_that_are_fetched(self, address):
        assert is_public(address)

    def test_a_page_of_this_machine_is_refused_before_it_is_asked(self, site):
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(PipelineError, match="--allow-private"):
                fetch(site.replace("127.0.0.1", host) + "/good", FetchLimits(), public_only=True)

    def test_a_redirect_to_this_machine_is_refused(self, site, monkeypatch):
        # The first host passes for a public one, and redirects to localhost.
        port = int(site.rpartition(":")[2])
        names(monkeypatch, {"recipes.example": ["127.0.0.1"], "localhost": ["127.0.0.1"]})
        seen = iter([True, False])
        monkeypatch.setattr(public_addresses, "is_public", lambda address: next(seen))
        url = f"http://recipes.example:{port}/moved"
        with pytest.raises(PipelineError, match="--allow-private"):
            fetch(url, FetchLimits(), public_only=True)

    def test_the_connection_goes_to_the_checked_address_as_the_named_host(self, site, monkeypatch):
        port = int(site.rpartition(":")[2])
        asked = names(monkeypatch, {"recipes.example": ["127.0.0.1"]})
        monkeypatch.setattr(public_addresses, "is_public", lambda address: True)
        download = fetch(f"http://recipes.example:{port}/host", FetchLimits(), public_only=True)
        assert download.content.decode() == f"recipes.example:{port}"
        # A second look-up could give another address.
        assert asked.count("recipes.example") == 1

    def test_an_address_that_does_not_answer_is_not_the_last(self, site, monkeypatch):
        port = int(site.rpartition(":")[2])
        names(monkeypatch, {"recipes.example": ["127.0.0.2", "127.0.0.1"]})
        monkeypatch.setattr(public_addresses, "is_public", lambda address: True)
        url = f"http://recipes.example:{port}/good"
        assert fetch(url, FetchLimits(), public_only=True).url == url


def names(monkeypatch, table):
    """Replaces DNS by a table of names; returns the list of names that were looked up."""
    asked = []
    resolve = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **options):
        asked.append(host)
        found = [resolve(address, port, *args, **options) for address in table.get(host, [host])]
        return [entry for entries in found for entry in entries]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked
