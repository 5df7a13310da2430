"""What can go wrong with one request, and what that means for the run."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping

_SHORTEST_KEY = 6  # shorter ones are placeholders ("none"), and words of any sentence
_TRANSIENT_STATUS = frozenset({408, 409, 425, 429})


class RequestFailed(Exception):
    """A request without a reply. ``reason`` is a slug; ``status`` the HTTP status, if any.

    ``transient`` means that asking again may help, ``fatal`` that no other request will fare
    better. ``retry_after`` is the server's wish in seconds.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        status: int | None = None,
        transient: bool = False,
        fatal: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.transient = transient
        self.fatal = fatal
        self.retry_after = retry_after

    def hide(self, key: str) -> None:
        """Put ``***`` for ``key`` in the detail: libraries and servers quote the headers they got."""
        if len(key) >= _SHORTEST_KEY:
            self.detail = self.detail.replace(key, "***")
            self.args = (self.detail,)


def status_failure(status: int, headers: Mapping[str, str], body: str) -> RequestFailed:
    """What an HTTP error status means for the run."""
    detail = f"HTTP {status}: {_error_text(body)}"
    if status in (401, 403):
        return RequestFailed("refused_key", detail, status=status, fatal=True)
    if status == 404:
        return RequestFailed("not_found", detail, status=status, fatal=True)
    if status == 429 and "insufficient_quota" in body:
        return RequestFailed("quota_used_up", detail, status=status, fatal=True)
    if status >= 500 or status in _TRANSIENT_STATUS:
        reason = "rate_limited" if status == 429 else "server_error"
        wait = retry_after_seconds(headers)
        return RequestFailed(reason, detail, status=status, transient=True, retry_after=wait)
    return RequestFailed("rejected", detail, status=status)


def connection_failure(error: BaseException, unreachable: bool) -> RequestFailed:
    """A connection that could not be made (``unreachable``) or that broke."""
    kind = type(error).__name__
    detail = f"{kind}: {error}" if str(error) else kind
    reason = "unreachable" if unreachable else "connection_dropped"
    return RequestFailed(reason, detail, transient=True)


def timeout_failure(seconds: float) -> RequestFailed:
    """No complete answer within the time."""
    return RequestFailed("timeout", f"no reply within {seconds:g} s", transient=True)


def json_failure(error: Exception) -> RequestFailed:
    """An answer with a good status whose body is no JSON."""
    detail = f"the server's answer is no JSON ({error})"
    return RequestFailed("bad_response", detail, transient=True)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds from ``retry-after-ms`` or ``Retry-After`` (RFC 9110: seconds or a date)."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) * scale)
        except ValueError:
            date = email.utils.parsedate_tz(value)
            if date is not None:
                return max(0.0, email.utils.mktime_tz(date) - time.time())
    return None


def _error_text(body: str) -> str:
    """The message of an error body, at most 300 characters."""
    try:
        data = json.loads(body)
        error = data.get("error", data)
        text = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError):
        text = body
    return shortened(str(text))


def shortened(text: str) -> str:
    """A server's words for the terminal: one line of at most 300 characters, no control sequences."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
