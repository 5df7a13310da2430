"""Script 08 as a whole: one document or a folder, a local model or a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from recipe_pipeline.extraction.extract import ExtractionSettings
from recipe_pipeline.extraction.fetch import FetchLimits
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings

if TYPE_CHECKING:
    from recipe_pipeline.extraction.models import LocalModel, ServerModel


@dataclass(frozen=True)
class ExtractionCommand:
    """What to extract from, with what, to where. ``server`` None means a local ``model``."""

    source: str
    output: Path | None = None
    model: str | None = None
    server: ServerSettings | None = None
    constrained: bool = False
    full_instructions: bool = False
    overwrite: bool = False
    limits: FetchLimits = field(default_factory=FetchLimits)
    runner: RunnerSettings = field(default_factory=RunnerSettings)
    settings: ExtractionSettings = field(default_factory=ExtractionSettings)

    def run(self) -> int:
        """Returns the exit code; raises PipelineError."""
        from recipe_pipeline.extraction import folder as extraction_folder
        from recipe_pipeline.extraction.models import connect, load_local
        from recipe_pipeline.extraction.run import extract_one
        from recipe_pipeline.extraction.sources import STDIN

        _ = (
            self.settings.post_budget
        )  # a context that is too small is told before a model is loaded
        folder = Path(self.source)

        def local() -> LocalModel:
            return load_local(self.model, self.settings, self.constrained)

        def remote() -> ServerModel:
            assert self.server is not None
            return connect(
                self.server, self.constrained, self.full_instructions, self.runner.max_retries
            )

        if self.source == STDIN or not folder.is_dir():
            load_model = remote if self.server else local
            return extract_one(self.source, load_model, self.settings, self.limits, self.output)
        output = extraction_folder.check_output(folder, self.output, self.settings)
        job = extraction_folder.FolderJob(output, self.settings)
        if self.server is None:
            return extraction_folder.extract_folder_locally(
                folder, job, local, self.limits, self.overwrite
            )
        return extraction_folder.extract_folder_from_server(
            folder, job, self.server, remote, self.runner, self.limits, self.overwrite
        )
