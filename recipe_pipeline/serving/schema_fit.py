"""Bring a value into the shape that a client's JSON schema asks for."""

from __future__ import annotations

from typing import Any

_MAX_DEPTH = 12


def fit(value: Any, schema: Any, root: dict[str, Any] | None = None, depth: int = 0) -> Any:
    """``value`` with the properties that ``schema`` names, null for those it lacks.

    Reads ``$ref`` within the schema, ``anyOf``, ``properties`` and ``items``, which is what
    pydantic writes; anything else leaves the value as it is.
    """
    root = root if root is not None else schema
    schema = _resolved(schema, root)
    if depth > _MAX_DEPTH or not isinstance(schema, dict):
        return value
    for option in schema.get("anyOf", ()):
        if _accepts(_resolved(option, root), value):
            return fit(value, option, root, depth + 1)
    properties = schema.get("properties")
    if isinstance(value, dict) and isinstance(properties, dict):
        return {
            name: fit(value.get(name), item, root, depth + 1) for name, item in properties.items()
        }
    if isinstance(value, list) and "items" in schema:
        return [fit(item, schema["items"], root, depth + 1) for item in value]
    return value


def _resolved(schema: Any, root: dict[str, Any]) -> Any:
    for _ in range(_MAX_DEPTH):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        schema = root
        for key in reference[2:].split("/"):
            schema = schema.get(key) if isinstance(schema, dict) else None
    return schema


def _accepts(schema: Any, value: Any) -> bool:
    kinds = {dict: "object", list: "array", str: "string", type(None): "null"}
    kind = kinds.get(type(value), "number")
    return isinstance(schema, dict) and schema.get("type") == kind
