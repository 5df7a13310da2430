"""Running the numbered scripts: failures, interruptions, access to the model hub."""

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.workflows import steps


@pytest.fixture
def run_stage(monkeypatch, tmp_path):
    """Run a script with this source through ``steps.run_script``."""

    def run(source, **options):
        (tmp_path / "stage.py").write_text(source, encoding="utf-8")
        monkeypatch.setattr(steps, "PROJECT_ROOT", tmp_path)
        steps.run_script(["stage.py"], **options)

    return run


def test_a_failing_stage_is_named(run_stage):
    with pytest.raises(PipelineError, match=r"stage\.py ended with exit code 1"):
        run_stage("raise SystemExit(1)")


@pytest.mark.parametrize(
    ("signal", "message"), [(9, "killed by the system.*memory"), (6, "signal 6")]
)
def test_a_killed_stage_leaves_no_message_of_its_own(run_stage, signal, message):
    with pytest.raises(PipelineError, match=message):
        run_stage(f"import os\nos.kill(os.getpid(), {signal})")


def test_an_interrupted_stage_interrupts_the_workflow(run_stage):
    with pytest.raises(KeyboardInterrupt):
        run_stage("raise SystemExit(130)")


@pytest.mark.parametrize(("offline", "code"), [(True, 3), (False, 4)])
def test_the_hub_is_reachable_only_when_needed(run_stage, monkeypatch, offline, code):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    source = "import os\nraise SystemExit(3 if 'HF_HUB_OFFLINE' in os.environ else 4)"
    with pytest.raises(PipelineError, match=f"exit code {code}"):
        run_stage(source, offline=offline)


def test_flags_of_a_command():
    command = steps.script_command("05_finetune.py", max_steps=-1, save_gguf=True)
    assert command == ["05_finetune.py", "--max-steps", "-1", "--save-gguf"]
