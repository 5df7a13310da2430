"""The evaluation report in a real, headless Chromium: filter, keyboard, widths, hostile posts."""

from __future__ import annotations

import json

import pytest

from recipe_pipeline.evaluation import answers as model_answers
from recipe_pipeline.evaluation import run as evaluation_run
from recipe_pipeline.evaluation.settings import EvaluationSettings, parse_models
from tests.chromium import NEEDS_CHROMIUM, find, look
from tests.evaluation_samples import HOSTILE, ScriptedGenerator, post, recipe, write_chats

pytestmark = NEEDS_CHROMIUM

NAMES = ["Lentil Soup", "Rice Pudding", "Bean Stew", "Corn Bread", "Plum Cake", HOSTILE]


@pytest.fixture(scope="module")
def report_file(tmp_path_factory):
    """Two models over six posts: one copies all, the other forgets every second recipe's lines."""
    folder = tmp_path_factory.mktemp("browser")
    recipes = [recipe(name, (f"1 cup {name}", "2 cups water")) for name in NAMES]
    metas = [{"id": f"{i}", "style": ("plain", "chaotic")[i % 2]} for i in range(len(NAMES))]
    dataset = write_chats(folder / "d.jsonl", recipes, metas=metas)
    by_post = {post(data): (i, data) for i, data in enumerate(recipes)}

    def forgetful(text):
        i, data = by_post[text]
        return json.dumps({**data, "recipeIngredient": ["3 cups moon dust"]} if i % 2 else data)

    models = {
        "copy": ScriptedGenerator(lambda text: json.dumps(by_post[text][1])),
        "forgetful": ScriptedGenerator(forgetful),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_answers, "open_generator", lambda choice, *_: models[choice.label])
        choices = tuple(parse_models(["copy=a", "forgetful=b"]))
        settings = EvaluationSettings(dataset, choices, folder / "out")
        evaluation_run.evaluate(settings)
    return folder / "out/report.html"


@pytest.fixture
def page(browser, report_file):
    """The report, freshly opened at 1440 px in light colours."""
    look(browser, 1440, "light")
    browser.get(report_file.as_uri())
    return browser


def visible_titles(page):
    script = (
        "return [...document.querySelectorAll('.document:not([hidden]) .title')]"
        ".map(element => element.textContent)"
    )
    return page.execute_script(script)


def reset(page):
    """The button's work is done after the click's own event."""
    from selenium.webdriver.support.ui import WebDriverWait

    find(page, "button[type=reset]").click()
    WebDriverWait(page, 120).until(lambda page: len(visible_titles(page)) == len(NAMES))


def choose(page, selector, value):
    from selenium.webdriver.support.ui import Select

    Select(find(page, selector)).select_by_value(value)


def open_all(page):
    page.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true })")


def test_the_console_stays_empty_and_nothing_is_requested(page):
    open_all(page)
    assert page.get_log("browser") == []
    script = "return performance.getEntriesByType('resource').map(entry => entry.name)"
    assert [name for name in page.execute_script(script) if not name.startswith("data:")] == []


def test_the_hostile_post_only_appears_as_text(page):
    open_all(page)
    assert page.execute_script("return window.hacked") is None
    assert page.execute_script("return document.images.length") == 0
    posts = page.execute_script(
        "return [...document.querySelectorAll('pre.text')].map(element => element.textContent)"
    )
    assert any(HOSTILE in text for text in posts)


def test_even_markup_that_slipped_through_could_not_run(page):
    # What the Content-Security-Policy is for: pretend that escaping had failed somewhere.
    page.execute_script(
        "const div = document.createElement('div');"
        'div.innerHTML = \'<img src="data:," onerror="window.slipped = 1">\';'
        "document.body.append(div);"
        "const script = document.createElement('script');"
        "script.textContent = 'window.slipped = 2'; document.body.append(script);"
    )
    assert page.execute_script("return window.slipped") is None
    log = page.get_log("browser")
    assert log
    assert all("Content Security Policy" in entry["message"] for entry in log)


def test_documents_are_sorted_by_the_chosen_model_worst_first(page):
    # "forgetful" is the last model and rules at first: its bad ones are the odd ones.
    assert visible_titles(page)[:3] == [NAMES[1], NAMES[3], NAMES[5]]
    choose(page, "#model", "0")
    assert visible_titles(page) == NAMES


def test_search_filters_and_reset_brings_all_back(page):
    find(page, "#search").send_keys("PUDDING rice")
    assert visible_titles(page) == ["Rice Pudding"]
    assert find(page, "#count").text == "1 of 6 documents"
    find(page, "#search").send_keys(" xyzzy")
    assert visible_titles(page) == []
    assert find(page, "#nothing").is_displayed()
    reset(page)
    assert not find(page, "#nothing").is_displayed()


def test_filters_by_problem_and_style_combine(page):
    choose(page, "#problem", "unsupported")
    assert visible_titles(page) == [NAMES[1], NAMES[3], NAMES[5]]
    choose(page, "select[data-group=style]", "plain")
    assert visible_titles(page) == []
    choose(page, "#problem", "")
    assert set(visible_titles(page)) == {NAMES[0], NAMES[2], NAMES[4]}


def test_the_problem_filter_follows_the_model(page):
    choose(page, "#problem", "missed")
    assert len(visible_titles(page)) == 3
    choose(page, "#model", "0")
    assert visible_titles(page) == []


def test_the_page_is_used_by_keyboard_alone(page):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(*keys):
        ActionChains(page).send_keys(*keys).perform()

    press("/")
    assert page.switch_to.active_element.get_attribute("id") == "search"
    press("stew", Keys.ESCAPE)
    assert visible_titles(page) == ["Bean Stew"]
    press("j", Keys.ENTER)
    assert find(page, ".document:not([hidden])").get_attribute("open")
    reset(page)
    page.execute_script("document.activeElement.blur()")
    press("j", "j", "k", "j")
    focused = page.switch_to.active_element
    assert NAMES[3] in focused.text


def test_missed_matched_and_unsupported_lines_carry_signs(page):
    open_all(page)
    signs = page.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('.document li.line')].map("
        "line => [line.className, line.querySelector('.sign').textContent]))"
    )
    assert signs["line matched"] == "✓"
    assert signs["line missed"] == "−"
    assert signs["line unsupported"] == "!"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_and_text_can_be_read(page, width, scheme):
    look(page, width, scheme)
    open_all(page)
    # The room for content is the window less a scroll bar.
    page_width, room = page.execute_script(
        "const root = document.documentElement; return [root.scrollWidth, root.clientWidth]"
    )
    assert page_width == room <= width
    assert contrast(page, "body") >= 7
    for selector in (".line.matched", ".line.missed", ".line.unsupported", ".tag.good", ".id"):
        assert contrast(page, selector) >= 4.5, selector
    ink = page.execute_script("return getComputedStyle(document.querySelector('figure')).color")
    assert ink == page.execute_script("return getComputedStyle(document.body).color")


def contrast(page, selector):
    """WCAG 2.2 contrast ratio of an element's text to the nearest background behind it."""
    script = """
      const element = document.querySelector(arguments[0]);
      let behind = element;
      while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)')
        behind = behind.parentElement;
      const luminance = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number)
        .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const [a, b] = [luminance(getComputedStyle(element).color),
                      luminance(getComputedStyle(behind).backgroundColor)];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    """
    return page.execute_script(script, selector)
