"""A small context-free grammar: alternatives, optional parts and named rules, expanded at random.

Template syntax: ``{a|b|}`` picks one alternative (the last one here is empty), ``<name>`` inserts
a slot or expands a rule of that name. Braces nest. Slot values are inserted as they are and never
read as templates, so text from a recipe can hold any character.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

_TOKEN = re.compile(r"[{}|]|<[a-z_0-9]+>|[^{}|<]+|<")
# Placeholder for the name of the dish while a sentence is tidied: a private-use character.
_HELD = "\ue000"


class _Name(str):
    """The name of a slot or rule."""


@cache
def _parse(template: str) -> tuple:
    """``template`` as a tuple of its parts: text, a _Name, or a tuple of alternatives.

    A ``|`` outside braces is plain text. Unbalanced braces raise ValueError.
    """
    stack: list[list[list]] = [[[]]]
    for token in _TOKEN.findall(template):
        if token == "{":
            stack.append([[]])
        elif token == "}" and len(stack) > 1:
            choice = tuple(map(tuple, stack.pop()))
            stack[-1][-1].append(choice)
        elif token == "}":
            raise ValueError(f"unbalanced }} in template: {template}")
        elif token == "|" and len(stack) > 1:
            stack[-1].append([])
        else:
            is_name = token.startswith("<") and len(token) > 1
            stack[-1][-1].append(_Name(token[1:-1]) if is_name else token)
    if len(stack) != 1:
        raise ValueError(f"unbalanced {{ in template: {template}")
    return tuple(stack[0][0])


_SPACES = re.compile(r"[ \t]{2,}")
_SPACE_BEFORE_MARK = re.compile(r" +([,.;!?])")
_A_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeioAEIO][a-z])(?!one\b|once\b|European)")
_SENTENCE_START = re.compile(r"(^|[.!?…] |\n)([a-z])")


def tidy(text: str) -> str:
    """Fix what joining parts leaves behind: double spaces, "a apple", lower case after a full stop."""
    text = _SPACE_BEFORE_MARK.sub(r"\1", _SPACES.sub(" ", text))
    text = _A_BEFORE_VOWEL.sub(r"\1n ", text)
    text = _SENTENCE_START.sub(lambda match: match.group(1) + match.group(2).upper(), text)
    return text.strip()


class Grammar:
    """Named rules; a rule is a sequence of templates, one of which is chosen."""

    def __init__(self, rules: Mapping[str, Sequence[str]]) -> None:
        self.rules = rules

    def say(self, rule: str, rng: Random, slots: Mapping[str, str]) -> str:
        """One tidy expansion of ``rule``. Unknown names raise KeyError."""
        return self.write(rng.choice(self.rules[rule]), rng, slots)

    def say_several(
        self, rule: str, count: int, rng: Random, slots: Mapping[str, str]
    ) -> list[str]:
        """Up to ``count`` tidy expansions of different templates of ``rule``."""
        templates = self.rules[rule]
        picked = rng.sample(templates, min(count, len(templates)))
        return [self.write(template, rng, slots) for template in picked]

    def write(self, template: str, rng: Random, slots: Mapping[str, str]) -> str:
        """A tidy expansion of ``template``; tidying leaves the slot ``name`` alone."""
        text = tidy(self.fill(template, rng, {**slots, "name": _HELD}))
        return text.replace(_HELD, slots["name"]) if _HELD in text else text

    def fill(self, template: str, rng: Random, slots: Mapping[str, str]) -> str:
        """``template`` expanded, without tidying."""
        return self._expand(_parse(template), rng, slots)

    def _expand(self, parts: tuple, rng: Random, slots: Mapping[str, str]) -> str:
        out = ""
        for part in parts:
            if isinstance(part, tuple):
                out += self._expand(rng.choice(part), rng, slots)
            elif not isinstance(part, _Name):
                out += part
            elif part in slots:
                out += slots[part]
            else:
                out += self.fill(rng.choice(self.rules[part]), rng, slots)
        return out
