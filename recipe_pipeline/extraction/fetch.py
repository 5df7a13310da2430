"""Get one web page: http and https only, bounded in bytes, seconds and redirects."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from recipe_pipeline import __version__
from recipe_pipeline.common.errors import PipelineError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TEXT_TYPES = ("text/", "application/xhtml+xml", "application/xml", "application/json")
_HEADERS = {
    "User-Agent": f"recipe-pipeline/{__version__} (recipe extraction for personal use)",
    "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9",
}


@dataclass(frozen=True)
class FetchLimits:
    """``max_bytes`` after decompression; ``seconds`` for the page with all its redirects."""

    max_bytes: int = 10_000_000
    seconds: float = 30.0
    max_redirects: int = 5


@dataclass(frozen=True)
class Fetched:
    """A page as it came; ``url`` is where the redirects ended, ``charset`` what the header says."""

    url: str
    content: bytes
    charset: str | None


def is_url(source: str) -> bool:
    """Whether ``source`` is meant as an address; ``C:\\page.html`` is none."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and scheme.isascii() and scheme.replace("+", "").isalnum()


def fetch(url: str, limits: FetchLimits = FetchLimits()) -> Fetched:
    """The page at ``url``.

    Raises PipelineError for another scheme (also of a redirect), an error status, anything but
    text, and a page that is too large, too slow or redirects too often.
    """
    import httpx

    deadline = time.monotonic() + limits.seconds
    start = url
    timeout = httpx.Timeout(limits.seconds)
    try:
        with httpx.Client(timeout=timeout, headers=_HEADERS, follow_redirects=False) as client:
            for _ in range(limits.max_redirects + 1):
                _require_http(url, start)
                with client.stream("GET", url) as response:
                    if response.status_code in _REDIRECTS and "location" in response.headers:
                        url = urljoin(url, response.headers["location"])
                        continue
                    return _read(response, url, limits, deadline)
    except httpx.TimeoutException:
        raise _too_slow(start, limits) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        detail = str(error) or type(error).__name__
        raise PipelineError(f"cannot fetch {start} ({detail}): check the address") from None
    raise PipelineError(
        f"{start} redirects more than {limits.max_redirects} times: open it in a browser, save the "
        "page and pass the file"
    )


def _require_http(url: str, start: str) -> None:
    scheme = urlsplit(url).scheme.lower()
    if scheme not in ("http", "https"):
        what = f"{url} is" if url == start else f"{start} redirects to {url[:200]}, which is"
        raise PipelineError(f"{what} no http or https address: save the page and pass the file")


def _read(response: object, url: str, limits: FetchLimits, deadline: float) -> Fetched:
    import httpx

    assert isinstance(response, httpx.Response)
    if response.status_code != 200:
        raise PipelineError(
            f"{url} answers with HTTP {response.status_code}: open it in a browser, save the page "
            "and pass the file"
        )
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not kind.startswith(_TEXT_TYPES):
        raise PipelineError(f"{url} is {kind}, not a web page: pass the address of the page itself")
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limits.max_bytes:
        raise _too_large(url, limits)
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > limits.max_bytes:
            raise _too_large(url, limits)
        # The client's own timeout is per read; a server that drips bytes would go on for ever.
        if time.monotonic() > deadline:
            raise _too_slow(url, limits)
    return Fetched(url, bytes(content), response.charset_encoding)


def _too_large(url: str, limits: FetchLimits) -> PipelineError:
    return PipelineError(
        f"{url} is larger than {limits.max_bytes / 1e6:g} MB: raise --max-page-mb if it really is "
        "one page"
    )


def _too_slow(url: str, limits: FetchLimits) -> PipelineError:
    return PipelineError(
        f"{url} did not arrive within {limits.seconds:g} s: try again or raise --fetch-timeout"
    )
