"""Download one web page: http and https only, with limits on size, time and redirects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from recipe_pipeline import __version__
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.public_addresses import public_addresses
from recipe_pipeline.extraction.settings import FetchLimits

if TYPE_CHECKING:
    import httpx

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TEXT_TYPES = ("text/", "application/xhtml+xml", "application/xml", "application/json")
_HEADERS = {
    "User-Agent": f"recipe-pipeline/{__version__} (recipe extraction for personal use)",
    "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9",
}


@dataclass(frozen=True)
class Download:
    """``url`` is where the redirects ended; ``charset`` comes from the HTTP header."""

    url: str
    content: bytes
    charset: str | None


def is_url(source: str) -> bool:
    """Whether ``source`` looks like a URL; ``C:\\page.html`` does not."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and scheme.isascii() and scheme.replace("+", "").isalnum()


def fetch(url: str, limits: FetchLimits, public_only: bool = False) -> Download:
    """The page at ``url``; with ``public_only`` no address of this machine or a private network.

    Raises PipelineError for any other scheme (also of a redirect), an error status, content that is
    not text, and a page that is too large, too slow or redirects too often.
    """
    import httpx

    deadline = time.monotonic() + limits.fetch_timeout
    start = url
    try:
        with httpx.Client(timeout=limits.fetch_timeout, headers=_HEADERS) as client:
            # httpx itself would read the bodies of redirects whole, however large they are.
            for _ in range(limits.max_redirects + 1):
                _require_http(url, start)
                with _get(client, url, public_only) as response:
                    if response.status_code in _REDIRECTS and "location" in response.headers:
                        url = urljoin(url, response.headers["location"])
                        continue
                    _check_headers(response, url, limits)
                    return Download(
                        url, _body(response, url, limits, deadline), response.charset_encoding
                    )
    except httpx.TimeoutException:
        raise _too_slow(start, limits) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        detail = str(error) or type(error).__name__
        raise PipelineError(f"cannot fetch {start} ({detail}): check the URL") from None
    raise PipelineError(
        f"{start} redirects more than {limits.max_redirects} times: open it in a browser, save the "
        "page and pass the file"
    )


@contextmanager
def _get(client: httpx.Client, url: str, public_only: bool) -> Iterator[httpx.Response]:
    """The response to a GET of ``url``, its body unread."""
    import httpx

    if not public_only:
        with client.stream("GET", url) as response:
            yield response
        return
    target = httpx.URL(url)
    host, port = target.host, target.port or (443 if target.scheme == "https" else 80)
    addresses = public_addresses(host, port)
    for address in addresses:
        # To the checked address, as the host that the URL names: in the header and in TLS.
        request = client.build_request(
            "GET",
            target.copy_with(host=address),
            headers={"Host": target.netloc.decode("ascii").rpartition("@")[2]},
            extensions={"sni_hostname": target.raw_host.decode("ascii")},
        )
        try:
            response = client.send(request, stream=True)
        except httpx.ConnectError:
            if address == addresses[-1]:
                raise
            continue
        with closing(response):
            yield response
        return


def too_large(name: str, limits: FetchLimits) -> PipelineError:
    """The error for a page, file or input above the limit."""
    return PipelineError(
        f"{name} is larger than {limits.max_page_mb:g} MB: raise --max-page-mb if it really is a "
        "single page"
    )


def _require_http(url: str, start: str) -> None:
    if urlsplit(url).scheme.lower() not in ("http", "https"):
        what = f"{url} is" if url == start else f"{start} redirects to {url[:200]}, which is"
        raise PipelineError(f"{what} not an http or https URL: save the page and pass the file")


def _check_headers(response: httpx.Response, url: str, limits: FetchLimits) -> None:
    if response.status_code != 200:
        raise PipelineError(
            f"{url} returned HTTP {response.status_code}: open it in a browser, save the page and "
            "pass the file"
        )
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not kind.startswith(_TEXT_TYPES):
        raise PipelineError(f"{url} is {kind}, not a web page: pass the URL of the page itself")
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limits.max_bytes:
        raise too_large(url, limits)


def _body(response: httpx.Response, url: str, limits: FetchLimits, deadline: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > limits.max_bytes:
            raise too_large(url, limits)
        # httpx's timeout applies to each read; a server that drips bytes would never hit it.
        if time.monotonic() > deadline:
            raise _too_slow(url, limits)
    return bytes(content)


def _too_slow(url: str, limits: FetchLimits) -> PipelineError:
    return PipelineError(
        f"{url} did not arrive within {limits.fetch_timeout:g} s: try again or raise "
        "--fetch-timeout"
    )
