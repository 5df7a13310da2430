"""Lines that language models take for steps: facts of the card, buttons, talk to the reader, comments."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_NUMBER = r"(?:about |approximately |around |~ ?)?[\d¼½¾⅓⅔]"
_MOST_WORDS = 12  # of a fact; longer ones may be a step that begins with one

_FACT = re.compile(
    # "Servings: six", "Serves 4", "Makes 2 dozen cookies."
    rf"(?:servings?(?: size)?|serves|makes|yields?|portions?)(?:\s*[:=]|\s+{_NUMBER})"
    # "Total time 1 hour", "Chill time: 3 hrs", "Ready in 20 minutes"
    rf"|(?:(?:\w+ )?time|total|ready in)\s*[:=-]?\s*{_NUMBER}"
    r"|(?:calories|nutrition(?:al)?(?: facts?| information| values?)?|per serving)(?:\s*[:=(-]|\s+\d|\W*\Z)"
    r"|\d+ ?k?cal(?:ories)?\b"
    r"|(?:author|category|course|cuisine|difficulty|equipment|keywords?|(?:photo|recipe|image)s? (?:by|credit)"
    r"|rating|recipe (?:from|source)|source|tags?)\s*:"
)
_BUTTON = re.compile(
    r"(?:print|pin|share|rate|save|email|tweet|bookmark|jump to)"
    r"(?: (?:this|the|it|me|now|to|on|recipes?|video|post|page|pinterest|facebook|instagram|comments?))*\W*"
)
_HEADING = re.compile(
    r"(?:ingredients|instructions|directions|method|(?:recipe )?notes?|comments?|reviews?|faqs?"
    r"|related (?:recipes|posts)|more recipes.*|you (?:may|might) also like.*)\W*"
    r"|(?:[\w-]+ ){1,3}(?:ingredients|instructions|directions|method)\s*:"
)
_TALK = re.compile(
    r"\bdid you (?:make|try|cook|like)|\bhave you (?:made|tried|cooked)|\b(?:made|tried) (?:it|this(?: recipe)?)\?"
    r"|\blet (?:me|us) know|\bleave (?:me |us )?(?:a|your) (?:comment|review|rating)|\brate this recipe"
    r"|\bcomments? below|\bin the comments|\btag (?:me|us|@)|\bfollow (?:me|us)\b|\bsubscribe\b|\bnewsletter\b"
    r"|\bcheck out (?:my|our|more)\b|\bthanks? (?:you )?for (?:reading|stopping|visiting|watching)"
    r"|^\W*(?:guten appetit|bon app[eé]tit|buon appetito|buen provecho)\b"
    r"|\bshare (?:this recipe|your (?:photo|creation|result))|\ball rights reserved|©|\bcopyright\b"
)
_COMMENT = re.compile(
    r"(?:[\w. ]{2,20}: )?[\"“]?(?:i|we|my (?:family|husband|wife|kids|son|daughter)) (?:\w+ )?"
    r"(?:made|tried|loved?) (?:this|it|these|the recipe)\b|.*[★⭐☆]{2}|.*\b5 stars\b"
)
_TAGS_OR_URL = re.compile(r"(?:(?:#\w+|https?://\S+|www\.\S+)[\s,.]*)+")


def is_aside(step: str) -> bool:
    """Whether all of ``step`` is plainly something else. "Enjoy!" and advice on serving are not."""
    text = " ".join(step.lower().replace("’", "'").split()).strip(" *•-–>")
    if _TAGS_OR_URL.fullmatch(text):
        return True
    if _FACT.match(text) and len(text.split()) <= _MOST_WORDS:
        return True
    if _BUTTON.fullmatch(text) or _HEADING.fullmatch(text):
        return True
    sentences = _SENTENCE_END.split(text)
    return all(_TALK.search(each) or _COMMENT.match(each) for each in sentences)
