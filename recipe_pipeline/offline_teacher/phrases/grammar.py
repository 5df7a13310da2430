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
_MAX_DEPTH = 12
# Placeholder for the name of the dish while a sentence is tidied: a private-use character.
_HELD = "\ue000"


class _Choice(tuple):
    """Alternatives, one of which is chosen; each is a tuple of parts."""


class _Reference(str):
    """A reference to a slot or rule by name."""


@cache
def _parse(template: str) -> tuple:
    """``template`` as a tuple of parts: str, _Reference or _Choice.

    A ``|`` outside braces is plain text. Unbalanced braces raise ValueError.
    """
    stack: list[list[list]] = [[[]]]
    for token in _TOKEN.findall(template):
        if token == "{":
            stack.append([[]])
        elif token == "}":
            if len(stack) == 1:
                raise ValueError(f"unbalanced }} in template: {template}")
            choice = _Choice(tuple(branch) for branch in stack.pop())
            stack[-1][-1].append(choice)
        elif token == "|" and len(stack) > 1:
            stack[-1].append([])
        elif token.startswith("<") and len(token) > 1:
            stack[-1][-1].append(_Reference(token[1:-1]))
        else:
            stack[-1][-1].append(token)
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
        self._rules = dict(rules)

    def names(self) -> list[str]:
        return list(self._rules)

    def templates(self, rule: str) -> Sequence[str]:
        return self._rules[rule]

    def say(self, rule: str, rng: Random, slots: Mapping[str, str]) -> str:
        """One tidy expansion of ``rule``. Unknown names raise KeyError."""
        return self.say_template(f"<{rule}>", rng, slots)

    def say_several(
        self, rule: str, count: int, rng: Random, slots: Mapping[str, str]
    ) -> list[str]:
        """Up to ``count`` tidy expansions of different templates of ``rule``."""
        templates = self._rules[rule]
        picked = rng.sample(range(len(templates)), min(count, len(templates)))
        return [self.say_template(templates[i], rng, slots) for i in picked]

    def say_template(self, template: str, rng: Random, slots: Mapping[str, str]) -> str:
        """A tidy expansion of ``template``; tidying leaves the slot ``name`` alone."""
        text = tidy(self._expand(_parse(template), rng, {**slots, "name": _HELD}, 0))
        return text.replace(_HELD, slots["name"]) if _HELD in text else text

    def fill(self, template: str, rng: Random, slots: Mapping[str, str]) -> str:
        """``template`` expanded, without tidying (for headings and labels)."""
        return self._expand(_parse(template), rng, slots, 0)

    def _expand(self, parts: tuple, rng: Random, slots: Mapping[str, str], depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise ValueError("template rules refer to each other without end")
        out = []
        for part in parts:
            if isinstance(part, _Choice):
                out.append(self._expand(tuple(rng.choice(part)), rng, slots, depth))
            elif isinstance(part, _Reference):
                if part in slots:
                    out.append(slots[part])
                else:
                    template = rng.choice(self._rules[part])
                    out.append(self._expand(_parse(template), rng, slots, depth + 1))
            else:
                out.append(part)
        return "".join(out)
