"""Download the Kaggle dataset with Kaggle's own client, completely or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import PROJECT_ROOT
from recipe_pipeline.source.csv_file import KAGGLE_COLUMNS
from recipe_pipeline.source.kaggle_login import Credentials, find_credentials, logged_in_client
from recipe_pipeline.source.recipes import ReadReport, read_recipes

DATASET = "nguyentuongquang/all-recipes"
DATASET_PAGE = f"https://www.kaggle.com/datasets/{DATASET}"
TARGET = Path("kaggle_dataset/allrecipes.csv")
# The real file has 4 MB: an archive that unpacks to more than this is something else.
MAX_CSV_BYTES = 1 << 30


def _http_message(error: Any, credentials: Credentials) -> str:
    """A ``requests.HTTPError`` of the client as one sentence."""
    response = error.response
    status = response.status_code if response is not None else 0
    if response is not None and status < 400:
        # The client also raises for an error code inside a response with status 200.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            status = int(response.json()["code"])
    if status == 401:
        return (
            f"Kaggle refused the credentials from {credentials.source} (401): create a new key or"
            " token at https://www.kaggle.com/settings"
        )
    if status == 403:
        return (
            f"Kaggle denies access to {DATASET} (403): log in at {DATASET_PAGE}, accept its"
            f" terms, and check the credentials from {credentials.source}"
        )
    if status == 404:
        return (
            f"Kaggle has no dataset {DATASET} (404): see {DATASET_PAGE}, or save a CSV with the"
            f" same columns as {TARGET.as_posix()}"
        )
    if status == 429:
        return "Kaggle limits the rate of requests (429): wait a few minutes and run this again"
    return f"Kaggle returned an error ({status or error}): try again later"


@contextlib.contextmanager
def _kaggle_errors(credentials: Credentials) -> Iterator[None]:
    """Turn the client's exceptions into one sentence."""
    import requests

    try:
        yield
    except requests.HTTPError as error:
        raise PipelineError(_http_message(error, credentials)) from error
    except (requests.ConnectionError, requests.Timeout) as error:
        raise PipelineError(
            "cannot reach Kaggle: check the network connection and proxy settings, then run this"
            " again"
        ) from error
    except (requests.RequestException, ValueError) as error:
        # ValueError: the client compares the size of the download with the announced one.
        raise PipelineError(
            f"the download from Kaggle was interrupted ({type(error).__name__}): run this again"
        ) from error


def _fetch_zip(credentials: Credentials, folder: Path) -> Path:
    with _kaggle_errors(credentials), logged_in_client(credentials, folder) as client:
        # Not quiet: this is the client's own progress bar (on stderr).
        client.dataset_download_files(DATASET, path=str(folder), force=True, quiet=False)
    return folder / f"{DATASET.split('/')[1]}.zip"


def _extract_csv(archive: Path, target: Path) -> None:
    """Unpack the recipe CSV of ``archive`` as ``target``; names in the archive are never paths."""
    try:
        with zipfile.ZipFile(archive) as bundle:
            files = [info for info in bundle.infolist() if info.filename.lower().endswith(".csv")]
            # Prefer the known name if the dataset ever holds several files.
            files.sort(key=lambda info: Path(info.filename).name != TARGET.name)
            if not files:
                raise PipelineError(
                    f"the archive from Kaggle holds no CSV: download the file from {DATASET_PAGE} and"
                    f" save it as {TARGET.as_posix()}"
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
    """Make sure that ``target`` is a valid recipe CSV; return its counts.

    An existing file that passes `check_dataset` is left alone. The download is unpacked and
    checked in a temporary folder beside the target and renamed last, so a target that exists is
    complete. Raises PipelineError for everything a user can fix.
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
            f"the download from Kaggle is not the expected recipe CSV ({reason}): see {DATASET_PAGE}"
        ) from error
