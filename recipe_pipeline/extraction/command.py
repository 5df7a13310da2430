"""Script 08 as a whole: one document or a folder."""

from __future__ import annotations

import os

from recipe_pipeline.extraction.document import extract_document
from recipe_pipeline.extraction.folder import extract_folder
from recipe_pipeline.extraction.settings import STDIN, ExtractionSettings

NOTHING_FOUND = 3
"""Exit code if everything went well and there was no recipe."""


def extract(settings: ExtractionSettings) -> int:
    """Run 08; returns the exit code. Raises PipelineError."""
    # Not Path.is_dir, which raises for a text that somebody passes instead of a path.
    if settings.source == STDIN or not os.path.isdir(settings.source):
        code, is_empty = 0, extract_document(settings).is_empty
    else:
        code, is_empty = extract_folder(settings)
    return code or (NOTHING_FOUND if is_empty else 0)
