"""Amounts and ingredient lines out of the objects that schema.org has for them.

PropertyValue, QuantitativeValue, HowToSupply, Product and ListItem, and what models and hand-made files
write instead: ``{"amount": 2, "unit": "cups", "ingredient": "flour"}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from recipe_pipeline.schema.plain import (
    LIST_KEYS,
    Complain,
    clean_text,
    is_placeholder,
    kind_of,
    number_text,
    without_marker,
)

# UN/CEFACT codes, which schema.org's unitCode takes; of counted things the code says nothing.
_UNIT_CODES = {
    **{"GRM": "g", "KGM": "kg", "MGM": "mg", "MLT": "ml", "LTR": "l", "CLT": "cl", "DLT": "dl"},
    **{"ONZ": "oz", "LBR": "lb", "OZA": "fl oz", "G21": "cup", "G24": "tbsp", "G25": "tsp"},
    **{"MIN": "minutes", "HUR": "hours", "DAY": "days"},
    **{"CMT": "cm", "INH": "inch", "C62": "", "EA": "", "H87": "", "NMP": "packs", "DZN": "dozen"},
}
_AMOUNT_KEYS = ("requiredQuantity", "amount", "quantity")
_NAME_KEYS = ("name", "ingredient", "item", "text", "preparation", "@value")
# A PropertyValue may name the property ("Ingredient") and have the whole line as its value.
_GENERIC_NAME = re.compile(r"(?:recipe\s*)?ingredients?|items?|suppl(?:y|ies)", re.IGNORECASE)


def read_ingredients(value: Any, complain: Complain, depth: int = 0) -> Iterator[str]:
    """The lines of an ingredient list, whatever it is made of."""
    if isinstance(value, str):
        lines = value.strip().splitlines()
        for line in lines:
            line = clean_text(without_marker(line))
            may_be_heading = len(lines) > 1 or line.endswith(":")
            is_heading = may_be_heading and _GENERIC_NAME.fullmatch(line.rstrip(": "))
            if line and not (is_placeholder(line) or is_heading):
                yield line
    elif isinstance(value, list):
        for item in value:
            yield from read_ingredients(item, complain, depth)
    elif isinstance(value, dict):
        keys = (*LIST_KEYS, "ingredients", "recipeIngredient")
        nested = next((value[k] for k in keys if isinstance(value.get(k), list | dict)), None)
        if nested is None and isinstance(value.get("item"), list | dict):
            nested = value["item"]
        if nested is not None and depth < 10:
            yield from read_ingredients(nested, complain, depth + 1)
        elif line := _line(value):
            yield line
        else:
            complain(f"an ingredient is {kind_of(value)}, not a line of text")
    else:
        complain(f"expected lines of text, found {kind_of(value)}")


def quantity_text(value: Any, depth: int = 0) -> str:
    """An amount with its unit: "250 g", "4-6"; "" if there is none.

    Of text, number, or an object with ``value`` or ``minValue`` and ``maxValue``, and ``unitText``,
    ``unitCode`` or ``unit``.
    """
    if isinstance(value, bool) or depth > 3:
        return ""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        return next(filter(None, (quantity_text(item, depth + 1) for item in value)), "")
    if not isinstance(value, dict):
        return ""
    keys = ("value", "@value", *_AMOUNT_KEYS)
    amount = next((text for k in keys if (text := quantity_text(value.get(k), depth + 1))), "")
    if not amount:
        ends = [quantity_text(value.get(key), depth + 1) for key in ("minValue", "maxValue")]
        amount = "-".join(dict.fromkeys(filter(None, ends)))
    amount = amount or clean_text(str(value.get("name") or ""))
    return clean_text(f"{amount} {_unit(value)}") if amount else ""


def _line(value: dict[str, Any]) -> str:
    """One ingredient as a line; "" if it has no word in it."""
    names = [_name_text(value[key]) for key in _NAME_KEYS if key in value]
    name = clean_text(" ".join(filter(None, names)))
    amount = quantity_text({key: item for key, item in value.items() if key not in _NAME_KEYS})
    if amount and _GENERIC_NAME.fullmatch(name):
        name = ""
    if re.fullmatch(r"0+(?:[.,]0+)?", amount.partition(" ")[0]) or name.startswith(f"{amount} "):
        amount = ""  # "0 salt"; "250 g flour" with its amount a second time
    if not amount and not name:
        return ""
    line = clean_text(f"{amount} {name}" if amount else name)
    return line if re.search(r"[^\W\d]", line) else ""


def _name_text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _unit(value: dict[str, Any]) -> str:
    for key in ("unitText", "unit"):
        if isinstance(value.get(key), str):
            return str(value[key])
    code = value.get("unitCode")
    return _UNIT_CODES.get(code.upper(), code) if isinstance(code, str) else ""
