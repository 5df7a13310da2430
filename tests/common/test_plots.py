"""Plots are HTML and inline SVG; labels are only ever text."""

import pytest

from recipe_pipeline.common.html import render
from recipe_pipeline.common.plots import bar_chart, histogram, line_chart
from tests.html_page import Page

ROWS = [("name", [(0.5, 0.4, 0.6), (0.9, 0.8, 1.0)]), ("yield", [None, (1.0, 1.0, 1.0)])]


def draw(plot):
    context = {"title": "t", "plot": plot}
    return Page(render("plot_page.html.j2", context))


@pytest.fixture(autouse=True)
def template_of_one_plot(monkeypatch, tmp_path):
    from recipe_pipeline.common import html

    for file in html.TEMPLATES.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    page = '{% import "plots.html.j2" as draw %}{{ draw.figures([plot]) }}'
    (tmp_path / "plot_page.html.j2").write_text(page)
    monkeypatch.setattr(html, "TEMPLATES", tmp_path)


def test_bars_show_every_row_series_and_number():
    page = draw(bar_chart("Fields", ROWS, ["base", "tuned"]))
    assert page.texts["th"] == ["name", "yield"]
    assert [text for text in page.texts["span"] if text.strip()] == [
        *("base: ", "0.50", "tuned: ", "0.90"),
        *("tuned: ", "1.00"),
    ]
    assert [i["style"] for i in page.named("i") if "style" in i] == [
        "width:50.0%",
        "width:90.0%",
        "width:100.0%",
    ]
    # Whiskers from 0.4 to 0.6 and from 0.8 to 1; an interval without width has none.
    assert [b["style"] for b in page.named("b")] == [
        "left:40.0%;width:20.0%",
        "left:80.0%;width:20.0%",
    ]


def test_without_a_scale_the_longest_interval_fills_the_width():
    page = draw(bar_chart("Errors", [("a", [(0.1, 0.1, 0.2)])], ["m"], scale=None))
    assert page.named("i")[0]["style"] == "width:50.0%"


def test_a_histogram_counts_every_value_and_marks_the_limit():
    plot = histogram("Length", [1, 2, 2, 3], "tokens", 11)
    # Five bins of 0.4 from 1 to 3 with 1, 0, 2, 0 and 1 values; the axis ends at the limit.
    assert [round(height) for *_, height in plot.rectangles] == [50, 100, 50]
    assert plot.marker == 100
    [image] = draw(plot).named("svg")
    assert image["role"] == "img"
    assert image["aria-label"] == "4 values from 1 to 3 tokens; the limit is 11"


def test_equal_values_have_a_histogram():
    assert len(histogram("Length", [5, 5], "tokens", 5).rectangles) == 1


def test_a_curve_runs_from_left_to_right_and_falls_with_the_loss():
    plot = line_chart("Loss", {"m": [(1, 2.0), (2, float("nan")), (3, 1.0)]}, "step", "nats")
    assert plot.curves == (("m", "0.00,0.00 100.00,50.00"),)
    assert plot.summary == "m from 2 to 1"
    assert [line["points"] for line in draw(plot).named("polyline")] == ["0.00,0.00 100.00,50.00"]


@pytest.mark.parametrize(
    "label", ["<script>alert(1)</script>", "$\\frac{1$", "{{ 7 * 7 }}", "a & b", '"><x', "½ 酱 🍕"]
)
def test_a_label_is_escaped_text(label):
    rows = [(label, [(0.5, 0.5, 0.5), (1, 1, 1)])]
    page = draw(bar_chart(label, rows, [label, "b"]))
    assert page.texts["figcaption"] == page.texts["th"] == [label]
    assert not page.named("script")
    assert not page.named("x")


def test_without_values_there_is_no_plot():
    assert bar_chart("t", [], ["a"]) is None
    assert histogram("t", [], "tokens", 1) is None
    assert line_chart("t", {"a": []}, "x", "y") is None
