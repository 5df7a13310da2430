"""Bar charts are HTML; labels are only ever text."""

import pytest

from recipe_pipeline.common import html
from recipe_pipeline.evaluation.charts import BarChart, charts
from tests.html_page import Page

ROWS = [("name", [(0.5, 0.4, 0.6), (0.9, 0.8, 1.0)]), ("yield", [None, (1.0, 1.0, 1.0)])]


def draw(plot):
    return Page(html.render("plot_page.html.j2", {"title": "t", "plot": plot}))


@pytest.fixture(autouse=True)
def template_of_one_plot(monkeypatch, tmp_path):
    for file in html.TEMPLATES.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    page = '{% import "plots.html.j2" as draw %}{{ draw.figures([plot]) }}'
    (tmp_path / "plot_page.html.j2").write_text(page)
    monkeypatch.setattr(html, "TEMPLATES", tmp_path)


def test_bars_show_every_row_series_and_number():
    page = draw(BarChart("Fields", ["base", "tuned"], ROWS))
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


def test_the_longest_interval_of_errors_fills_the_width():
    metrics = {"unsupported_steps": {"value": 0.1, "low": 0.1, "high": 0.2}}
    [chart] = charts([{"model": "m", "metrics": metrics}], {})
    assert draw(chart).named("i")[0]["style"] == "width:50.0%"


@pytest.mark.parametrize(
    "label", ["<script>alert(1)</script>", "$\\frac{1$", "{{ 7 * 7 }}", "a & b", '"><x', "½ 酱 🍕"]
)
def test_a_label_is_escaped_text(label):
    page = draw(BarChart(label, [label, "b"], [(label, [(0.5, 0.5, 0.5), (1, 1, 1)])]))
    assert page.texts["figcaption"] == page.texts["th"] == [label]
    assert not page.named("script")
    assert not page.named("x")
