"""Plain text of a post that a language model wrote as Markdown although it was asked not to.

Only clear markup is removed: heading marks, bold, links, tables with a delimiter row, and italics in a
text that has one of these. Lists, "1 * 2", "***", "#pasta" and all other lines stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_HEADING = re.compile(r"\s*(?:#{2,6}\s|#\s+[^\Wa-z\d_])")  # not "# of servings"
_MARKS = re.compile(r"^\s{0,3}#{1,6}\s|\*\*|__|\]\(|\|\s*:?-|-:?\s*\|", re.MULTILINE)
_CELL_GAP = " | "
_Edit = tuple[int, "str | None"]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Lists, quotes, code, HTML and escapes are read as the text they are.
    rules = ["heading", "table", "emphasis", "balance_pairs", "link", "image"]
    return MarkdownIt("zero").enable(rules)


def without_markdown(text: str) -> str:
    """``text`` without Markdown; plain text is returned unchanged."""
    if not _MARKS.search(text):
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tokens = _parser().parse("\n".join(lines))
    if not dict(_edits(tokens, lines, italics=False)):
        return text
    edits = dict(_edits(tokens, lines, italics=True))
    kept = (edits.get(number, line) for number, line in enumerate(lines))
    return "\n".join(line for line in kept if line is not None)


def _edits(tokens: Sequence[Token], lines: Sequence[str], italics: bool) -> Iterator[_Edit]:
    """The lines that change, by number: their new text, or None for a line that goes."""
    row, cells = 0, []
    for around, token in pairwise(tokens):
        if token.type == "tr_close":
            # The parser drops what a row has beyond the columns of its table.
            is_whole = lines[row].strip().strip("|").count("|") < len(cells)
            yield row, _CELL_GAP.join(filter(None, cells)) if is_whole else lines[row].strip(" |")
            cells = []
        elif around.type == "table_open":
            yield around.map[0] + 1, None  # the row of dashes
        if token.type != "inline":
            continue
        plain = _plain(token.children or [], italics)
        first, end = token.map
        if around.type in ("th_open", "td_open"):
            row = first
            cells.append(plain.strip())
        elif around.type == "heading_open":
            if _HEADING.match(lines[first]):
                yield first, plain.strip()
        elif plain != token.content:
            before = "\n".join(lines[first:end])
            after = before.replace(token.content, plain, 1).split("\n")
            yield from ((at, new) for at, new in enumerate(after, start=first) if new != lines[at])


def _plain(children: Sequence[Token], italics: bool) -> str:
    """Inline text without its marks; those around several lines or inside words stay."""
    out: list[str] = []
    opened: list[int] = []
    for at, token in enumerate(children):
        if token.type == "image":
            out.append(token.content)
        elif token.nesting == 1:
            opened.append(len(out))
            out.append(token.markup)
        elif token.nesting == -1:
            start = opened.pop()
            is_inside_em = any(out[place] in ("*", "_") for place in opened)
            is_mark = (
                italics
                or token.type == "link_close"
                or not (token.type == "em_close" or is_inside_em)
            )
            following = children[at + 1].content if at + 1 < len(children) else ""
            is_apart = not (_last(out, start).isalnum() or following[:1].isalnum())
            if is_mark and is_apart and "\n" not in "".join(out[start:]):
                out[start] = ""
            else:
                out.append(token.markup)
        else:
            out.append(token.content)
    return "".join(out)


def _last(pieces: Sequence[str], end: int) -> str:
    """The last character of the first ``end`` pieces, or ""."""
    while end and not pieces[end - 1]:
        end -= 1
    return pieces[end - 1][-1] if end else ""
