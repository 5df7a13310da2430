"""Rewrite the times of a post in the plain form "prep time: 20 minutes" that `stated_times` reads.

Copied cards have their columns glued together ("Prep Time15 minutesCook Time20 minutes"), the label
on a line of its own or behind the time; other posts give times in a sentence ("You need ten minutes
for the prep").
"""

from __future__ import annotations

import re

from recipe_pipeline.text.durations import COMPACT_HOURS, units_once
from recipe_pipeline.text.languages import in_english
from recipe_pipeline.text.numbers import NUMBER_WORDS

_KIND = r"prep(?:aration)?|cook(?:ing)?|bak(?:e|ing)|total"
# The period of "20 min. prep" belongs to the unit; the one behind "20 minutes" ends the sentence.
_UNIT = r"(?:(?:minutes?|hours?|days?)\b|(?:mins?|hrs?|h|m|d)\b\.?)"
_DURATION = rf"\d[\d.]*[ -]?{_UNIT}(?:,? (?:and )?\d[\d.]* ?{_UNIT}){{0,2}}"
_NEXT_LABEL = (
    r"(?=(?:prep(?:aration)?|cook(?:ing)?|bak(?:e|ing)|total|ready|serv(?:es|ings?)|yields?|makes"
    r"|[a-z]{4,12}(?= ?time))(?:\b|\d| ?time| ?in))"
)
# "twenty minutes": the patterns below look for digits.
_SPELT = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})(?=[ -](?:minutes?|mins?|hours?|hrs?|days?)\b)")
_GLUED_END = re.compile(rf"((?:minutes?|mins?|hours?|hrs?)|(?<=\d)[mh]){_NEXT_LABEL}")
_GLUED_START = re.compile(r"\b(time|prep|cook|cooking|preparation|total|in)(?=\d)")
_UNIT_ENDS = ("minutes", "minute", "mins", "min", "hours", "hour", "hrs", "hr", r"\dm", r"\dh")
_BEHIND_UNIT = "|".join(f"(?<={unit})" for unit in _UNIT_ENDS)
_COMMA = re.compile(r"(?<=[rsy]),? +(?=\d+ ?m(?:in|\b))")
# Facts in one row, apart by a wide gap ("Serves: 4  Prep time: 10 min"), one behind the other
# ("Prep 10 min Cook 20 min") or with a dash between them.
_NEXT_FACT = re.compile(
    rf"(?:[ \t]{{2,}}|(?:{_BEHIND_UNIT})(?:[ \t]+-)?[ \t]+)(?=(?:(?:{_KIND})(?: time)?|ready in|serves|makes|yields?)\b"
    r"[ \t]*[:|=-]?[ \t]*(?:about )?\d)"
)
# "Prep" on a line of its own and the time on the next, or "Preparation 35 min" and nothing else. A
# yield may be in front.
_LABEL_LINE = re.compile(
    rf"^([^\w\n]*(?:makes|serves|servings?|yields?)\b[^\n]{{1,25}}?[ \t])?[^\w\n]*({_KIND})(?: time)?"
    r"[^\w\n]*\n\s*(?=\d)",
    re.MULTILINE,
)
# "Prep | 10 min  Cook | 20 min" in one row, whose bars are line ends by now: the first label and its
# time are followed by the label of the next time, perhaps of another kind ("Additional Time").
_NEXT_COLUMN = re.compile(
    rf"(time: {_DURATION})[ \t]+({_KIND}|[a-z]{{4,12}}(?= time))(?: time)?[ \t]*\n\s*(?=\d)"
)
_COLUMNS = 4  # prep, cook, additional, total
# Some cards leave out the unit: "Cooking 35".
_WHOLE_LINE = re.compile(
    rf"^[^\w\n]*({_KIND})(?: time)?[^\w\n]*({_DURATION}|\d{{1,2}})[ \t]*$", re.MULTILINE
)
_LABEL_BEHIND = re.compile(
    rf"({_DURATION})[ \t]+(?:for the |of |for |to |on (?:the )?)?({_KIND})\b(?! ?time|[ \t]*[:|=\d-])"
)
_TAKES = re.compile(
    rf"\b({_KIND})(?:ing)?(?: work| time)? (?:takes?|needs?|is|will take|runs)\b(?: you)?"
)
# "Prep is 20 minutes, cooking 12 minutes."
_THEN = re.compile(
    rf"((?:prep|preparation) time: +{_DURATION}),? (?:and |then )?({_KIND}) (?:is |takes )?(?={_DURATION})"
)
# "It bakes for 40 minutes." as a sentence of its own.
_COOKS = re.compile(rf"(?:^|(?<=[.!?] ))(?:it|this) (cook|bake)s for (?={_DURATION}[.!])", re.M)
# "In 20 minutes it is on the table."
_READY = re.compile(
    rf"\bin ({_DURATION}),? (?:it|this|dinner|lunch|everything)(?: is|s) (?:on the table|ready|done)\b"
)
_ALL_IN_ALL = re.compile(
    r"\b(?:all in all,?|start to finish|altogether|in total|from start to finish|on the table in|all told,?)"
    rf"[^\n.\d]{{0,30}}(?={_DURATION})"
)
_TOTAL_BEHIND = re.compile(
    rf"({_DURATION}) (?:altogether|in total|all in all|in all|start to finish|from start to finish"
    r"|all in(?! ?\w))\b"
)
# "Serves 2. Total 11 min." in a row of facts, not "for a total 20 minutes"
_TOTAL_AMONG_FACTS = re.compile(rf"(?<![a-z] )\btotal (?={_DURATION})")


def labelled_times(plain: str) -> str:
    """``plain`` (see `normalise.plain_words`) with every kind of time label spelt out."""
    text = COMPACT_HOURS.sub(r"\1 h \2 min", units_once(in_english(plain)))
    text = _SPELT.sub(lambda match: NUMBER_WORDS[match[1]], text)
    text = _GLUED_END.sub(r"\1\n", text)
    text = _GLUED_START.sub(r"\1 ", text)
    text = _COMMA.sub(" ", text)
    text = _NEXT_FACT.sub("\n", text)
    text = _LABEL_LINE.sub(_label_on_its_line, text)
    for _ in range(_COLUMNS - 1):
        text = _NEXT_COLUMN.sub(r"\1\n\2 time: ", text)
    text = _WHOLE_LINE.sub(r"\1 time: \2", text)
    text = _TAKES.sub(r"\1 time: ", text)
    text = _THEN.sub(r"\1\n\2 time: ", text)
    text = _COOKS.sub(r"\1 time: ", text)
    text = _READY.sub(r"\ntotal time: \1\n", text)
    text = _ALL_IN_ALL.sub("total time: ", text)
    text = _TOTAL_BEHIND.sub(r"\ntotal time: \1\n", text)
    text = _TOTAL_AMONG_FACTS.sub("total time: ", text)
    # The label moves before its duration, on a line of their own.
    return _LABEL_BEHIND.sub(r"\n\2 time: \1\n", text)


def _label_on_its_line(match: re.Match[str]) -> str:
    in_front = f"{match[1]}\n" if match[1] else ""
    return f"{in_front}{match[2]} time: "
