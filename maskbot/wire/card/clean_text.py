"""Text of strangers made fit to draw and to read aloud: no controls, no bidi marks, no towers of accents, bounded length.

Nothing is refused here: a hostile or endless name is drawn, cleaned and cut (conformance.md, card.render). Source:
price-cards.md 7.2, trap 3.
"""

from __future__ import annotations

import unicodedata

MOST_READ = 2_000
"""Characters looked at; what lies behind them is dropped before any work is done on it."""
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_KEPT_INVISIBLE = frozenset("\u200d\ufe0f")
_MOST_MARKS = 2


def clean_text(text: str, *, limit: int) -> str:
    """The text on one line: composed (NFC), white space collapsed, at most `limit` characters with an ellipsis for the rest.

    Control, format (bidi marks and overrides, tags, zero-width), private, unassigned and surrogate characters are dropped; of
    combining marks in a row the first two stay; a joiner stays only behind a pictograph.

    >>> clean_text("Safe\\u202eMoon\\x00  \\n 2", limit=40)
    'SafeMoon 2'
    """
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text[:MOST_READ]):
        category = unicodedata.category(character)
        if category[0] == "Z" or character in _BLANKS or character in "\t\n\r\v\f\x85":
            if kept and kept[-1] != " ":
                kept.append(" ")
            marks = 0
        elif character in _KEPT_INVISIBLE:
            if (kept and unicodedata.category(kept[-1]) in ("So", "Sk", "Mn")) or (kept and kept[-1] in "0123456789#*"):
                kept.append(character)
        elif category[0] == "C":
            continue
        elif category in ("Mn", "Me"):
            marks += 1
            if kept and marks <= _MOST_MARKS:
                kept.append(character)
        else:
            kept.append(character)
            marks = 0
    line = "".join(kept).strip().rstrip("\u200d")
    return line if len(line) <= limit else line[: limit - 1].rstrip(" \u200d") + "…"
