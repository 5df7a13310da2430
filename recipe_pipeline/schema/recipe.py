"""schema.org Recipe as this pipeline writes it: strict models, normalisation, reading helpers.

The canonical form (JSON-LD, https://schema.org/Recipe, https://schema.org/HowToSection):

- no recipe: ``{}``
- one recipe: ``{"@context": "https://schema.org", "@type": "Recipe", "name": ..., ...}``
- several: ``{"@context": "https://schema.org", "@graph": [Recipe, Recipe, ...]}``

Durations are ISO 8601, ingredients a list of lines, instructions a list of ``HowToStep`` or
``HowToSection``; everything else that schema.org knows is kept, nothing is null or empty.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from recipe_pipeline.schema.coerce import coerce_recipe, is_recipe_like
from recipe_pipeline.schema.terms import CONTEXT, OTHER_PROPERTIES
from recipe_pipeline.text.durations import CANONICAL

MAX_DEPTH = 12
_FRAME = {"@context", "@type", "context", "type"}


class RecipeInvalid(ValueError):
    """The data is not a usable recipe; ``complaints`` gives the reasons as sentence fragments."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = complaints


def _iso_duration(text: str) -> str:
    if not CANONICAL.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is not an ISO 8601 duration such as PT1H30M")
    return text


Text = Annotated[str, StringConstraints(strict=True, pattern=r"\S")]
Duration = Annotated[str, StringConstraints(strict=True), AfterValidator(_iso_duration)]
Context = Literal[
    "https://schema.org", "https://schema.org/", "http://schema.org", "http://schema.org/"
]


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HowToStep(_Node):
    """One step: ``{"@type": "HowToStep", "text": "..."}``, with a ``name`` when it has a title."""

    type: Literal["HowToStep"] = Field(alias="@type")
    name: Text | None = None
    text: Text


class HowToSection(_Node):
    """A titled part of the instructions ("For the filling") with its steps."""

    type: Literal["HowToSection"] = Field(alias="@type")
    name: Text
    itemListElement: list[HowToStep] = Field(min_length=1)


class _RecipeBody(BaseModel):
    # An absent field is None; an explicit null is an error, as the types do not allow it.
    model_config = ConfigDict(extra="allow")

    type: Literal["Recipe"] = Field(alias="@type")
    name: Text
    description: Text = None
    recipeYield: Text = None
    prepTime: Duration = None
    cookTime: Duration = None
    totalTime: Duration = None
    performTime: Duration = None
    recipeIngredient: list[Text] = Field(default=None, min_length=1)
    recipeInstructions: list[Annotated[HowToStep | HowToSection, Field(discriminator="type")]] = (
        Field(default=None, min_length=1)
    )
    recipeCategory: Text = None
    recipeCuisine: Text = None
    keywords: Text = None

    @model_validator(mode="after")
    def _holds_a_recipe(self) -> _RecipeBody:
        if not self.model_fields_set & {"recipeIngredient", "recipeInstructions"}:
            raise ValueError("neither recipeIngredient nor recipeInstructions")
        strange = [key for key in self.__pydantic_extra__ or () if key not in OTHER_PROPERTIES]
        if set(strange) - {"@context"}:
            raise ValueError(f"not properties of a schema.org Recipe: {', '.join(strange)[:80]}")
        return self


class Recipe(_RecipeBody):
    """One recipe, strictly in the canonical form. A field may be absent, never null or empty."""

    context: Context = Field(alias="@context")


class RecipeGraph(_Node):
    """Several recipes of one post."""

    context: Context = Field(alias="@context")
    graph: list[_RecipeBody] = Field(alias="@graph", min_length=2)


def normalise_recipe(data: Any) -> dict[str, Any]:
    """Validated JSON-LD in canonical form and key order, from what a model or a person wrote.

    Takes an object (a recipe, ``{}``, or ``{"@graph": [...]}``) or a list of recipes. Lenient about
    shapes (see `recipe_pipeline.schema.coerce`), strict about content. An object with only empty values
    is ``{}``; of a graph only the recipes are kept.

    Raises:
        RecipeInvalid: with all complaints.
    """
    complaints: list[str] = []
    cleaned = without_empty(data, complaints)
    if complaints:
        raise RecipeInvalid(complaints)
    if cleaned is None or (isinstance(cleaned, dict) and cleaned.keys() <= _FRAME):
        if isinstance(data, dict):
            return {}
        raise RecipeInvalid([f"expected a JSON object, found {type(data).__name__}"])
    recipes = [coerce_recipe(node, complaints) for node in _recipe_nodes(cleaned)]
    if len(recipes) == 1:
        result = recipes[0]
    else:
        bodies = [{k: v for k, v in recipe.items() if k != "@context"} for recipe in recipes]
        result = {"@context": CONTEXT, "@graph": bodies}
    complaints += [sentence for _, sentence in strict_complaints(result)]
    if complaints:
        raise RecipeInvalid(list(dict.fromkeys(complaints)))
    return result


def without_empty(value: Any, complaints: list[str], path: tuple[str | int, ...] = ()) -> Any:
    """``value`` without null, "", [] and {} at any depth; None if nothing is left.

    Numbers that are not finite and nesting beyond `MAX_DEPTH` are complaints.
    """
    if isinstance(value, str):
        return None if not value or value.isspace() else value
    if isinstance(value, dict):
        pairs: Any = ((str(key), item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    elif isinstance(value, float) and not math.isfinite(value):
        complaints.append(f"{_place(path)}: {value} is not a JSON number")
        return None
    else:
        return value
    if len(path) >= MAX_DEPTH:
        complaints.append(f"{_place(path)}: nested deeper than {MAX_DEPTH} levels")
        return None
    kept = {
        key: found
        for key, item in pairs
        if (found := without_empty(item, complaints, (*path, key))) is not None
    }
    if not kept:
        return None
    return kept if isinstance(value, dict) else list(kept.values())


def _place(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "the answer"


def _recipe_nodes(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, list):
        nodes = [node for node in data if is_recipe_like(node)]
        if not nodes:
            raise RecipeInvalid(["the list contains no Recipe object"])
        return nodes
    if not isinstance(data, dict):
        raise RecipeInvalid([f"expected a JSON object, found {type(data).__name__}"])
    for key in ("@graph", "graph", "recipes"):
        if isinstance(data.get(key), list):
            return _recipe_nodes(data[key])
    inner = data.get("recipe", data.get("Recipe"))
    if is_recipe_like(inner) and not is_recipe_like(data):
        return [inner]
    return [data]


def strict_complaints(data: dict[str, Any]) -> list[tuple[str, str]]:
    """What the models have against canonical ``data``: the property ("" for all) and a sentence."""
    try:
        (RecipeGraph if "@graph" in data else Recipe).model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        return [
            (str(detail["loc"][0]) if detail["loc"] else "", _sentence(detail))
            for detail in details
        ]
    return []


def _sentence(detail: Any) -> str:
    parts = [str(part) for part in detail["loc"] if part not in ("HowToStep", "HowToSection")]
    where = ".".join(parts)
    if detail["type"] == "missing":
        return f"{where}: missing"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def is_valid(data: Any) -> bool:
    """Whether ``data`` is in the canonical form already (``{}`` included), with nothing to repair."""
    if not isinstance(data, dict):
        return False
    complaints: list[str] = []
    return not data or (without_empty(data, complaints) == data and not strict_complaints(data))


def recipes_in(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The recipes of a canonical document: none for ``{}``, the items of ``@graph``, or itself."""
    if not data:
        return []
    graph = data.get("@graph")
    if isinstance(graph, list):
        return [node for node in graph if isinstance(node, dict)]
    return [data]


def instruction_texts(recipe: dict[str, Any]) -> list[str]:
    """The step texts of one recipe in order, those of sections included."""
    texts: list[str] = []
    for item in recipe.get("recipeInstructions", ()):
        steps = item.get("itemListElement", [item]) if isinstance(item, dict) else [item]
        texts += [step["text"] if isinstance(step, dict) else str(step) for step in steps]
    return texts


def ingredient_lines(recipe: dict[str, Any]) -> list[str]:
    """The ingredient lines of one recipe in order."""
    return list(recipe.get("recipeIngredient", ()))
