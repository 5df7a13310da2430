"""What goes wrong between a client and this server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recipe_pipeline.common.errors import PipelineError


class ApiError(Exception):
    """An HTTP error for the client, in OpenAI's form."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        kinds = {401: "authentication_error", 429: "rate_limit_error"}
        fallback = "server_error" if self.status >= 500 else "invalid_request_error"
        kind = kinds.get(self.status, fallback)
        error = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return {"error": error}


class ModelFailed(PipelineError):
    """The model gave no answer at all; not the client's fault."""


class Abandoned(Exception):
    """The client is gone, or the server stops: nobody waits for the answer."""
