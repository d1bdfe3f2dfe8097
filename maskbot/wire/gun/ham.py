"""HAM, GUN's conflict rule: which of two writes to one key wins.

Source: `spec/gun-personas-backup.md` B.6, vectors `gun-ham.json` (judged by the real core).

    s > clock                                   kept back until the clock reaches s
    s < known state                             ignored
    s = known state and JSON(v) <= JSON(known)  ignored (order of UTF-16 units)
    otherwise                                   v wins

>>> merge(Field("b", 1), Field("n", 1), clock_ms=2)
Verdict(field=Field(value='n', state=1), is_deferred=False)
>>> merge(None, Field("later", 3), clock_ms=2)
Verdict(field=None, is_deferred=True)
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.wire.gun.json_text import is_text_after
from maskbot.wire.gun.nodes import Field, value_text

LONGEST_DEFERRAL_MS = 2_147_483_647
"""A deferred write is judged again after this time at the latest (the longest timer of a JavaScript peer)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The field to hold now (None when the key is still unknown), and whether the incoming one waits for its time."""

    field: Field | None
    is_deferred: bool


def merge(known: Field | None, incoming: Field, *, clock_ms: float) -> Verdict:
    """Return what a key holds after an incoming write, at the given time. The result is one of the two fields,
    unchanged."""
    if incoming.state > clock_ms:
        return Verdict(known, is_deferred=True)
    if known is None or is_news(known, incoming):
        return Verdict(incoming, is_deferred=False)
    return Verdict(known, is_deferred=False)


def is_news(known: Field, incoming: Field) -> bool:
    """True if the incoming write wins over the known one, whatever the time is."""
    if incoming.state != known.state:
        return incoming.state > known.state
    if incoming.value == known.value and type(incoming.value) is type(known.value):
        return False
    return is_text_after(value_text(incoming.value), value_text(known.value))
