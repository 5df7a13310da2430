"""Fetch the Kaggle dataset with Kaggle's own client, whole or not at all.

Credentials, first match wins:

1. ``KAGGLE_USERNAME`` and ``KAGGLE_API_TOKEN`` (or ``KAGGLE_KEY``): a legacy key of that user,
   unless the token has the prefix of the new ones;
2. ``KAGGLE_API_TOKEN`` alone: a new-style access token, or a file that holds one;
3. ``kaggle.json`` in the project root: ``{"username": ..., "key": ...}``;
4. the client's own places (``~/.kaggle``, ``kaggle auth login``).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.source.csv_file import KAGGLE_COLUMNS
from recipe_pipeline.source.recipes import ReadReport, read_recipes

DATASET = "nguyentuongquang/all-recipes"
DATASET_PAGE = f"https://www.kaggle.com/datasets/{DATASET}"
TARGET = Path("kaggle_dataset/allrecipes.csv")
PROJECT_ROOT = Path(__file__).resolve().parents[2]

# New-style access tokens start like this; legacy keys are 32 hexadecimal digits.
_NEW_TOKEN_PREFIX = "KGAT_"
# The file has 4 MB; what unpacks to this much is no recipe CSV.
MAX_CSV_BYTES = 1 << 30
_HOW_TO_LOG_IN = (
    "set KAGGLE_USERNAME and KAGGLE_API_TOKEN, or put kaggle.json"
    " (https://www.kaggle.com/settings, 'Create Legacy API Key') into the project root"
)


@dataclass(frozen=True)
class Credentials:
    """What to hand to the client: a legacy pair, a token (variable), or neither (its own places).

    ``source`` says where they come from, for messages; secrets are kept out of ``repr``.
    """

    source: str
    pair: tuple[str, str] | None = None

    def __repr__(self) -> str:
        return f"Credentials(source={self.source!r})"


def find_credentials(environ: Mapping[str, str], project_root: Path) -> Credentials:
    """The credentials to use (see the module's docstring).

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
        # The text of a decoding error quotes nothing of the file, so no key gets out this way.
        raise PipelineError(
            f"{file} is no Kaggle key file ({type(error).__name__}): it must read"
            ' {"username": "...", "key": "..."}; download it again from'
            " https://www.kaggle.com/settings"
        ) from None
    if not all(isinstance(part, str) and part.strip() for part in pair):
        raise PipelineError(f"{file} must hold a user name and a key: download it again")
    return pair[0].strip(), pair[1].strip()


@contextlib.contextmanager
def _client_environment(credentials: Credentials, scratch: Path) -> Iterator[None]:
    """The environment in which Kaggle's client takes exactly these credentials; restored after.

    The client asks for an access token first (variable, then ``~/.kaggle/access_token``) and
    wants a legacy key in ``KAGGLE_KEY``. A ``KAGGLE_API_TOKEN`` that names an empty file is the
    one setting that makes it skip both token sources, so an old token file cannot get in the way
    of the legacy key that the user gave.
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


def _authenticated_client(credentials: Credentials) -> Any:
    """Kaggle's client, logged in. Importing it logs in once already and swallows the failure."""
    try:
        # Its help text about logging in would stand between the user and our one sentence.
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


def _http_message(error: Any, credentials: Credentials) -> str:
    """One sentence for an HTTP error of the client (a requests.HTTPError)."""
    response = error.response
    status = response.status_code if response is not None else 0
    if response is not None and status < 400:
        # The client also raises for an error code inside an answer with status 200.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            status = int(response.json()["code"])
    if status == 401:
        return (
            f"Kaggle refused the credentials of {credentials.source} (401): create a new key or"
            " token at https://www.kaggle.com/settings"
        )
    if status == 403:
        return (
            f"Kaggle denies access to {DATASET} (403): log in at {DATASET_PAGE}, accept what it"
            f" asks for, and check the credentials of {credentials.source}"
        )
    if status == 404:
        return (
            f"Kaggle has no dataset {DATASET} (404): see {DATASET_PAGE}, or save a CSV of the same"
            f" columns as {TARGET.as_posix()}"
        )
    if status == 429:
        return "Kaggle asks to slow down (429): wait a few minutes and run this again"
    return f"Kaggle answered with an error ({status or error}): try again later"


@contextlib.contextmanager
def _kaggle_errors(credentials: Credentials) -> Iterator[None]:
    """Turn what the client raises, or its absence, into one sentence."""
    try:
        import requests
    except ImportError as error:
        raise _no_client(error) from error
    try:
        yield
    except ImportError as error:
        raise _no_client(error) from error
    except requests.HTTPError as error:
        raise PipelineError(_http_message(error, credentials)) from error
    except (requests.ConnectionError, requests.Timeout) as error:
        raise PipelineError(
            "cannot reach Kaggle: check the network connection and proxy settings, then run this"
            " again"
        ) from error
    except (requests.RequestException, ValueError) as error:
        # ValueError: the client's own check of the size of what it received.
        raise PipelineError(
            f"the download from Kaggle broke off ({type(error).__name__}): run this again"
        ) from error


def _no_client(error: ImportError) -> PipelineError:
    return PipelineError(
        f"the Kaggle client cannot be loaded ({error}): run"
        " 'python -m pip install -r requirements.txt'"
    )


def _fetch_zip(credentials: Credentials, folder: Path) -> Path:
    with _client_environment(credentials, folder), _kaggle_errors(credentials):
        client = _authenticated_client(credentials)
        # Not quiet: this is the client's own progress bar (on stderr).
        client.dataset_download_files(DATASET, path=str(folder), force=True, quiet=False)
    return folder / f"{DATASET.split('/')[1]}.zip"


def _extract_csv(archive: Path, target: Path) -> None:
    """Unpack the recipe CSV of ``archive`` as ``target``; names inside are never used as paths."""
    try:
        with zipfile.ZipFile(archive) as bundle:
            files = [info for info in bundle.infolist() if info.filename.lower().endswith(".csv")]
            # Prefer the known name should the dataset ever hold several files.
            files.sort(key=lambda info: Path(info.filename).name != TARGET.name)
            if not files:
                raise PipelineError(
                    f"the archive from Kaggle holds no CSV: look at {DATASET_PAGE} and save the"
                    f" file as {TARGET.as_posix()} by hand"
                )
            if files[0].file_size > MAX_CSV_BYTES:
                raise PipelineError("the CSV in the archive from Kaggle is larger than 1 GB")
            with bundle.open(files[0]) as source, target.open("wb") as out:
                while chunk := source.read(1 << 20):
                    out.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise PipelineError(
            f"the archive from Kaggle is broken ({error}): run this again, or download it from"
            f" {DATASET_PAGE} and unpack it as {TARGET.as_posix()}"
        ) from error


def check_dataset(path: Path) -> ReadReport:
    """Counts of the CSV at ``path``; PipelineError when it is not the recipe dataset."""
    return read_recipes(path, KAGGLE_COLUMNS).report


def download_dataset(target: Path = TARGET, project_root: Path | None = None) -> ReadReport:
    """Make sure that ``target`` is the checked recipe CSV; return its counts.

    An existing file that passes `check_dataset` is left alone. The download is unpacked and
    checked in a temporary folder beside the target and renamed last, so a target that exists is
    complete. Raises PipelineError for everything a user can mend.
    """
    if target.exists():
        try:
            report = check_dataset(target)
        except PipelineError as error:
            raise PipelineError(f"{error}; or delete {target} to download it again") from error
        print(f"already downloaded: {target} ({report.summary()})")
        return report
    credentials = find_credentials(os.environ, project_root or PROJECT_ROOT)
    new_folder = not target.parent.exists()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=target.parent) as scratch:
            archive = _fetch_zip(credentials, Path(scratch))
            unpacked = Path(scratch) / "unpacked.csv"
            _extract_csv(archive, unpacked)
            report = _check_download(unpacked)
            os.replace(unpacked, target)
    except OSError as error:
        raise PipelineError(
            f"cannot write {error.filename or target}: {error.strerror or error}; free the space"
            " or fix the permissions and run this again"
        ) from error
    finally:
        if new_folder and not target.exists():
            with contextlib.suppress(OSError):
                target.parent.rmdir()
    print(f"saved {target} ({report.summary()})")
    return report


def _check_download(path: Path) -> ReadReport:
    try:
        return check_dataset(path)
    except PipelineError as error:
        reason = str(error).replace(f"recipe file {path}", "it").split(": rename")[0]
        raise PipelineError(
            f"what Kaggle sent is not the expected recipe CSV ({reason}): see {DATASET_PAGE}"
        ) from error
