"""From a decoded carrier to a payload: which reader is asked (mask-payload.md, 11.4)."""

from __future__ import annotations

from maskbot.wire.payload.errors import UNKNOWN_VERSION, PayloadMalformed
from maskbot.wire.payload.legacy import V39_HEADER, V40_HEADER, parse_legacy
from maskbot.wire.payload.model import Payload
from maskbot.wire.payload.v37 import parse_v37
from maskbot.wire.payload.v38 import HEADER as V38_HEADER
from maskbot.wire.payload.v38 import parse_v38

MAX_TEXT = 128 * 1024


def parse_payload(payload: str | bytes) -> Payload:
    """The payload in a protocol text (v38 to v40, at most 128 Ki characters) or in bytes (v37, at most 64 KiB).

    Raises:
        PayloadMalformed: broken as a whole, too long, or of a version we do not know.
    """
    if isinstance(payload, bytes):
        return parse_v37(payload)
    if len(payload) > MAX_TEXT:
        raise PayloadMalformed("longer than 128 Ki characters")
    if payload.startswith(V38_HEADER):
        return parse_v38(payload)
    if payload.startswith((V39_HEADER, V40_HEADER)):
        return parse_legacy(payload)
    raise PayloadMalformed("a payload of unknown version", kind=UNKNOWN_VERSION)
