"""`message.encode` and `message.decode` (conformance.md, section 3)."""

from __future__ import annotations

from maskbot.cli.conformance.fields import BadRequest, hex_bytes, integer
from maskbot.cli.conformance.message_json import json_of, message_of
from maskbot.wire.payload import decode_binary, decode_text, encode_binary, encode_text


def encode(request: dict[str, object]) -> dict[str, object]:
    """The plaintext of a message."""
    version = integer(request, "version")
    if version not in (-37, -38):
        raise BadRequest("expected version -37 or -38")
    message = message_of(request.get("message"))
    plaintext = encode_binary(message) if version == -37 else encode_text(message)
    return {"hex": plaintext.hex()}


def decode(request: dict[str, object]) -> dict[str, object]:
    """The message in a plaintext."""
    version = integer(request, "version")
    if version not in (-37, -38, -39, -40):
        raise BadRequest("expected version -37 to -40")
    plaintext = hex_bytes(request, "hex")
    message = decode_binary(plaintext) if version == -37 else decode_text(plaintext, version=version)
    return {"message": json_of(message)}


OPS = {"message.encode": encode, "message.decode": decode}
