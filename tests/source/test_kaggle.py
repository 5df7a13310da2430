"""Downloading the dataset: Kaggle's real client against a server on this machine."""

from __future__ import annotations

import base64
import io
import json
import os
import runpy
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.source.kaggle import DATASET, download_dataset
from recipe_pipeline.source.kaggle_login import Credentials, find_credentials

SCRIPT = Path(__file__).parents[2] / "01_download_dataset.py"
HEADER = "group,name,rating,n_rater,n_reviewer,summary,process,ingredient\n"
CSV = (HEADER + 'bread,Rolls,4,1,1,Soft.,"prep: 5 mins,Servings: 4",1 cup flour + salt\n').encode()
LEGACY_KEY = "0123456789abcdef0123456789abcdef"


def zip_of(files, **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return buffer.getvalue()


class KaggleStub:
    """A fake Kaggle that serves the two calls of a download and records the requests."""

    def __init__(self):
        self.downloads = []  # Authorization headers of the download calls
        self.dataset = zip_of({"allrecipes.csv": CSV})
        self.status = 200
        self.json_error = None
        self.break_off_after = None  # bytes of the body that arrive in ...
        self.broken_transfers = 0  # ... the first ``broken_transfers`` transfers
        self.transfers = 0
        self.known_tokens = {}
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                if self.path.endswith("/IntrospectToken"):
                    user = stub.known_tokens.get(body["token"])
                    self.reply({"active": bool(user), "username": user or ""})
                elif self.path.endswith("/DownloadDataset"):
                    stub.downloads.append((self.headers["Authorization"], body))
                    self.answer_download()
                else:
                    self.send_error(500, f"unexpected call {self.path}")

            def answer_download(self):
                if stub.json_error:
                    self.reply(stub.json_error)
                elif stub.status != 200:
                    self.send_error(stub.status)
                else:  # Kaggle too redirects to where the file is stored
                    self.send_response(302)
                    self.send_header("Location", f"{stub.url}/storage/archive.zip")
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def do_GET(self):
                stub.transfers += 1
                self.send_response(200)
                self.send_header("Content-Type", "application/zip")
                self.send_header("Content-Length", str(len(stub.dataset)))
                self.end_headers()
                cut = stub.break_off_after if stub.transfers <= stub.broken_transfers else None
                self.wfile.write(stub.dataset[:cut])

            def reply(self, value):
                data = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def kaggle(monkeypatch, tmp_path):
    """A stub that the real client talks to, in an empty home folder and without credentials."""
    for name in list(os.environ):
        if name.startswith("KAGGLE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    (home / ".kaggle").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    stub = KaggleStub()
    from kagglesdk import kaggle_env

    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, stub.url)
    from kaggle.api import kaggle_api_extended

    # The client sets both when it is first imported, perhaps by another test.
    monkeypatch.setattr(kaggle_api_extended.KaggleApi, "args", ["--local"])
    monkeypatch.setattr(
        kaggle_api_extended.KaggleApi, "config", str(home / ".kaggle" / "kaggle.json")
    )
    monkeypatch.setattr(kaggle_api_extended.time, "sleep", lambda seconds: None)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    yield stub
    stub.close()


@pytest.fixture
def project_root(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def run_script(monkeypatch, project_root, capsys):
    """Run 01 as a program in the current folder; returns exit code, stdout and stderr."""

    def run():
        namespace = runpy.run_path(str(SCRIPT), run_name="script")
        monkeypatch.setattr("recipe_pipeline.source.kaggle.PROJECT_ROOT", project_root)
        code = cli.run(namespace["main"], [])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def log_in(monkeypatch, username="cook", token=LEGACY_KEY):
    monkeypatch.setenv("KAGGLE_USERNAME", username)
    monkeypatch.setenv("KAGGLE_API_TOKEN", token)


def basic(username, key):
    return "Basic " + base64.b64encode(f"{username}:{key}".encode()).decode()


def assert_one_sentence(err, *parts):
    """Nothing but one ``error:`` line (after a progress bar, if any), holding all ``parts``."""
    lines = [line for line in err.replace("\r", "\n").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")]
    assert len(errors) == 1
    assert lines[-1] == errors[0]
    assert "Traceback" not in err
    for part in parts:
        assert part in errors[0]


def leftovers():
    return [path.name for path in Path().rglob("*") if path.name != "kaggle_dataset"]


# --- a download that works ---------------------------------------------------------------------


def test_legacy_credentials_of_the_environment_fetch_the_csv(kaggle, run_script, monkeypatch):
    log_in(monkeypatch)
    code, out, err = run_script()
    assert code == 0
    assert Path("kaggle_dataset/allrecipes.csv").read_bytes() == CSV
    assert leftovers() == ["allrecipes.csv"]
    ((authorization, body),) = kaggle.downloads
    assert authorization == basic("cook", LEGACY_KEY)
    assert f"{body['ownerSlug']}/{body['datasetSlug']}" == DATASET
    assert "saved kaggle_dataset" in out
    assert "1 recipe in 1 row" in out
    assert "100%" in err  # the progress bar
    assert LEGACY_KEY not in out + err
    # The environment is restored.
    assert os.environ["KAGGLE_API_TOKEN"] == LEGACY_KEY
    assert "KAGGLE_KEY" not in os.environ


def test_a_second_run_reports_the_file_and_sends_nothing(kaggle, run_script, monkeypatch):
    log_in(monkeypatch)
    run_script()
    monkeypatch.delenv("KAGGLE_USERNAME")
    code, out, err = run_script()
    assert (code, err) == (0, "")
    assert "already downloaded" in out
    assert len(kaggle.downloads) == 1


def test_kaggle_json_in_the_project_root_is_used(kaggle, run_script, project_root):
    (project_root / "kaggle.json").write_text('{"username": "filed", "key": "k1"}')
    assert run_script()[0] == 0
    assert kaggle.downloads[0][0] == basic("filed", "k1")


def test_the_clients_own_key_file_is_used_last(kaggle, run_script):
    Path("~/.kaggle/kaggle.json").expanduser().write_text('{"username": "own", "key": "k2"}')
    assert run_script()[0] == 0
    assert kaggle.downloads[0][0] == basic("own", "k2")


@pytest.mark.parametrize("username", ["", "cook"])
def test_a_new_style_token_is_sent_as_one_with_or_without_a_user(
    kaggle, run_script, monkeypatch, username
):
    kaggle.known_tokens["KGAT_secret"] = "cook"
    log_in(monkeypatch, username, "KGAT_secret")
    assert run_script()[0] == 0
    assert kaggle.downloads[0][0] == "Bearer KGAT_secret"


def test_an_old_token_file_does_not_replace_the_given_key(kaggle, run_script, monkeypatch):
    Path("~/.kaggle/access_token").expanduser().write_text("KGAT_stale")
    log_in(monkeypatch)
    assert run_script()[0] == 0
    assert kaggle.downloads[0][0] == basic("cook", LEGACY_KEY)


def test_the_known_file_is_found_anywhere_in_the_archive(kaggle, run_script, monkeypatch):
    kaggle.dataset = zip_of({"../evil.csv": b"x", "data/allrecipes.csv": CSV, "readme.md": b"x"})
    log_in(monkeypatch)
    assert run_script()[0] == 0
    assert Path("kaggle_dataset/allrecipes.csv").read_bytes() == CSV
    assert not Path("evil.csv").exists()


# --- which credentials -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"KAGGLE_USERNAME": "u", "KAGGLE_API_TOKEN": " t "}, ("u", "t")),
        ({"KAGGLE_USERNAME": "u", "KAGGLE_API_TOKEN": "t", "KAGGLE_KEY": "k"}, ("u", "t")),
        ({"KAGGLE_USERNAME": "u", "KAGGLE_KEY": "k"}, ("u", "k")),
        ({"KAGGLE_API_TOKEN": "t"}, None),
        ({"KAGGLE_USERNAME": "u", "KAGGLE_API_TOKEN": "KGAT_t"}, None),
        ({"KAGGLE_USERNAME": "u", "KAGGLE_API_TOKEN": __file__}, None),
        ({"KAGGLE_USERNAME": "u"}, ("file-user", "file-key")),
        ({"KAGGLE_KEY": "k"}, ("file-user", "file-key")),
        ({}, ("file-user", "file-key")),
    ],
)
def test_order_of_credentials(environ, expected, project_root):
    (project_root / "kaggle.json").write_text(
        '\ufeff{"username": "file-user", "key": "file-key"}', encoding="utf-8"
    )
    assert find_credentials(environ, project_root).pair == expected


def test_secrets_are_not_part_of_the_representation():
    assert "hidden" not in repr(Credentials("somewhere", ("u", "hidden")))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"username": "u"}',
        '{"username": "u", "key": ""}',
        '{"username": 1, "key": 2}',
    ],
)
def test_a_broken_kaggle_json_is_reported_without_quoting_it(
    kaggle, run_script, project_root, content
):
    (project_root / "kaggle.json").write_text(content)
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, "kaggle.json", "again")
    assert kaggle.downloads == []


# --- errors ------------------------------------------------------------------------------------


def test_no_credentials(kaggle, run_script):
    code, out, err = run_script()
    assert code == 1
    assert_one_sentence(err, "no Kaggle credentials", "KAGGLE_USERNAME", "kaggle.json")
    assert out == ""  # the client's own page of help is not shown
    assert leftovers() == []
    assert not Path("kaggle_dataset").exists()


def test_an_unknown_token(kaggle, run_script, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "expired")
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, "KAGGLE_API_TOKEN", "KAGGLE_USERNAME")
    assert "expired" not in err


@pytest.mark.parametrize(
    ("status", "parts"),
    [
        (401, ["refused", "KAGGLE_USERNAME and KAGGLE_API_TOKEN", "(401)"]),
        (403, ["denies access", DATASET, "(403)"]),
        (404, ["no dataset", DATASET, "(404)"]),
        (429, ["rate of requests", "(429)"]),
        (503, ["error (503", "later"]),
    ],
)
def test_an_http_error_is_one_sentence_with_a_next_step(
    kaggle, run_script, monkeypatch, status, parts
):
    log_in(monkeypatch)
    kaggle.status = status
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, *parts)
    assert LEGACY_KEY not in err
    assert leftovers() == []


def test_an_error_code_in_a_response_with_status_200_counts_as_that_error(
    kaggle, run_script, monkeypatch
):
    log_in(monkeypatch)
    kaggle.json_error = {"code": 403, "message": "Permission denied"}
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, "(403)")


@pytest.mark.parametrize("token", [LEGACY_KEY, "KGAT_x"])
def test_no_network(kaggle, run_script, monkeypatch, token):
    kaggle.close()
    log_in(monkeypatch, token=token)
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, "cannot reach Kaggle", "network")
    assert leftovers() == []


def test_an_incomplete_download_leaves_nothing(kaggle, run_script, monkeypatch):
    log_in(monkeypatch)
    kaggle.break_off_after, kaggle.broken_transfers = 100, 1000
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, "run this again")
    assert leftovers() == []


def test_a_connection_that_drops_once_is_retried(kaggle, run_script, monkeypatch):
    log_in(monkeypatch)
    kaggle.break_off_after, kaggle.broken_transfers = 100, 1
    assert run_script()[0] == 0
    assert Path("kaggle_dataset/allrecipes.csv").read_bytes() == CSV
    assert kaggle.transfers == 2


def damaged_member():
    data = bytearray(zip_of({"allrecipes.csv": CSV * 50}))
    data[60] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    ("dataset", "parts"),
    [
        (b"<html>please log in</html>", ["broken", "run this again"]),
        (b"", ["broken"]),
        (zip_of({"allrecipes.csv": CSV})[:-30], ["broken"]),
        (damaged_member(), ["broken"]),
        (zip_of({"readme.md": b"x"}), ["holds no CSV"]),
        (
            zip_of({"allrecipes.csv": b"a,b\n1,2\n"}),
            ["not the expected", "lacks the columns group"],
        ),
        (zip_of({"allrecipes.csv": HEADER.encode()}), ["not the expected", "no usable recipe"]),
        (zip_of({"allrecipes.csv": b""}), ["not the expected", "empty"]),
    ],
)
def test_anything_but_a_recipe_csv_is_refused(kaggle, run_script, monkeypatch, dataset, parts):
    log_in(monkeypatch)
    kaggle.dataset = dataset
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, *parts)
    assert leftovers() == []


def test_an_archive_that_unpacks_to_a_huge_file_is_refused(kaggle, run_script, monkeypatch):
    log_in(monkeypatch)
    monkeypatch.setattr("recipe_pipeline.source.kaggle.MAX_CSV_BYTES", len(CSV) - 1)
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, "larger than")


def test_a_wrong_file_at_the_target_is_kept_and_named(kaggle, run_script):
    target = Path("kaggle_dataset/allrecipes.csv")
    target.parent.mkdir()
    target.write_bytes(b"half a fi")
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, "allrecipes.csv", "lacks the columns", "delete")
    assert target.read_bytes() == b"half a fi"


def test_a_folder_that_cannot_be_created(kaggle, run_script, monkeypatch):
    log_in(monkeypatch)
    Path("kaggle_dataset").write_text("a file where the folder should be")
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, "cannot write", "kaggle_dataset")


@pytest.mark.parametrize(
    ("module", "named", "command"),
    [
        ("kaggle.api.kaggle_api_extended", "kaggle", "pip install"),
        ("requests", "requests", "tools/install.py"),
    ],
)
def test_a_package_is_not_installed(kaggle, run_script, monkeypatch, module, named, command):
    log_in(monkeypatch)
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = run_script()
    assert code == 1
    assert_one_sentence(err, f"{named} is not installed", command)


def test_an_interrupted_download_leaves_nothing(kaggle, project_root, monkeypatch):
    log_in(monkeypatch)

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    from kaggle.api.kaggle_api_extended import KaggleApi

    monkeypatch.setattr(KaggleApi, "download_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download_dataset(project_root=project_root)
    assert leftovers() == []


def test_errors_are_raised_for_callers_of_the_library(kaggle, project_root):
    with pytest.raises(PipelineError, match="no Kaggle credentials"):
        download_dataset(Path("deep/er/x.csv"), project_root)
