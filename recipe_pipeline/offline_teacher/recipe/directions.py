"""Plausible directions for recipes without any (the Kaggle CSV).

The steps name the recipe's own ingredients and follow the kind of dish its name suggests. They
are training material, not cooking advice: post and label contain the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from recipe_pipeline.offline_teacher.phrases.grammar import Grammar, tidy
from recipe_pipeline.offline_teacher.recipe.ingredients import food_of
from recipe_pipeline.offline_teacher.recipe.step_details import elaborate

_DISH_KINDS = (
    ("cold", r"overnight|no.bake|ice cream|sorbet|icebox|refrigerator"),
    ("drink", r"smoothie|cocktail|lemonade|punch|margarita|\btea\b|latte|shake|juice|cider|coffee"),
    ("slow", r"slow cooker|crock|instant pot|pressure cooker"),
    ("soup", r"soup|stew|chili|chowder|bisque|broth|gumbo|curry|stroganoff|dal\b"),
    ("bake", r"cake|cookie|brownie|muffin|bread|bar\b|bars\b|scone|cupcake|biscuit|loaf|pie\b|tart|cobbler"
             r"|crisp|roll|dough|pastry|crust|donut|doughnut|waffle|pancake"),
    ("cold", r"salad|slaw|dip\b|salsa|dressing|hummus|guacamole|pesto|spread|no.bake|parfait|overnight"
             r"|ice cream|sorbet|fudge|pudding|mousse"),
    ("grill", r"grill|kabob|kebab|burger|bbq|barbecue|steak|skewer"),
    ("pasta", r"pasta|spaghetti|linguine|noodle|macaroni|fettuccine|penne|lasagna|ravioli"),
    ("oven", r"roast|casserole|baked|bake\b|stuffed|enchilada|wing|meatloaf|gratin|pizza|quiche|granola|frittata"),
)  # fmt: skip

_DRY = r"flour|sugar|baking|cocoa|cornstarch|salt|cinnamon|oats|spice|ginger|nutmeg|pepper|powder"
_WET = r"egg|milk|butter|oil|vanilla|cream|yogurt|water|juice|honey|syrup|molasses|extract"
_AROMATIC = r"onion|garlic|shallot|celery|leek|carrot|bell pepper"
_FAT = r"\boil\b|butter|bacon|lard|ghee|shortening"
_PROTEIN = (
    r"(?:chicken|beef|pork|turkey|sausage|shrimp|salmon|fish|ham\b|tofu|lamb|steak|bacon|egg\b|eggs\b|cod\b"
    r"|tuna)(?!.* (?:broth|stock|bouillon|sauce|noodle))"
)
_FINISH = r"parsley|cilantro|basil|cheese|chive|green onion|scallion|sour cream|lime|lemon|parmesan"

_RULES: dict[str, Sequence[str]] = {
    "preheat": (
        "Preheat {the |}oven to <temp>. {Grease|Lightly grease|Butter|Line} {a|your} <pan>.",
        "{Heat|Preheat} {the |your |}oven to <temp>{ and {grease|prepare} a <pan>|}.",
        "Preheat an oven to <temp>.",
    ),
    "dry": (
        "{Whisk|Stir|Mix|Combine} <dry> {together |}in a {large|medium|mixing} bowl.",
        "In a {large|medium} bowl, {whisk|combine|stir together} <dry>.",
        "{Sift|Measure} <dry> into a bowl.",
    ),
    "wet": (
        "{Beat|Whisk} <wet> {together |}in {another|a separate|a second} bowl until {smooth|combined|creamy}.",
        "In {another|a separate} bowl, {beat|whisk|mix} <wet>{ until {light|smooth}|}.",
        "{Add|Stir in|Mix in} <wet> and {beat|stir} until {smooth|just combined}.",
    ),
    "fold": (
        "{Fold|Stir|Mix} in <rest>.",
        "{Gently fold|Stir} <rest> into the {batter|dough|mixture}.",
        "Add <rest> and {mix|stir} {until just combined|briefly|by hand}.",
    ),
    "into_pan": (
        "{Pour|Spoon|Spread|Scrape} {the mixture |}into the {prepared|greased} <pan>.",
        "Transfer to the {prepared pan|<pan>} and {smooth the top|spread evenly}.",
    ),
    "bake": (
        "Bake {in the preheated oven |}{until {golden brown|set|a toothpick inserted in the center comes out clean}|}<for_time>.",
        "Bake<for_time>{, or until {lightly browned|set in the center|golden}|}.",
        "Place in the {hot |}oven and bake<for_time>.",
    ),
    "cool": (
        "{Cool|Let cool} {in the pan for 10 minutes|on a wire rack|completely} before {serving|slicing}.",
        "Let {stand|rest} {a few minutes|for 5 minutes} before {cutting|serving}.",
        "Remove from the oven and {allow to cool|serve warm}.",
    ),
    "saute": (
        "Heat <fat> in a {large |}{skillet|pot|saucepan|pan} over medium{-high|} heat. {Add|Cook|Saute} <aromatic>{ and cook|} until {soft|tender|fragrant}{, about 5 minutes|, 3 to 5 minutes|}.",
        "{Cook|Saute} <aromatic> in <fat> over medium heat until {softened|translucent|golden}.",
        "Warm <fat> in a {heavy |large |}{pot|pan|skillet}, then {add|stir in} <aromatic> and cook {until soft|5 minutes}.",
    ),
    "brown": (
        "{Add|Stir in} <protein> and cook until {browned|no longer pink|lightly browned}{ on all sides|}.",
        "{Brown|Cook} <protein> {in a skillet over medium-high heat|well on both sides}{, 5 to 7 minutes|}.",
        "Season <protein> and {sear|brown} {in batches|on both sides}.",
    ),
    "simmer": (
        "{Stir in|Add|Pour in} <rest>; bring to a {boil|simmer}. {Reduce heat and simmer|Cover and simmer}<for_time>.",
        "Add <rest>, {cover,|bring to a boil,} {reduce heat to low,|} and simmer<for_time>{, stirring {occasionally|now and then}|}.",
    ),
    "slow_cook": (
        "{Place|Put|Add|Layer} <all> {in|into} {a|the} slow cooker.",
        "{Combine|Stir together} <all> in a slow cooker.",
    ),
    "slow_time": (
        "Cover and cook on {Low|low heat}<for_time>{, until tender|}.",
        "Cook on {Low|High}<for_time>, {stirring once|without lifting the lid}.",
    ),
    "blend": (
        "{Place|Put|Combine|Add} <all> in {a|the} {blender|pitcher|blender jar}.",
        "{Blend|Puree|Stir} until {smooth|well combined|frothy}, {about 1 minute|scraping down the sides}.",
    ),
    "pour": (
        "Pour into {glasses|chilled glasses|tall glasses}{ and serve {immediately|over ice}|}.",
        "Serve {right away|chilled|over ice}{ in {tall|chilled} glasses|}.",
    ),
    "toss": (
        "{Combine|Toss|Mix} <all> in a {large|serving} bowl.",
        "{Place|Put} <all> in a {large |}bowl and {toss|mix|stir} {gently|well|until combined}.",
    ),
    "chill": (
        "{Cover and refrigerate|Chill|Refrigerate} {for at least 1 hour|until ready to serve|for 2 hours or overnight}.",
        "Chill{, covered,|} {before serving|at least 30 minutes}.",
    ),
    "marinate": (
        "{Mix|Whisk|Combine} <rest> in a {bowl|shallow dish}; {add|coat} <protein> and {turn to coat|let stand 20 minutes|mix well}.",
        "Rub <protein> with <rest>.",
    ),
    "grill": (
        "Preheat {a |the |an outdoor |}grill for {medium-high|high|medium} heat and {lightly oil the grate|oil the grates}.",
        "{Grill|Cook} <protein><for_time>, turning {once|occasionally}.",
    ),
    "boil": (
        "Bring a {large|big} pot of {salted|lightly salted} water to a boil. Cook {the pasta|<starch>} until {al dente|tender}{, 8 to 10 minutes|}; drain.",
        "Cook <starch> {according to package directions|in boiling salted water until al dente}{; drain|}.",
    ),
    "season": (
        "Season with salt and {pepper|black pepper} to taste.",
        "Taste and {adjust the seasoning|add salt if needed}.",
        "{Sprinkle|Season} lightly {with salt|to taste}.",
    ),
    "finish": (
        "{Top|Sprinkle|Finish|Garnish} with <finish>{ and serve|}.",
        "{Stir in|Scatter over|Add} <finish> {just before serving|at the end}.",
    ),
    "serve": (
        "Serve {warm|hot|immediately|right away|at once}.",
        "{Divide between plates and serve|Spoon onto plates|Transfer to a platter} {and serve warm|while hot|and enjoy}.",
        "{Let rest 5 minutes, then serve|Serve with your favorite sides}.",
    ),
    "arrange": (
        "{Arrange|Layer|Place} <all> in a {greased |}<pan>.",
        "{Mix|Combine} <all> and {spread|spoon} into a <pan>.",
    ),
    "cook_rest": (
        "{Add|Stir in} <rest> and cook{, stirring {often|occasionally},|} until {heated through|hot|well combined}<for_time>.",
        "{Mix|Stir} in <rest>. {Cook|Simmer}<for_time>.",
    ),
}  # fmt: skip
_GRAMMAR = Grammar(_RULES)

_SEQUENCES: dict[str, tuple[tuple[str, ...], ...]] = {
    "drink": (("blend", "pour"), ("toss", "chill", "pour")),
    "slow": (("slow_cook", "slow_time", "finish"), ("brown", "slow_cook", "slow_time", "serve")),
    "soup": (
        ("saute", "brown", "simmer", "season", "finish"),
        ("saute", "simmer", "finish", "serve"),
        ("brown", "saute", "simmer", "season"),
    ),
    "bake": (
        ("preheat", "dry", "wet", "fold", "into_pan", "bake", "cool"),
        ("preheat", "wet", "dry", "into_pan", "bake"),
        ("dry", "wet", "fold", "bake", "cool"),
    ),
    "cold": (("toss", "season", "chill"), ("toss", "finish", "chill"), ("toss", "chill", "finish")),
    "grill": (("marinate", "grill", "serve"), ("grill", "season", "serve", "finish")),
    "pasta": (
        ("boil", "saute", "cook_rest", "finish"),
        ("boil", "saute", "brown", "cook_rest", "serve"),
    ),
    "oven": (("preheat", "arrange", "bake", "serve"), ("preheat", "saute", "arrange", "bake")),
    "pan": (
        ("saute", "brown", "cook_rest", "season", "serve"),
        ("brown", "cook_rest", "finish"),
        ("saute", "cook_rest", "serve"),
    ),
}
_TEMPERATURES = ("325 degrees F", "350 degrees F (175 degrees C)", "350 degrees F", "375 degrees F",
                 "400 degrees F (200 degrees C)", "425 degrees F")  # fmt: skip
_PANS = ("9x13-inch baking dish", "baking sheet", "9-inch square pan", "loaf pan", "muffin tin",
         "casserole dish", "sheet pan", "baking dish")  # fmt: skip


def dish_kind(name: str, category: str = "") -> str:
    """The cooking sequence that fits: "bake", "soup", "drink", ...; "pan" by default."""
    for text in (name.lower(), category.lower().replace("-", " ")):
        for kind, pattern in _DISH_KINDS:
            if re.search(pattern, text):
                return kind
    return "pan"


def _join(foods: Sequence[str], fallback: str) -> str:
    if not foods:
        return fallback
    if len(foods) == 1:
        return foods[0]
    return ", ".join(foods[:-1]) + (", and " if len(foods) > 2 else " and ") + foods[-1]


class _Pantry:
    """Foods that no step has used yet, so that every ingredient is used once."""

    def __init__(self, foods: Sequence[str]) -> None:
        self._left = list(dict.fromkeys(food[:1].lower() + food[1:] for food in foods))

    def take(self, pattern: str, most: int, fallback: str) -> str:
        taken = [food for food in self._left if re.search(pattern, food.lower())][:most]
        self._left = [food for food in self._left if food not in taken]
        return _join(taken, fallback)


_NEEDS = {  # slot -> (foods it takes, at most, default words)
    "dry": (_DRY, 6, "the dry ingredients"),
    "wet": (_WET, 5, "the wet ingredients"),
    "aromatic": (_AROMATIC, 3, "the vegetables"),
    "fat": (_FAT, 1, "a little oil"),
    "protein": (_PROTEIN, 2, "the remaining ingredients"),
    "finish": (_FINISH, 2, "fresh herbs"),
    "starch": (r"pasta|spaghetti|noodle|linguine|penne|macaroni|fettuccine|ravioli", 1, "the pasta"),
    "rest": (r".", 6, "everything else"),
    "all": (r".", 9, "everything"),
}  # fmt: skip


def _time_words(minutes: int | None, rng: Random) -> str:
    if not minutes or minutes > 600:
        return ""
    if minutes >= 120 and minutes % 60 == 0:
        return f" for {minutes // 60} hours"
    if minutes > 180:
        return f" for about {round(minutes / 60)} hours"
    if minutes > 20 and rng.random() < 0.4:
        return f", {minutes - 5} to {minutes} minutes"
    return rng.choice((f" for {minutes} minutes", f", about {minutes} minutes"))


def compose_directions(
    name: str,
    category: str,
    ingredients: Sequence[str],
    cook_minutes: int | None,
    rng: Random,
    terse: bool = False,
) -> tuple[str, ...]:
    """Steps of one to four sentences, at least one; ``terse`` omits all details."""
    foods = [food_of(line) for line in ingredients]
    templates = _fitting_templates(dish_kind(name, category), foods, rng)
    pantry = _Pantry(foods)
    # "rest" and "all" are last in the table, so that they leave foods for the other slots.
    slots = {
        slot: pantry.take(*need)
        for slot, need in _NEEDS.items()
        if any(f"<{slot}>" in template for template in templates)
    }
    slots |= {"temp": rng.choice(_TEMPERATURES), "pan": rng.choice(_PANS)}
    timing = _time_words(cook_minutes, rng)
    steps = []
    for template in templates:
        steps.append(tidy(_GRAMMAR.fill(template, rng, {**slots, "for_time": timing})))
        if "<for_time>" in template:
            timing = ""
    return tuple(steps if terse else elaborate(steps, foods, rng))


def _fitting_templates(kind: str, foods: Sequence[str], rng: Random) -> list[str]:
    """A sequence of step templates without those that need a food the recipe lacks."""
    text = "\n".join(foods).lower()
    chosen = [rng.choice(_RULES[step]) for step in rng.choice(_SEQUENCES[kind])]
    special = [slot for slot in _NEEDS if slot not in ("rest", "all", "fat")]
    fitting = [
        template
        for template in chosen
        if not any(
            f"<{slot}>" in template and not re.search(_NEEDS[slot][0], text) for slot in special
        )
    ]
    if not any("<rest>" in template or "<all>" in template for template in fitting):
        late = (*_RULES["into_pan"], *_RULES["bake"])
        at = next(
            (i for i, t in enumerate(fitting) if t in late or "<for_time>" in t), len(fitting)
        )
        fitting.insert(at, rng.choice(_RULES["fold" if kind == "bake" else "cook_rest"]))
    return fitting
