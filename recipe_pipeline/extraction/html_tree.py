"""Parse a page's HTML into an lxml tree, whatever the page is made of."""

from __future__ import annotations

import re
from typing import Any


def parse_html(page: str) -> Any:
    """The root element of ``page``, or None if there is nothing to parse."""
    import lxml.etree
    import lxml.html

    try:
        # lxml refuses text that declares an encoding.
        body = re.sub(r"^\s*<\?xml[^>]*\?>", "", page)
        return lxml.html.document_fromstring(body)
    except (lxml.etree.LxmlError, ValueError, RecursionError):
        return None
