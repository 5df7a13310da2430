"""Rules for what a whole web page has around an article: menus, teasers, comments, forms, footers.

Times, yields and amounts here belong to other dishes, to readers' versions or to nothing at all.
"""

from __future__ import annotations

SITE: dict[str, tuple[str, ...]] = {
    "site_minutes": ("{5|10|12|15|20|25|30|35|40|45|50|55} {mins|min|minutes|m}", "{1|2|3} {hr|hrs|hour|h}", "1 hr {5|10|15|20|30|45} mins"),
    "site_amount": ("{½|¼|¾|1|2|3|1 1/2|2½} {cups|cup|tbsp|tsp|tablespoons|teaspoons|oz}", "{50|75|100|150|200|250}{ g|g|ml| ml| grams}", "{1|2|3|4|6}"),
    "site_initials": ("{A|B|C|D|J|K|L|M|R|S|T}", "<first_name>", "<first_name> {A|B|D|H|K|M|R|S|W}.", "{cook|baker|foodie|mum|kitchen|spice}{girl|dad|of3|77|_nz|lover}"),
    "site_ago": ("{2|3|5|8|11} {days|weeks|months|years} ago", "<date>", "<date> at {4:12 pm|9:30 am|11:47 pm|7:05 am}"),
    "site_skip": (
        "Skip to {content|main content|primary navigation|footer}", "{Open|Close|Toggle} {menu|navigation|search}", "Menu", "Search",
        "{Log in|Sign in|Login}{ / Sign up| / Register|}", "{Subscribe|Newsletter|My account|Basket|Saved}", "View on {phone|desktop}",
        "{This website uses cookies|We value your privacy}. {Accept|Decline|Manage preferences}", "<site>",
    ),
    "site_menu_word": (
        "Home", "About{ Me| Us|}", "Recipes", "Recipe Index", "All Recipes", "Breakfast", "Lunch", "Dinner", "Dessert{s|}", "Mains", "Sides", "Starters",
        "Soups", "Salads", "Baking", "Drinks", "Vegetarian", "Vegan", "Gluten Free", "Slow Cooker", "Air Fryer", "30 Minute Meals", "Holidays", "Kids",
        "Travel", "Shop", "Store", "Videos", "Contact", "Blog", "News", "Features", "How-Tos", "Techniques", "Ingredients", "Equipment", "Books",
        "Meal Plans", "Seasonal", "Budget", "Healthy", "Cuisines", "Start Here", "FAQ", "Community", "Reviews", "Magazine", "Podcast",
    ),
    "site_share": ("Facebook", "Pinterest", "Twitter", "Email", "Print", "Share", "Pin", "Save", "Tweet", "WhatsApp", "Yummly", "Copy link", "{12|87|152|1.4k|23k} shares", "Rate", "Reddit", "Sharing is caring!"),
    "site_button": (
        "Jump to {Recipe|recipe|the recipe|Video}", "{Print|Pin|Save|Rate|Share|Download|Bookmark}{ Recipe| recipe|}", "Cook Mode Prevent your screen from going dark",
        "{Keep|Stop} screen {awake|from going to sleep}", "Add to {favourites|favorites|my recipe box|collection|meal planner}", "{Scale|Servings|Yield} 1x 2x 3x",
        "1/2x 1x 2x", "US {Customary |}{-|–|/} Metric", "Email {me |}this recipe", "Recipe {saved|box}", "{Made it|I made this|Made this recipe}?", "Save recipe\nSaved!",
        "Add photo", "{Start|Try} {free trial|Premium}",
    ),
    "site_list_button": (
        "1x\n2x\n3x", "{1x|½x} 2x 3x", "US / Metric", "US Customary Metric", "{Metric|Imperial}{ / | – | }{Imperial|US cups}", "Units {US|M}", "Copy{ ingredients| to clipboard|}",
        "{Deselect|Select|Check|Uncheck} {all|All}", "Add {all |}to {shopping list|cart|basket|trolley}", "{Shop|Buy|Get} {ingredients|these ingredients|it all at once}",
        "Cook Mode Prevent your screen from going dark", "Scale\n1x\n2x", "Tap or hover to scale", "Print", "{Hide|Show} images", "Oops! Something went wrong and we couldn't find your store.",
        "These are {approximate|rounded} {amounts|conversions}, {so weigh if you can|check them if you bake}.", "Ingredient prices may vary.",
    ),
    "site_tool": (
        "{1|2|1|a|} {large|medium|small|non-stick|heavy-bottomed|deep|} {mixing bowl|saucepan|skillet|frying pan|stockpot|baking sheet|casserole dish|sieve|colander|cutting board}", "{1|} {stand mixer|hand mixer|food processor|blender|immersion blender|slow cooker|pressure cooker|air fryer|rice cooker|grill|waffle iron}{ {(optional)|or hand mixer|with paddle attachment|at least {4|5|6} quarts}|}",
        "{8|9|10|12}{-inch| inch|\"|x13-inch|x9} {springform pan|baking pan|baking dish|tart tin|cake tin|cast iron skillet|round pan}{ (affiliate link)|}", "{6|8|12}{-cup|-count|} muffin {tin|pan}", "{Measuring cups|Measuring spoons|Measuring cups and spoons|Kitchen scale|Digital thermometer|Instant read thermometer|Rolling pin|Pastry brush|Microplane|Box grater|Whisk|Rubber spatula|Tongs|Ladle|Slotted spoon|Chef's knife|Potato masher|Offset spatula|Cookie scoop|Wire rack|Parchment paper|Aluminum foil|Plastic wrap|Skewers|Piping bag|Cheesecloth}",
        "{Parchment paper|Foil|Twine|Cocktail sticks}, {for lining|for the tin|to wrap}", "{2|3|4|6} {ramekins|glass jars|pint jars|skewers|freezer bags|loaf tins}", "{Dutch oven|Wok|Steamer|Mandoline|Griddle}: {the one I use|see link|5.5 qt|my favorite}", "{1|2} {cup|pint|quart} {measuring jug|jar|pitcher}", "1 Measuring {cup|spoons|jug}",
    ),
    "site_affiliate": ("{As an Amazon Associate I earn from qualifying purchases.|Prices may vary by store.|Contains affiliate links.|Shipping calculated at checkout.|Add selected to cart|Out of stock? See similar items.|View list|{Items|Products} are chosen by our partner.}",),
    "site_product": (
        "{Old Mill|Bluebird|Sunny Field|Harbor|Green Gate} {<main>|<second>|flour|butter|sea salt|olive oil|vanilla extract}, {4|8|12|16|32} {oz|fl oz|ct}{ {${2|3|4|5|8|13}.{29|49|79|97|99}|Add to cart}|}", "{Select|Buy|Shop} {<main>|<second>|brown sugar|stock|honey}{, {1|2|5} lb|} - ${1|3|6|9}.{19|50|89}", "{<main>|<second>|coconut milk|soy sauce}{ {500 g|250ml|1 L|6-pack}|}\n{£|$|€}{1|2|4}.{20|75|99}", "{Our|The} {pan|knife|mixer|spice set|cookbook|apron}{ on sale|}: ${19|24|49|120}",
    ),
    "site_link": ("Print{ Options| recipe| this|}", "{or |}{save|Save}{ to save| to|} this recipe{.|}", "{Include|Hide|Show} {recipe photo|photos|images}", "{Share|Email|Copy link|Pinterest|Facebook}", "Add {to|this to} {your |}{grocery list|meal plan|favorites|shopping list}", "{Write|Leave} a {review|note}", "{Give|Gift} this {recipe|article}", "{Rate|Review} it"),
    "site_serving_step": (
        "{Serve|Plate up|Spoon into bowls} {warm|hot|right away|at room temperature|over rice|with <side>}{ and enjoy|, and garnish as you like|}.", "{Serving suggestion|To serve}: {top with|add|pair with} <side>.", "{Divide|Share} {it |}{between|among} {2|4|6} {plates|bowls} and {serve|top with extra <second>}.", "Enjoy!", "{Don't forget to|Be sure to} {let it rest|taste and adjust the seasoning} before serving.",
    ),
    "site_caption": (
        "{Photo|Photography|Image|Credit}: {<first_name>|<site>}{ for <site>|}", "<site> / <first_name>", "© <site>", "{Stirring|Mixing|Pouring|Whisking|Folding|Cooking|Topping|Chopping} the <main>{ in a {bowl|pan|pot}|}{.|}",
        "{The|Our} <short> {before|after} {baking|cooking|chilling|mixing}{.|}", "[image]", "A {bowl|pan|plate|board} {of|with} <main>{ and <second>|}{ on a {wooden|white|marble} {table|counter}|}{.|}", "<short> {step {1|2|3|4}|close up|collage|in a pan}",
    ),
    "site_between_steps": (
        "{Advertisement|ADVERTISEMENT|Ad|- Advertisement -|Article continues below this ad}", "{Tip|TIP|Note|Hint|Chef's tip|Cook's tip}: {<tip>|<swap>}",
        "{Start|Set} timer{ ({5|10|20|30} min)|}", "⏲ {5|10|15|25} {min|minutes}", "{Mark as complete|Mark step as done|Done|Watch this step|▶ Watch}", "{Timer|Step video|View photo}",
    ),
    "site_title_line": ("How to Make <name>", "The Best <short>{ Recipe|}", "<short> {Recipe|Video}", "{Easy|Homemade|Classic|Quick} <short>", "<name> {Recipe|Video|at a glance}", "{What is|About} <name>{?|}", "Ingredients for <name>", "{Watch|Video}: <name>"),
    "site_dek": ("{A|One} {<adj>|<adj>, <adj>} {take on|version of|way to make} <short>.", "<because>", "{Ready for|Perfect for} <season>{, any day of the week|}.", "{Serve|Try} {it|this} with <side>."),
    "site_noise": (
        "{Difficulty|Level|Skill level|Effort}: {Easy|Medium|Beginner|A challenge|Super easy|More effort}", "Calories: {98|125|187|230|312|394|520}{ kcal|kcal|}", "Author: <first_name>",
        "{Method|Cooking method}: {Oven|Stovetop|Baking|Grilling|No-cook}", "Diet: {Vegetarian|Gluten free|Low lactose|Vegan}", "{Cost|Cost per serve|Budget}: {$|£|$$|€}{2.40|3.75|9|12}", "{Rating|Rated}: {4.6|4.8|5}{/5| stars| from 23 votes|}",
        "Serving size: 1 {piece|slice|bowl|cup}", "{Occasion|Season|Region|Origin}: {Weeknight|Summer|Southern|Coastal}", "Equipment: {1 large pan|9-inch tin|blender}", "Energy: {840|1280|2033}kJ", "Ingredients: {7|9|11|14}", "Contains: {gluten, dairy|nuts|egg}", "Freezable", "Comments: {3|18|104}",
    ),
    "site_made": (
        "{DID|Did} {YOU|you} {MAKE|make} {THIS|this} {RECIPE|recipe}?\n{Share it with us|Tag @{saltandspoon|thelittlelarder|crumbandco}} on {Instagram|social} {so we can see|and follow for more}!",
        "{How would you rate|Have you cooked} <name>?\nLeave a {Review|Note}", "{Tried this recipe?|Made it?} {Let us know how it was!|Leave a comment below.|Mention @{saltandspoon|crumbandco}.}", "{Rate|Review} this recipe\n☆ ☆ ☆ ☆ ☆\n{Submit|Post} {rating|review}",
    ),
    "site_thread": (
        "<site_initials>\n<site_ago>\n{Delicious|Lovely|So good|Great recipe}! I {used|swapped in|needed|added} <site_amount> {of |}{<main>|<second>|sugar|butter|stock} {instead|and it worked|because we like it rich}.\nReply",
        "<site_initials> says:\n<site_ago>\n{Can I|Could you|Is it OK to} {freeze|double|halve|make ahead} this? {I only have <site_amount> of <main>.|Thanks!}\nReply\n<first_name> says:\n{Hi <first_name>, yes|Sure}! {Use <site_amount>|Add <site_amount> more water} and {bake|cook} it {5|10} minutes longer.",
        "<site_initials>\n★★★★{★|☆}\n{Made it last night|Third time making this}. {I cut the time to <site_minutes>|Mine took <site_minutes>}{ and served {3|5|8} people|}.\n{Helpful (2)|Like|Report}",
        "<site_initials> <site_ago>\n{The steps are|It is} easy to follow. First {brown|mix|soak} the <main>, then {rest|chill|bake} it for <site_minutes>, {that's all|perfect}.\nReply", "<site_initials>\n{Too salty|Bland|A bit dry} for us. Next time <site_amount> of <second>.\n<site_ago> - {Helpful|Reply}",
    ),
    "site_comment_head": ("{Comments|Reviews|Notes|Reader reviews|Questions & Reviews|Discussion}{ ({3|12|47})|}", "{4|12|121} {Comments|Responses|thoughts on “<name>”}", "Leave a {Comment|Reply}{ Cancel reply|}\nName *\nEmail *\nWebsite", "Reader Interactions", "{Most helpful|Newest} {reviews|comments}"),
    "site_newsletter": (
        "{Get|Never miss|Want} {new|our best|free} recipes{ in your inbox|}{!|?}\n{Email address|Your email}\n{Subscribe|Sign up|Yes please}", "{Join|Become one of} {12,000|80,000|2 million} {readers|home cooks}\n{First name|Email}\nI agree to the privacy policy\n{Join|Go}", "FREE {E-BOOK|GUIDE|MEAL PLAN}: {5|7|10} {secrets to|dinners for} {busy nights|better baking}\nSend it to me",
    ),
    "site_bio": (
        "{Hi, I'm|Hello! I'm|Welcome! I'm|Meet} <first_name>\n{I cook|Here you'll find} {simple|seasonal|family} {food|recipes} {with short ingredient lists|from our small kitchen|for real life}. {Read more|More about me|Learn more}...", "About {the author|<first_name>}\n<first_name> {is a|trained as a} {cook|baker|food writer|dietitian} {who lives|and lives} {in the country|by the sea} with {two cats|three children}.",
    ),
    "site_footer": (
        "© 20{14|18|21|24|25} <site>\n{Privacy|Privacy Policy}\nTerms{ of Use|}\n{Contact|Advertise}", "{About|Contact|Press|Careers} {·|-} Privacy {·|-} {Accessibility|Cookies} {·|-} © <site>", "{Powered by|Theme by} {Foodpress|Ladle Themes}\n{Back to top|Return to top}",
        "{« |}{Previous|Older}: <other_dish>\n{Next|Newer}: <other_dish>{ »|}", "This site uses {cookies|Akismet to reduce spam}. Learn {more|how your comment data is processed}.", "Filed under: {Dinner|Dessert|Side}, {Easy|Family}\n{Ingredients|Tags}: <main>, <second>", "{Reproduction|Use} of {any|this} {content|text} without permission is prohibited.",
    ),
    "site_related_head": ("{More|Other} {recipes|ideas} {to try|like this|you'll love}", "{You may also like|You might also like}{...|:|}", "{Related|Similar|Popular|Trending|Latest} {recipes|posts}", "More {<main>|<season>|dinner} recipes", "{Up next|Recommended|Keep cooking|What to make next}", "{Editor's picks|Readers also made}", "Serve with"),
    "site_teaser": (
        "<other_dish>\n<because>\nTotal {time|Time}: <site_minutes>\n{Serves|Servings:} {2|4|6|8}\n{Get|View|See} {the |}{full |}recipe", "{Also try|Pairs well with}: <other_dish>\n{Prep|Prep Time}: <site_minutes> | {Cook|Cook Time}: <site_minutes>\n{4|12|30} {ingredients|reviews}", "<other_dish>\n{4.7|4.9|5} ({12|88|203})\n<site_minutes>\nEasy", "Recipe of the {day|week|month}\n<other_dish>\n{<because>|<tip>}\nRead more",
    ),
    "site_mini": (
        "{For|To make} a {quick|simple} {salad|slaw} {on the side|to go with it}, toss <site_amount> {of |}{rocket|cucumber|shredded cabbage} with <site_amount> olive oil and {a squeeze of lemon|1 tbsp vinegar}. Season and serve.", "{Quick|Easy} {garlic bread|croutons}: {mix|mash} <site_amount> butter with {2|3} cloves garlic, spread over {bread|a baguette}, and bake for <site_minutes>.",
        "{Variation|Another idea}: {replace|swap} the <main> with <site_amount> {beans|mushrooms|tofu} and cook for <site_minutes>.", "{Make it a meal|Serve it with}: {steam|boil} <site_amount> rice {in|with} {2 cups|500ml} water for <site_minutes>, then {fluff|stir in <site_amount> butter}.", "{Leftovers|The next day}: {stir into|turn it into} soup with <site_amount> stock, simmer <site_minutes> and blend.",
    ),
    "site_video": ("Video", "{Watch|Video}: how to make <short>", "Volume 0%\nPress shift question mark to access a list of keyboard shortcuts", "▶ {Play|Watch} video {2:14|0:58|12:05}", "0 seconds of 1 minute, {12|48} secondsVolume 0%"),
    "site_no_steps": (
        "{Unlock|Subscribe to see} {this recipe|the method|the full recipe}\n{Start your free trial|Already a member? Log in}", "{Watch|See} the video {above|below} for the {method|steps}.", "{The method is|Directions are} in {the book|our app|the magazine}.", "{Get|View} {directions|full instructions} {at|on} <site>", "{Method|Directions|Instructions}\n{Coming soon.|See video.|Available to members only.}",
    ),
    "site_no_list": ("{Ingredients|What you need}\n{See the photo above.|Available to members only.|As shown in the video.}", "{Get|View} the {ingredients|shopping list} {at|on} <site>", "{Unlock|Subscribe to see} the {ingredients|full list}"),
}  # fmt: skip

INGREDIENT_HEADINGS = (
    ("Ingredients", 9), ("INGREDIENTS", 2), ("Ingredients:", 2), ("Ingredients ({n})", 1), ("{n} Ingredients", 0.6), ("For {name}", 0.4), ("What you need", 0.8), ("You'll need", 0.8),
    ("Shopping list", 0.4), ("Ingredient", 0.3), ("The ingredients", 0.5), ("Recipe ingredients", 0.7), ("WHAT YOU'LL NEED", 0.5), ("Ingredients for {name}", 0.8), ("{name} Ingredients", 0.6),
    ("Ingredients\nIngredients", 0.4), ("🧾 Ingredients", 0.3), ("Grocery list", 0.2), ("Ingredients List:", 0.4), ("Ingredients & Amounts", 0.2), ("List of ingredients", 0.2),
    ("Zutaten", 0.25), ("Ingrédients", 0.2), ("Ingredientes", 0.2), ("Ingredienti", 0.12), ("What you'll need", 0.6), ("What You'll Need:", 0.3), ("You will need", 0.4), ("Ingredients\nScale", 0.3), ("Ingredients\nUnits", 0.2),
    ("Ingredient\nAmount", 0.1), ("Key ingredients for {name}", 0.2),
)  # fmt: skip
STEP_HEADINGS = (
    ("Instructions", 7), ("Method", 5), ("Directions", 4), ("Preparation", 2.5), ("METHOD", 1.2), ("INSTRUCTIONS", 1.2), ("Steps", 1), ("Directions:", 1), ("Preparation:", 0.7), ("How to make {name}", 0.8),
    ("Cooking method", 0.4), ("Method ({n} steps)", 0.4), ("How to cook", 0.3), ("Let's cook!", 0.3), ("Make it", 0.4), ("Step-by-step", 0.6), ("Cooking procedure:", 0.4), ("Instructions:", 0.8),
    ("Process", 0.3), ("Recipe directions", 0.3), ("Making {name}", 0.3), ("The method", 0.3), ("To prepare", 0.3), ("What to do", 0.3), ("Hide images\nInstructions", 0.2), ("DIRECTIONS", 0.8),
    ("Zubereitung", 0.25), ("Préparation", 0.2), ("Preparación", 0.2), ("Preparazione", 0.12), ("How to make it", 0.6), ("How To Make {name}", 0.5), ("RECIPE", 0.3), ("Here's how", 0.25), ("Cooking Instructions", 0.4), ("Step by step instructions", 0.3),
)  # fmt: skip
INGREDIENT_NOTES = (
    " (see notes)", ", plus more as needed", " (about 1 large handful)", ", or use what you have on hand", " (I like the organic kind)", ", at room temperature", ", plus extra to serve", " - see tip below",
    " (or substitute a dairy-free version)", ", finely chopped (optional)", ", rinsed and patted dry", " (not the low-fat kind)", ", from the international aisle", " *see note", ", cut into bite-size pieces", " (gluten-free if needed)",
    " for serving", ", freshly ground or from a jar", ", more to taste", " (weigh it for best results)", ", thawed if frozen, drained well", " (about 2 medium or 1 very large)",
)  # fmt: skip
MENU_JOINTS = ("\n", "\n", " | ", " · ", "  ", " / ", " » ", " > ", "\n- ")
