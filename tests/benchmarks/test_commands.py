"""The benchmarks that the documentation names can be started."""

import importlib
import json
import pkgutil

import pytest

import benchmarks
from benchmarks import page_text

NAMES = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.ispkg)


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_can_be_imported(name):
    importlib.import_module(f"benchmarks.{name}")


def test_the_text_of_pages_is_compared_with_gold(tmp_path, monkeypatch, capsys):
    gold = {
        "name": "Leek soup",
        "ingredients": ["2 leeks", "1 litre stock"],
        "instructions": ["Simmer the leeks in the stock."],
        "cook_time": 20,
    }
    html = (
        "<h1>Leek soup</h1><p>Cook time: 20 minutes</p><ul><li>2 leeks</li><li>1 litre stock</li></ul>"
        "<p>Simmer the leeks in the stock.</p>"
    )
    (tmp_path / "soup.html").write_text(html, encoding="utf-8")
    line = json.dumps({"id": "soup", "file": "soup.html", "gold": gold})
    (tmp_path / "index.jsonl").write_text(line + "\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["page_text", "--pages", str(tmp_path)])
    page_text.main()
    shown = capsys.readouterr().out.splitlines()
    for kind in ("ingredients", "steps", "title", "cook_time"):
        [row] = [row for row in shown if row.startswith(kind)]
        assert row.endswith("1.000")
