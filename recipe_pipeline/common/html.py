"""HTML pages of the reports: one static file each, no network, readable from the disk.

Posts and answers are untrusted text. Three layers keep them harmless: Jinja2 escapes every value
(no value is placed inside a script), the only script is part of the template, and a
Content-Security-Policy makes the browser run that script (by its SHA-256) and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from recipe_pipeline.common.storage import write_atomic

TEMPLATES = Path(__file__).parent / "templates"


def write_page(path: Path, template: str, context: Mapping[str, Any]) -> None:
    """Render a template of this package to ``path``."""
    write_atomic(path, render(template, context))


def render(template: str, context: Mapping[str, Any]) -> str:
    """A template of this package as a whole page."""
    from markupsafe import Markup

    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        _environment(TEMPLATES)
        .get_template(template)
        .render(**context, style=Markup(style), script=Markup(script), script_sha256=digest)
    )


@cache
def _environment(folder: Path) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marks"] = _marks
    return environment


def _marks(text: str) -> Any:
    """The ``code`` and *emphasis* marks of the metric definitions as HTML; all else is escaped."""
    from markupsafe import Markup, escape

    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", html))
