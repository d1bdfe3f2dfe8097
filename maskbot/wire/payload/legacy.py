"""Payloads v39 (`🎼3/4`) and v40 (`🎼2/4`), read only (mask-payload.md, section 6). Always end-to-end; they name no author."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.wire.payload.errors import DECODE_FAILED, INVALID_PAYLOAD, PayloadMalformed
from maskbot.wire.payload.model import CurveKey, EndToEndEncryption, FieldError, Payload
from maskbot.wire.payload.v38 import base64_field, read_iv, read_signature, without_tail

V39_HEADER = "\U0001f3bc3/4"
V40_HEADER = "\U0001f3bc2/4"
_MISSING = FieldError(INVALID_PAYLOAD)
_UNDECODABLE = FieldError(DECODE_FAILED)


@dataclass(frozen=True, slots=True)
class LegacyPayload(Payload):
    """A payload of 2019 or 2020."""

    @property
    def author(self) -> str | FieldError | None:
        return None

    @property
    def author_key(self) -> CurveKey | FieldError | None:
        return None


def parse_legacy(text: str) -> LegacyPayload:
    """The payload in a v39 or v40 text.

    Raises:
        PayloadMalformed: the header is not followed by a field.
    """
    version = -39 if text.startswith(V39_HEADER) else -40
    if not text.startswith((V39_HEADER + "|", V40_HEADER + "|")):
        raise PayloadMalformed("no header of v39 or v40", kind=DECODE_FAILED)
    fields: list[str | None] = [*without_tail(text).split("|", 5)[1:5]]
    a, i, e, s = (fields + [None] * 4)[:4]
    owner_key = _MISSING if a is None else base64_field(a, _UNDECODABLE)
    post_iv = _MISSING if i is None else read_iv(i, _UNDECODABLE)
    ciphertext = _MISSING if e is None else base64_field(e, _UNDECODABLE)
    signature = None
    if s not in ("_", "", None) and not any(isinstance(f, FieldError) for f in (owner_key, post_iv, ciphertext)):
        signature = read_signature(s or "", signee=f"4/4|{a}|{i}|{e}")  # the prefix of v38, a lasting mistake
    return LegacyPayload(version, signature, EndToEndEncryption(post_iv, owner_key, {}), ciphertext)
