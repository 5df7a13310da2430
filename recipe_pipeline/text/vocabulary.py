"""The English words of recipes: units, stop words, kitchen verbs, headings."""

from __future__ import annotations

UNITS = {
    "tablespoon": "tablespoon tablespoons tbsp tbsps tbs tbl tblsp",
    "teaspoon": "teaspoon teaspoons tsp tsps",
    "cup": "cup cups",
    "ounce": "ounce ounces oz",
    "pound": "pound pounds lb lbs",
    "gram": "gram grams gramme grammes g gr gm",
    "kilogram": "kilogram kilograms kilo kilos kg kgs",
    "milliliter": "milliliter milliliters millilitre millilitres ml mls",
    "centiliter": "centiliter centiliters centilitre cl",
    "deciliter": "deciliter deciliters decilitre dl",
    "liter": "liter liters litre litres l ltr",
    "quart": "quart quarts qt qts",
    "pint": "pint pints pt",
    "gallon": "gallon gallons gal",
    "inch": "inch inches",
    "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs h",
    "day": "day days",
    "package": "package packages pkg pkgs packet packets pack packs",
    "clove": "clove cloves",
    "can": "can cans tin tins",
    "stick": "stick sticks",
    "pinch": "pinch pinches",
    "dash": "dash dashes",
    "handful": "handful handfuls",
    "slice": "slice slices",
    "stalk": "stalk stalks rib ribs",
    "sprig": "sprig sprigs",
    "bunch": "bunch bunches",
    "head": "head heads",
    "jar": "jar jars",
    "bottle": "bottle bottles",
    "bag": "bag bags",
    "degree": "degree degrees",
}
UNIT_OF = {form: unit for unit, forms in UNITS.items() for form in forms.split()}
UNIT_NAMES = frozenset(UNITS)
#: Units that measure no food.
NOT_FOR_FOOD = frozenset({"minute", "hour", "day", "degree", "inch"})
#: Regular expression of every spelling of a unit in which amounts of food are given.
MEASURE = "|".join(
    sorted(
        (form for form, unit in UNIT_OF.items() if unit not in NOT_FOR_FOOD), key=len, reverse=True
    )
)

# US measures in grams and milliliters, to accept an amount given in another unit.
BASE_AMOUNTS = {
    "gram": ("g", 1.0), "kilogram": ("g", 1000.0), "ounce": ("g", 28.35), "pound": ("g", 453.6),
    "milliliter": ("ml", 1.0), "centiliter": ("ml", 10.0), "deciliter": ("ml", 100.0),
    "liter": ("ml", 1000.0), "teaspoon": ("ml", 4.929), "tablespoon": ("ml", 14.787),
    "cup": ("ml", 236.59), "pint": ("ml", 473.18), "quart": ("ml", 946.35), "gallon": ("ml", 3785.4),
}  # fmt: skip

STOP_WORD_LIST = (
    "a an the of and or to in on with for from at by as is are be it its this that these those you "
    "your i we my our will about approximately approx around roughly each per into plus until then "
    "so all everything remaining"
)

# Words that describe a food without making it another one.
DESCRIBING = (
    "large small medium big extra fresh freshly ground ripe whole all purpose plain good quality "
    "unsalted salted kosher fine coarse finely coarsely thinly roughly chopped minced diced sliced "
    "shredded grated crushed peeled cubed melted softened cold warm hot cooked uncooked dried dry "
    "frozen canned lean boneless skinless reduced low fat free sodium light dark heaping scant packed "
    "optional divided drained rinsed taste needed serving serve garnish more additional piece "
    "few some"
)
# May be left out: "cheddar" is "cheddar cheese".
GENERIC_FOOD = (
    "cheese sauce oil juice stock broth powder seasoning mix mixture bean nut seed leaf bread meat "
    "fish breast thigh fillet wine vinegar spice herb extract paste filling topping"
)

# The words that open the sentences of a method.
KITCHEN_VERBS = (
    "add adjust allow arrange assemble bake baste beat blanch blend boil bring broil brown brush "
    "char chill chop coat combine continue cook cool core cover cream crack crumble cube cut deglaze "
    "dice dip discard dissolve divide drain dredge drizzle drop dust enjoy evenly fill flatten flip "
    "fold form freeze fry garnish gently grate grease grill grind heat immediately julienne knead "
    "ladle layer leave let lift line lower make marinate mash measure melt microwave mince mix moisten "
    "mound oil open pat peel pierce pinch pipe place poach pour preheat prepare press prick process "
    "puree put reduce refrigerate remove repeat reserve rest return rinse roast roll rub saute scatter "
    "scoop scrape sear season separate serve set shake shape shred sift simmer skim slice smooth soak "
    "soften spoon spray spread sprinkle squeeze steam stir strain stuff swirl taste tear thaw thicken "
    "thread tie toast top toss transfer trim turn uncover unwrap warm wash whip whisk wipe work wrap "
    "wring zest stack tuck crush crimp score bundle rotate invert unmold "
    "fluff massage overlap pile pound pulse split stream "
    "check finish increase move pause portion raise stop tip"
)

HEADING_WORDS = (
    "ingredient ingredients instructions directions method steps step notes note tips tip nutrition "
    "information serve serving suggestion suggestions storage store storing frequently asked question "
    "questions faq faqs why love need make making how equipment tools variation variations substitution "
    "substitutions print recipe recipes pin share comment comments similar related more other best what "
    "when can you help overview card video rate review reviews top favorite try like day perfect freeze "
    "leftovers leftover reheat keep ahead time expert pro preparation"
)
"""Words of the headings of food blogs; a dish is never called by such words alone."""
