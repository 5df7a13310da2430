"""Reading recipe CSVs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import ftfy.bad_codecs  # noqa: F401, registers sloppy-windows-1252
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.source.cells import clean_text, decode_escapes, repair_mojibake
from recipe_pipeline.source.recipe import SourceRecipe, parse_minutes, parse_process, split_joined
from recipe_pipeline.source.recipes import ReadReport, read_recipes

COLUMNS = ["group", "name", "rating", "n_rater", "n_reviewer", "summary", "process", "ingredient"]
REAL_CSV = Path(__file__).parents[2].parent / "shared" / "allrecipes.csv"


def row(name="Plain Porridge", **cells):
    defaults = {
        "group": "breakfast-and-brunch.cereals",
        "rating": "4.5",
        "n_rater": "3",
        "n_reviewer": "2",
        "summary": "Warm and quick.",
        "process": "prep: 5 mins,cook: 10 mins,total: 15 mins,Servings: 2,Yield: 2 bowls",
        "ingredient": "1 cup oats + 2 cups milk",
    }
    return {"name": name, **defaults, **cells}


def as_csv(rows, columns=None, delimiter=","):
    columns = columns or list(dict.fromkeys([*COLUMNS, *(key for r in rows for key in r)]))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def read(tmp_path):
    """Write rows (or bytes) as a CSV, read it back; returns recipes and report."""

    def read_back(content, encoding="utf-8"):
        path = tmp_path / "recipes.csv"
        data = content if isinstance(content, bytes) else as_csv(content).encode(encoding)
        path.write_bytes(data)
        recipes = read_recipes(path)
        return list(recipes), recipes.report

    return read_back


# --- encodings and characters ------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_every_encoding_gives_the_same_recipe(read, encoding):
    source = row("Crème Brûlée “Classic”", ingredient="½ cup crème fraîche + 1 jalapeño™ — diced")
    (recipe,), _ = read([source], encoding)
    assert recipe.name == "Crème Brûlée “Classic”"
    assert recipe.ingredients == ("½ cup crème fraîche", "1 jalapeño™ — diced")


def test_escapes_become_characters_and_thin_spaces_plain_ones(read):
    cell = "1<U+2009>½ cups milk + <U+2153> cup oats + <U+215B> tsp <U+0001F336> flakes"
    (recipe,), _ = read([row(name="Chili<U+2019>s Own", ingredient=cell)], "cp1252")
    assert recipe.ingredients == ("1 ½ cups milk", "⅓ cup oats", "⅛ tsp \U0001f336 flakes")
    assert recipe.name == "Chili’s Own"
    assert "<U+" not in json.dumps(recipe.facts())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<U+D83C><U+DF36>", "\U0001f336"),  # a surrogate pair, as R on Windows writes it
        ("a<U+D83C>b", "ab"),
        ("a<U+FFFFFFFF>b", "ab"),
        ("a <U+XYZ> <b> <U+12>", "a <U+XYZ> <b> <U+12>"),
        ("<u+2153>", "<u+2153>"),
    ],
)
def test_odd_escapes(text, expected):
    assert decode_escapes(text) == expected


@pytest.mark.parametrize(
    "text", ["crème fraîche à l’été", "“smart” — 350°F…", "jalapeño ½ ®™", "Ærøskøbing Å", "Â"]
)
def test_mojibake_is_repaired_and_correct_text_unchanged(text):
    assert repair_mojibake(text) == text
    if len(text) > 1:
        assert clean_text(text.encode("utf-8").decode("sloppy-windows-1252")) == text


def test_a_utf8_file_with_one_stray_byte_is_read_correctly(read):
    data = as_csv([row("Crème One"), row("Purée Two")]).encode() + b"\x91\r\n"
    recipes, report = read(data)
    assert [recipe.name for recipe in recipes] == ["Crème One", "Purée Two"]
    assert report.skipped == {"wrong-number-of-cells": 1}


def test_control_and_invisible_characters_are_removed(read):
    name = "\ufeffSafe\x1b[31m \u202eSo\u200bup\x00\u00a0 Bowl\x9d"
    (recipe,), _ = read([row(name)])
    assert recipe.name == "Safe[31m Soup Bowl"


@given(st.text())
def test_cleaned_text_has_no_control_characters_or_double_spaces(text):
    once = clean_text(text)
    assert not any(ord(c) < 32 and c != "\n" for c in once)
    assert "  " not in once
    once.encode("utf-8")


# --- columns, separators, bad files ------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators_are_recognised(read, delimiter):
    (recipe,), _ = read(as_csv([row()], delimiter=delimiter).encode())
    assert recipe.ingredients == ("1 cup oats", "2 cups milk")


def test_header_case_and_spaces_do_not_matter(read):
    text = as_csv([row()]).replace("group,name", " Group ,NAME", 1)
    (recipe,), _ = read(text.encode())
    assert recipe.name == "Plain Porridge"


def test_column_order_and_extra_columns_do_not_matter(read):
    columns = ["url", *reversed(COLUMNS)]
    (recipe,), _ = read(as_csv([{"url": "x", **row()}], columns).encode())
    assert recipe.name == "Plain Porridge"
    assert recipe.servings == "2"


def test_name_and_ingredients_are_enough(read):
    (recipe,), _ = read(as_csv([row()], ["name", "ingredient"]).encode())
    assert (recipe.name, recipe.ingredients) == ("Plain Porridge", ("1 cup oats", "2 cups milk"))
    assert (recipe.summary, recipe.groups, recipe.servings) == ("", (), None)


@pytest.mark.parametrize("column", ["name", "ingredient"])
def test_a_missing_column_is_named_with_those_found(read, column):
    columns = [name for name in COLUMNS if name != column]
    with pytest.raises(PipelineError, match=rf"lacks the column {column} \(it has: ") as caught:
        read(as_csv([row()], columns).encode())
    assert all(name in str(caught.value) for name in columns)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n"])
def test_an_empty_file_is_an_error(read, content):
    with pytest.raises(PipelineError, match="is empty"):
        read(content)


def test_a_header_without_rows_is_an_error(read):
    with pytest.raises(PipelineError, match=r"no usable recipe \(0 recipes in 0 rows"):
        read([])


def test_a_missing_file_names_the_script_that_fetches_it(tmp_path):
    with pytest.raises(PipelineError, match=r"01_download_dataset\.py"):
        read_recipes(tmp_path / "absent.csv")


def test_a_folder_is_an_error(tmp_path):
    with pytest.raises(PipelineError, match="cannot read recipe file"):
        read_recipes(tmp_path)


def test_a_binary_file_is_an_error(read):
    with pytest.raises(PipelineError, match="binary file"):
        read(bytes(range(1, 256)) * 50)


def test_truncated_utf16_is_an_error(read):
    with pytest.raises(PipelineError, match="cannot read recipe file"):
        read(as_csv([row()]).encode("utf-16")[:-1])


def test_bad_rows_are_counted_by_reason_and_the_rest_is_read(read):
    rows = [
        row("First"),
        row(""),
        row("NA"),
        row("No Food", ingredient=" + "),
        row("Missing Food", ingredient="NA"),
        row("Last"),
    ]
    data = as_csv(rows).encode() + b"only,three,cells\r\n\r\n" + b"x," * 12
    recipes, report = read(data)
    assert [(recipe.row, recipe.name) for recipe in recipes] == [(0, "First"), (5, "Last")]
    assert report == ReadReport(
        rows=8,
        recipes=2,
        duplicates=0,
        skipped={"no-name": 2, "no-ingredients": 2, "wrong-number-of-cells": 2},
    )
    assert report.summary() == (
        "2 recipes in 8 rows, skipped: 2 no-ingredients, 2 no-name, 2 wrong-number-of-cells"
    )


def test_a_recipe_cut_in_two_is_skipped(read):
    columns = ["name", "ingredient", "group", "summary", "process"]
    whole = row("Whole")
    text = as_csv([whole], columns) + "Broken,1 egg + 2 cups\nmilk,g,s,prep: 5 mins\nCut off,1 cu"
    (recipe,), report = read(text.encode())
    assert recipe.name == "Whole"
    assert report.skipped == {"wrong-number-of-cells": 3}


def test_empty_last_columns_are_no_reason_to_skip_a_row(read):
    recipes, report = read([row("First", directions=""), row("Last", directions="Boil.")])
    assert [recipe.name for recipe in recipes] == ["First", "Last"]
    assert not report.skipped


def test_white_space_in_a_line_of_its_own_counts_as_a_row(read):
    # The number of a row is part of the file names of earlier runs.
    data = as_csv([row("First")]) + "   \r\n\r\n" + as_csv([row("Last")]).split("\n", 1)[1]
    recipes, _ = read(data.encode())
    assert [recipe.row for recipe in recipes] == [0, 2]


def many(stray, count=8, **changes):
    """Rows of a CSV; those with their number in ``stray`` open a quotation that nothing closes."""
    header, *lines = as_csv([row(f"Soup {n}", **changes) for n in range(count)]).splitlines()
    for number in stray:
        lines[number] = lines[number].replace("Soup", '"Soup')
    return "\n".join([header, *lines, ""]).encode()


@pytest.mark.parametrize("stray", [[0], [7], [3, 5], list(range(8))])
def test_a_quote_that_is_never_closed_costs_no_row(read, stray):
    recipes, report = read(many(stray, summary="A soup for rainy days"))
    assert [recipe.name for recipe in recipes] == [f"Soup {n}" for n in range(8)]
    assert [recipe.row for recipe in recipes] == list(range(8))
    assert report.stray_quotes == tuple(number + 2 for number in stray)
    assert "were ignored (line " in report.summary()


@pytest.mark.parametrize("stray", [[0], [2, 5]])
def test_a_quote_that_only_a_later_quotation_closes_costs_no_row(read, stray):
    data = many(stray, count=9).decode().splitlines()
    for number in (2, 5, 9):  # quoted cells further down, with and without a comma
        data[number] = data[number].replace("soup.clear", '"soup, clear"')
    recipes, report = read("\n".join([*data, ""]).encode())
    assert [recipe.name for recipe in recipes] == [f"Soup {n}" for n in range(9)]
    assert report.stray_quotes == tuple(number + 2 for number in stray)


def test_the_cells_of_a_row_that_breaks_off_do_not_swallow_others(read):
    recipes, report = read(as_csv([row(), row("Stew")]).encode() + b'soup,"Stew,4\nsoup,Pie,5\n')
    assert len(recipes) == 2
    assert report.skipped == {"wrong-number-of-cells": 2}
    assert report.stray_quotes == (4,)


@pytest.mark.parametrize(
    "steps", ["Chop, dice, slice, cut.\nStir, fry, eat.", "a,b,c,d,e,f,g,h\n" * 3, "1\n2\n\n3"]
)
def test_cells_of_several_lines_are_no_stray_quotes(read, steps):
    recipes, report = read([row(f"Soup {n}", directions=steps) for n in range(5)])
    assert len(recipes) == 5
    assert report.stray_quotes == ()


ITEMS = ("1 cup baker's sugar", '2" ginger', "1 ½ cups oats, rolled")


@pytest.mark.parametrize(
    "cell",
    [
        str(list(ITEMS)),
        json.dumps(ITEMS),
        json.dumps(ITEMS, ensure_ascii=False, indent=1),
        'c("1 cup baker\'s sugar", "2\\" ginger", "1 ½ cups oats, rolled")',
        'c("1 cup baker\'s sugar", NA, "2\\" ginger",\n"1 ½ cups oats, rolled", "")',
        'list("1 cup baker\'s sugar", "2\\" ginger", "1 <U+00BD> cups oats, rolled")',
    ],
)
def test_a_cell_that_is_a_list_is_read(read, cell):
    (recipe,), _ = read([row(ingredient=cell, directions=str(["Mix.", "Bake, 5 minutes."]))])
    assert recipe.ingredients == ITEMS
    assert recipe.directions == ("Mix.", "Bake, 5 minutes.")


@pytest.mark.parametrize(
    "cell", ["[optional] 1 cup oats", "c (a cup) oats", "1 cup oats [rolled]", "'1 cup' oats"]
)
def test_brackets_alone_are_no_list(read, cell):
    (recipe,), _ = read([row(ingredient=f"{cell} + 1 egg")])
    assert recipe.ingredients == (cell, "1 egg")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('[{"name": "oats", "amount": 1}]', "list-in-unknown-notation"),
        ("[['1 cup', 'oats'], ['2', 'eggs']]", "list-in-unknown-notation"),
        ("['1 cup oats' '2 eggs']", "list-in-unknown-notation"),
        ("[]", "no-ingredients"),
        ("character(0)", "no-ingredients"),
        ('c(NA, "")', "no-ingredients"),
    ],
)
def test_a_list_that_cannot_be_read_is_counted(read, cell, reason):
    recipes, report = read([row("Good"), row("Bad", ingredient=cell)])
    assert [recipe.name for recipe in recipes] == ["Good"]
    assert report.skipped == {reason: 1}


def test_quotes_inside_a_cell_are_kept(read):
    header = "group,name,rating,n_rater,n_reviewer,summary,process,ingredient\n"
    (recipe,), _ = read(f'{header}soup,Mom"s "Best",4,,,"a ""b"" c",,1 leek'.encode())
    assert (recipe.name, recipe.summary) == ('Mom"s "Best"', 'a "b" c')


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(read, newline):
    text = as_csv([row("One"), row("Two")]).replace("\r\n", newline)
    recipes, _ = read(text.encode())
    assert [recipe.name for recipe in recipes] == ["One", "Two"]


def test_a_selection_leaves_out_finished_recipes(tmp_path):
    path = tmp_path / "recipes.csv"
    path.write_text(as_csv([row(name) for name in ("A", "B", "B", "C", "D")]))
    recipes = read_recipes(path).select(skip=1, limit=2)
    assert [recipe.stem for recipe in recipes] == ["00001-b", "00003-c"]
    assert len(recipes) == 2
    assert [found and found.name for found in recipes.pending("00001-b".__eq__)] == [None, "C"]
    assert [recipe.name for recipe in read_recipes(path).select(2, 0)] == ["C", "D"]


def test_skipping_all_recipes_is_a_mistake(tmp_path):
    path = tmp_path / "recipes.csv"
    path.write_text(as_csv([row("Tea")]))
    with pytest.raises(PipelineError, match="--skip 1 leaves nothing: the CSV has 1 recipe"):
        read_recipes(path).select(1, 0)


def test_cells_longer_than_the_csv_modules_limit_are_read(read):
    (recipe,), _ = read([row(summary="word " * 40_000)])
    assert len(recipe.summary) == 199_999


# --- one recipe from one row -------------------------------------------------------------------


def test_all_fields_of_a_row(read):
    (recipe,), _ = read([row()])
    assert recipe == SourceRecipe(
        row=0,
        name="Plain Porridge",
        ingredients=("1 cup oats", "2 cups milk"),
        summary="Warm and quick.",
        groups=("breakfast-and-brunch.cereals",),
        prep_minutes=5,
        cook_minutes=10,
        total_minutes=15,
        servings="2",
        recipe_yield="2 bowls",
    )
    assert recipe.stem == "00000-plain-porridge"
    assert recipe.facts() == {
        "name": "Plain Porridge",
        "summary": "Warm and quick.",
        "category": "Breakfast and Brunch",
        "ingredients": ["1 cup oats", "2 cups milk"],
        "prep_time": "PT5M",
        "cook_time": "PT10M",
        "total_time": "PT15M",
        "servings": "2",
        "yield": "2 bowls",
    }


def test_facts_contain_only_what_is_known(read):
    bare = row(group="", summary="NA", process="NA", ingredient="salt")
    (recipe,), _ = read([bare])
    assert recipe.facts() == {"name": "Plain Porridge", "ingredients": ["salt"]}


@pytest.mark.parametrize(
    "cell",
    [
        "Boil milk. + Add oats + stir.",
        "Boil milk.\nAdd oats\r\n\r\nstir.",
        "Boil milk. +\nAdd oats + stir. + ",
    ],
)
def test_directions_are_used_when_the_column_is_there(read, cell):
    (recipe,), _ = read([row(directions=cell)])
    assert recipe.directions == ("Boil milk.", "Add oats", "stir.")
    assert recipe.facts()["directions"] == ["Boil milk.", "Add oats", "stir."]


def test_joined_values_keep_plus_signs_within_words():
    assert split_joined("7+1 spice + vitamin C+ powder + 2 eggs") == (
        "7+1 spice", "vitamin C+ powder", "2 eggs",
    )  # fmt: skip
    assert split_joined("") == ()


@pytest.mark.parametrize(
    ("process", "expected"),
    [
        (
            "prep: 30 mins,cook: 24 mins,additional: 8 hrs,total: 9 hrs,Servings: 10,Yield: 10 burritos",
            {
                "prep_minutes": 30,
                "cook_minutes": 24,
                "total_minutes": 540,
                "other_minutes": {"additional": 480},
                "servings": "10",
                "recipe_yield": "10 burritos",
            },
        ),
        (
            "prep: 15 mins,Servings: 24,Yield: 24 muffins, or 48 mini muffins",
            {
                "prep_minutes": 15,
                "servings": "24",
                "recipe_yield": "24 muffins, or 48 mini muffins",
                "other_minutes": {},
            },
        ),
        (
            "chill: 8 hrs,rest: 5 mins,total: ,other-time: 10,Servings: 6",
            {"servings": "6", "other_minutes": {"chill": 480, "rest": 5}},
        ),
        (
            "other-time: 10 mins, Cook Time: 1 hour, Stand_Time: 2 hrs",
            {"cook_minutes": 60, "other_minutes": {"other": 10, "stand": 120}},
        ),
        ("", {"other_minutes": {}}),
        ("no labels here, at all", {"other_minutes": {}}),
        ("Servings: ,Yield:", {"servings": None, "recipe_yield": None, "other_minutes": {}}),
    ],
)
def test_process_grammar(process, expected):
    assert parse_process(process) == expected


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("30 mins", 30),
        ("1 hr 5 mins", 65),
        ("1 day 1 hr 15 mins", 24 * 60 + 75),
        ("2 days 5 mins", 2 * 24 * 60 + 5),
        ("1 week 3 days 15 mins", 10 * 24 * 60 + 15),
        ("1 min", 1),
        ("1:15", 75),
        ("PT1H15M", 75),
        ("10", None),
        ("", None),
        ("a while", None),
    ],
)
def test_duration_words(text, minutes):
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize(
    ("groups", "category", "cuisine"),
    [
        (("bread.quick-bread.muffins",), "Bread", None),
        (("world-cuisine.asian.thai",), None, "Thai"),
        (("world-cuisine.latin-american.mexican.main-dishes.enchiladas",), None, "Mexican"),
        (("everyday-cooking.vegan", "side-dish.rice"), "Side Dish", None),
        (("everyday-cooking.vegan",), "Everyday Cooking", None),
        (("pasta-and-noodles", "world-cuisine.european.italian"), "Pasta and Noodles", "Italian"),
        (("world-cuisine",), None, None),
        ((), None, None),
    ],
)
def test_category_and_cuisine_come_from_the_groups(groups, category, cuisine):
    recipe = SourceRecipe(row=0, name="x", ingredients=("y",), groups=groups)
    assert (recipe.category, recipe.cuisine) == (category, cuisine)


# --- repeats -----------------------------------------------------------------------------------


def test_a_recipe_under_several_groups_is_one_recipe_with_all_of_them(read):
    rows = [
        row("Stew", group="a.b", rating="0"),
        row("Soup"),
        row("Stew", group="c.d", rating="NA", n_rater="0"),
        row("Stew", group="c.d", rating="4.5", n_rater="99"),
        row("Stew", group="a.b"),
    ]
    recipes, report = read(rows)
    assert [(recipe.row, recipe.name) for recipe in recipes] == [(0, "Stew"), (1, "Soup")]
    assert recipes[0].groups == ("a.b", "c.d")
    assert (report.rows, report.recipes, report.duplicates) == (5, 2, 3)


@pytest.mark.parametrize(
    "difference",
    [{"summary": "Another."}, {"ingredient": "1 cup oats"}, {"process": "prep: 9 mins"}],
)
def test_two_recipes_of_one_name_stay_two_with_different_stems(read, difference):
    recipes, report = read([row("Stew"), row("Stew", **difference)])
    assert report.duplicates == 0
    assert [recipe.stem for recipe in recipes] == ["00000-stew", "00001-stew"]


def test_rows_that_differ_in_escapes_alone_are_the_same_recipe(read):
    _, report = read([row(ingredient="<U+00BD> cup oats"), row(ingredient="½ cup  oats")])
    assert report.duplicates == 1


# --- the real file -----------------------------------------------------------------------------


@pytest.mark.skipif(not REAL_CSV.exists(), reason="the Kaggle file is not beside the project")
def test_the_real_kaggle_file():
    found = read_recipes(REAL_CSV)
    recipes, report = list(found), found.report
    # 6,204 - 5,148 = 1,056 rows differ from an earlier one in the group at most, another 340 in
    # the group and the rating or the number of ratings.
    assert report == ReadReport(rows=6204, recipes=4808, duplicates=1056 + 340, skipped={})
    assert len(recipes) == 4808 == len({recipe.stem for recipe in recipes})
    text = "\n".join(json.dumps(recipe.facts(), ensure_ascii=False) for recipe in recipes)
    assert "<U+" not in text
    assert set("½¼¾⅓⅔⅛⅜⅝⅞®") <= set(text)
    # All that is not ASCII in that file; anything else is a decoding error.
    assert {c for c in text if ord(c) > 127} <= set("½¼¾⅓⅔⅛⅜⅝⅞®™—–…’°ñéáøèìîàçöåÉâ")
    assert max(len(recipe.ingredients) for recipe in recipes) == 31
    assert any(r.recipe_yield == "12 muffins, or 48 mini muffins" for r in recipes)
    assert not any("other" in recipe.other_minutes for recipe in recipes)
