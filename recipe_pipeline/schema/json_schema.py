"""JSON Schema of an answer, for decoding under a grammar (``--constrained``).

Only what the small model is trained to write: one recipe, its keys in either of the orders of
`recipe_pipeline.schema.layout`, or ``{}``. Kept free of ``pattern``, references and upper bounds: not
every runtime turns them into a grammar, and llama.cpp's converter turns "at most 80 items" into 80
nested rules.
"""

from __future__ import annotations

from typing import Any

from recipe_pipeline.schema.layout import in_order
from recipe_pipeline.schema.terms import CONTEXT, CORE_PROPERTIES

_TEXT = {"type": "string"}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def answer_schema() -> dict[str, Any]:
    """The schema of one answer: a Recipe as JSON-LD, or the empty object for "no recipe here"."""
    named = {"@type": {"const": "HowToStep"}, "name": _TEXT, "text": _TEXT}
    step = _object(named, ["@type", "text"])
    # As `layout.section` orders the keys: runtimes build their grammar in this order.
    inside = _object({"text": _TEXT, "@type": {"const": "HowToStep"}}, ["text", "@type"])
    section = _object(
        {
            "@type": {"const": "HowToSection"},
            "name": _TEXT,
            "itemListElement": _list_of(inside),
        },
        ["@type", "name", "itemListElement"],
    )
    lists = {
        "recipeIngredient": _list_of(_TEXT),
        "recipeInstructions": _list_of({"anyOf": [step, section]}),
    }
    recipe = {
        "@context": {"const": CONTEXT},
        "@type": {"const": "Recipe"},
        **{name: lists.get(name, _TEXT) for name in CORE_PROPERTIES},
    }
    # Runtimes put required properties before all others.
    name_first = _object(recipe, ["@context", "@type", "name"])
    ingredients_first = _object(
        in_order(recipe, "ingredients-first"), ["@context", "@type", "recipeIngredient", "name"]
    )
    nothing: dict[str, Any] = _object({}, [])
    return {"anyOf": [name_first, ingredients_first, nothing]}


def response_format() -> dict[str, Any]:
    """``response_format`` of a request, as LM Studio, vLLM, Ollama and llama.cpp know it."""
    return {"type": "json_schema", "json_schema": {"name": "recipe", "schema": answer_schema()}}
