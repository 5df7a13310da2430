"""Simple second dishes, for posts with two recipes and as parts of one ("Mango Salsa").

Amounts vary by the grammar's choices.
"""

from __future__ import annotations

import re
from random import Random

from recipe_pipeline.offline_teacher.phrases.grammar import Grammar, tidy
from recipe_pipeline.offline_teacher.recipe.facts import SourceFacts

# name template, ingredient templates, step templates, (prep, cook) minutes or 0
SideDish = tuple[str, tuple[str, ...], tuple[str, ...], tuple[int, int]]

SIDE_DISHES: tuple[SideDish, ...] = (
    (
        "{Garlic|Lemon|Herb} Yogurt Sauce",
        ("{1 cup|¾ cup|8 ounces} plain {Greek |}yogurt", "{1|2} cloves garlic, {grated|minced}", "{1|2} tablespoons lemon juice", "{½|¼} teaspoon salt"),
        ("Stir everything together in a small bowl.", "{Chill|Let stand} {10|15|30} minutes before serving."),
        (5, 0),
    ),
    (
        "Quick {Cucumber|Radish|Red Onion} Pickles",
        ("{2|1} {English cucumbers|cucumbers|red onions}, thinly sliced", "{½|1} cup {rice|white|cider} vinegar", "{2|3} tablespoons sugar", "{1|2} teaspoons kosher salt"),
        ("Heat the vinegar, sugar and salt until dissolved.", "Pour over the vegetables and cool to room temperature.", "Refrigerate at least 1 hour."),
        (10, 5),
    ),
    (
        "{Honey|Maple} Mustard {Dressing|Dip}",
        ("{¼|⅓} cup Dijon mustard", "{¼|3 tablespoons} {honey|maple syrup}", "{2|3} tablespoons mayonnaise", "1 {tablespoon|teaspoon} {apple cider|white wine} vinegar"),
        ("Whisk all the ingredients until smooth.",),
        (5, 0),
    ),
    (
        "{Cilantro Lime|Coconut|Garlic Butter|Lemon} Rice",
        ("{1|1½|2} cups long-grain {white |}rice", "{2|3} cups water", "1 tablespoon butter", "{½|1} teaspoon salt", "{2 tablespoons chopped cilantro|zest of 1 lemon|1 clove garlic, minced}"),
        ("Rinse the rice under cold water.", "Bring rice, water, butter and salt to a boil; cover and simmer {15|17|18} minutes.", "Fluff with a fork and stir in the rest."),
        (5, 18),
    ),
    (
        "{Simple|Creamy|Tangy} {Coleslaw|Cabbage Slaw}",
        ("{4|5|6} cups shredded cabbage", "{1|2} carrots, grated", "{½|⅓} cup mayonnaise", "{1|2} tablespoons {cider vinegar|lemon juice}", "{1|2} teaspoons sugar", "salt and pepper to taste"),
        ("Whisk the mayonnaise, vinegar and sugar in a large bowl.", "Add cabbage and carrots and toss.", "Season and {serve|chill until serving}."),
        (15, 0),
    ),
    (
        "{Classic|Strawberry|Mint|Ginger} Lemonade",
        ("{1|¾} cup sugar", "{1|4|5} cups water", "{1 cup fresh lemon juice|6 fresh lemons, juiced}", "ice{ cubes|}"),
        ("Simmer the sugar with {1 cup|half} of the water until clear.", "Stir in the lemon juice and remaining water.", "Serve over ice."),
        (10, 5),
    ),
    (
        "{Roasted|Parmesan|Garlic} {Green Beans|Broccoli|Asparagus}",
        ("{1|1½} pounds {green beans, trimmed|broccoli florets|asparagus, trimmed}", "{1|2} tablespoons olive oil", "{2|3} cloves garlic, sliced", "{¼|½} cup grated Parmesan"),
        ("Heat the oven to {400|425} degrees F.", "Toss the vegetables with oil and garlic on a sheet pan.", "Roast {12|15|18} minutes, then sprinkle with Parmesan."),
        (10, 15),
    ),
    (
        "{Vanilla|Cinnamon|Brown Sugar} Whipped Cream",
        ("{1|1½} cups heavy cream, cold", "{2|3} tablespoons {powdered|brown} sugar", "{1|½} teaspoon {vanilla extract|ground cinnamon}"),
        ("Chill the bowl {and beaters |}for {10|15} minutes.", "Beat the cream with the sugar {and flavoring |}to soft peaks."),
        (10, 0),
    ),
    (
        "{Chunky|Fresh|Smoky} {Tomato|Mango|Pineapple} Salsa",
        ("{3|4} {tomatoes|mangoes}, diced", "{¼|½} {red|white} onion, finely chopped", "1 jalapeno, {seeded and |}minced", "{¼|½} cup cilantro leaves", "juice of {1|2} limes"),
        ("Combine everything in a bowl.", "Season with salt and let stand {10|20} minutes."),
        (15, 0),
    ),
    (
        "{Garlic|Cheesy|Herbed} Bread",
        ("1 loaf {French|Italian} bread", "{½|⅓} cup butter, softened", "{3|4} cloves garlic, {minced|crushed}", "{2|3} tablespoons chopped parsley"),
        ("Preheat the oven to {375|400} degrees F.", "Mash butter, garlic and parsley, and spread over the split loaf.", "Bake {10|12|15} minutes until crisp."),
        (10, 12),
    ),
    (
        "{Chocolate|Caramel|Hot Fudge} Sauce",
        ("{1|¾} cup {heavy cream|evaporated milk}", "{6|8} ounces {dark chocolate, chopped|chocolate chips}", "{1|2} tablespoons butter", "1 pinch salt"),
        ("Bring the cream to a simmer.", "Remove from the heat and stir in the chocolate until melted.", "Add butter and salt; serve warm."),
        (5, 5),
    ),
    (
        "{Buttermilk|Skillet|Honey} Cornbread",
        ("{1|1¼} cups cornmeal", "1 cup all-purpose flour", "{1|2} tablespoons sugar", "{2|3} teaspoons baking powder", "{1|1¼} cups {buttermilk|milk}", "{1|2} eggs", "{¼|⅓} cup melted butter"),
        ("Heat the oven to {400|425} degrees F and butter a skillet.", "Whisk the dry ingredients; stir in milk, eggs and butter.", "Bake {20|22|25} minutes until golden."),
        (10, 22),
    ),
    (
        "{Greek|Green|Tomato|Chopped} Salad",
        ("{3|4} {tomatoes, cut in wedges|cups salad greens}", "1 cucumber, sliced", "{½|¼} red onion, sliced", "{3|4} tablespoons olive oil", "{1|2} tablespoons {red wine vinegar|lemon juice}", "{½ cup feta, crumbled|salt and pepper}"),
        ("Toss the vegetables in a bowl.", "Whisk oil and vinegar, pour over and toss again."),
        (10, 0),
    ),
    (
        "{Peach|Iced|Mint} Tea",
        ("{4|6|8} {black|green} tea bags", "{4|6|8} cups boiling water", "{¼|⅓|½} cup {sugar|honey}", "{2 peaches, sliced|1 bunch mint}"),
        ("Steep the tea bags in the water for {4|5} minutes.", "Stir in the sugar and cool.", "Add the {fruit|rest} and chill."),
        (5, 5),
    ),
    (
        "{Cream Cheese|Lemon|Vanilla} {Glaze|Icing}",
        ("{1|1½|2} cups powdered sugar", "{2|3} tablespoons {milk|lemon juice}", "{2|4} ounces cream cheese, soft"),
        ("Beat the cream cheese until fluffy.", "Add sugar and liquid and beat until it {drips|runs} slowly from a spoon."),
        (5, 0),
    ),
    (
        "{Mashed|Buttery Mashed|Sour Cream Mashed} Potatoes",
        ("{2|3} pounds {russet|Yukon Gold} potatoes, peeled", "{4|6} tablespoons butter", "{½|¾} cup {milk|half-and-half|sour cream}", "{1|1½} teaspoons salt"),
        ("Boil the potatoes in salted water until tender, {15|20} minutes.", "Drain and mash with butter and milk.", "Season to taste."),
        (10, 20),
    ),
    (
        "{Basil|Arugula|Parsley} Pesto",
        ("{2|3} cups {packed |}basil leaves", "{⅓|½} cup {pine nuts|walnuts|almonds}", "{1|2} cloves garlic", "{½|⅔} cup olive oil", "{½|¾} cup grated Parmesan"),
        ("Pulse leaves, nuts and garlic in a food processor.", "Stream in the oil, then stir in the cheese."),
        (10, 0),
    ),
    (
        "{Spiced|Candied|Rosemary} {Nuts|Pecans|Walnuts}",
        ("{2|3} cups {pecans|walnuts|mixed nuts}", "{1|2} tablespoons {butter, melted|olive oil}", "{¼|⅓} cup {brown sugar|maple syrup}", "{½|1} teaspoon {cayenne|cinnamon|smoked paprika}"),
        ("Heat the oven to {300|325} degrees F.", "Toss everything on a lined baking sheet.", "Bake {15|20} minutes, stirring once, and cool."),
        (5, 20),
    ),
)  # fmt: skip

_GRAMMAR = Grammar({})
_ONE_OF_MANY = re.compile(
    r"\b1 ((?:English |red )?(?:teaspoon|tablespoon|cup|clove|carrot|egg|pound|lime|cucumber|onion))s\b"
)


def _singular(line: str) -> str:
    """ "1 carrots, grated" -> "1 carrot, grated": the grammar draws count and noun separately."""
    return _ONE_OF_MANY.sub(r"1 \1", line)


def second_dish(first: SourceFacts, rng: Random) -> SourceFacts:
    """A simple dish to go with ``first``, with a different name."""
    while True:
        name, ingredients, steps, (prep, cook) = rng.choice(SIDE_DISHES)
        title = _GRAMMAR.fill(name, rng, {})
        if title.lower() != first.name.lower():
            break
    times = {"prep": prep} if prep else {}
    if cook:
        times.update(cook=cook, total=prep + cook)
    return SourceFacts(
        name=title,
        ingredients=tuple(_singular(_GRAMMAR.fill(line, rng, {})) for line in ingredients),
        directions=tuple(tidy(_GRAMMAR.fill(line, rng, {})) for line in steps),
        times=times,
        servings=rng.choice(("2", "4", "6", "8")),
    )


_OWN_MEAL = re.compile(r"Tea|Lemonade|Bread|Cornbread")


def part_of(dish: SourceFacts, rng: Random) -> SourceFacts:
    """A part of a recipe for ``dish`` with its own ingredients and steps, such as a sauce."""
    while True:
        part = second_dish(dish, rng)
        if not _OWN_MEAL.search(part.name):
            return part
