"""The page of the server in a real, headless Chromium: as used, on a phone, and with hostile recipes."""

from __future__ import annotations

import json

import pytest

from tests.chromium import NEEDS_CHROMIUM, find, look
from tests.extraction.kitchen import html_with
from tests.serving.kitchen import post_of, recipe_of, serving

pytestmark = NEEDS_CHROMIUM

HOSTILE = "<img src=x onerror='window.hacked=1'><script>window.hacked=2</script>"


@pytest.fixture
def page(browser, server):
    look(browser, 1280, "light")
    browser.get(server.url)
    browser.get_log("browser")
    return browser


def extract(page, source):
    """Paste ``source`` as a user does, and wait for the answer."""
    from selenium.webdriver.support.ui import WebDriverWait

    page.execute_script("document.getElementById('source').value = arguments[0]", source)
    find(page, "#go").click()
    WebDriverWait(page, 120).until(
        lambda _: find(page, "#result").is_displayed() or find(page, "#problem").is_displayed()
    )


def texts(page, selector):
    return [element.text for element in page.find_elements("css selector", selector)]


def test_a_text_becomes_a_recipe_that_a_person_reads(page):
    extract(page, post_of("Rye"))
    assert texts(page, "article h2") == ["Rye"]
    assert texts(page, "article ul li") == recipe_of("Rye")["recipeIngredient"]
    assert texts(page, "article ol li")[1] == "Bake for 20 minutes."
    assert texts(page, ".facts div") == ["Prep\n10 min"]
    assert not find(page, "#notes").is_displayed()
    find(page, "summary").click()
    assert json.loads(find(page, "#json").text) == recipe_of("Rye")
    assert page.get_log("browser") == []


def test_the_source_of_a_page_with_sections_and_notes(page):
    section = {
        "@type": "HowToSection",
        "name": "For the icing",
        "itemListElement": [{"@type": "HowToStep", "text": "Stir."}],
    }
    recipe = {**recipe_of("Cake"), "totalTime": "PT1H30M", "recipeYield": "8 slices"}
    recipe["recipeInstructions"] = [*recipe["recipeInstructions"], section]
    extract(page, html_with(recipe))
    assert texts(page, "article h4") == ["For the icing"]
    assert "Total\n1 h 30 min" in texts(page, ".facts div")
    assert "JSON-LD recipe" in find(page, "#notes").text


def test_no_recipe_and_errors_are_said(page):
    extract(page, "Nice weather today.")
    assert "no recipe found" in find(page, "#notes").text
    assert not find(page, "#data").is_displayed()
    extract(page, "http://127.0.0.1:1/")
    assert "--allow-private" in find(page, "#problem").text
    assert not find(page, "#result").is_displayed()


def test_hostile_recipes_only_appear_as_text(page):
    extract(page, "Hello\n" + post_of(HOSTILE))
    assert HOSTILE in find(page, "article h2").text
    assert HOSTILE in find(page, "article ul").text
    assert page.execute_script("return window.hacked") is None
    assert page.execute_script("return document.images.length") == 0


def test_the_policy_stops_what_escaping_would_miss(page):
    page.execute_script(
        "const div = document.createElement('div');"
        'div.innerHTML = \'<img src="data:," onerror="window.slipped = 1">\';'
        "document.body.append(div);"
        "const script = document.createElement('script');"
        "script.textContent = 'window.slipped = 2'; document.body.append(script);"
    )
    assert page.execute_script("return window.slipped") is None


def test_nothing_is_loaded_from_elsewhere(page):
    script = "return performance.getEntriesByType('resource').map(entry => entry.name)"
    assert [n for n in page.execute_script(script) if not n.startswith("data:")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_can_be_read(page, width, scheme):
    look(page, width, scheme)
    extract(page, html_with({**recipe_of("Rye"), "name": "Rye" * 60}))
    page_width, room = page.execute_script(
        "const root = document.documentElement; return [root.scrollWidth, root.clientWidth]"
    )
    assert page_width == room <= width
    assert find(page, "#go").size["height"] >= 40


def test_a_key_is_asked_for(browser):
    with serving(serve_key="s3cret") as running:
        browser.get(running.url)
        assert not find(browser, "#key").is_displayed()
        extract(browser, post_of("Rye"))
        assert "key" in find(browser, "#problem").text
        find(browser, "#key").send_keys("s3cret")
        extract(browser, post_of("Rye"))
        assert texts(browser, "article h2") == ["Rye"]
