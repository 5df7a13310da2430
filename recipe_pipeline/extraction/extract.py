"""From a page to a checked recipe: what the model is given, and what its answer is worth.

Knows nothing of models, servers and files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.wording import counted
from recipe_pipeline.extraction.completion import completed
from recipe_pipeline.extraction.naming import named
from recipe_pipeline.extraction.other_cards import other_cards, without
from recipe_pipeline.extraction.page import NO_TEXT, Page
from recipe_pipeline.extraction.page_lists import key_of, without_mark
from recipe_pipeline.extraction.recipe_lines import fact_kinds
from recipe_pipeline.extraction.window import Window, choose_window
from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.check import ground
from recipe_pipeline.grounding.facts import TIMES
from recipe_pipeline.grounding.post_index import index_of
from recipe_pipeline.grounding.repair import repaired
from recipe_pipeline.llm.replies import parse_answer
from recipe_pipeline.models.chat_template import neutralise
from recipe_pipeline.schema.page_sections import with_sections
from recipe_pipeline.schema.recipe import (
    RecipeInvalid,
    instruction_texts,
    normalise_recipe,
    recipes_in,
)
from recipe_pipeline.schema.salvage import salvage_recipe
from recipe_pipeline.text.durations import seconds_to_iso
from recipe_pipeline.text.yields import count_in, yield_in_line

_SHOWN_ANSWER = 300
# "{}" among other text counts only in a line of its own or at the end: models repeat their prompt,
# which says when to answer with it.
_EMPTY_ANSWER = re.compile(r"^[\s`]*[{[]\s*[]}][\s`]*$|[{[]\s*[]}]\W*\Z", re.MULTILINE)
# A JSON string, also one that breaks off.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)


@dataclass(frozen=True)
class Extraction:
    """A recipe document in canonical form, and what is wrong with it.

    ``unsupported``: lines that the text does not support. ``removed``: what was taken out because the
    text does not state it. ``missing``: what the text states and the recipe lacks.
    """

    document: dict[str, Any]
    unsupported: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def omitted(self) -> tuple[str, ...]:
        """What was left out, with the reasons."""
        return self.removed + self.missing

    @property
    def is_empty(self) -> bool:
        """Whether no recipe was found."""
        return not recipes_in(self.document)


class UnusableAnswer(PipelineError):
    """An answer that another attempt may improve on; ``reason`` is a slug."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def page_answer(page: Page, ignore_page_data: bool) -> Extraction | None:
    """The page's own recipe, if there is one and it may be used; else None: ask a model.

    Raises PipelineError if there is no text to ask a model about.
    """
    if page.recipe and not ignore_page_data:
        return Extraction(page.recipe)
    if not page.text:
        raise PipelineError(NO_TEXT)
    return None


def model_input(page: Page, budget: int, count_tokens: Callable[[str], int]) -> Window:
    """The part of the page's text that the model reads: at most ``budget`` tokens."""
    # A control token spelled out in the text must not become a real one, not even on a server.
    return choose_window(neutralise(page.text), budget, count_tokens)


def interpret(
    answer: str, post: str, strict: bool = False, title: str = "", *, whole: bool = True
) -> Extraction:
    """The checked recipe in a model's ``answer`` about ``post``, of a web page with its ``title``.

    Raises UnusableAnswer if the answer contains no JSON object or no schema.org Recipe, if it was
    cut off (repaired, it would be a recipe without its end) and, with ``strict``, if the text does not
    support every line. With ``whole`` False, an answer that was cut off will do if it has ingredients
    and steps.
    """
    parsed = parse_answer(answer)
    if parsed.data is None:
        raise _invalid("no JSON object", answer)
    if not (parsed.data or parsed.strict or _EMPTY_ANSWER.search(answer)):
        raise _invalid("an empty object among other text", answer)
    cut_off = not parsed.strict and is_cut_off(answer)
    if whole and cut_off:
        raise _invalid("cut off; raise --max-new-tokens unless it only repeats itself", answer)
    try:
        recipe, unreadable = _readable(parsed.data, title)
        document = with_sections(completed(recipe, post), post)
    except RecipeInvalid as error:
        raise _invalid(str(error)[:200], answer) from None
    if not whole and not any(
        recipe.get("recipeIngredient") and recipe.get("recipeInstructions")
        for recipe in recipes_in(document)
    ):
        raise _invalid("no ingredients or no steps", answer)
    document = named(document, title, post)
    own = without(post, [] if "@graph" in document else other_cards(post, document))
    document, removed = repaired(document, own)
    document = _with_stated_facts(document, own)
    unsupported, missing = _findings(document, post)
    if strict and unsupported:
        raise UnusableAnswer(
            "unsupported",
            f"the text does not support {counted(len(unsupported), 'line')} of the recipe: "
            f"{'; '.join(unsupported)} (run without --strict to get the recipe anyway)",
        )
    unstated = (f"{each['field']} {each['value']!r}: {each['reason']}" for each in removed)
    return Extraction(document, unsupported, (*unreadable, *unstated), missing)


def joined(parts: Sequence[Extraction], post: str) -> Extraction:
    """The recipes of ``parts``, each about a part of ``post``, in one document."""
    document = normalise_recipe([x for part in parts for x in recipes_in(part.document)])
    unsupported = tuple(line for part in parts for line in part.unsupported)
    removed = tuple(line for part in parts for line in part.removed)
    return Extraction(document, unsupported, removed, _findings(document, post)[1])


def _findings(document: dict[str, Any], post: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the text does not support, and what the document lacks."""
    findings = [f for f in ground(document, post).findings if f.score < DEFAULT_MIN_SUPPORT]
    unsupported = tuple(str(f) for f in findings if not f.is_omission)
    return unsupported, tuple(str(f) for f in findings if f.is_omission)


def _with_stated_facts(document: dict[str, Any], text: str) -> dict[str, Any]:
    """``document`` with the prep, cook and total time and the yield that it lacks, where lines of their own
    in ``text``, which is about no other dish, state one."""
    if "recipeIngredient" not in document:
        return document
    told = set(map(key_of, instruction_texts(document)))
    text = "\n".join(line for line in text.split("\n") if key_of(without_mark(line)) not in told)
    evidence = index_of(text).evidence
    # "They take 30 minutes to cook" is about the dish only if other times are given, too.
    on_card = {kind for kind, _ in TIMES.values() if evidence.card_minutes(kind)}
    labelled = {kind for line in text.split("\n") for kind in fact_kinds(line)}
    labelled |= {"total"} if "ready" in labelled else set()
    stated = {
        key: evidence.stated_minutes(kind)
        for key, (kind, _) in TIMES.items()
        if kind in (on_card if len(on_card) > 1 else on_card & labelled)
    }
    facts = {key: seconds_to_iso(60 * min(each)) for key, each in stated.items() if len(each) == 1}
    if stated_yield := yield_in_line(text) or count_in(evidence.card_yield()):
        facts["recipeYield"] = stated_yield
    return normalise_recipe({**facts, **document})


def _readable(data: Any, title: str) -> tuple[dict[str, Any], list[str]]:
    """The recipe in canonical form, and what of it could not be read: a time such as "PT320K" costs
    that time only, and a name is on the page. Raises RecipeInvalid."""
    try:
        return normalise_recipe(data), []
    except RecipeInvalid:
        if not isinstance(data, dict) or "@graph" in data:
            raise
        recipe, complaints = salvage_recipe(data)
        return normalise_recipe({"name": title, **recipe} if title else recipe), complaints


def is_cut_off(answer: str) -> bool:
    """Whether the JSON in ``answer`` ends before it is closed; text after it does not matter."""
    if answer.rstrip("` \n").endswith("}"):
        return False
    depth = 0
    for bracket in re.findall(r"[{}\[\]]", _STRING.sub("", answer[answer.find("{") :])):
        depth += 1 if bracket in "{[" else -1
        if depth == 0:
            return False
    return True


def _invalid(reason: str, answer: str) -> UnusableAnswer:
    shown = " ".join(answer.split())
    shown = shown[:_SHOWN_ANSWER] + ("…" if len(shown) > _SHOWN_ANSWER else "")
    return UnusableAnswer(
        "invalid_answer",
        f"the model's answer is not a valid recipe ({reason}); it wrote: {shown or 'nothing'}",
    )
