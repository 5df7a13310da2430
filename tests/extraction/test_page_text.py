"""HTML -> text: what looks like part of the recipe is kept whatever the mark-up, the rest is not."""

import time
from pathlib import Path

import pytest

from recipe_pipeline.extraction.html_tree import parse_html
from recipe_pipeline.extraction.page_text import page_title, read_html
from recipe_pipeline.text.evidence import PageEvidence
from recipe_pipeline.text.normalise import plain_words
from tests.extraction.kitchen import html_text

LINES = ["250 g plain flour", "1 red onion, sliced thin", "150 ml warm water", "2 tsp cumin seeds"]
STEPS = [
    "Knead the flour with the water until the dough is smooth, and let it rest under a cloth.",
    "Bake the flatbread on a hot stone at the highest heat for ten minutes.",
]
STORY = (
    "<p>My neighbour bakes this bread on Fridays, and the whole staircase smells of it. She has never "
    "measured anything, so I stood beside her with a scale for an afternoon.</p>"
)


def each(pattern, lines=LINES):
    return "".join(pattern.format(line) for line in lines)


METHOD = f"<h2>Method</h2><ol>{each('<li>{}</li>', STEPS)}</ol>"


def page(ingredients, steps=METHOD, facts="", end=""):
    return (
        "<!DOCTYPE html><html><head><title>Onion flatbread - Home Baker</title></head><body><header><nav>"
        "<ul><li><a href=/a>Home</a></li><li><a href=/b>Recipes</a></li><li><a href=/c>Shop</a></li></ul>"
        f"</nav></header><main><article><h1>Onion flatbread</h1>{STORY}{facts}"
        f"<h2>Ingredients</h2>{ingredients}{steps}</article></main>{end}<footer>Imprint</footer></body></html>"
    )


LOST = sorted(
    Path(__file__).parents[2].parent.glob("shared/field_cases/page-ingredients-lost/*.html")
)


@pytest.mark.parametrize("path", LOST, ids=lambda path: path.stem)
def test_the_field_cases_keep_their_ingredients(path):
    shown = read_html(path.read_text(encoding="utf-8"))
    assert shown.note == ""
    assert (
        sum(
            line.startswith(("- 250 g", "- 1 ", "- 150 ml", "- 2 tsp"))
            for line in shown.text.splitlines()
        )
        == 6
    )


INGREDIENTS = f"<ul>{each('<li>{}</li>')}</ul>"


@pytest.mark.parametrize(
    "ingredients",
    [
        INGREDIENTS,
        f"<ul>{each('<li><label><input type=checkbox> {}</label></li>')}</ul>",
        f"<ul>{each('<li><input type=checkbox id=a><label for=a><span>{}</span></label></li>')}</ul>",
        f"<div>{each('<label><input type=checkbox>{}</label><br>')}</div>",
        f"<ul>{each('<li><a href=/x>{}</a></li>')}</ul>",
        f"<div>{each('<a href=/x>{}</a><br>')}</div>",
        f"<ul class=menu>{each('<li class=menu-item><a href=/x>{}</a></li>')}</ul>",
        f"<div class=sidebar>{INGREDIENTS}</div>",
        f"<aside>{INGREDIENTS}</aside>",
        f"<div class='widget widget-area'><div class=box>{each('<p>{}</p>')}</div></div>",
        f"<div role=tabpanel class=tab-pane>{INGREDIENTS}</div>",
        f"<div role=tabpanel hidden>{INGREDIENTS}</div>",
        f"<div class=tab-content style='display: none'>{INGREDIENTS}</div>",
        f"<form action=/list>{each('<div><input type=checkbox value=1>{}</div>')}<button>Buy</button></form>",
        f"<form class=newsletter><fieldset>{each('<label>{}</label><br>')}</fieldset></form>",
        f"<div class=sidebar><h3>Ingredients</h3>{INGREDIENTS}</div>",
        f"<div class='tab-pane hidden'>{INGREDIENTS}</div>",
        f"<div>{each('<button>{}</button>')}</div>",
        f"<ul>{each('<li role=button tabindex=0>{}</li>')}</ul>",
        f"<details><summary>Show all</summary>{INGREDIENTS}</details>",
        f"<p>{each('{}<br>')}</p>",
        f"<p>{each('{}<br/>' + chr(10))}</p>",
        f"<table>{each('<tr><td>{}</td></tr>')}</table>",
        f"<dl>{each('<dd>{}</dd>')}</dl>",
        f"<div>{each('<div><div><span>{}</span></div></div>')}</div>",
        f"<ul>{each('<li>▢ {}</li>')}</ul>",
        f"<ul>{each('<li><p>{}</p></li>')}</ul>",
        f"<footer>{INGREDIENTS}</footer>",
        f"<div class='share-box social'>{INGREDIENTS}</div>",
    ],
)
def test_ingredients_are_kept_in_any_markup(ingredients):
    lines = [line.removeprefix("- ") for line in html_text(page(ingredients)).splitlines()]
    assert [line for line in lines if line in LINES] == LINES
    assert [line for line in lines if line in STEPS] == STEPS


@pytest.mark.parametrize(
    "place", ["<aside>{}</aside>", "<div class=widget>{}</div>", "<form>{}</form>"]
)
def test_a_list_without_amounts_below_its_heading_is_kept(place):
    text = html_text(page(place.format("<ul><li>Flour</li><li>Red onions</li><li>Cumin</li></ul>")))
    assert "Ingredients\n- Flour\n- Red onions\n- Cumin\n" in text


@pytest.mark.parametrize(
    "how", ["hidden", "style='display:none'", "class=hidden", "class='tab-pane fade'"]
)
def test_steps_of_a_hidden_tab_are_kept(how):
    tips = "<p>Serve it warm, and chill the dough.</p><p>Heat the stone well before you bake.</p>"
    steps = f"{tips}<div><button>Method</button></div><div role=tabpanel {how}>{each('<p>{}</p>', STEPS)}</div>"
    text = html_text(page(INGREDIENTS, steps))
    assert all(step in text for step in STEPS)


@pytest.mark.parametrize(
    "item",
    [
        "<li><span>250</span> <span>g</span> <span>plain flour</span></li>",
        "<li><span class=a>250</span><span class=u>g</span><span class=n>plain flour</span></li>",
        "<li><div>250 g</div><div>plain flour</div></li>",
        "<li><p><strong>250 g</strong> plain flour</p></li>",
        "<li>250 g <a href=/f>plain flour</a></li>",
    ],
)
def test_parts_of_an_ingredient_are_one_line(item):
    text = html_text(page(f"<ul>{item}{each('<li>{}</li>', LINES[1:])}</ul>"))
    assert "- 250 g plain flour\n" in text


@pytest.mark.parametrize(
    "steps",
    [
        "<ol><li><p>{}</p></li><li><p>{}</p></li></ol>",
        "<ol><li><span>1</span><div>{}</div></li><li><span>2</span><div>{}</div></li></ol>",
        "<div><h4>Step 1</h4><p>{}</p><h4>Step 2</h4><p>{}</p></div>",
        "<div><b>STEP 1.</b><br>{}<br><b>STEP 2.</b><br>{}</div>",
        "<div><div>1</div><div>{}</div></div><div><div>2</div><div>{}</div></div>",
        "<ul><li><h5>Step 1</h5>{}</li><li><h5>Step 2</h5>{}</li></ul>",
    ],
)
def test_steps_are_items_without_their_numbers(steps):
    text = html_text(page(INGREDIENTS, "<h2>Method</h2>" + steps.format(*STEPS)))
    assert text.endswith(f"Method\n- {STEPS[0]}\n- {STEPS[1]}")


def test_paragraphs_of_a_step_are_one_line():
    item = f"<ol><li><p>{STEPS[0]}</p><p>{STEPS[1]}</p></li></ol>"
    assert html_text(page(INGREDIENTS, item)).endswith(f"- {STEPS[0]} {STEPS[1]}")


@pytest.mark.parametrize(
    "row",
    [
        "<dt>{}</dt><dd>{}</dd>",
        "<div><div>{}</div><div>{}</div></div>",
        "<p>{}</p><div>{}</div>",
        "<div><p>{}</p><p>{}</p></div>",
    ],
)
def test_an_amount_above_its_food_is_one_line_with_it(row):
    parts = [("250 g", "plain flour"), ("¼", "cup dried cherries"), ("1 1/2", "pounds beef")]
    rows = "".join(
        row.format(*part) for part in [*parts, ("2", "1½-inch-thick slices"), ("1", "Onion")]
    )
    text = html_text(page(f"<div>{rows}</div>"))
    lines = "250 g plain flour\n¼ cup dried cherries\n1 1/2 pounds beef\n2 1½-inch-thick slices\n1 Onion\n"
    assert f"Ingredients\n{lines}" in text


def test_preformatted_lines_stay_lines():
    text = html_text(page(f"<pre>{chr(10).join(LINES)}</pre>"))
    assert "Ingredients\n" + "\n".join(LINES) in text


def test_characters_that_nobody_sees_are_left_out():
    items = (
        "<li>\u200b250 g plain fl&shy;our</li><li>1 red\u2060 onion</li><li>2 tsp cumin\ufeff</li>"
    )
    assert "- 250 g plain flour\n- 1 red onion\n- 2 tsp cumin\n" in html_text(page(items))


def test_rows_of_a_table_are_lines():
    rows = "<tr><td>250 g</td><td>plain flour</td></tr><tr><td>1</td><td>red onion</td></tr>"
    text = html_text(page(f"<table>{rows}<tr><td>2 tsp</td><td>cumin seeds</td></tr></table>"))
    assert "250 g plain flour\n1 red onion\n2 tsp cumin seeds" in text


def test_two_columns_of_ingredients_are_not_one_line():
    cells = "<tr><td>250 g flour</td><td>1 red onion</td></tr><tr><td>2 tsp cumin</td><td>1 egg</td></tr>"
    lines = html_text(page(f"<table>{cells}</table>")).splitlines()
    assert {"250 g flour", "1 red onion", "2 tsp cumin", "1 egg"} <= set(lines)


@pytest.mark.parametrize(
    "facts",
    [
        "<div><span>Prep Time</span><span>20 mins</span></div><div><span>Serves</span><span>4</span></div>",
        "<p>Prep Time</p><p>20 mins</p><p>Serves</p><p>4</p>",
        "<p>Prep Time: 20 mins</p><p>Serves: 4</p>",
        "<div><b>Prep Time</b><br>20 mins</div><div><b>Serves</b><br>4</div>",
        "<dl><dt>Prep Time</dt><dd>20 mins</dd><dt>Serves</dt><dd>4</dd></dl>",
        "<table><tr><th>Prep Time</th><th>Serves</th></tr><tr><td>20 mins</td><td>4</td></tr></table>",
        "<table><tr><td>Prep Time</td><td>20 mins</td></tr><tr><td>Serves</td><td>4</td></tr></table>",
        "<div><p>20 mins</p><p>Prep Time</p></div><div><p>4</p><p>Serves</p></div>",
        "<ul><li><strong>Prep Time:</strong> 20 mins</li><li><strong>Serves:</strong> 4</li></ul>",
        "<ul><li><div>Prep Time</div><div>20 mins</div></li><li><div>Serves</div><div>4</div></li></ul>",
        "<aside><div>Prep Time</div><div>20 mins</div><div>Serves</div><div>4</div></aside>",
        "<header><p>Prep Time: 20 mins</p><p>Serves: 4</p></header>",
        "<div class=widget><h4>Prep Time</h4><time datetime=PT20M>20 mins</time><h4>Serves</h4>4</div>",
        "<p>Prep Time: 20 <span class=sr-only>minutes</span> <span aria-hidden=true>mins</span></p>"
        "<label>Serves <input type=number value=4></label>",
        "<div><svg aria-label='Prep Time'></svg> 20 mins</div><div><img alt=Serves> 4</div>",
        "<div><i title='Prep Time'></i><span>20 mins</span></div><div><i title=Serves></i>4</div>",
        "<div><p>Prep Time</p><p>20</p><p>mins</p></div><div><p>Serves</p><p>4</p></div>",
    ],
)
@pytest.mark.parametrize("where", ["before", "after"])
def test_times_and_yield_are_kept_beside_their_labels(facts, where):
    html = page(INGREDIENTS, facts=facts) if where == "before" else page(INGREDIENTS, end=facts)
    lines = [line.removeprefix("- ").replace(":", "") for line in html_text(html).splitlines()]
    assert {"Prep Time 20 mins", "Prep Time 20 minutes"} & set(lines)
    assert "Serves 4" in lines


@pytest.mark.parametrize(
    ("labels", "headings"),
    [
        (
            ["Arbeitszeit", "Koch-/Backzeit", "Gesamtzeit"],
            ["Zutaten für 4 Personen", "Zubereitung"],
        ),
        (["Préparation", "Cuisson", "Temps total"], ["Ingrédients", "Préparation"]),
        (["Tiempo de preparación", "Cocción", "Tiempo total"], ["Ingredientes", "Elaboración"]),
        (["Preparazione", "Cottura", "Tempo totale"], ["Ingredienti", "Procedimento"]),
        (["Preparation", "Cooking", "Total"], ["Ingredients", "Preparation"]),
    ],
)
def test_times_in_other_languages_are_kept_and_read(labels, headings):
    facts = "".join(
        f"<div><b>{label}</b><span>{time}</span></div>"
        for label, time in zip(labels, ["30 min", "15 min", "1 h 15"], strict=True)
    )
    text = html_text(
        page(INGREDIENTS, facts=facts)
        .replace("Ingredients", headings[0])
        .replace("Method", headings[1])
    )
    assert f"{headings[1]}\n- {STEPS[0]}" in text
    evidence = PageEvidence(plain_words(text))
    assert [evidence.card_minutes(x) for x in ("prep", "cook", "total")] == [{30}, {15}, {75}]


MENU = (
    "<div class=menu><ul>"
    + each("<li><a href=/x>{}</a></li>", ["Soups", "Breads", "Cakes"])
    + "</ul></div>"
)
NOISE = (
    "<h2>Latest soups</h2><p>1 cup of noise</p><p>2 cups of noise</p><p>Stir the noise well.</p>"
)


@pytest.mark.parametrize(
    "noise",
    [
        MENU,
        f"<div id=comments>{NOISE}</div>",
        f"<section class='related-posts'>{NOISE}</section>",
        f"<div style='display:none'>{NOISE}</div>",
        f"<div hidden>{NOISE}</div>",
        f"<div class=hidden>{NOISE}</div>",
        f"<script>{NOISE}</script><style>{NOISE}</style><template>{NOISE}</template>",
        f"<noscript>{NOISE}</noscript>",
        f"<!-- {NOISE} -->",
        "<div class=cookie-consent><p>We use noise and Cakes.</p></div>",
        "<form class=newsletter><p>Cakes and noise by email</p><input type=email></form>",
        "<nav><a href=/x>Cakes</a></nav>",
        "<p><a>Print</a> | <a>Pin</a> | <a>Jump to noise</a></p>",
    ],
)
def test_noise_is_left_out(noise):
    text = html_text(page(INGREDIENTS, end=noise))
    assert "noise" not in text
    assert "Cakes" not in text
    assert "Print" not in text
    assert all(line in text for line in LINES + STEPS)


def test_a_card_is_read_instead_of_the_article_around_it():
    card = (
        "<div><h2>Flatbread</h2><p>Cook time: 10 minutes</p><h3>Ingredients</h3>"
        f"{INGREDIENTS}<h3>Method</h3><ol>{each('<li>{}</li>', STEPS)}</ol></div>"
    )
    article = (
        "<h2>Why it works</h2>" + STORY * 9 + "<p>Add a little salt to the dough and mix it.</p>"
    )
    text = html_text(f"<html><body><h1>Onion flatbread</h1>{article}{card}{article}</body></html>")
    assert text.startswith("Onion flatbread\n\nFlatbread\nCook time: 10 minutes")
    assert text.endswith(STEPS[-1])
    assert "Why it works" not in text


def test_an_article_without_a_card_is_kept():
    prose = (
        "<p>Take some flour and water and knead them. Then bake the bread until it is brown.</p>"
    )
    text = html_text(f"<html><body><main><h1>Bread</h1>{STORY}{prose}</main></body></html>")
    assert "My neighbour" in text
    assert "Take some flour" in text


def test_both_recipes_of_a_page_are_kept():
    second = ["300 g rye flour", "20 g yeast", "200 ml cold milk"]
    html = page(INGREDIENTS).replace(
        "</article>",
        f"<h2>Rye rolls</h2><ul>{each('<li>{}</li>', second)}</ul><p>Bake them.</p></article>",
    )
    text = html_text(html)
    assert all(line in text for line in LINES + second)


def test_a_list_without_amounts_is_not_lost_to_a_teaser_with_some():
    plain = "<ul><li>Flour</li><li>Onions</li><li>Cumin</li></ul>"
    teaser = f"<div>{each('<p>{}</p>')}{each('<p>{}</p>', STEPS)}</div>"
    text = html_text(page(plain, end=teaser))
    assert "Onions" in text


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<title>Lentil soup</title><h1>My Site</h1><h1>Lentil soup</h1>", "Lentil soup"),
        ("<title>Lentil soup | The Cook</title>", "Lentil soup"),
        ("<meta property=og:title content='Lentil soup'><title>x</title>", "Lentil soup"),
        ("<h1>Lentil soup</h1>", "Lentil soup"),
        ("", ""),
        ("<title>Lentil soup - The Cook</title><h1>Lentil soup</h1>", "Lentil soup"),
    ],
)
def test_the_title_is_the_heading_or_what_the_metadata_say(head, expected):
    tree = parse_html(f"<html><head>{head}</head><body>{INGREDIENTS}</body></html>")
    assert page_title(tree) == expected


def test_the_title_comes_first():
    html = f"<title>Soup | Cook</title><h2>For the soup</h2>{STORY}{INGREDIENTS}"
    assert html_text(html).startswith("Soup\n\nFor the soup\n")


def test_entities_and_fractions():
    items = "<li>1<sup>1</sup>/<sub>2</sub> cups&nbsp;flour</li><li>2 &frac12; cups water</li><li>3 &#8539; g salt &amp; pepper</li>"
    text = html_text(page(f"<ul>{items}<li>1 cup half &amp;amp; half</li></ul>"))
    lines = "- 1 1/2 cups flour\n- 2 ½ cups water\n- 3 ⅛ g salt & pepper\n- 1 cup half & half"
    assert lines in text


@pytest.mark.parametrize(
    "words",
    [
        "<h1>Борщ</h1><h2>Ингредиенты</h2><ul><li>500 г свёклы</li><li>2 луковицы</li></ul><p>Нарежьте свёклу.</p>",
        "<h1>麻婆豆腐</h1><h2>材料</h2><ul><li>豆腐 400克</li><li>肉末 100克</li></ul><p>豆腐切块，煮两分钟。</p>",
        "<h1>فلافل</h1><ul><li>٢ كوب حمص</li><li>ملح</li></ul><p>اخلط المكونات جيدا.</p>",
    ],
)
def test_pages_in_other_scripts(words):
    text = html_text(f"<html><body>{words}</body></html>")
    for part in words.replace("<", ">").split(">")[2::2]:
        assert part in text


@pytest.mark.parametrize(
    "html",
    [
        "<p>Cake</p>" + "<div>" * 30_000 + "2 cups flour" + "</div>" * 30_000,
        "<p>Cake</p>" + "<b>" * 100_000 + "2 cups flour",
        "<p>Cake</p>" + "<span>" * 3_000 + "x" + "</span>" * 3_000 + "<p>2 cups flour</p>",
        "<ul>" + "<li>2 cups flour" * 20_000,
        "<p>" + "2 cups flour " * 30_000,
        "<p>Prep time</p><p>2 cups flour</p>" * 10_000,
        "<table><tr>" + "<td>2 cups flour</td>" * 15_000,
        ("<ul><li>" * 500) + "<li>2 cups flour" * 7_000,
        "<p>2 cups flour</p>" + "<div>5 min</div><div>Prep time</div>" * 3_333 + "<p>Prep time",
        "<p>2 cups flour</p><table><tr><td>1" + "- " * 200_000 + "x<td>2</table>",
        "<p>2 cups flour</p><p>" + "- " * 200_000,
        "".join(
            f"{''.join(f'<p>{i} cups flour {i}x{j}' for j in range(3))}{'<p>A story.' * 4}"
            for i in range(900)
        ),
    ],
    ids=[
        *("divs", "bold", "spans", "items", "line", "labels", "cells", "lists", "values"),
        *("figures", "signs", "many"),
    ],
)
def test_long_pages_are_read_in_time(html):
    start = time.process_time()
    assert "2 cups flour" in html_text(html)
    assert time.process_time() - start < 3  # about half a second, or else many minutes


@pytest.mark.parametrize(
    "html", ["", "<html></html>", "<", "<!---->", "<p>&nbsp;</p>", "\x00<p>\x01"]
)
def test_pages_without_text(html):
    assert html_text(html) == ""


def test_what_may_be_missing_is_noted():
    assert read_html(page(INGREDIENTS)).note == ""
    hidden = "<div hidden><p>1 cup of rye flour</p><p>2 cups of oat milk</p><p>2 tsp of fresh yeast</p></div>"
    assert read_html(page(INGREDIENTS, end=hidden)).note == (
        "3 lines of the page's margins and hidden parts look like ingredients and are left out, for "
        "example: 1 cup of rye flour"
    )
    assert read_html(page("")).note == "no amounts of ingredients were found on the page"


def test_the_rest_of_an_endless_page_is_left_out_with_a_note():
    page = read_html("<h1>Soup</h1>" + "<p>2 cups water</p>" * 21_000)
    assert len(page.text.splitlines()) <= 20_002
    assert page.note == "the page is too long: the 20,000 lines with most amounts are read"


@pytest.mark.parametrize("above", [250, 450, 640])
def test_a_recipe_far_down_an_endless_page_is_found(monkeypatch, above):
    monkeypatch.setattr("recipe_pipeline.extraction.page_text.MAX_LINES", 200)
    story, comments = ("<p>A story</p>" * count for count in (above, 700 - above))
    html = page(INGREDIENTS).replace("<h1>", f"{story}<h1>")
    shown = read_html(html.replace("<footer>", f"{comments}<footer>"))
    assert "\n".join(f"- {line}" for line in LINES) in shown.text
    assert "\n".join(f"- {step}" for step in STEPS) in shown.text
    assert shown.note == "the page is too long: the 200 lines with most amounts are read"


def test_an_endless_page_is_read_up_to_a_limit_of_elements(monkeypatch):
    monkeypatch.setattr("recipe_pipeline.extraction.page_text.MAX_ELEMENTS", 50)
    assert "its first 50 elements" in read_html("<p>2 cups water</p>" * 60).note
