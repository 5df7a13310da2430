"""From a document to a checked recipe: what to send to the model, what its answer is worth.

Pure of servers and models; ``extraction_run`` brings the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.page import NO_TEXT, Document
from recipe_pipeline.extraction.window import choose_window
from recipe_pipeline.grounding.check import DEFAULT_MIN_SUPPORT, OMITTED, Finding, ground
from recipe_pipeline.llm.replies import parse_answer
from recipe_pipeline.models.chat_template import neutralise
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT
from recipe_pipeline.schema.page_sections import with_sections
from recipe_pipeline.schema.recipe import RecipeInvalid, normalise_recipe, recipes_in
from recipe_pipeline.schema.step_sections import nested

FOUND, NOTHING_FOUND = 0, 3
"""Exit codes of 08, beside 1 for an error."""

# Turn marks, system prompt and the words around the post, in tokens of Gemma; rounded up.
_PROMPT_TOKENS = 128
_SHOWN_ANSWER = 300


@dataclass(frozen=True)
class ExtractionSettings:
    """``context_length`` counts the tokens of post and answer together.

    ``tries``: how often a model is asked at most when its answers are no valid recipes.
    """

    output_format: str = "jsonld"
    strict: bool = False
    ignore_page_data: bool = False
    context_length: int = 8192
    max_new_tokens: int = 2048
    tries: int = 3

    @property
    def post_budget(self) -> int:
        """Tokens that a post may have."""
        budget = self.context_length - self.max_new_tokens - _PROMPT_TOKENS
        if budget < 256:
            raise PipelineError(
                f"--context {self.context_length} leaves no room for a post beside "
                f"--max-new-tokens {self.max_new_tokens}: raise the one or lower the other"
            )
        return budget


@dataclass(frozen=True)
class Prepared:
    """``post`` is what the model reads; ``recipe`` is what the page itself provides, or ``{}``."""

    post: str
    recipe: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extraction:
    """A canonical recipe document and what is wrong with it.

    ``unsupported`` are the lines that the text does not bear out, ``omitted`` what the text states
    and the recipe lacks, one sentence each.
    """

    document: dict[str, Any]
    unsupported: tuple[str, ...] = ()
    omitted: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """FOUND or NOTHING_FOUND."""
        return FOUND if recipes_in(self.document) else NOTHING_FOUND


class AnswerInvalid(PipelineError):
    """The model's answer is no recipe; ``answer`` is what it wrote."""

    def __init__(self, reason: str, answer: str) -> None:
        shown = " ".join(answer.split())
        shown = shown[:_SHOWN_ANSWER] + ("…" if len(shown) > _SHOWN_ANSWER else "")
        super().__init__(
            f"the model's answer is no valid recipe ({reason}); it answered: {shown or 'nothing'}"
        )
        self.answer = answer


def has_own_answer(document: Document, settings: ExtractionSettings) -> bool:
    """Whether the page's own recipe is the answer, so that no model is needed.

    Raises PipelineError when it is not and there is no text to ask a model about.
    """
    if document.recipe and not settings.ignore_page_data:
        return True
    if not document.text:
        raise PipelineError(NO_TEXT)
    return False


def prepare(
    document: Document, settings: ExtractionSettings, count_tokens: Callable[[str], int]
) -> Prepared:
    """What to do with ``document``: take the page's own recipe, or send which part of its text.

    Raises PipelineError for a page that has nothing to send.
    """
    if has_own_answer(document, settings):
        note = (
            "the page carries a complete JSON-LD recipe, which is used as it is "
            "(--ignore-page-data asks the model instead)"
        )
        return Prepared("", document.recipe, (note,))
    # A control token written out in the text must not become one on a server either.
    window = choose_window(neutralise(document.text), settings.post_budget, count_tokens)
    return Prepared(window.text, {}, (window.describe(),) if window.is_cut else ())


def interpret(answer: str, post: str) -> Extraction:
    """The checked recipe in a model's ``answer`` about ``post``.

    Raises AnswerInvalid when there is no JSON object in it or no schema.org Recipe, and when it was
    cut off: repaired, it would be a recipe without its end.
    """
    parsed = parse_answer(answer)
    data = parsed.data
    if data is None:
        raise AnswerInvalid("no JSON object", answer)
    if not parsed.strict and is_cut_off(answer):
        raise AnswerInvalid("cut off; raise --max-new-tokens if it does not repeat itself", answer)
    try:
        document = with_sections(nested(normalise_recipe(data)), post)
    except RecipeInvalid as error:
        raise AnswerInvalid(str(error)[:200], answer) from None
    findings = [f for f in ground(document, post).findings if f.degree < DEFAULT_MIN_SUPPORT]
    return Extraction(
        document=document,
        unsupported=tuple(str(f) for f in findings if not _is_omission(f)),
        omitted=tuple(str(f) for f in findings if _is_omission(f)),
    )


def first_valid(
    answers: Iterable[str], post: str, tell: Callable[[str], None] = lambda text: None
) -> Extraction:
    """The first of ``answers`` that is a valid recipe; they are drawn one by one.

    ``tell`` is given a line for each that is none. Raises AnswerInvalid with the first one's fault,
    which is the likeliest answer's, when none is.
    """
    fault: AnswerInvalid | None = None
    for number, answer in enumerate(answers, 1):
        try:
            return interpret(answer, post)
        except AnswerInvalid as error:
            fault = fault or error
            tell(f"answer {number} is no valid recipe")
    raise fault or AnswerInvalid("no answer", "")


def is_cut_off(answer: str) -> bool:
    """Whether the JSON in ``answer`` ends before it is closed; text after it does not count."""
    if answer.rstrip("` \n").endswith("}"):
        return False
    depth, in_string, escaped = 0, False, False
    for character in answer[answer.find("{") :]:
        if escaped:
            escaped = False
        elif in_string:
            escaped = character == "\\"
            in_string = character != '"'
        elif character == '"':
            in_string = True
        elif character in "{[":
            depth += 1
        elif character in "]}":
            depth -= 1
            if depth == 0:
                return False
    return True


def require_support(extraction: Extraction) -> None:
    """For ``--strict``: raise PipelineError when the text does not bear out every line."""
    if extraction.unsupported:
        count = len(extraction.unsupported)
        lines = f"{count} line{'s' if count > 1 else ''}"
        raise PipelineError(
            f"{lines} of the recipe {'are' if count > 1 else 'is'} not supported by the text "
            "(--strict): see the lines above, or run without --strict"
        )


def messages_for(
    post: str, system_prompt: str = EXTRACTION_SYSTEM_PROMPT, full_instructions: bool = False
) -> list[dict[str, str]]:
    """The chat to send to a server: the form of training, or full instructions for a model that
    was not trained for this."""
    from recipe_pipeline.models.prompts import extraction_messages, user_message

    if full_instructions:
        return extraction_messages(post)
    return [
        {"role": "system", "content": system_prompt},
        {"role": "user", "content": user_message(post)},
    ]


def _is_omission(finding: Finding) -> bool:
    return finding.degree == OMITTED and finding.reason.startswith("the post states it")
