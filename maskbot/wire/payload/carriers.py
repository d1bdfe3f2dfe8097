"""Carriers: how a payload stands in a post's text (mask-payload.md, section 11).

X and Mastodon carry links: `https://mask.io/?PostData_v1=` (text payloads) and `_v2=` (bytes). Other sites carry the payload raw,
between a musical score and `:||`.

Deliberate differences from the reference, whose link finder takes any host, loses links with letters glued to their end, and
returns garbage for some texts: the host must be mask.io, or maskbook.com in the text form, and the payload that really stands
in the text is found. No query parser is used: it would read a raw `+` in the wrong place as part of another rule.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterable
from urllib.parse import quote

from maskbot.wire.crypto import InvalidBase64, decode_base64_forgiving, encode_base64
from maskbot.wire.payload.identifiers import network_domain

LINK_V1 = "https://mask.io/?PostData_v1="
LINK_V2 = "https://mask.io/?PostData_v2="
LINK_NETWORK = "twitter.com"
MAX_TEXT = 256 * 1024
MAX_CARRIERS = 16

_SCORE = "\U0001f3bc"
_BYTES_HEADER = "\U0001f3bc6/8|"
_TAIL = ":||"
_ANY_LINK = "https://mask"
_TEXT_START = LINK_V1 + "%20"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_FOLDED, _QUOTED = _BASE64 + b"._-", _BASE64 + b"%_-"
_BYTES_LINK = re.compile(r"https://mask\.io/\?PostData_v2=([A-Za-z0-9+/=%_-]+)")
_TEXT_LINK = re.compile(
    r"https?://(?:[^\s/?#@]{1,64}@)?(?:mask\.io|maskbook\.com)(?::[0-9]{1,5})?/\??"
    r"(?:PostData_v[0-9]=)?%20([A-Za-z0-9+/=._-]*)%40",
    re.IGNORECASE,
)
_STRICT_TEXT_LINK = re.compile(r"https://(?:mask\.io|maskbook\.com)/\??(?:PostData_v1=)?%20([A-Za-z0-9+/=._-]*)%40")
_RAW = re.compile("\U0001f3bc[0-9A-Za-z_\u017f\u212a+/=|]+:\\|\\|")


def encode_carrier(payload: str | bytes, *, network: str) -> str:
    """The text that carries a payload on a site, by its domain; Mastodon posts use the links of `twitter.com`."""
    if network_domain(network) == LINK_NETWORK:
        return encode_link(payload)
    return payload if isinstance(payload, str) else f"{_BYTES_HEADER}{encode_base64(payload)}{_TAIL}"


def encode_link(payload: str | bytes) -> str:
    """The mask.io link of a payload: one URL without white space."""
    if isinstance(payload, bytes):
        return LINK_V2 + quote(encode_base64(payload), safe="")
    folded = payload.replace(_SCORE, "%20", 1).replace(_TAIL, "%40", 1).replace("+", "-", 1).replace("=", "_", 1)
    return LINK_V1 + folded.replace("|", ".")


def decode_carriers(text: str, *, network: str) -> tuple[str | bytes, ...]:
    """The payloads in a text as it stands on a site, not yet parsed; links carry at most one, other sites several.

    A text longer than 256 Ki characters has none.
    """
    if len(text) > MAX_TEXT:
        return ()
    if network_domain(network) != LINK_NETWORK:
        return _raw_payloads(text)
    found = _bytes_link(text)
    if found is not None:
        return (found,)
    link = _TEXT_LINK.search(text) if "%20" in text and "%40" in text else None
    return () if link is None else (_unfolded(link[1]),)


def find_payloads(text: str, *, urls: Iterable[str] = ()) -> tuple[str | bytes, ...]:
    """All payloads in a platform's plain text and in the whole URLs of its links, without repeats, in order of appearance.

    Stricter than `decode_carriers`: https only, host exactly mask.io (maskbook.com for the old text form), no user or port;
    and a raw `+` means itself. Raw payloads in the text are found too. At most 16; a text longer than 256 Ki characters has none.
    """
    found: list[str | bytes] = []
    for source in (text, *urls):
        if _ANY_LINK in source and len(source) <= MAX_TEXT and len(found) < MAX_CARRIERS:
            found += _links(source)
    if _SCORE in text and len(text) <= MAX_TEXT:
        found += _raw_payloads(text)
    return tuple(dict.fromkeys(found))[:MAX_CARRIERS] if len(found) > 1 else tuple(found)


def _links(source: str) -> list[str | bytes]:
    """Strict links of both forms, as they come."""
    lone = _lone_link(source) if source.count(_ANY_LINK) == 1 else None
    if lone is not None:
        return [lone]
    has_text, has_bytes = "%40" in source, "PostData_v2=" in source
    if has_text and not has_bytes:
        return [_unfolded(folded) for folded in _STRICT_TEXT_LINK.findall(source)]
    placed: dict[int, str | bytes] = {}
    for match in _BYTES_LINK.finditer(source) if has_bytes else ():
        if payload := _base64(match[1]):
            placed[match.start()] = payload
    for match in _STRICT_TEXT_LINK.finditer(source) if has_text else ():
        placed[match.start()] = _unfolded(match[1])
    return [placed[start] for start in sorted(placed)]


def _lone_link(source: str) -> str | bytes | None:
    """The payload of a text's only link, written as Mask writes it; None sends everything else through the patterns."""
    _, start, rest = source.partition(_TEXT_START)
    if start:
        folded, end, _ = rest.partition("%40")
        return _unfolded(folded) if end and _holds_only(folded, _FOLDED) else None
    value = source.partition(LINK_V2)[2].partition(" ")[0]
    return _base64(value) or None if _holds_only(value, _QUOTED) else None


def _holds_only(text: str, characters: bytes) -> bool:
    return text.isascii() and not text.encode("ascii").translate(None, characters)


def _bytes_link(text: str) -> bytes | None:
    """The bytes of the first v2 link; a link that is no base64 ends the search, as in the reference."""
    link = _BYTES_LINK.search(text) if "PostData_v2" in text else None
    return None if link is None else _form_base64(link[1])


def _form_base64(value: str) -> bytes | None:
    """A form-encoded value as the reference reads it, or None.

    Its link finder leaves out a raw `=` at the end, and a raw `+` is a space, which base64 then drops: a link that was not
    percent-encoded gives other bytes than were meant (11.2).
    """
    return _base64(value.rstrip("=").replace("+", " "))


def _base64(value: str) -> bytes | None:
    """The bytes of base64 in URL quoting. Quoted-printable differs from that by its sign alone, and is ten times as fast."""
    quoted = value.replace("=", "%3D")
    raw = a2b_qp(quoted.replace("%", "="))
    if len(raw) != len(quoted) - 2 * quoted.count("%"):
        return None  # a sign without two digits stands for itself, and is not of the alphabet
    try:
        return decode_base64_forgiving(raw.decode("latin-1"))
    except InvalidBase64:
        return None


def _unfolded(folded: str) -> str:
    """The text payload of what stands between `%20` and `%40`: the inverse of `encode_link`, rule by rule."""
    return _SCORE + folded.replace("-", "+", 1).replace("_", "=", 1).replace(".", "|") + _TAIL


def _raw_payloads(text: str) -> tuple[str | bytes, ...]:
    """Every raw payload; undecodable bytes are handed on as the text they stand in, which then is of unknown version."""
    if _SCORE not in text:
        return ()
    found: list[str | bytes] = []
    for match in _RAW.finditer(text):
        payload: str | bytes = match[0]
        if match[0].startswith(_BYTES_HEADER):
            try:
                payload = decode_base64_forgiving(match[0][len(_BYTES_HEADER) : -len(_TAIL)])
            except InvalidBase64:
                payload = match[0]
        found.append(payload)
        if len(found) >= MAX_CARRIERS:
            break
    return tuple(found)
