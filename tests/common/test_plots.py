"""Plots are inline SVG that follows the page's colours and trusts no label."""

import re
from xml.etree import ElementTree

import pytest

from recipe_pipeline.common.plots import bar_chart, histogram, line_chart

ROWS = [("name", [(0.5, 0.4, 0.6), (0.9, 0.8, 1.0)]), ("yield", [None, (1.0, 1.0, 1.0)])]


def test_bars_show_every_row_and_series_and_say_the_numbers():
    svg = str(bar_chart("Fields", ROWS, ["base", "tuned"]))
    root = ElementTree.fromstring(svg.replace("currentColor", "#000"))
    texts = {"".join(text.itertext()) for text in root.iter() if text.tag.endswith("text")}
    assert {"name", "yield", "base", "tuned", "Fields"} <= texts
    assert root.attrib["role"] == "img"
    label = root.attrib["aria-label"]
    assert label == "Fields: name base 0.50, tuned 0.90; yield tuned 1.00"


def test_ink_follows_the_page_and_nothing_is_fetched():
    svg = str(line_chart("Loss", {"m": [(1, 2.0), (2, 1.0)]}, "step", "loss"))
    assert "currentColor" in svg
    assert "var(--line)" in svg
    assert "#010203" not in svg
    assert "<metadata" not in svg
    assert "<?xml" not in svg
    assert "DOCTYPE" not in svg
    assert not re.search(r"(?:href|src)=\"(?!#)[^\"]*\"", svg)


def test_plots_are_repeatable_and_share_no_ids():
    one = str(histogram("Length", [1, 2, 2, 3], "tokens", 10))
    assert one == str(histogram("Length", [1, 2, 2, 3], "tokens", 10))
    two = str(histogram("Other", [1, 2, 2, 3], "tokens", 10))
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    "label", ["<script>alert(1)</script>", "$\\frac{1$", "_hidden", "a & b", '"><x', "½ 酱 🍕", "%"]
)
def test_a_label_is_text_whatever_it_holds(label):
    svg = str(bar_chart(label, [(label, [(0.5, 0.5, 0.5), (1, 1, 1)])], [label, "b"]))
    root = ElementTree.fromstring(svg)
    assert root.attrib["aria-label"].startswith(label)
    assert not [element for element in root.iter() if "script" in str(element.tag).lower()]


def test_nothing_to_show_is_no_plot():
    assert bar_chart("t", [], ["a"]) == ""
    assert histogram("t", [], "tokens") == ""
    assert line_chart("t", {"a": []}, "x", "y") == ""


def test_the_limit_is_drawn_and_said():
    svg = str(histogram("Length", [5, 6, 7], "tokens", 8192))
    assert "limit 8,192" in svg
    assert "3 values from 5 to 7 tokens, limit 8,192" in svg
