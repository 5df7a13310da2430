"""Plots for the reports: matplotlib figures as inline SVG that follows the page's colours.

Text and lines take the page's own colour (``currentColor``, ``--line``), so one plot serves light
and dark pages. Bars use the Okabe-Ito colours, which people with colour blindness can tell apart;
every plot has a text alternative, and the numbers stand in a table of the page as well.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from io import StringIO
from typing import Any, ParamSpec

from markupsafe import Markup, escape

from recipe_pipeline.common.errors import PipelineError

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")

_INK, _GRID = "#010203", "#010204"  # stand-ins, replaced by CSS colours in the SVG
_WIDTH = 4.9  # inches; at 72 px per inch it fits a phone's screen at full size
_TITLE_ROOM = 0.32

_STYLE = {
    # Labels are other people's text: a "$" in them is no formula.
    "text.parse_math": False,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "font.size": 9,
    "svg.fonttype": "none",
}

P = ParamSpec("P")
Interval = tuple[float, float, float]
"""Value, lower and upper end."""


def _styled(draw: Callable[P, Markup]) -> Callable[P, Markup]:
    """Run ``draw`` under the style of the reports: matplotlib reads it whenever it makes a text."""

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Markup:
        try:
            from matplotlib import rc_context
        except ImportError as error:
            raise PipelineError("the report needs matplotlib: pip install matplotlib") from error
        with rc_context(_STYLE):
            return draw(*args, **kwargs)

    return styled


@_styled
def bar_chart(
    title: str,
    rows: Sequence[tuple[str, Sequence[Interval | None]]],
    series: Sequence[str],
    limit: float | None = 1.0,
) -> Markup:
    """Horizontal bars, one group per row and one colour per series, with intervals as whiskers.

    ``limit`` is the right end of the axis (None: from the data). "" when there are no rows.
    """
    if not rows:
        return Markup("")
    bar = 0.8 / max(len(series), 1)
    labels = [_short(label) for label, _ in rows]
    figure, axes = _figure(
        title,
        height=len(rows) * max(0.3, 0.17 * len(series) + 0.1),
        left=0.2 + 0.07 * max(map(len, labels)),
        below=0.3 + _legend_room(len(series)),
    )
    for number, name in enumerate(series):
        shown = [(row, cells[number]) for row, (_, cells) in enumerate(rows) if cells[number]]
        if not shown:
            continue
        values = [cell[0] for _, cell in shown]
        has_intervals = any(cell[1] < cell[2] for _, cell in shown)
        axes.barh(
            [row + (number - (len(series) - 1) / 2) * bar for row, _ in shown],
            values,
            height=bar * 0.92,
            color=PALETTE[number % len(PALETTE)],
            label=name,
            xerr=[
                [max(0.0, cell[0] - cell[1]) for _, cell in shown],
                [max(0.0, cell[2] - cell[0]) for _, cell in shown],
            ],
            error_kw={"ecolor": _INK, "elinewidth": 0.9, "capsize": 2 if has_intervals else 0},
        )
    axes.set_yticks(range(len(rows)), labels)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    if limit is not None:
        axes.set_xlim(0, limit)
    axes.grid(axis="x", color=_GRID, linewidth=0.7)
    if len(series) > 1:
        _legend(figure, axes, len(series))
    return _svg(figure, f"{title}: {_spoken(rows, series)}")


@_styled
def histogram(title: str, values: Sequence[float], unit: str, limit: float | None = None) -> Markup:
    """Distribution of ``values``; ``limit`` is drawn as a line. "" when there are no values."""
    if not values:
        return Markup("")
    room = 0.5 + (_legend_room(2) if limit is not None else 0)
    figure, axes = _figure(title, height=1.8, left=0.6, below=room)
    axes.hist(values, bins=min(40, max(5, len(set(values)))), color=PALETTE[0])
    axes.set_xlabel(unit)
    axes.set_ylabel("examples")
    axes.grid(axis="y", color=_GRID, linewidth=0.7)
    spoken = f"{title}: {len(values)} values from {min(values):,.0f} to {max(values):,.0f} {unit}"
    if limit is not None:
        axes.axvline(limit, color=PALETTE[5], linestyle="--", label=f"limit {limit:,.0f}")
        _legend(figure, axes, 1)
        spoken += f", limit {limit:,.0f}"
    return _svg(figure, spoken)


@_styled
def line_chart(
    title: str, curves: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str
) -> Markup:
    """Curves of (x, y) points. "" when none has a point."""
    curves = {name: points for name, points in curves.items() if points}
    if not curves:
        return Markup("")
    figure, axes = _figure(
        title, height=1.8, left=0.6, below=0.5 + _legend_room(max(2, len(curves)))
    )
    styles = ("-", "--", "-.", ":")
    for number, (name, points) in enumerate(curves.items()):
        axes.plot(
            [point[0] for point in points],
            [point[1] for point in points],
            color=PALETTE[number % len(PALETTE)],
            linestyle=styles[number % len(styles)],
            marker="." if len(points) < 30 else None,
            label=name,
        )
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color=_GRID, linewidth=0.7)
    _legend(figure, axes, len(curves))
    ends = ", ".join(f"{name} from {p[0][1]:.3g} to {p[-1][1]:.3g}" for name, p in curves.items())
    return _svg(figure, f"{title}: {ends}")


def _figure(title: str, height: float, left: float, below: float) -> tuple[Any, Any]:
    """Axes of ``height`` inches with room to the ``left`` and ``below`` them.

    The room is reckoned from the texts: matplotlib's automatic layouts draw everything twice.
    """
    from matplotlib.figure import Figure

    total = height + below + _TITLE_ROOM
    figure = Figure(figsize=(_WIDTH, total))
    box = (left / _WIDTH, below / total, 1 - (left + 0.15) / _WIDTH, height / total)
    axes = figure.add_axes(box)
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=_INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def _legend_room(entries: int) -> float:
    """Inches that a legend of two columns takes; none for a single entry."""
    return 0.0 if entries < 2 else 0.1 + 0.2 * -(-entries // 2)


def _legend(figure: Any, axes: Any, count: int) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        # A leading underscore would make matplotlib hide the entry.
        [_short(label).lstrip("_") or "(model)" for label in labels],
        loc="lower left",
        ncols=min(count, 2),
        frameon=False,
        fontsize=8,
        labelcolor=_INK,
    )


def _short(label: str) -> str:
    return label if len(label) <= 28 else label[:27] + "…"


def _svg(figure: Any, description: str) -> Markup:
    from matplotlib import rc_context

    buffer = StringIO()
    # The salt makes ids repeatable, and different between the plots of a page.
    with rc_context({"svg.hashsalt": description}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace(_INK, "currentColor").replace(_GRID, "var(--line)")
    # Element ids such as "figure_1" repeat in every plot; only clip paths are referred to.
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    label = f'<svg role="img" aria-label="{escape(description)}"'
    return Markup(svg.replace("<svg", label, 1))


def _spoken(rows: Sequence[tuple[str, Sequence[Interval | None]]], series: Sequence[str]) -> str:
    """The numbers as words, for those who do not see the plot."""
    parts = []
    for label, cells in rows:
        values = [f"{n} {cell[0]:.2f}" for n, cell in zip(series, cells, strict=True) if cell]
        parts.append(f"{label} {', '.join(values)}")
    return "; ".join(parts)
