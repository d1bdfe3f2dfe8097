"""Key records as items of a set on the graph: written for v37 and v38, read for v37 to v40, and their names.

Source: `spec/gun-personas-backup.md` A.3 to A.5. Anyone can put anything into a bucket: every field is checked before
use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maskbot.wire.crypto import InvalidBase64, decode_base64_forgiving, encode_base64
from maskbot.wire.gun.errors import ItemMalformed
from maskbot.wire.gun.session import text_id

STATE_LAG_MS = 1_500
"""A write is stamped this far in the past: a relay whose clock is behind ours by more than the state never
acknowledges."""

LONGEST_SEALED_KEY = 1_024
_IV_BYTES = 16
_LONGEST_TEXT = 8_192
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class EphemeralKey:
    """The sender's ephemeral public key beside a v37 record that was added later: curve 1 = P-256, 2 = secp256k1; raw
    bytes."""

    curve: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A sealed post key as found on the graph. `iv` is the published salt (v38 to v40), None for v37; `ephemeral`
    only in v37."""

    sealed: bytes
    iv: bytes | None = None
    ephemeral: EphemeralKey | None = None


def v38_item(*, sealed: bytes, iv: bytes) -> dict[str, str | int]:
    """Return the item of a v38 record: the sealed post key and its IV (16 bytes)."""
    return {"encryptedKey": encode_base64(sealed), "salt": encode_base64(iv)}


def v37_item(*, sealed: bytes, ephemeral: EphemeralKey | None) -> dict[str, str | int]:
    """Return the item of a v37 record. `ephemeral` is None at the first publication, when the payload carries the
    key."""
    if ephemeral is None:
        return {"e": encode_base64(sealed)}
    return {"e": encode_base64(sealed), "c": ephemeral.curve, "k": encode_base64(ephemeral.raw)}


def read_item(version: int, data: Mapping[str, object]) -> KeyRecord:
    """Return the key record in an item of the given payload version (-37 to -40).

    Raises:
        ItemMalformed: the extension would not use this item, or it is longer than any record.
    """
    return _read_v37(data) if version == -37 else _read_v38(data)


def item_soul(*, now_ms: int, random_bytes: bytes) -> str:
    """Return a fresh node name in the form of the extension's: the time in base 36 and one letter or digit per random
    byte (12)."""
    return _base36(now_ms) + text_id(random_bytes)


def _read_v38(data: Mapping[str, object]) -> KeyRecord:
    iv = _bytes_of(data, "salt")
    if len(iv) != _IV_BYTES:
        raise ItemMalformed(f"a salt of {len(iv)} bytes; expected {_IV_BYTES}")
    return KeyRecord(_sealed_of(data, "encryptedKey"), iv=iv)


def _read_v37(data: Mapping[str, object]) -> KeyRecord:
    sealed = _sealed_of(data, "e")
    curve, has_key = data.get("c"), "k" in data
    if "c" in data and (isinstance(curve, bool) or curve not in (1, 2)):
        raise ItemMalformed("the curve is 1, 2 or absent")
    raw = _bytes_of(data, "k") if has_key else b""
    if not raw or not isinstance(curve, int | float):
        return KeyRecord(sealed)
    return KeyRecord(sealed, ephemeral=EphemeralKey(int(curve), raw))


def _sealed_of(data: Mapping[str, object], name: str) -> bytes:
    sealed = _bytes_of(data, name)
    if not 0 < len(sealed) <= LONGEST_SEALED_KEY:
        raise ItemMalformed(f"a sealed key of {len(sealed)} bytes; expected 1 to {LONGEST_SEALED_KEY}")
    return sealed


def _bytes_of(data: Mapping[str, object], name: str) -> bytes:
    text = data.get(name)
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise ItemMalformed(f"the field {name} is missing, no text or too long")
    try:
        return decode_base64_forgiving(text)
    except InvalidBase64 as error:
        raise ItemMalformed(f"the field {name} is no base64") from error


def _base36(number: int) -> str:
    digits = ""
    while number > 0:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
    return digits or "0"
