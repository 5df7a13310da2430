"""Numbers of the plots in the reports; ``templates/plots.html.j2`` draws them as HTML and SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_BINS = 40

Interval = tuple[float, float, float]
"""Value, lower and upper end."""


@dataclass(frozen=True)
class BarChart:
    """One group of bars per row, one colour per series; ``scale`` is the full width."""

    title: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Interval | None, ...]], ...]
    scale: float
    kind: str = "bars"


@dataclass(frozen=True)
class XYPlot:
    """``rectangles`` (x, y, width, height) and ``curves`` (name, points) on a field of 100 x 100
    with y pointing down, as SVG wants it. ``marker`` is the x of a vertical line, ``x_ticks`` and
    ``y_ticks`` are (percent, label), ``summary`` is the text alternative."""

    title: str
    x: str
    y: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    summary: str
    rectangles: tuple[tuple[float, float, float, float], ...] = ()
    curves: tuple[tuple[str, str], ...] = ()
    marker: float | None = None
    kind: str = "xy"


def bar_chart(
    title: str,
    rows: Sequence[tuple[str, Sequence[Interval | None]]],
    series: Sequence[str],
    scale: float | None = 1.0,
) -> BarChart | None:
    """None when there are no rows; without ``scale`` the longest interval fills the width."""
    if not rows:
        return None
    longest = max((cell[2] for _, cells in rows for cell in cells if cell), default=0)
    cells = tuple((label, tuple(cells)) for label, cells in rows)
    return BarChart(title, tuple(series), cells, scale or longest or 1.0)


def histogram(title: str, values: Sequence[float], unit: str, limit: float) -> XYPlot | None:
    """Distribution of ``values`` with a line at ``limit``; None when there are no values."""
    if not values:
        return None
    low, high = min(values), max(values)
    bins = min(MOST_BINS, max(5, len(set(values))))
    width = (high - low) / bins or 1.0
    counts = [0] * bins
    for value in values:
        counts[min(int((value - low) / width), bins - 1)] += 1
    start, end = min(low, limit), max(low + bins * width, limit)
    top = _round_up(max(counts))

    def percent(x: float) -> float:
        return 100 * (x - start) / (end - start)

    return XYPlot(
        title,
        unit,
        "examples",
        tuple((percent(x), f"{x:,.0f}") for x in (low, high) if x != limit),
        _y_ticks(top),
        f"{len(values):,} values from {low:,.0f} to {high:,.0f} {unit}; the limit is {limit:,.0f}",
        rectangles=tuple(
            (
                percent(low + i * width),
                100 - 100 * n / top,
                100 * width / (end - start),
                100 * n / top,
            )
            for i, n in enumerate(counts)
            if n
        ),
        marker=percent(limit),
    )


def line_chart(
    title: str, curves: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str
) -> XYPlot | None:
    """Curves of (x, y) points with y from 0; None when none has a finite point."""
    finite = {name: [p for p in points if math.isfinite(p[1])] for name, points in curves.items()}
    shown = {name: points for name, points in finite.items() if points}
    if not shown:
        return None
    positions = [point[0] for points in shown.values() for point in points]
    start, end = min(positions), max(positions)
    top = _round_up(max(point[1] for points in shown.values() for point in points))

    def place(point: tuple[float, float]) -> str:
        across = 100 * (point[0] - start) / ((end - start) or 1)
        return f"{across:.2f},{100 - 100 * point[1] / top:.2f}"

    ends = (f"{name} from {p[0][1]:.3g} to {p[-1][1]:.3g}" for name, p in shown.items())
    return XYPlot(
        title,
        x,
        y,
        tuple((100 * i, f"{value:g}") for i, value in enumerate(dict.fromkeys((start, end)))),
        _y_ticks(top),
        ", ".join(ends),
        curves=tuple((name, " ".join(map(place, points))) for name, points in shown.items()),
    )


def _y_ticks(top: float) -> tuple[tuple[float, str], ...]:
    return tuple((100 * share, f"{top * (1 - share):g}") for share in (0.0, 0.5, 1.0))


def _round_up(value: float) -> float:
    """A round number just above: 7 -> 8, 0.31 -> 0.4."""
    if value <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(value))
    steps = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)
    return next(step * power for step in steps if step * power >= value * (1 - 1e-9))
