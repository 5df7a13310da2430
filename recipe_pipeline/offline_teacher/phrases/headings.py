"""Headings of the sections around a recipe card."""

NOTES_HEADINGS = (
    "Ingredients", "Ingredients", "Here is what I used",
    "Ingredient Notes", "Ingredients You'll Need", "What You'll Need", "Key Ingredients",
    "Ingredients & Substitutions", "A few notes on the ingredients", "What goes into {name}",
    "Ingredients Needed:", "What's in {short}?", "The Ingredients",
)  # fmt: skip
OVERVIEW_HEADINGS = (
    "How to Make {name}", "How to make it", "Step by Step", "Step-by-Step Photos", "The Process",
    "Let's make {short}!", "An overview", "How do you make {name}?",
)  # fmt: skip
WHY_HEADINGS = (
    "Why You'll Love This Recipe", "Why this works", "Why we love {short}", "Reasons to make it",
    "❤️ Why I Love This Recipe", "What makes it special",
)  # fmt: skip
TIP_HEADINGS = (
    "Tips", "Recipe Tips", "Tips for the Best {name}", "Pro tips", "Expert Tips", "Tips & Tricks",
    "Helpful hints", "My best tips",
)  # fmt: skip
FAQ_HEADINGS = (
    "FAQ", "FAQs", "Frequently Asked Questions", "Common Questions", "Your questions answered",
    "Questions about {name}",
)  # fmt: skip
STORE_HEADINGS = (
    "Storage", "How to Store", "Storing and Freezing", "Leftovers", "Make Ahead", "Storage Tips",
)  # fmt: skip
SERVING_HEADINGS = (
    "What to Serve with {name}", "Serving suggestions", "Serving Suggestions:", "Serve it with",
    "What goes with {short}?", "Sides", "Best Way To Serve {name}", "The Best Way to Eat {name}",
)  # fmt: skip
SWAP_HEADINGS = ("Variations", "Substitutions", "Swaps", "Suggestions and Variations", "Mix it up")
COMMENT_HEADINGS = ("Comments", "{n} Comments", "Reader Reviews", "{n} thoughts on “{name}”",
                     "Leave a comment", "What readers say", "Reviews")  # fmt: skip
NOTE_HEADINGS = ("Notes", "Recipe Notes", "Notes:", "NOTES", "Cook's Notes", "Tips", "Note")
# Headings above the card whose lists got lost when a reader copied the page.
LONE_HEADINGS = (
    "Gluten-free:", "Nut-free:", "Make it vegan:", "Make ahead", "To freeze:", "Dairy Free", "Video",
    "Full Recipe", "Step-by-Step", "Tools", "Watch how", "Kid-friendly", "More from {site}", "Variations:",
)  # fmt: skip
