"""The vocabulary of schema.org that a Recipe may use.

Source: https://schema.org/Recipe, with what it inherits from HowTo, CreativeWork and Thing
(schema.org release 29). Properties that only describe the publishing of a page (copyright, audience,
reviews ...) are part of it and therefore kept if a label has them.
"""

from __future__ import annotations

CONTEXT = "https://schema.org"

# Canonical order of a label: what a reader looks for first, then the rest as it came. One fixed
# order means the model never has to learn a choice that carries no information.
CORE_PROPERTIES = (
    "name",
    "description",
    "recipeYield",
    "prepTime",
    "cookTime",
    "totalTime",
    "recipeIngredient",
    "recipeInstructions",
    "recipeCategory",
    "recipeCuisine",
    "keywords",
)

DURATION_PROPERTIES = frozenset({"prepTime", "cookTime", "totalTime", "performTime"})

_RECIPE = "cookingMethod nutrition suitableForDiet performTime"
_HOW_TO = "estimatedCost supply tool"
_CREATIVE_WORK = (
    "about abstract accessMode accessModeSufficient accessibilityAPI accessibilityControl "
    "accessibilityFeature accessibilityHazard accessibilitySummary accountablePerson "
    "acquireLicensePage aggregateRating alternativeHeadline archivedAt assesses associatedMedia "
    "audience audio author award character citation comment commentCount conditionsOfAccess "
    "contentLocation contentRating contentReferenceTime contributor copyrightHolder "
    "copyrightNotice copyrightYear correction countryOfOrigin creativeWorkStatus creator "
    "creditText dateCreated dateModified datePublished digitalSourceType discussionUrl editEIDR "
    "editor educationalAlignment educationalLevel educationalUse encoding encodingFormat "
    "exampleOfWork expires funder funding genre hasPart headline inLanguage interactionStatistic "
    "interactivityType interpretedAsClaim isAccessibleForFree isBasedOn isFamilyFriendly isPartOf "
    "learningResourceType license locationCreated mainEntity maintainer material materialExtent "
    "mentions offers pattern position producer provider publication publisher publisherImprint "
    "publishingPrinciples recordedAt releasedEvent review schemaVersion sdDatePublished sdLicense "
    "sdPublisher size sourceOrganization spatial spatialCoverage sponsor teaches temporal "
    "temporalCoverage text thumbnail thumbnailUrl timeRequired translationOfWork translator "
    "typicalAgeRange usageInfo version video wordCount workExample workTranslation"
)
_THING = (
    "additionalType alternateName disambiguatingDescription identifier image mainEntityOfPage "
    "owner potentialAction sameAs subjectOf url"
)

OTHER_PROPERTIES = frozenset(" ".join((_RECIPE, _HOW_TO, _CREATIVE_WORK, _THING)).split())
RECIPE_PROPERTIES = OTHER_PROPERTIES.union(CORE_PROPERTIES)

# What models and hand-made files call the same things.
ALIASES = {
    "context": "@context",
    "type": "@type",
    "graph": "@graph",
    "title": "name",
    "recipename": "name",
    "summary": "description",
    "yield": "recipeYield",
    "yields": "recipeYield",
    "servings": "recipeYield",
    "ingredients": "recipeIngredient",
    "ingredient": "recipeIngredient",
    "recipeingredients": "recipeIngredient",
    "instructions": "recipeInstructions",
    "instruction": "recipeInstructions",
    "recipeinstruction": "recipeInstructions",
    "directions": "recipeInstructions",
    "method": "recipeInstructions",
    "step": "recipeInstructions",
    "steps": "recipeInstructions",
    "category": "recipeCategory",
    "course": "recipeCategory",
    "cuisine": "recipeCuisine",
    "tags": "keywords",
    "tools": "tool",
    "equipment": "tool",
}
_LOWER = {name.lower(): name for name in RECIPE_PROPERTIES}


def canonical_property(key: str) -> str | None:
    """schema.org name of ``key`` ("prep_time" -> "prepTime"), or None if there is none."""
    if key in RECIPE_PROPERTIES or key in ("@context", "@type", "@graph"):
        return key
    squeezed = key.replace("_", "").replace("-", "").replace(" ", "").lower()
    return ALIASES.get(squeezed) or _LOWER.get(squeezed)
