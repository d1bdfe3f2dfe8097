"""`carrier.encode` and `carrier.decode` (conformance.md, section 3)."""

from __future__ import annotations

from maskbot.cli.conformance.fields import BadRequest, hex_bytes, text
from maskbot.wire.payload import decode_carriers, encode_carrier


def payload_in(request: dict[str, object]) -> str | bytes:
    """The payload of a request: `payload_text` or `payload_hex`, exactly one of them."""
    has_text, has_hex = request.get("payload_text") is not None, request.get("payload_hex") is not None
    if has_text == has_hex:
        raise BadRequest("expected either payload_text or payload_hex")
    return text(request, "payload_text") if has_text else hex_bytes(request, "payload_hex")


def encode(request: dict[str, object]) -> dict[str, object]:
    """The text that carries a payload on a site."""
    return {"text": encode_carrier(payload_in(request), network=text(request, "network"))}


def decode(request: dict[str, object]) -> dict[str, object]:
    """The payloads a text carries on a site."""
    found = decode_carriers(text(request, "text"), network=text(request, "network"))
    return {"payloads": [{"hex": item.hex()} if isinstance(item, bytes) else {"text": item} for item in found]}


OPS = {"carrier.encode": encode, "carrier.decode": decode}
