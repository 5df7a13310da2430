"""Tell a model's refusal from a post that opens with an apology or an "I can't"."""

from __future__ import annotations

import re

_LONGEST = 600
# "I can't stop making these" opens a post: only a task that the model declines is a refusal.
_APOLOGY = r"(?:(?:i['’]?m |i am )?(?:sorry|afraid)|(?:my )?apologies|unfortunately|i apologi[sz]e)"
_UNABLE = (
    r"(?:i (?:can(?:['’]t|\s?not)|won['’]t|will not)(?: and will not)?|(?:i am|i['’]?m) (?:not able|"
    r"unable) to|i won['’]t be able to)(?: \w+ly)?"
)
_REFUSAL = re.compile(
    # After an apology anything that cannot be done, except what an author cannot stop doing.
    rf"{_APOLOGY}[,.!:]?\s*(?:but\s+)?(?:(?:this|that|your|the) (?:request|prompt|content|text)\b|"
    rf"{_UNABLE} (?!stop|believe|wait|get enough|help (?:but|my|it))|"
    r"i (?:do not|don['’]t|did not|didn['’]t) (?:have|see|find)\b|as an ai\b)|"
    r"as an ai\b|i must decline\b|"
    rf"{_UNABLE} (?:assist|comply|fulfil+|help (?:you|with|to)\b|"
    r"(?:provide|create|write|generate|produce|complete|process|extract|answer|discuss)"
    r"(?: \w+){0,3} (?:request|post|content|recipe|prompt|blog|article|text|topic|json)\b)",
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """True if ``text`` is the model declining the task."""
    return len(text) < _LONGEST and _REFUSAL.match(text) is not None
