"""One tracked run, alone or as a trial: settings, folders, samples, how it ends, W&B's errors."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.training import data
from recipe_pipeline.training import tracked as module
from recipe_pipeline.training.tracked import (
    SWEEP_FLAGS,
    WandbOptions,
    check_login,
    log_samples,
    run_sweep,
    start_run,
    sweep_path,
    train_tracked,
    with_sweep_flags,
)
from tests.training.conftest import make_settings
from tests.wandb_stub import API_KEY, WandbStub


class FakeRun:
    """The calls of a wandb run that 06 makes."""

    def __init__(self):
        self.summary, self.logged, self.exit_codes = {}, [], []
        self.log = self.logged.append

    def finish(self, exit_code=0):
        self.exit_codes.append(exit_code)


@pytest.fixture
def tracked(monkeypatch):
    """Training that does ``tracked.train(settings)``; keeps what it was given and what is reported."""
    fake = SimpleNamespace(trained=[], configs=[], logins=[], run=FakeRun(), train=lambda _: None)

    def train(settings, report_to):
        assert report_to == "wandb"
        fake.trained.append(settings)
        fake.train(settings)
        figures = {"tokens_per_second": 9.0, "peak_memory_bytes": 5}
        return SimpleNamespace(save_dir=Path(settings.save_dir), **figures)

    def start_run(options, config):
        fake.configs.append(config)
        return fake.run

    monkeypatch.setattr("recipe_pipeline.training.loop.train", train)
    monkeypatch.setattr(module, "check_login", lambda: fake.logins.append(True))
    monkeypatch.setattr(module, "start_run", start_run)
    monkeypatch.setattr(module, "log_samples", lambda *_: None)
    monkeypatch.delenv("WANDB_SWEEP_ID", raising=False)
    return fake


@pytest.fixture
def in_sweep(monkeypatch):
    monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    monkeypatch.setenv("WANDB_RUN_ID", "run7")


def raises(error):
    def train(settings):
        raise error

    return train


# --- a run ---------------------------------------------------------------------------------------


def test_a_run_has_all_settings_and_the_dataset_and_a_summary(settings, tracked):
    tracked.train = lambda _: tracked.logins.append("training")
    train_tracked(lambda: settings, WandbOptions())
    assert tracked.logins == [True, "training"]  # the login is checked first
    [config] = tracked.configs
    assert config["dataset_examples"] == 20
    assert config["lora_alpha"] == 4
    assert tracked.run.summary == {"train/tokens_per_second": 9.0, "train/peak_memory_bytes": 5}
    assert tracked.run.exit_codes == [0]
    assert tracked.trained == [settings]  # outside of a sweep the folders are those of the flags


def test_trials_write_to_folders_of_their_own(settings, tmp_path, tracked, in_sweep):
    train_tracked(lambda: settings, WandbOptions())
    [trained] = tracked.trained
    assert Path(trained.output_dir) == tmp_path / "outputs" / "run7"
    assert Path(trained.save_dir) == tmp_path / "outputs" / "run7" / "adapter"
    assert tracked.configs[0]["output_dir"] == trained.output_dir


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        *((RuntimeError("out of memory"), 1), (PipelineError("x"), 1)),
        *((Exception(), 1), (KeyboardInterrupt(), 255)),
    ],
)
def test_the_exit_code_of_a_run_tells_how_it_ended(settings, tracked, error, exit_code):
    tracked.train = raises(error)
    with pytest.raises(type(error)):
        train_tracked(lambda: settings, WandbOptions())
    assert tracked.run.exit_codes == [exit_code]


def test_other_processes_of_a_training_do_not_report(settings, tracked, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    train_tracked(lambda: settings, WandbOptions())
    assert len(tracked.trained) == 1
    assert tracked.logins == tracked.configs == []


@pytest.mark.parametrize("sweep", [False, True])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lora_dropout": 1.5}, "lora-dropout"),
        ({"dataset": "none.jsonl"}, "no dataset at"),
        ({"dataset": "one.jsonl", "eval_split": 0.1}, "too small"),
    ],
)
def test_what_fails_before_training_is_reported_to_a_sweep_only(
    settings, tmp_path, tracked, monkeypatch, sweep, changes, message
):
    monkeypatch.chdir(tmp_path)
    first, *_ = Path(settings.dataset).read_text(encoding="utf-8").splitlines()
    Path("one.jsonl").write_text(first + "\n", encoding="utf-8")
    if sweep:
        monkeypatch.setenv("WANDB_SWEEP_ID", "abc")
    with pytest.raises(PipelineError, match=message):
        train_tracked(lambda: make_settings(tmp_path, **changes), WandbOptions())
    assert tracked.run.exit_codes == ([1] if sweep else [])
    assert tracked.trained == tracked.logins == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_a_sigterm_from_the_agent_marks_the_run_stopped(settings, tracked, in_sweep):
    tracked.train = lambda _: os.kill(os.getpid(), signal.SIGTERM)
    assert cli.run(lambda _: train_tracked(lambda: settings, WandbOptions())) == 130
    assert tracked.run.exit_codes == [255]


def test_samples_are_held_out_posts_with_their_answers(settings, tmp_path, monkeypatch):
    answer = json.dumps(
        {"@context": "https://schema.org", "@type": "Recipe", "name": "Soup",
         "recipeIngredient": ["salt"]}
    )  # fmt: skip
    loaded, limits = [], []

    class Generator:
        def __init__(self, spec, *, system_prompt):
            loaded.append((spec, system_prompt))
            self.count_tokens = lambda text: len(text.split())

        def generate(self, posts, limit):
            limits.append(limit)
            return [answer for _ in posts]

    monkeypatch.setattr("recipe_pipeline.models.loading.load_generator", Generator)
    run = FakeRun()
    _, held_out = data.load_split(make_settings(tmp_path, eval_split=0.1))
    held_out[1][-1]["content"] = "no JSON"  # counts as no recipe
    log_samples(run, settings, held_out[:2])
    assert loaded == [(str(tmp_path / "adapter"), "recipe")]
    [table] = [logged["samples/held_out_posts"] for logged in run.logged]
    assert table.columns == ["post", "answer", "expected", "valid", "ingredient_f1"]
    first, second = table.data
    assert f"Extract recipe information from this text:\n\n{first[0]}" == held_out[0][1]["content"]
    assert first[1::2] == [answer, True]
    assert first[4] == pytest.approx(2 / 3)  # 1 of 1 found, 1 of 2 expected: 2 * 1 / (1 + 2)
    assert second[2:] == ["no JSON", True, None]
    assert limits == [int(len(first[2].split()) * 1.5) + 16]


def test_no_model_is_loaded_if_there_is_nothing_to_answer(settings):
    log_samples(None, settings, [])


# --- sweeps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        " my-team/my.project/abc12xyz\n",
        "https://wandb.ai/my-team/my.project/sweeps/abc12xyz",
        "https://wandb.ai/my-team/my.project/sweeps/abc12xyz?nw=nwusercook#runs",
        "https://wandb.example.com:8080/my-team/my.project/sweeps/abc12xyz/",
    ],
)
def test_a_full_name_overrides_the_flags(text):
    options = WandbOptions(project="other", entity="someone", sweep_id=text)
    assert sweep_path(options) == "my-team/my.project/abc12xyz"


def test_missing_parts_of_a_name_come_from_the_flags():
    assert sweep_path(WandbOptions("project", "team", sweep_id="abc")) == "team/project/abc"
    assert sweep_path(WandbOptions("project", "team", sweep_id="p/abc")) == "team/p/abc"
    assert sweep_path(WandbOptions(sweep_id="abc")) == "recipe-extractor-finetune/abc"


@pytest.mark.parametrize("text", ["", "a/b/c/d", "a b", "https://wandb.ai/", "a//b", "../x y"])
def test_text_that_names_no_sweep_is_refused(text):
    with pytest.raises(PipelineError, match="--sweep-id is"):
        sweep_path(WandbOptions(sweep_id=text))


def test_a_sweep_count_without_a_sweep_is_refused():
    with pytest.raises(PipelineError, match="--sweep-count needs --sweep-id"):
        WandbOptions(sweep_count=3)


@pytest.fixture
def sweeping(monkeypatch):
    """``sweeping(mode, agent)`` runs a sweep with wandb's agent replaced."""
    import wandb

    for name in (SWEEP_FLAGS, "PATH"):
        monkeypatch.setenv(name, os.environ.get(name, "[]"))  # put back at the end

    def run(mode, agent):
        monkeypatch.setattr(module, "check_login", lambda: mode)
        monkeypatch.setattr(wandb, "agent", agent)
        run_sweep(WandbOptions(sweep_id="e/p/abc", sweep_count=3), ["--lora-rank=8"])

    return run


def test_trials_get_the_flags_and_their_own_override_them(sweeping):
    calls = []
    sweeping("online", lambda sweep, count: calls.append((sweep, count)))
    assert calls == [("e/p/abc", 3)]
    assert with_sweep_flags(["--lora_rank=4"]) == ["--lora-rank=8", "--lora_rank=4"]


@pytest.mark.parametrize("name", ["wandb.sdk.lib.service.service_connection", "builtins"])
def test_only_errors_of_wandb_are_reported_as_a_missing_sweep(sweeping, name):
    kind = type("ApiError", (Exception,), {"__module__": name})

    def agent(*args, **kwargs):
        raise kind("could not find sweep\nabc")

    expected = PipelineError if name.startswith("wandb") else kind
    with pytest.raises(expected, match="could not find sweep"):
        sweeping("online", agent)


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_a_sweep_needs_the_server(sweeping, mode):
    with pytest.raises(PipelineError, match=f"WANDB_MODE is {mode}"):
        sweeping(mode, None)


# --- W&B itself ----------------------------------------------------------------------------------


def end_children():
    for child in psutil.Process().children(recursive=True):
        child.kill()


@pytest.fixture
def own_wandb(monkeypatch, tmp_path):
    """wandb as on a fresh machine: no login, no settings, everything below ``tmp_path``."""
    import wandb
    from wandb.sdk.lib import wbauth

    def forget():
        # Sometimes wandb's service does not end when asked, and teardown would wait forever.
        watchdog = threading.Timer(10, end_children)
        watchdog.start()
        with contextlib.suppress(SystemExit):  # raised when the service was killed
            wandb.teardown()
        watchdog.cancel()
        wbauth.unauthenticate_session(update_settings=False)

    for name in list(os.environ):
        if name.startswith("WANDB_"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("NETRC", str(home / "netrc"))
    for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
        (tmp_path / name.lower()).mkdir()
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.chdir(tmp_path)
    forget()
    yield wandb
    forget()


@pytest.fixture
def stub(own_wandb, monkeypatch):
    server = WandbStub()
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    yield server
    server.close()


def test_without_a_login_both_ways_out_are_named(stub):
    with pytest.raises(PipelineError, match=r"'wandb login'.*WANDB_MODE=offline"):
        check_login()


def test_an_unknown_key_is_reported_without_printing_it(stub, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "9" * 40)
    with pytest.raises(PipelineError, match=r"login failed.*WANDB_MODE to offline") as caught:
        check_login()
    assert "9" * 40 not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_known_key_is_enough(stub, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", API_KEY)
    assert check_login() == "online"


def test_an_unreachable_server_is_reported(own_wandb, monkeypatch):
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", API_KEY)
    monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "1")
    with pytest.raises(PipelineError, match=r"login failed.*check the network"):
        check_login()


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_without_a_server_a_run_needs_no_login(own_wandb, monkeypatch, mode):
    monkeypatch.setenv("WANDB_MODE", mode)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    assert check_login() == mode
    start_run(WandbOptions(project="p"), {"lora_rank": 8}).finish()
    folders = list(Path(os.environ["WANDB_DIR"]).glob("wandb/offline-run-*/run-*.wandb"))
    assert len(folders) == (1 if mode == "offline" else 0)


def test_an_unknown_mode_is_reported(own_wandb, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "sometimes")
    with pytest.raises(PipelineError, match="set WANDB_MODE to offline"):
        check_login()


def test_a_run_that_cannot_start_is_reported(monkeypatch):
    import wandb

    def init(**arguments):
        raise ValueError("project not found\nmore")

    monkeypatch.setattr(wandb, "init", init)
    with pytest.raises(PipelineError, match=r"cannot start a run \(project not found\)"):
        start_run(WandbOptions(), {})
