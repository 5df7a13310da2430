"""Details that wordy authors add to a method: remarks after a step, and additional steps.

Directions of real pages run to about seven steps of a hundred characters, and many hold times,
temperatures, sizes and asides that a label must copy and must not take for the recipe's own times.
``<food>`` and ``<other>`` are foods of the recipe: nothing here names one that it does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from recipe_pipeline.offline_teacher.phrases.grammar import Grammar, tidy

_RULES: dict[str, Sequence[str]] = {
    "remark": (
        "{Set aside|Set aside to cool|Put it to one side while you do the rest}.",
        "{Stir|Scrape the bottom} {often|now and then|every few minutes} so {nothing sticks|it doesn't stick|it cooks evenly}.",
        "{Don't worry if it looks|It may look} {lumpy|dry|thin|a little curdled|like too much} at {first|this point|this stage}{; it comes together|. That's normal|}.",
        "It should {smell fragrant|be just tender|look glossy|hold its shape|still have some bite}.",
        "{Be careful|Take care} not to {overcook|burn|crowd|rush} it.",
        "{Taste|Check} and {adjust|add more salt|add a splash of water} if needed.",
        "{Work|Do this} in {batches|two batches} if {needed|your pan is small|necessary}.",
        "{Cover|Wrap} {loosely |}{with foil |}and keep {warm|at hand|covered} {until needed|}.",
        "{Scrape down the sides|Shake the pan} {once or twice|as needed|halfway through}.",
        "{This takes|Give it|It will take} {about |around |}<minutes>.",
        "{Reserve|Save|Hold back} {a little|some|a spoonful} of the <food> for {garnish|later|the top}.",
        "{Use|I use|I like to use} a {wooden spoon|whisk|rubber spatula|fork|potato masher|slotted spoon} for this.",
        "{You want|Aim for} {an even layer|a thick paste|soft peaks|pieces of the same size|a smooth texture}.",
        "The <food> should be {soft|tender|just cooked|warmed through|evenly coated}{ but not mushy|}.",
        "{If|When} the mixture {seems|looks|gets} too {thick|dry|stiff}, {add|stir in} a {splash|tablespoon or two} of {water|liquid}.",
        "{Turn|Lower|Reduce} the heat {to low|to medium-low|a little} if {it browns too fast|it starts to smoke|the edges catch}.",
        "{Rotate|Turn} the {pan|tray|dish} {halfway through|once}.",
        "{An instant-read thermometer should read|The internal temperature should be|Look for} {145|160|165|190|200}{°F|°|ºF| degrees F}.",
        "(I {usually|always|sometimes} {do this the night before|skip this when I'm in a hurry|let the kids help here}.)",
        "({You can|Feel free to} {use your hands|use a food processor|do this ahead}{ for this part|}.)",
        "{Press|Pat|Tap} {down |}gently{ to remove any air bubbles| so that it sticks| to make it level|}.",
        "{Let it|Allow it to} {rest|stand|sit|cool} {for |}{about |}<minutes>{ before {moving on|going on with the next step}|}.",
        "{Discard|Drain off|Pour off} {any |the |}{extra|excess} {liquid|fat|moisture}.",
        "{Keep an eye on it|Watch closely}{ during the last <minutes>|; it goes from golden to burnt in seconds|}.",
        "{Season|Sprinkle} {each layer|generously|lightly} {as you go|with salt|to taste}.",
        "{Repeat|Go on} {with the remaining|until you have used up the} <food>.",
        "{Start with|Begin with} {half|two thirds} of the <food> and {add the rest|work up} {slowly|little by little|a spoonful at a time}.",
        "{You will have|There will be} about {2 cups|1½ cups|a dozen|3 cups|1 quart}{ at this point|}.",
        "{The pan|It} will be {hot|full|very full}, so {use an oven mitt|stir with care|go slowly}.",
        "{No need to|You don't have to} {peel|measure|be exact|wait for it to cool} here.",
        "It {should|will} {look like|form|resemble} {a \"{ball|crust|paste|dough|sandwich|skin}\"|\"{wet sand|ribbons|crumbs|soft peaks}\"}{ at this stage|}.",
        "{This is|That's} {what {my mother|grandma|the pros} {calls|call}|called} {the |}\"{crumb coat|fond|bloom|soft-ball stage|dredge|sweat|slurry}\".",
        "{They're|It's} done when {you'd call it|they look} \"{just right|golden|crisp|set but wobbly}\".",
        "{Don't|Never} {skip this|rush it}; {it's|that's} {worth it|what makes the difference|the secret}!",
        "{Start with a thickness of|You're looking for|Aim for} {about |}{1/4|1/2|1|2}\"{ all around|}.",
        "(See {note|notes|the notes|the tip} {above|below|1|2}{ if you {don't have one|want it thicker}|}.)",
    ),
    "step": (
        "{Prepare|Get out} {all |}your ingredients{ and {measure|weigh} them|}: {chop|trim} what needs {chopping|trimming}{, including the <food>|}.",
        "{Wash|Rinse} {and dry |}the <food>{ well| under cold water| and pat dry with paper towels}.",
        "{Take|Remove} the <food> {out of|from} the {fridge|refrigerator} {about |}<minutes> {before you start|ahead of time}{ so it can come to room temperature|}.",
        "{Line|Grease|Lightly oil} a {large|9x13-inch|rimmed|8-inch} {baking sheet|dish|pan|tray} {with parchment paper|and set it aside|}.",
        "{Put|Place|Add} the <food> {into|in} a {medium|small|large|heavy-bottomed} {bowl|saucepan|pot} {and {set aside|cover with water|stir}|}.",
        "{Sprinkle|Scatter|Spoon} {half of |the rest of |some of |}the <food> {over the top|evenly over everything|on top}.",
        "{Mix|Stir|Whisk} the <food> {and|with the|together with the} <other> {until {smooth|well combined|no lumps remain|everything is coated}|}.",
        "{Add|Stir in|Fold in} the <food>{, {a little at a time|half at a time},|} and {cook|mix|stir} {for {another |about |}<minutes>|until {combined|fragrant|slightly thickened}}.",
        "{While|As} {that|the <food>} {cooks|rests|cools}, {prepare|chop|get started on} the <other>.",
        "{In the meantime|Meanwhile|While you wait}, {warm|stir|season|slice} the <food>{ and {keep|set} aside|}.",
        "{Turn|Flip} {everything|each piece|them} over {carefully |gently |}and {cook|go on} for {another |a further |}<minutes>{ on the other side|}.",
        "{Increase|Turn up} the heat to {high|medium-high} and {cook|stir} {for <minutes>|until {reduced by half|most of the liquid is gone|it bubbles}}.",
        "{Reduce|Lower|Turn} the heat {down |}to {low|medium-low}, cover{ with a lid|} and {cook|leave} for {about |}<minutes>{, {stirring|checking} {now and then|occasionally|once or twice}|}.",
        "{Remove|Take} {it |}{off|from} the {heat|stove} and {let it rest|stir in the <food>|cool {for |}<minutes>}.",
        "{Divide|Portion|Spoon} {the mixture|everything} {into|between|among} {4|6|8|12|the} {portions|bowls|equal pieces|glasses|plates}.",
        "{Cover|Wrap|Put a lid on} and {chill|refrigerate|let rest|leave} for {at least |about |}{1 hour|2 hours|30 minutes|<minutes>|3 to 4 hours}{, or overnight|}.",
        "{Shape|Roll|Form} {into|it into} {1-inch|2-inch|small|even} {balls|patties|pieces|logs}{ and {place|lay} on {a plate|the tray}|}.",
        "{Cut|Slice|Chop} the <food> {into {¼-inch|½-inch|1-inch|thin|bite-size|2\"} {slices|pieces|cubes|strips}|as small as you like}.",
        "{Taste|Give it a taste|Check the seasoning} and {add|stir in} more <food> {if you like|to taste|if needed}.",
        "{Layer|Arrange} the <food> and <other> {in the {dish|bowl|pan}|as you like}{, ending with the <food>|}.",
        "{Drizzle|Brush|Spread} {with|the top with} the <food>{ just before serving|, then {serve|enjoy}|}.",
        "{Pour|Tip|Scrape} {it all|everything|the mixture} into the {prepared |}{pan|dish|bowl} and {level|smooth} the top{ with a {spoon|spatula}|}.",
        "{Stop|Pause} and {scrape down the sides|check the thickness|stir well}{ before adding the <food>|}.",
        "{Grease|Line|Prepare} {a|an|your} {8x8\"|9x13\"|9\" round|9×5 inch|8×8 inch (20 cm)|12-inch} {pan|baking dish|skillet|tin}{ {by buttering it|with parchment} and set {it |}aside|}.",
        "{Cook|Leave|Let {it|them} go} {undisturbed|without stirring|uncovered} until {the bottom is {nicely browned|crisp}|{it|the <food>} {begins|starts} to {brown|bubble|soften}}, {about |}<minutes>.",
        "{Once|When|After} {the <food> {is|has} {ready|cooled|softened}|it's {hot|melted|thick}}, {carefully |}{add|stir in|pour in} the <other>{ and {toss|mix} well|, {one|a third} at a time|}.",
        "{Transfer|Move|Lift} {to|onto} a {plate|wire rack|paper towel-lined plate|clean bowl}{ to {drain|cool|rest}|}{ {and|, then} {keep warm|set aside|repeat with the rest}|}.",
        "{Meanwhile|At the same time|While it {bakes|cooks|chills}}, {make|prepare|get started on} the {topping|sauce|next part|garnish}: {mix|whisk|stir} the <food> {with|and} the <other>{ until {smooth|combined}|}.",
    ),
    "minutes": (
        "{2|3|4|5|6|7|8|10|12|15|20|25|30|35|40|45} minutes",
        "{1-2|2-3|3-4|3 to 5|5–7|5 to 8|8-10|10 to 12|12-15|20 to 25|25-30} {minutes|min}",
        "{a minute|half a minute|30 seconds|one minute|a couple of minutes}",
    ),
}  # fmt: skip
_GRAMMAR = Grammar(_RULES)

# Remarks in brackets before the full stop of a step.
_ASIDES = (
    "about 5 minutes", "about 10 minutes", "2 to 3 minutes", "see notes", "see note 2", "optional",
    "discard the rest", "with liquid", "with their juices", "this can be done ahead", "seam side down",
    "175°C", "about 340 grams", "I use my hands", "or until done", "do not drain", "lengthwise",
    "watch the video", "cut side up", "it will be sticky", "as pictured", "if using", "a few is fine",
    "the night before is fine", "about 1 cup", "or use a blender", "no need to peel", "reserve some",
)  # fmt: skip

# Kinds of authors: weight, additional steps (least, most), chance of a remark (and of another).
_MANNERS = ((2, (0, 1), 0.1), (4, (1, 5), 0.4), (4, (4, 12), 0.55))
_MOST_REMARKS = 3


def _slots(foods: Sequence[str], rng: Random) -> dict[str, str]:
    named = [food[:1].lower() + food[1:] for food in foods if len(food) < 40] or ["mixture"]
    food = rng.choice(named)
    others = [other for other in named if other != food] or ["rest"]
    return {"food": food, "other": rng.choice(others)}


def _say(template: str, foods: Sequence[str], rng: Random) -> str:
    return tidy(_GRAMMAR.fill(template, rng, _slots(foods, rng)))


def elaborate(steps: Sequence[str], foods: Sequence[str], rng: Random) -> list[str]:
    """``steps`` with additional steps and remarks, in the manner of one author.

    ``foods`` are the recipe's foods, as sentences name them. No template is used twice.
    """
    weights = [weight for weight, _, _ in _MANNERS]
    _, (least, most), chance = rng.choices(_MANNERS, weights)[0]
    out = list(steps)
    for template in rng.sample(_RULES["step"], rng.randint(least, most)):
        # The last step serves the dish, so it stays last.
        out.insert(rng.randint(0, max(0, len(out) - 1)), _say(template, foods, rng))
    remarks = iter(rng.sample(_RULES["remark"], len(_RULES["remark"])))
    for index, step in enumerate(out):
        added = 0
        while added < _MOST_REMARKS and rng.random() < chance:
            template = next(remarks, None)
            if template is None:
                return out
            step = f"{step} {_say(template, foods, rng)}"
            added += 1
        out[index] = step
    return out


def ended(step: str, rng: Random) -> str:
    """``step``, rarely with another ending: brackets before the full stop, a star, no full stop.

    The end of a line decides how its JSON continues, so a model must have seen the rare endings.
    """
    draw = rng.random()
    if draw > 0.17 or not step.endswith(".") or len(step) < 20:
        return step
    stem = step[:-1]
    if draw < 0.1:
        aside = rng.choice(_ASIDES)
        return f"{stem} ({aside})" + rng.choice((".", ".", ".", ""))
    if draw < 0.12:
        return stem + rng.choice(("*.", "*", ".*", ". *", "**"))
    if draw < 0.13:
        return f"{stem} to {rng.choice((145, 165, 350, 400))}°{rng.choice('FFC')}."
    return stem + rng.choice(("", "", "!", "!", "…", ":", ";"))
