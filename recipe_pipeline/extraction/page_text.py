"""HTML -> the text that a reader sees. Scripts are never run."""

from __future__ import annotations

from recipe_pipeline.extraction.html_tree import parse_html


def html_text(page: str) -> str:
    """The readable text of a page, title first; "" if there is none."""
    import trafilatura

    try:
        text = trafilatura.extract(
            page, include_comments=False, include_tables=True, favor_recall=True
        )
    except (RecursionError, ValueError, AttributeError):  # markup that breaks its parser
        text = None
    text = (text or _all_text(page)).strip()
    title = _title(page)
    return f"{title}\n\n{text}" if text and title and title not in text[:500] else text


def _title(page: str) -> str:
    tree = parse_html(page)
    heads = tree.xpath("//h1") if tree is not None else []
    texts = [" ".join(head.text_content().split()) for head in heads[:3]]
    return next((text for text in texts if 2 < len(text) < 150), "")


def _all_text(page: str) -> str:
    """All text of the body except scripts and styles, for pages that trafilatura gives up on."""
    tree = parse_html(page)
    if tree is None:
        return ""
    for element in tree.xpath("//script | //style | //noscript | //template | //head"):
        element.drop_tree()
    lines = (" ".join(line.split()) for line in tree.itertext())
    return "\n".join(line for line in lines if line)
