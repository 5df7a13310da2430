import json

import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.page import read_page
from tests.extraction.kitchen import html_text

RECIPE = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Lemon Rice",
    "recipeIngredient": ["1 cup rice", "1 lemon"],
    "recipeInstructions": [{"@type": "HowToStep", "text": "Boil the rice."}],
    "totalTime": "PT25M",
}

ARTICLE = """<!DOCTYPE html><html><head><title>Blog | Lemon Rice</title>
<script>document.write("EVIL SCRIPT")</script><style>.x{color:red}</style></head>
<body><nav><a href="/">Home</a></nav><article><h1>Lemon Rice</h1>
<p>My aunt made this rice every Sunday, and I still think of her whenever a lemon rolls off the
kitchen counter. It takes less than half an hour and one pot.</p>
<h2>Ingredients</h2><ul><li>1 cup rice</li><li>2 &frac12; cups water</li></ul>
<h2>Directions</h2><ol><li>Boil the rice in the water for 15 minutes.</li>
<li>Squeeze the lemon over it.</li></ol></article>
<footer onclick="steal()">Imprint</footer></body></html>"""


class TestText:
    def test_the_article_is_kept_and_scripts_are_not(self):
        text = html_text(ARTICLE)
        assert text.startswith("Lemon Rice")
        assert "2 ½ cups water" in text
        assert "Squeeze the lemon" in text
        assert "EVIL" not in text
        assert "steal" not in text

    def test_plain_text_is_unchanged_except_line_ends(self):
        document = read_page(b"Soup\r\n\r\n1 < 2 cups\rstock", "a.txt")
        assert document.text == "Soup\n\n1 < 2 cups\nstock"
        assert document.recipe == {}

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ('# Soup\n\n<div class="tip">Salt it late.</div>\n\n- 2 leeks', "soup.md"),
            ('<div class="tip">Salt it late.</div>\n\n# Soup\n\n- 2 leeks', "soup.md"),
            ("Soup\n<p>\n2 leeks", "soup.txt"),
            ("Soup\n<p>\n2 leeks", "standard input"),
            ("<Best Soup Ever>\n2 leeks", "standard input"),
        ],
    )
    def test_plain_text_with_a_tag_is_not_html(self, text, name):
        assert read_page(text.encode(), name).text == text

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("<div><p>2 leeks</p></div>", "standard input"),
            ("<b></b><p>2 leeks</p>", "standard input"),
            ("<!-- part --><p>2 leeks</p>", "https://example.com/soup"),
            ("2 <p>leeks", "part.html"),
            ("<font size=5>2</font><br>leeks", "old.htm"),
            ("<blockquote>2 leeks</blockquote>", "quote.html"),
            ("<html><body><p>2 leeks</p></body></html>", "saved.txt"),
            ("<!-- saved -->\n<!DOCTYPE html><p>2 leeks</p>", "https://example.com/soup"),
        ],
    )
    def test_html_is_recognised_by_its_tags(self, text, name):
        assert read_page(text.encode(), name).text.split() == ["2", "leeks"]

    def test_a_fragment_yields_its_text(self):
        text = html_text("<div><script>bad()</script><p>1 egg</p><p>Boil it.</p></div>")
        assert "1 egg" in text
        assert "bad()" not in text

    def test_a_page_without_text_is_refused(self):
        with pytest.raises(PipelineError, match="no readable text"):
            read_page(b"<html><body><script>x()</script></body></html>", "x")

    def test_deeply_nested_markup_does_not_break_it(self):
        nested = "<div>" * 20_000 + "2 cups flour" + "</div>" * 20_000
        assert read_page(f"<html><body><p>Cake</p>{nested}".encode(), "x").text

    def test_a_page_without_text_still_has_its_recipe(self):
        block = f'<script type="application/ld+json">{json.dumps(RECIPE)}</script>'
        content = f"<html><head>{block}</head><body><div id=root></div></body></html>"
        document = read_page(content.encode(), "page.html")
        assert (document.text, document.recipe["name"]) == ("", "Lemon Rice")

    def test_a_page_has_text_and_recipe(self):
        content = ARTICLE.replace(
            "</head>", f'<script type="application/ld+json">{json.dumps(RECIPE)}</script></head>'
        )
        document = read_page(content.encode(), "page.html")
        assert document.recipe["name"] == "Lemon Rice"
        assert "aunt" in document.text
        assert "@context" not in document.text
