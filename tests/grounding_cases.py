"""Posts and lines judged by hand for the grounding check: does the post support the line?

Each case: (post, field, line, supported). They cover units, fractions, plurals, ranges, brands, word
order, paraphrase, running text and badly copied cards.
"""

POSTS = {
    "list": """Grandma's Leek and Potato Soup

Serves 4 to 6
Prep time: 15 minutes | Cook time: 35 mins | Total time: 50 minutes

Ingredients:
- 3 large leeks, white parts only, sliced
- 1 1/2 pounds Yukon Gold potatoes, peeled and cubed
- 2 Tbsp. unsalted butter
- 4 cups low-sodium chicken stock
- ½ cup heavy cream
- 1 bay leaf
- 3/4 tsp salt, plus more to taste
- freshly ground black pepper
- 2 (15-ounce) cans cannellini beans, drained
- 1-2 cloves garlic, minced
- chopped chives for serving

Directions:
1. Melt the butter in a heavy pot over medium heat and soften the leeks for 8 minutes.
2. Stir in the garlic and cook until fragrant, about 1 minute.
3. Add the potatoes, stock, bay leaf and salt, bring to a boil, then simmer 20 minutes until tender.
4. Fish out the bay leaf and blend the soup until smooth.
5. Stir in the cream and beans, heat through and sprinkle with chives.

Notes
If you want it richer, use 1 cup cream. My neighbor Carol swears by 5 cloves of garlic.""",
    "prose": """Sunday at my aunt's means flatbread. You'll need a cup and a half of plain flour, half a cup \
of warm water, a teaspoon of salt and two tablespoons of olive oil. Mix everything in a big bowl, knead \
the dough for ten minutes and let it rest for half an hour under a towel. Divide it into eight pieces, \
roll each one out thinly and bake in a very hot dry skillet for a minute or two on each side. An hour \
and a quarter from start to finish, and it feeds a family of four. Brush with melted butter if you \
like; Auntie uses a whole stick.""",
    "metric": """LEMON DRIZZLE CAKE
Yield: 1 loaf (10 slices)
PREP 20 MIN
BAKE 1 HR
200g caster sugar
200 g softened butter
4 medium eggs
200g self-raising flour
Zest of 2 lemons
1 tsp baking powder
0.5 tsp fine salt
80 ml lemon juice
75g icing sugar
1 kg strawberries, to serve
250 ml double cream, whipped

Heat the oven to 180°C. Grease and line a 2lb loaf tin.
Beat the sugar and butter until pale, then beat in the eggs one at a time.
Fold in the flour, baking powder, salt and lemon zest.
Scrape into the tin and bake for 45-50 minutes.
Whisk the lemon juice with the icing sugar and spoon the drizzle over the warm cake.""",
    "caption": """WEEKNIGHT GARLIC NOODLES 🍜✨
what you need 👇
8 oz spaghetti, 4 tbsp butter, 6 garlic cloves (grated), 2 tbsp soy sauce, 1 tbsp oyster sauce, 2 tsp brown \
sugar, ¼ cup grated parmesan, green onions
1️⃣ boil the spaghetti 2️⃣ melt butter, add the garlic and stir for 2 min 3️⃣ add soy, oyster sauce + sugar \
4️⃣ toss with the noodles, parmesan and green onions
done in 15 minutes!! serves 2 #noodles #easydinner""",
    "columns": """Banana Oat Muffins
Prep
10 mins
Cook
22 mins
Total
32 mins
12 muffins

Rolled oats: 2 cups
Ripe bananas – 3
Eggs: 2
Maple syrup: 1/3 cup
Baking powder: 2 teaspoons
Cinnamon – 1 teaspoon
Walnuts (optional): 1/2 cup, chopped
Vanilla extract: 1 teaspoon
Salt: a pinch

Method
* Preheat the oven to 350°F and line a muffin tin.
* Blitz the oats in a blender until they look like flour.
* Add the bananas, eggs, syrup, baking powder, cinnamon, vanilla and salt and blend until smooth.
* Fold in the walnuts, fill the cups and bake for 22 minutes.
* Cool in the tin for 5 minutes before you turn them out.""",
    "glued": """Home » Mexican » Black Bean Tacos Black Bean Tacos Pin Print
Prep Time10 minutesCook Time15 minutesTotal Time25 minutes
Servings: 8 tacos
▢ 1 Tbsp avocado oil ▢ 1 small red onion diced ▢ 2 cans (15 oz each) black beans rinsed ▢ 1 tsp ground cumin ▢ \
½ tsp smoked paprika ▢ 8 small corn tortillas ▢ 1 C shredded Monterey Jack ▢ 1 lime cut in wedges ▢ 3 T sour cream \
▢ 1 t Tabasco® sauce
Warm the oil in a skillet and cook the onion until soft, 5 minutes. Add the beans, cumin and paprika and mash \
roughly. Heat the tortillas over a flame. Fill with beans and cheese, top with sour cream and serve with lime.
Calories: 310kcal | Carbohydrates: 45g | Protein: 13g""",
}

I, S, N, Y = "recipeIngredient", "recipeInstructions", "name", "recipeYield"  # noqa: E741
P, C, T = "prepTime", "cookTime", "totalTime"

CASES = [
    ("list", N, "Grandma's Leek and Potato Soup", True),
    ("list", N, "Leek and Potato Soup", True),
    ("list", N, "GRANDMAS LEEK & POTATO SOUP", True),
    ("list", N, "Potato Leek Soup", True),
    ("list", N, "French Onion Gratin", False),
    ("list", N, "Creamy Pumpkin Bisque", False),
    ("list", I, "3 large leeks, white parts only, sliced", True),
    ("list", I, "3 large leeks", True),
    ("list", I, "3 leeks, sliced (white parts only)", True),
    ("list", I, "three large leeks, sliced", True),
    ("list", I, "2 large leeks, white parts only, sliced", False),
    ("list", I, "3 large onions, sliced", False),
    ("list", I, "1½ pounds Yukon Gold potatoes, peeled and cubed", True),
    ("list", I, "1.5 lbs Yukon Gold potatoes", True),
    ("list", I, "1 ½ lb potatoes, cubed and peeled", True),
    ("list", I, "24 ounces Yukon Gold potatoes, peeled", True),
    ("list", I, "2 1/2 pounds Yukon Gold potatoes, peeled and cubed", False),
    ("list", I, "1 1/2 ounces Yukon Gold potatoes", False),
    ("list", I, "1 1/2 pounds sweet potatoes and parsnips", False),
    ("list", I, "2 tablespoons unsalted butter", True),
    ("list", I, "2 tbsp butter, unsalted", True),
    ("list", I, "2 teaspoons unsalted butter", False),
    ("list", I, "4 tablespoons unsalted butter", False),
    ("list", I, "2 tbsp margarine", False),
    ("list", I, "4 cups low-sodium chicken stock", True),
    ("list", I, "4 cups chicken stock (low sodium)", True),
    ("list", I, "4 cups low sodium chicken stock", True),
    ("list", I, "1 quart low-sodium chicken stock", True),
    ("list", I, "6 cups low-sodium chicken stock", False),
    ("list", I, "4 cups vegetable broth", False),
    ("list", I, "1/2 cup heavy cream", True),
    ("list", I, "0.5 cups heavy cream", True),
    ("list", I, "half a cup of heavy cream", True),
    ("list", I, "8 tablespoons heavy cream", True),
    ("list", I, "1/3 cup heavy cream", False),
    ("list", I, "2 cups heavy cream", False),
    ("list", I, "1 bay leaf", True),
    ("list", I, "a bay leaf", True),
    ("list", I, "2 bay leaves", False),
    ("list", I, "3/4 teaspoon salt, plus more to taste", True),
    ("list", I, "¾ tsp salt", True),
    ("list", I, "3/4 tablespoon salt", False),
    ("list", I, "freshly ground black pepper", True),
    ("list", I, "black pepper, freshly ground", True),
    ("list", I, "1 tsp freshly ground black pepper", False),
    ("list", I, "2 (15 oz) cans cannellini beans, drained", True),
    ("list", I, "2 cans cannellini beans (15 ounces each)", True),
    ("list", I, "two 15-ounce cans cannellini beans", True),
    ("list", I, "2 (14-ounce) cans cannellini beans", False),
    ("list", I, "3 (15-ounce) cans cannellini beans", False),
    ("list", I, "1 to 2 cloves garlic, minced", True),
    ("list", I, "1–2 garlic cloves, minced", True),
    ("list", I, "3 cloves garlic, minced", False),
    ("list", I, "chopped chives for serving", True),
    ("list", I, "chives, chopped, to serve", True),
    ("list", I, "chopped parsley for serving", False),
    ("list", I, "1 cup grated Gruyère", False),
    ("list", I, "4 slices bacon, crumbled", False),
    ("list", S, "Melt the butter in a heavy pot over medium heat and soften the leeks for 8 minutes.", True),
    ("list", S, "In a heavy pot, melt the butter over medium heat. Soften the leeks for 8 minutes.", True),
    ("list", S, "Melt butter in heavy pot over medium heat; soften leeks 8 minutes", True),
    ("list", S, "Melt the butter in a heavy pot over medium heat and soften the leeks for 18 minutes.", False),
    ("list", S, "Stir in garlic and cook about 1 minute, until fragrant.", True),
    ("list", S, "Remove the bay leaf and blend the soup until it is smooth.", True),
    ("list", S, "Roast the leeks in the oven at 400°F until charred, then chop them.", False),
    ("list", S, "Stir in the cream and beans, heat through, and sprinkle with the chives.", True),
    ("list", S, "Serve with crusty sourdough bread and a crisp green salad.", False),
    ("list", S, "Add the potatoes, stock, bay leaf and salt. Bring to a boil. Simmer for 20 minutes until tender.", True),
    ("list", S, "Add the potatoes, stock, bay leaf and salt, bring to a boil, then simmer 45 minutes.", False),
    ("list", P, "PT15M", True),
    ("list", P, "PT25M", False),
    ("list", C, "PT35M", True),
    ("list", C, "PT3H5M", False),
    ("list", T, "PT50M", True),
    ("list", T, "PT1H", False),
    ("list", Y, "4 to 6 servings", True),
    ("list", Y, "4-6 servings", True),
    ("list", Y, "10 servings", False),
    ("prose", N, "Flatbread", True),
    ("prose", N, "Aunt's Sunday Flatbread", True),
    ("prose", N, "Pumpkin Pie", False),
    ("prose", I, "1 1/2 cups plain flour", True),
    ("prose", I, "1½ cups flour", True),
    ("prose", I, "2 1/2 cups plain flour", False),
    ("prose", I, "1 1/2 cups almond flour", False),
    ("prose", I, "1/2 cup warm water", True),
    ("prose", I, "½ cup water, warm", True),
    ("prose", I, "1 cup warm water", False),
    ("prose", I, "1 teaspoon salt", True),
    ("prose", I, "1 tsp salt", True),
    ("prose", I, "2 tsp salt", False),
    ("prose", I, "1 tbsp salt", False),
    ("prose", I, "2 tablespoons olive oil", True),
    ("prose", I, "2 tbsp olive oil", True),
    ("prose", I, "1 tbsp olive oil", False),
    ("prose", I, "2 teaspoons instant yeast", False),
    ("prose", I, "melted butter, optional", True),
    ("prose", S, "Mix everything in a big bowl, knead the dough for 10 minutes and let it rest for 30 minutes.", False),
    ("prose", S, "Mix everything in a big bowl and knead the dough for 10 minutes.", True),
    ("prose", S, "Divide into 8 pieces and roll each one out thinly.", True),
    ("prose", S, "Divide into 12 pieces and roll each one out thinly.", False),
    ("prose", S, "Bake in a very hot, dry skillet for a minute or two on each side.", True),
    ("prose", S, "Deep-fry the breads in hot oil until puffed.", False),
    ("prose", T, "PT1H15M", True),
    ("prose", T, "PT1H45M", False),
    ("prose", P, "PT20M", False),
    ("prose", Y, "4 servings", True),
    ("prose", Y, "12 servings", False),
    ("metric", N, "Lemon Drizzle Cake", True),
    ("metric", N, "Lemon Meringue Tart", False),
    ("metric", I, "200 g caster sugar", True),
    ("metric", I, "200 grams caster sugar", True),
    ("metric", I, "0.2 kg caster sugar", True),
    ("metric", I, "300 g caster sugar", False),
    ("metric", I, "200g brown sugar", False),
    ("metric", I, "200g butter, softened", True),
    ("metric", I, "4 eggs", True),
    ("metric", I, "4 medium eggs", True),
    ("metric", I, "6 medium eggs", False),
    ("metric", I, "200 g self raising flour", True),
    ("metric", I, "zest of 2 lemons", True),
    ("metric", I, "2 lemons, zested", True),
    ("metric", I, "zest of 3 lemons", False),
    ("metric", I, "1/2 teaspoon fine salt", True),
    ("metric", I, "80 millilitres lemon juice", True),
    ("metric", I, "80 ml lime juice", False),
    ("metric", I, "75 g icing sugar", True),
    ("metric", I, "57 g icing sugar", False),
    ("metric", I, "1000 g strawberries", True),
    ("metric", I, "250 ml double cream", True),
    ("metric", I, "1/4 liter double cream, whipped", True),
    ("metric", I, "100 g poppy seeds", False),
    ("metric", S, "Heat oven to 180°C and grease and line a 2 lb loaf tin.", True),
    ("metric", S, "Heat oven to 220°C and grease and line a 2 lb loaf tin.", False),
    ("metric", S, "Beat sugar and butter until pale. Beat in the eggs, one at a time.", True),
    ("metric", S, "Bake for 45 to 50 minutes.", True),
    ("metric", S, "Bake for 25 to 30 minutes.", False),
    ("metric", S, "Whisk together lemon juice and icing sugar; spoon over the warm cake.", True),
    ("metric", P, "PT20M", True),
    ("metric", P, "PT2H", False),
    ("metric", C, "PT1H", True),
    ("metric", C, "PT30M", False),
    ("metric", Y, "1 loaf (10 slices)", True),
    ("metric", Y, "10 slices", True),
    ("metric", Y, "24 cupcakes", False),
    ("caption", N, "Weeknight Garlic Noodles", True),
    ("caption", N, "Weeknight Tomato Risotto", False),
    ("caption", I, "8 ounces spaghetti", True),
    ("caption", I, "8 oz. spaghetti", True),
    ("caption", I, "4 oz spaghetti", False),
    ("caption", I, "4 tablespoons butter", True),
    ("caption", I, "8 tablespoons butter", False),
    ("caption", I, "6 cloves garlic, grated", True),
    ("caption", I, "2 cloves garlic, grated", False),
    ("caption", I, "2 tbsp soy sauce", True),
    ("caption", I, "1 tbsp soy sauce", False),
    ("caption", I, "1 tbsp oyster sauce", True),
    ("caption", I, "2 tbsp oyster sauce", False),
    ("caption", I, "2 teaspoons brown sugar", True),
    ("caption", I, "1/4 cup parmesan, grated", True),
    ("caption", I, "green onions", True),
    ("caption", I, "2 green onions", False),
    ("caption", I, "1 tbsp sesame oil", False),
    ("caption", S, "Boil the spaghetti.", True),
    ("caption", S, "Melt the butter, add the garlic and stir for 2 minutes.", True),
    ("caption", S, "Add soy sauce, oyster sauce and sugar.", True),
    ("caption", S, "Stir-fry the shrimp in sesame oil until pink.", False),
    ("caption", T, "PT15M", True),
    ("caption", T, "PT45M", False),
    ("caption", Y, "2 servings", True),
    ("caption", Y, "5 servings", False),
    ("columns", N, "Banana Oat Muffins", True),
    ("columns", N, "Banana Oat Muffins Recipe", True),
    ("columns", N, "Blueberry Scones", False),
    ("columns", I, "2 cups rolled oats", True),
    ("columns", I, "Rolled oats: 2 cups", True),
    ("columns", I, "3 cups rolled oats", False),
    ("columns", I, "3 ripe bananas", True),
    ("columns", I, "4 ripe bananas", False),
    ("columns", I, "2 eggs", True),
    ("columns", I, "3 eggs", False),
    ("columns", I, "1/3 cup maple syrup", True),
    ("columns", I, "1/3 cup honey", False),
    ("columns", I, "2 tsp baking powder", True),
    ("columns", I, "1 tsp cinnamon", True),
    ("columns", I, "1 tbsp cinnamon", False),
    ("columns", I, "1/2 cup chopped walnuts (optional)", True),
    ("columns", I, "1/2 cup chopped pecans", False),
    ("columns", I, "1 tsp vanilla extract", True),
    ("columns", I, "a pinch of salt", True),
    ("columns", I, "1 pinch salt", True),
    ("columns", I, "1 cup chocolate chips", False),
    ("columns", S, "Preheat oven to 350 degrees F and line a muffin tin.", True),
    ("columns", S, "Preheat oven to 425 degrees F and line a muffin tin.", False),
    ("columns", S, "Blend the oats until they look like flour.", True),
    ("columns", S, "Fold in walnuts, fill cups and bake 22 minutes.", True),
    ("columns", S, "Cool in the tin for 5 minutes before turning out.", True),
    ("columns", S, "Drizzle with cream cheese frosting and chill overnight.", False),
    ("columns", P, "PT10M", True),
    ("columns", C, "PT22M", True),
    ("columns", T, "PT32M", True),
    ("columns", P, "PT22M", False),
    ("columns", Y, "12 muffins", True),
    ("columns", Y, "18 muffins", False),
    ("glued", N, "Black Bean Tacos", True),
    ("glued", N, "Chicken Enchiladas", False),
    ("glued", I, "1 tablespoon avocado oil", True),
    ("glued", I, "1 tbsp olive oil", False),
    ("glued", I, "1 small red onion, diced", True),
    ("glued", I, "2 small red onions, diced", False),
    ("glued", I, "2 (15 ounce) cans black beans, rinsed", True),
    ("glued", I, "1 (15 ounce) can black beans, rinsed", False),
    ("glued", I, "1 teaspoon ground cumin", True),
    ("glued", I, "1/2 teaspoon smoked paprika", True),
    ("glued", I, "1 teaspoon smoked paprika", False),
    ("glued", I, "8 small corn tortillas", True),
    ("glued", I, "8 flour tortillas", False),
    ("glued", I, "1 cup shredded Monterey Jack", True),
    ("glued", I, "1 lime, cut into wedges", True),
    ("glued", I, "3 tablespoons sour cream", True),
    ("glued", I, "3 teaspoons sour cream", False),
    ("glued", I, "1 teaspoon Tabasco sauce", True),
    ("glued", I, "1 tablespoon Tabasco sauce", False),
    ("glued", I, "1 avocado, sliced", False),
    ("glued", S, "Warm the oil in a skillet and cook the onion until soft, 5 minutes.", True),
    ("glued", S, "Add the black beans, cumin and paprika; mash roughly.", True),
    ("glued", S, "Marinate the beef overnight and grill it over charcoal.", False),
    ("glued", P, "PT10M", True),
    ("glued", C, "PT15M", True),
    ("glued", T, "PT25M", True),
    ("glued", C, "PT10M", False),
    ("glued", Y, "8 tacos", True),
    ("glued", Y, "6 tacos", False),
]  # fmt: skip

# Written after the rules were settled and not used to tune them: they show how well the rules generalise.
UNSEEN_POSTS = {
    "braise": """Wine-Braised Short Ribs (Dutch Oven)
By Marco | Updated March 3

I have made these every New Year's Eve since 2011. They take all afternoon, and nobody minds.

You will need:
• 5 lb bone-in beef short ribs, cut crosswise into 2" pieces
• Kosher salt and freshly ground pepper
• 3 tablespoons vegetable oil
• 3 medium onions, chopped
• 3 medium carrots, peeled, chopped
• 2 celery stalks, chopped
• 3 Tbsp. all-purpose flour
• 1 tablespoon tomato paste
• One 750-ml bottle dry red wine
• 10 sprigs flat-leaf parsley
• 8 sprigs thyme
• 1 head of garlic, halved crosswise
• 4 cups beef stock

What to do:
Preheat oven to 350°. Season short ribs with salt and pepper.
Heat oil in a large Dutch oven over medium-high. Working in 2 batches, brown short ribs on all sides, about 8 \
minutes per batch. Transfer to a plate; pour off all but 3 Tbsp. drippings.
Add onions, carrots, and celery to pot and cook, stirring often, until onions are browned, about 5 minutes.
Add flour and tomato paste; cook, stirring constantly, until deep red, 2-3 minutes.
Stir in wine, then add short ribs with their juices. Bring to a boil and simmer until wine is reduced by half, \
about 25 minutes. Add herbs, garlic and stock.
Cover and braise in the oven until tender, 2 to 2 1/2 hours.

Makes 6 servings. Hands-on time: 45 minutes. Total time: 3 hours 45 minutes.""",
    "smoothie": """the only green smoothie my kids drink

blend one cup of oat milk, two handfuls of baby spinach, a frozen banana, half an avocado, a tablespoon of \
peanut butter and three or four ice cubes until silky. pour into 2 glasses. takes five minutes, no excuses. \
add a scoop of vanilla protein powder after the gym.""",
}

UNSEEN_CASES = [
    ("braise", N, "Wine-Braised Short Ribs", True),
    ("braise", N, "Dutch Oven Wine Braised Short Ribs", True),
    ("braise", N, "Beer-Braised Pork Shoulder", False),
    ("braise", I, "5 pounds bone-in beef short ribs, cut crosswise into 2-inch pieces", True),
    ("braise", I, "5 lbs. beef short ribs (bone-in)", True),
    ("braise", I, "3 lb bone-in beef short ribs", False),
    ("braise", I, "5 lb boneless pork ribs", False),
    ("braise", I, "kosher salt and freshly ground pepper", True),
    ("braise", I, "3 tbsp vegetable oil", True),
    ("braise", I, "3 tbsp olive oil", False),
    ("braise", I, "2 tbsp vegetable oil", False),
    ("braise", I, "3 onions, chopped", True),
    ("braise", I, "3 carrots, peeled and chopped", True),
    ("braise", I, "2 stalks celery, chopped", True),
    ("braise", I, "4 celery stalks, chopped", False),
    ("braise", I, "3 tablespoons flour", True),
    ("braise", I, "3 cups all-purpose flour", False),
    ("braise", I, "1 tbsp tomato paste", True),
    ("braise", I, "1 (750 ml) bottle dry red wine", True),
    ("braise", I, "1 bottle (750 ml) red wine, dry", True),
    ("braise", I, "1 (500 ml) bottle dry red wine", False),
    ("braise", I, "1 (750 ml) bottle dry white wine", False),
    ("braise", I, "10 sprigs parsley", True),
    ("braise", I, "8 thyme sprigs", True),
    ("braise", I, "2 sprigs rosemary", False),
    ("braise", I, "1 garlic head, halved crosswise", True),
    ("braise", I, "4 cups beef stock", True),
    ("braise", I, "1 liter beef stock", False),
    ("braise", I, "2 cups beef stock", False),
    ("braise", I, "8 oz mushrooms, quartered", False),
    ("braise", S, "Preheat the oven to 350°F and season the short ribs with salt and pepper.", True),
    ("braise", S, "Preheat the oven to 450°F and season the short ribs with salt and pepper.", False),
    ("braise", S, "Heat the oil in a large Dutch oven over medium-high heat.", True),
    ("braise", S, "Brown the short ribs on all sides in 2 batches, about 8 minutes each.", True),
    ("braise", S, "Add the onions, carrots and celery; cook until the onions are browned, about 5 minutes.", True),
    ("braise", S, "Add the onions, carrots and celery; cook until the onions are browned, about 15 minutes.", False),
    ("braise", S, "Stir in the flour and tomato paste and cook for 2 to 3 minutes.", True),
    ("braise", S, "Cover, transfer to the oven and braise 2 to 2½ hours, until tender.", True),
    ("braise", S, "Sous-vide the ribs at 140 degrees for 48 hours, then sear.", False),
    ("braise", S, "Serve over creamy polenta with gremolata.", False),
    ("braise", P, "PT45M", True),  # hands-on time is preparation time
    ("braise", T, "PT3H45M", True),
    ("braise", T, "PT2H45M", False),
    ("braise", C, "PT5H", False),
    ("braise", Y, "6 servings", True),
    ("braise", Y, "Serves 6", True),
    ("braise", Y, "8 servings", False),
    ("smoothie", N, "Green Smoothie", True),
    ("smoothie", N, "Mango Lassi", False),
    ("smoothie", I, "1 cup oat milk", True),
    ("smoothie", I, "2 cups oat milk", False),
    ("smoothie", I, "1 cup almond milk", False),
    ("smoothie", I, "2 handfuls baby spinach", True),
    ("smoothie", I, "1 frozen banana", True),
    ("smoothie", I, "2 frozen bananas", False),
    ("smoothie", I, "1/2 avocado", True),
    ("smoothie", I, "½ an avocado", True),
    ("smoothie", I, "1 1/2 avocados", False),
    ("smoothie", I, "1 tablespoon peanut butter", True),
    ("smoothie", I, "1 tbsp almond butter", False),
    ("smoothie", I, "3-4 ice cubes", True),
    ("smoothie", I, "1 scoop vanilla protein powder", True),
    ("smoothie", I, "2 scoops vanilla protein powder", False),
    ("smoothie", I, "1 tbsp chia seeds", False),
    ("smoothie", S, "Blend everything until silky.", True),
    ("smoothie", S, "Pour into two glasses.", True),
    ("smoothie", S, "Freeze overnight in popsicle molds.", False),
    ("smoothie", T, "PT5M", True),
    ("smoothie", T, "PT15M", False),
    ("smoothie", Y, "2 glasses", True),
    ("smoothie", Y, "4 glasses", False),
]  # fmt: skip
