"""What 02 and 03 have in common: a stage, run by this process or by Ray."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator
from typing import Any

from recipe_pipeline.generation.preview import preview
from recipe_pipeline.generation.ray_engine import run_on_ray
from recipe_pipeline.generation.ray_session import require_ray
from recipe_pipeline.generation.ray_worker import CountingStage, Job
from recipe_pipeline.generation.run import WorkList, ask_server, update_folder
from recipe_pipeline.generation.settings import GenerationSettings, StageSettings
from recipe_pipeline.llm.stage import StageRun


def run_stage(
    stage: CountingStage,
    list_work: Callable[[Container[str]], WorkList],
    place: StageSettings,
    settings: GenerationSettings,
    notes: Callable[[], list[str]] = list,
) -> int:
    """Bring the output folder up to date with answers from the server; see `update_folder`.

    With --preview, print one result instead.
    """
    if settings.preview:
        return preview(stage, list_work(()), place, settings, notes)
    on_ray = settings.engine.engine == "ray"
    if on_ray:
        require_ray()

    def work(items: Iterator[Any], run: StageRun) -> None:
        if not on_ray:
            return ask_server(stage, items, settings.server, settings.runner, run)
        job = Job(stage, place, settings.server, settings.runner, os.getcwd())
        run_on_ray(job, settings.engine, items, run)

    return update_folder(list_work, work, place, notes)
