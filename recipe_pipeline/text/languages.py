"""Labels, units and headings of recipe cards in German, French, Spanish and Italian, read as English ones."""

from __future__ import annotations

import re
from functools import lru_cache

_TIME = r"(?:temps|tiempo|tempo) d(?:e |i |['’])"
_PREPARING = r"pr[eé]para(?:tion|ci[oó]n|zione)"
# A conjunction behind hours belongs to the time: "1 Stunde und 20 Minuten".
_WORDS = {
    "prep time": rf"{_TIME}{_PREPARING}|(?:arbeits|(?:vor|zu)bereitungs)(?:zeit|dauer)",
    "preparation": rf"{_PREPARING}|vorbereitung",
    "instructions": r"zubereitung|anleitung|[eé]tapes|instrucciones|elaboraci[oó]n|procedimento",
    "ingredients": r"zutaten|ingr[eé]dients|ingredientes|ingredienti",
    "cook time": rf"{_TIME}(?:cuisson|cottura|cocci[oó]n|cocinado|horneado)"
    r"|(?:koch-? ?/ ?)?(?:koch|back|gar|brat|grill)(?:zeit|dauer)",
    "cooking": r"cuisson|cottura|cocci[oó]n",
    "rest time": rf"{_TIME}(?:repos|reposo|riposo)|ruhezeit",
    "total time": r"gesamt(?:zeit|dauer)?|(?:temps|dur[eé]e) totale?|tiempo total|tempo totale",
    "ready in": r"fertig in|pr[eê]te? en|list[oa] en|pront[oa] in",
    "servings": r"portionen|personen|personnes|personas|persone|porciones|raciones|porzioni",
    "minutes": r"minuten|minutos?|minut[oi]",
    "hours": r"(?:stunden?|std\.?|heures?|horas?|or[ae])(?: (?:und|et|y|e)(?= \d))?",
    "days": r"tagen?|jours?|d[ií]as?|giorn[oi]",
    "about": r"(?:ca\.?|circa|etwa|environ)(?=\s*\d)",
}
_WORD = re.compile(
    rf"\b(?![nquwxy])(?:{'|'.join(f'(?P<w{n}>{words})' for n, words in enumerate(_WORDS.values()))})(?!\w)",
    re.IGNORECASE,
)
_ENGLISH = tuple(_WORDS)


@lru_cache(maxsize=512)
def in_english(text: str) -> str:
    """``text`` with headings, times, yields and their units in English, all else as it is."""
    return _WORD.sub(lambda match: _ENGLISH[int(match.lastgroup[1:])], text)
