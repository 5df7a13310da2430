"""The ways one request can fail, and what each means for the run."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openai

_SHORTEST_KEY = 6  # shorter keys are placeholders ("none") that occur in ordinary sentences
# Not "failed to load the model": that will not get better.
_LOADING = re.compile(
    r"\bloading (?:the )?model\b|\b(?:is|being|still|currently) (?:being )?load(?:ing|ed)\b|"
    r"\bnot (?:yet )?(?:ready|loaded yet)\b|\bwarming up\b|\bstarting up\b|\bis starting\b",
    re.IGNORECASE,
)
_TRANSIENT_STATUS = frozenset({408, 409, 425, 429})
_MAYBE_LOADING = frozenset({400, 404, 409, 425, 429})
#: aiohttp's names for a connection that was never made.
_NEVER_CONNECTED = ("ClientConnectorError", "ConnectionTimeoutError")


class RequestFailed(Exception):
    """A request without a reply. ``reason`` is a slug; ``status`` the HTTP status, if any.

    ``transient``: a retry may help. ``fatal``: no other request will do better. ``retry_after``:
    seconds the server asked to wait; ``full``: the server's whole message.
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
        full: str = "",
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.transient = transient
        self.fatal = fatal
        self.retry_after = retry_after
        self.full = full or detail

    def hide(self, key: str) -> None:
        """Mask ``key`` in the message: libraries and servers quote the headers they got."""
        if len(key) >= _SHORTEST_KEY:
            self.detail = self.detail.replace(key, "***")
            self.args = (self.detail,)

    def name_refused(self, body: Mapping[str, Any]) -> None:
        """If the server refused fields of the request ``body``, say how to leave them out."""
        if self.reason != "rejected":
            return
        optional = [name for name in body if name not in ("model", "messages")]
        refused = [name for name in optional if re.search(rf"\b{re.escape(name)}\b", self.full)]
        if refused:
            without = json.dumps(dict.fromkeys(refused))
            self.detail += f" (to leave out what it refuses: --extra-body '{without}')"
            self.args = (self.detail,)


def bad_response(detail: str) -> RequestFailed:
    """A reply with a good status whose body makes no sense."""
    if re.search(r"[ (]data:", detail):
        detail += "; the server streams: turn it off with --extra-body '{\"stream\": false}'"
    return RequestFailed("bad_response", detail, transient=True)


def status_failure(error: openai.APIStatusError) -> RequestFailed:
    """What an HTTP error status means."""
    status, text = error.status_code, error.response.text
    body = error.body[0] if isinstance(error.body, list) and error.body else error.body
    if isinstance(body, dict) and isinstance(body.get("error"), dict):  # Gemini's answer is a list
        body = body["error"]
    message = body.get("message") if isinstance(body, dict) else None
    detail = f"HTTP {status}: {shortened(str(message or body or text))}"
    wait = retry_after_seconds(error.response.headers)
    if (status >= 500 or status in _MAYBE_LOADING) and _LOADING.search(text[:2000]):
        return RequestFailed("loading", detail, status=status, transient=True, retry_after=wait)
    if status in (401, 403):
        return RequestFailed("refused_key", detail, status=status, fatal=True)
    if status == 404:
        return RequestFailed("not_found", detail, status=status, fatal=True)
    if status == 429 and "insufficient_quota" in text:
        return RequestFailed("quota_used_up", detail, status=status, fatal=True)
    if status >= 500 or status in _TRANSIENT_STATUS:
        reason = "rate_limited" if status == 429 else "server_error"
        return RequestFailed(reason, detail, status=status, transient=True, retry_after=wait)
    return RequestFailed("rejected", detail, status=status, full=text)


def connection_failure(error: BaseException) -> RequestFailed:
    """A connection that could not be made, or that broke.

    The client reports most of aiohttp's errors as timeouts; the causes tell them apart.
    """
    causes = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    unreachable = not names.isdisjoint(_NEVER_CONNECTED)
    last = next((cause for cause in reversed(causes) if str(cause)), causes[-1])
    detail = shortened(f"{type(last).__name__}: {last}")
    reason = "unreachable" if unreachable else "connection_dropped"
    return RequestFailed(reason, detail, transient=True)


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


def shortened(text: str) -> str:
    """A server's message for the terminal: one line, at most 300 characters, nothing unprintable."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
