"""Rules for posts about food without a recipe."""

from __future__ import annotations

NO_RECIPE_RULES: dict[str, tuple[str, ...]] = {
    "spot": (
        "{The|Cafe|Bistro|Casa|Little|Old} {Oak|Lantern|Verde|Harbor|Juniper|Mill|Olive|Rosa|Anchor}",
        "{Nonna|Mama|Uncle|Chef} {Rosa|Lee|Tony|Amara|Pete}'s {Kitchen|Table|Place|Diner}",
        "{Blue|Red|Golden|Salty} {Door|Rooster|Crab|Fig|Bicycle} {Cafe|Grill|Tavern|Kitchen|}",
    ),
    "city": (
        "Lisbon", "Portland", "Bologna", "Chicago", "Hanoi", "Austin", "Kyoto", "Oaxaca", "Lyon",
        "Charleston", "Copenhagen", "Marrakesh", "Santa Fe", "Cork", "Istanbul", "Montreal",
    ),
    "gear": (
        "{air fryer|Dutch oven|stand mixer|blender|cast-iron skillet|rice cooker|pressure cooker|chef's knife|sheet pan|slow cooker|toaster oven}",
    ),
    "grocery": (
        "paper towels", "coffee", "dish soap", "bananas", "oat milk", "sparkling water", "bread",
        "dog food", "yogurt cups", "trash bags", "lunch meat", "apples", "frozen pizza", "ice cream",
    ),
    "title_review": (
        "{Review|Restaurant Review}: <spot>{, <city>|}", "{Dinner|Lunch|Brunch} at <spot>", "We tried <spot>, {and wow|here's what happened}",
        "Where to eat <name> in <city>",
    ),
    "page_review": (
        "We {finally |}{had dinner|had lunch|ate} at <spot> in <city> {last week|on <day>}. {I ordered|We shared} the <name>, and it {was|tasted} {lovely|disappointing|better than expected|like home}: {plenty of|not enough} <main>, {a little too salty|just the right amount of heat|with a hint of <second>}.",
        "<spot> {opened|reopened} {in <month>|two blocks from us} and {the line was out the door|we had to go}. The <name> ({$14|$19|$23|$28}) {is worth the trip|was fine|came out cold}. {Service was {slow|kind|quick}.|We'll be back.}",
        "{If you are ever in|On your next visit to} <city>, {go to|book a table at} <spot>. {Skip the starters|Get there early} and {order|ask for} the <name>. {Three stars out of five.|Four and a half stars.|Ten out of ten.}",
    ),
    "more_review": (
        "{Parking is tricky|They take cards|Reservations are a must on weekends}{, but the staff is friendly|}. {Open|Opening hours:} {Tue-Sun 11-9|daily 5 to 10 pm}.",
        "{My date|<person>} had the <other_dish>, {which I tried|and loved it}. {We split a dessert.|The coffee is good too.}",
        "The room {seats|has} {24|40|60} {people|seats} and the {music is loud|lighting is soft}. {Total for two: $64.|Dinner for four came to $120.}",
        "{No, they did not give me the recipe|I asked for the recipe and the chef laughed}. {Maybe one day I will try to recreate it.|Some secrets stay secret.}",
    ),
    "title_travel": (
        "{Three|Two|Five} days in <city>", "Eating our way through <city>", "{Postcard|Notes} from <city>", "What we ate in <city>",
    ),
    "page_travel": (
        "{We landed in|Our train reached} <city> {before sunrise|in the rain|starving}, {and|so} the first thing we did was find {breakfast|a market}. {A woman at|The man behind} the counter {handed|sold} us <name> {wrapped in paper|on a chipped plate}, {still hot|with extra <second>}, and {I nearly cried|we ate it standing up}.",
        "{On day two|On our last evening} in <city> we {walked|biked} {6|9|12} {miles|kilometers} and {ended up|got lost} {near the harbor|in the old town}. {Everybody|Every stall} was {eating|selling} <name>. {I took forty photos.|I wish I had taken more pictures.}",
    ),
    "more_travel": (
        "{The hotel|Our apartment} was {small|charming|noisy}, {but|and} {a 10 minute walk|two stops} from {everything|the market}. {We paid|It cost} {$89|$120|$145} a night.",
        "{The market|The food hall} opens at {6|7|8} {in the morning|am}. {Bring cash.|Go hungry.} I came home with <main>, <second> and {a ceramic bowl|too many spices}.",
        "{Someday|When we are back} I want to {learn to make|take a class on} <name>. {Until then, I dream of it.|For now I have the photos.}",
        "{Next stop|Next up}: <city>. {Tips welcome!|Tell me where to eat!}",
    ),
    "title_shopping": (
        "{Shopping|Grocery} {list|haul}", "{This week's|My} {groceries|list}", "What I {bought|picked up} at the {store|market}",
    ),
    "page_shopping": (
        "{Grocery|Shopping} {list|run} for {this week|<day>}{, so I don't forget|}:",
        "{Here's|This is} what {I bought|we got} at {the store|the farmers market} {today|this morning}, {$84|$52|$127} in total.",
        "{Need to pick up|Don't forget} {before <day>|on the way home}:",
    ),
    "more_shopping": (
        "{Some of this|Half of that} is for <name>{, recipe coming soon|, the rest for lunches}.",
        "{Prices|Eggs} are {up again|finally down}. {I used coupons.|What do you pay?}",
        "{What's on your list?|Tell me your favorite store.}",
    ),
    "title_plan": ("{Weekly|Family} {Meal Plan|menu}", "What's for dinner this week", "Meal plan: week of <month> {4|11|18|25}"),
    "page_plan": (
        "{Here is|This is} our {meal plan|dinner menu} for the week. {Links to the recipes are below.|All recipes are on the blog.}",
        "{No more|Tired of} {asking|wondering} what's for dinner? {This plan|Here's a plan} {has you covered|will help}.",
    ),
    "more_plan": (
        "{Prep|I prep} the vegetables on Sunday and {freeze|portion} the <main>. {It saves me hours.|Life changing.}",
        "{Leftovers|Lunches} {are not on the list|sort themselves out}. {Download the printable here.|Print the list below.}",
    ),
    "title_menu": ("{Menu|Today's Menu}", "<spot> – {Dinner|Lunch} Menu", "{Our|The} {Thanksgiving|New Year's|birthday} menu"),
    "page_menu": (
        "{Today|This week} at <spot>{, <city>|}:", "{Our|The} menu for {the party|the holidays|Saturday's supper club}:",
    ),
    "more_menu": (
        "{All prices include|Please tell us about} {service|allergies}. {Closed Mondays.|Call to reserve.}",
        "{Kids eat half price|Happy hour 4 to 6}. {We make our <main> in house.|Ask about the <second>.}",
    ),
    "title_gear": ("{The best|My favorite} <gear>{ for <name>|}", "<gear> review: {is it worth it|yes or no}?", "{3|5|7} kitchen tools I can't live without"),
    "page_gear": (
        "I have been testing {a new|this} <gear> for {three weeks|two months|half a year}. {I made|We used it for} <name>, <other_dish> and {toast|popcorn|soup}, and {it works well|I am torn|it smoked up the kitchen}.",
        "{Is|Do you think} a {$99|$149|$299} <gear> {is |}worth it? {After ten batches of <name>|After a month}, {my answer is yes|I say save your money}.",
    ),
    "more_gear": (
        "Pros: {easy to clean|heats fast|quiet}, {light|sturdy|looks nice}. Cons: {takes up space|short cord|loud}. {4 out of 5 stars.|Would buy again.}",
        "It {holds|weighs} {2|4|6} {quarts|pounds} and {fits in a cupboard|comes in red|has a two-year warranty}. {Not sponsored.|They sent me one for free.}",
        "{The manual suggests|A friend says} 20 minutes {on high|at 400°F} for {most things|everything}, {which is nonsense|but I'd go by eye}.",
    ),
    "title_news": ("{Life lately|Friday links|News from the kitchen}", "{Big news|We are moving|An announcement}!", "{A short|My summer} break"),
    "page_news": (
        "{Big news|An announcement}: {the cookbook is done|I am opening a pop-up|the blog turns {five|ten}}! {To celebrate|At the party}, we {served|are serving} <name>{ to 60 people|}. {Thank you all.|Come by on <day>.}",
        "{I'm taking a break|No new recipe today}. {The kitchen is being painted|We are all sick|The baby came early}, and {<person> is bringing us|we live on} <name> {from the freezer|from the deli}.",
        "{My cooking class|Our workshop} {is back|starts in <month>}: {we'll learn|learn} how to make <name>{ from scratch|}. {Tickets are $45.|12 seats.|Sign up by email.} {The recipe is for participants only.|Aprons provided.}",
    ),
    "more_news": (
        "{What I'm reading|Currently}: {a history of <main>|an old novel|nothing but recipes}. {What I'm watching|Watching}: {the rain|baking shows}.",
        "{Thank you|Thanks} for {8|12|20} years of {comments|support}. {You make this fun.|I read every message.}",
        "{See you in <month>|Back soon}! {Follow along on Instagram.|Sign up for the newsletter.}",
    ),
    "title_memory": ("{My grandmother's kitchen|On <main>|A love letter to <name>|Remembering Sunday dinners}",),
    "page_memory": (
        "{I still remember|There was always} the smell of <name> in <relative>'s {kitchen|house}. {She never wrote anything down|He cooked by ear}, {a handful here, a pinch there|always humming}. {I was seven|I must have been ten}, {standing on a chair|stealing bits of <main>}.",
        "Some people {collect stamps|run marathons}. {I think about|I dream of} <name>. {The <main>, the <second>, the steam on the window.|It tastes of being looked after.}",
    ),
    "more_memory": (
        "{We buried her|He left us} in <month>. {Afterwards|At the table} somebody {brought|had made} <name>, {and nobody spoke for a while|and it was wrong, and perfect}.",
        "{I have tried to make it|I never got it right}. {Maybe it needs her stove.|Maybe the water is different.} {Perhaps some dishes belong to a place.|I keep trying.}",
        "{What dish takes you home?|Tell me about yours in the comments.}",
    ),
    "title_roundup": (
        "{5|7|10|12|15|25} {Easy|Cozy|Quick|Best} {Dinners|Soups|Desserts|Ideas} for <season>",
        "What to {cook|make} with <main>", "{Our|Your} {most popular|favorite} recipes of {the year|<month>}",
    ),
    "page_roundup": (
        "{Out of ideas|Tired of the same old}? {Here are|I've rounded up} {our|the} {favorite|best} ways to {use|enjoy} <main>{ this <season>|}. {Click|Tap} any {title|photo} for the recipe.",
        "{These are|Below are} the recipes {you loved|everyone clicked on} {most |}this {year|month}. {Links go to the full recipes.|Save this page!}",
    ),
    "more_roundup": (
        "{Have a favorite we missed|What would you add}? {Tell us below.|Leave a comment.}",
        "{All|Most} of these {freeze well|take under 45 minutes|need one pan}{, which is why they made the list|}.",
        "{Pair|Serve} any of them with <side>. {You can't go wrong.|Done.}",
    ),
    "title_guide": (
        "{All about|A guide to} <main>", "{How to|Where to} {buy|store|choose} <main>", "<main>: {what to know|everything you need to know}",
    ),
    "page_guide": (
        "{What exactly is|Ever wondered about} <main>? {It has been|People have been} {grown|sold|eaten} {for centuries|all over the world}, {and|but} {few of us|hardly anybody} {know|think about} where it comes from. {Look for|Choose} {a bright color|a firm feel|a short label} {when you buy it|at the store}.",
        "{I get asked|Readers ask} about <main> {all the time|every week}. {Kept|Stored} {cool and dark|in the fridge} it {lasts|keeps} {a week|ten days|for months}; {once opened|after that} {use it within 3 days|smell it first}.",
    ),
    "more_guide": (
        "{The price|Expect to pay} {ranges from $3 to $9|is about $4} a {pound|jar|bag}. {Cheaper is not worse.|Buy local if you can.}",
        "{Per 100 g|A serving has} {52|120|230} calories, {2|6|11} g protein and {0|4|9} g fat. {It is rich in fiber.|Talk to your doctor if unsure.}",
        "{It goes well with|Try it next to} <second>{ or in <name>|}. {Recipes to come.|What do you use it for?}",
    ),
}  # fmt: skip
