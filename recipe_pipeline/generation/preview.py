"""One result on the terminal, before a long run (--preview of 02 and 03)."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

from recipe_pipeline.common.progress import MessagesOnly, format_seconds
from recipe_pipeline.common.stage_folder import FailureLog, stage_path
from recipe_pipeline.common.wording import counted
from recipe_pipeline.generation.ray_worker import CountingStage
from recipe_pipeline.generation.run import WorkList, ask_server
from recipe_pipeline.generation.settings import GenerationSettings, StageSettings
from recipe_pipeline.llm.stage import StageRun


def preview(
    stage: CountingStage,
    work: WorkList,
    place: StageSettings,
    settings: GenerationSettings,
    notes: Callable[[], list[str]],
) -> int:
    """Print the result for the first item; returns the exit code. Raises PipelineError.

    The stage writes into a temporary folder; what it would add to a file (metadata) is left out.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stage = replace(stage, settings=replace(stage.settings, output=folder))
        run = StageRun(FailureLog(folder), MessagesOnly())
        first = list(islice(work.items, 1))
        started = time.monotonic()
        ask_server(stage, iter(first), settings.server, settings.runner, run)
        report = run.report
        if report.error is not None:
            raise report.error
        for item in first if report.done else ():
            text = stage_path(folder, item.stem, place.suffix).read_text("utf-8")
            print(_without_meta(text) if place.suffix == ".json" else text, flush=True)
        if report.failed:
            _show_reply(run.failures.path)
    print(
        f"{place.noun}: {report.done} of {len(first)}, {counted(report.requests, 'request')}, "
        f"{report.prompt_tokens:,} tokens in and {report.completion_tokens:,} out, "
        f"{format_seconds(time.monotonic() - started)}; nothing was written",
        *notes(),
        sep="\n",
        file=sys.stderr,
    )
    return 0 if report.done else 1


def _without_meta(text: str) -> str:
    record = json.loads(text)
    shown = {key: value for key, value in record.items() if key != "meta"}
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _show_reply(log: Path) -> None:
    """Print the raw reply of the item that failed."""
    failure = json.loads(log.read_text("utf-8").splitlines()[-1])
    if reply := failure.get("reply") or failure.get("reasoning"):
        print(f"the last reply:\n{reply}", file=sys.stderr)
