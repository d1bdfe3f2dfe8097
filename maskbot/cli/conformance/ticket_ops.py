"""`ticket.sign`: the red packet v4 claim proof (conformance.md, section 3)."""

from __future__ import annotations

import re

from maskbot.cli.conformance.fields import BadRequest, text
from maskbot.wire.crypto import InvalidKey
from maskbot.wire.red_packet.ticket import sign_ticket

_KEY = re.compile(r"0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def sign(request: dict[str, object]) -> dict[str, object]:
    """The packet key's address and its signature over the claiming account."""
    private_key, sender = text(request, "private_key"), text(request, "sender")
    if _KEY.fullmatch(private_key) is None or _ADDRESS.fullmatch(sender) is None:
        raise BadRequest("expected private_key as 0x and 64 hex digits, sender as 0x and 40")
    try:
        ticket = sign_ticket(bytes.fromhex(private_key[2:]), sender=bytes.fromhex(sender[2:]))
    except InvalidKey as error:
        raise BadRequest("expected a private key in range") from error
    return {"public_key_address": "0x" + ticket.packet_address.hex(), "signature": "0x" + ticket.signature.hex()}


OPS = {"ticket.sign": sign}
