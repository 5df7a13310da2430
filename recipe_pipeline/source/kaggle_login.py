"""Kaggle credentials, and Kaggle's own client logged in with them.

Credentials, first match wins:

1. ``KAGGLE_USERNAME`` and ``KAGGLE_API_TOKEN`` (or ``KAGGLE_KEY``): a legacy key of that user,
   unless the token has the prefix of the new ones;
2. ``KAGGLE_API_TOKEN`` alone: a new-style access token, or a file that holds one;
3. ``kaggle.json`` in the project root: ``{"username": ..., "key": ...}``;
4. the client's own settings (``~/.kaggle``, ``kaggle auth login``).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError

# New-style access tokens start like this; legacy keys are 32 hexadecimal digits.
_NEW_TOKEN_PREFIX = "KGAT_"
_HOW_TO_LOG_IN = (
    "set KAGGLE_API_TOKEN to a token from https://www.kaggle.com/settings (a legacy key needs"
    " KAGGLE_USERNAME as well), or put the kaggle.json of 'Create Legacy API Key' into the project root;"
    " without Kaggle: 02_generate_blogs.py --csv sample_data/recipes.csv"
)


@dataclass(frozen=True)
class Credentials:
    """A legacy pair for the client, or None when it finds a token or its own settings by itself.

    ``source`` names their origin in messages; secrets are kept out of ``repr``.
    """

    source: str
    pair: tuple[str, str] | None = None

    def __repr__(self) -> str:
        return f"Credentials(source={self.source!r})"


def find_credentials(environ: Mapping[str, str], project_root: Path) -> Credentials:
    """The first credentials in the order of the module's docstring.

    Raises PipelineError when ``kaggle.json`` in the project root is unreadable or incomplete.
    """
    username = environ.get("KAGGLE_USERNAME", "").strip()
    token = environ.get("KAGGLE_API_TOKEN", "").strip()
    key = environ.get("KAGGLE_KEY", "").strip()
    new_style = token.startswith(_NEW_TOKEN_PREFIX) or (token and Path(token).is_file())
    if username and token and not new_style:
        return Credentials("KAGGLE_USERNAME and KAGGLE_API_TOKEN", (username, token))
    if token:
        return Credentials("KAGGLE_API_TOKEN")
    if username and key:
        return Credentials("KAGGLE_USERNAME and KAGGLE_KEY", (username, key))
    file = project_root / "kaggle.json"
    if file.exists():
        return Credentials(str(file), _read_kaggle_json(file))
    return Credentials("the Kaggle client's own settings")


def _read_kaggle_json(file: Path) -> tuple[str, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
        pair = content["username"], content["key"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        # Only the type of the error: its text could quote the key.
        raise PipelineError(
            f"{file} is not a Kaggle key file ({type(error).__name__}): it must read"
            ' {"username": "...", "key": "..."}; download it again from'
            " https://www.kaggle.com/settings"
        ) from None
    if not all(isinstance(part, str) and part.strip() for part in pair):
        raise PipelineError(f"{file} must hold a user name and a key: download it again")
    return pair[0].strip(), pair[1].strip()


@contextlib.contextmanager
def _environment(credentials: Credentials, scratch: Path) -> Iterator[None]:
    """Make Kaggle's client use exactly these credentials; restore the environment afterwards.

    The client looks for an access token first (variable, then ``~/.kaggle/access_token``) and
    expects a legacy key in ``KAGGLE_KEY``. Only a ``KAGGLE_API_TOKEN`` that names an empty file
    makes it skip both token sources, so that a stale token file cannot override the legacy key.
    """
    saved = dict(os.environ)
    if credentials.pair:
        no_token = scratch / "no_token"
        no_token.touch()
        os.environ["KAGGLE_USERNAME"], os.environ["KAGGLE_KEY"] = credentials.pair
        os.environ["KAGGLE_API_TOKEN"] = str(no_token)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def _log_in(credentials: Credentials) -> Any:
    """Kaggle's client, logged in."""
    try:
        # Importing the client already tries to log in. Its page of help would bury our message.
        with contextlib.redirect_stdout(io.StringIO()):
            from kaggle.api.kaggle_api_extended import KaggleApi

            client = KaggleApi()
            client.authenticate()
    except SystemExit:
        if credentials.source == "KAGGLE_API_TOKEN":
            raise PipelineError(
                "Kaggle does not accept the token in KAGGLE_API_TOKEN: create a new one at"
                " https://www.kaggle.com/settings (a legacy key needs KAGGLE_USERNAME as well)"
            ) from None
        raise PipelineError(f"no Kaggle credentials found: {_HOW_TO_LOG_IN}") from None
    return client


@contextlib.contextmanager
def logged_in_client(credentials: Credentials, scratch: Path) -> Iterator[Any]:
    """Kaggle's client, logged in with ``credentials``; ``scratch`` is a temporary folder."""
    with _environment(credentials, scratch):
        yield _log_in(credentials)
