"""`ticket.sign`, beside the proofs that were run against the reference contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maskbot.cli.conformance import answer
from maskbot.wire.crypto import recover_public_key
from maskbot.wire.red_packet.ticket import address_of, sign_ticket

VECTORS = Path(__file__).parents[2] / "vectors" / "red-packet-v4.json"
PROOFS: list[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))["claim_proof"]["positive"]


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: str(proof["name"]))
def test_every_proof_is_signed_as_expected(proof: dict[str, Any]) -> None:
    request = {"op": "ticket.sign", "private_key": proof["private_key"], "sender": proof["sender"]}
    reply = answer(json.dumps(request).encode())
    assert reply["signature"] == proof["signature"]
    assert str(reply["public_key_address"]).lower() == proof["public_key_address"].lower()
    signature = bytes.fromhex(proof["signature"][2:])
    recovered = recover_public_key(signature[:64] + bytes([signature[64] - 27]), bytes.fromhex(proof["digest"][2:]))
    ticket = sign_ticket(bytes.fromhex(proof["private_key"][2:]), sender=bytes.fromhex(proof["sender"][2:]))
    assert ticket.packet_address == address_of(bytes.fromhex(proof["private_key"][2:]))
    assert len(recovered) == 33


@pytest.mark.parametrize(
    ("private_key", "sender"),
    [
        ("0x" + "00" * 32, PROOFS[0]["sender"]),
        ("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", PROOFS[0]["sender"]),
        ("00" * 31 + "01", PROOFS[0]["sender"]),
        (PROOFS[0]["private_key"], "0x" + "00" * 19),
        (PROOFS[0]["private_key"], "0x" + "zz" * 20),
        (PROOFS[0]["private_key"], None),
        (5, PROOFS[0]["sender"]),
    ],
)
def test_keys_out_of_range_and_malformed_addresses_are_bad_requests(private_key: object, sender: object) -> None:
    reply = answer(json.dumps({"op": "ticket.sign", "private_key": private_key, "sender": sender}).encode())
    assert reply["error"] == "BadRequest"


def test_a_sender_has_20_bytes() -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        sign_ticket(bytes(31) + b"\x01", sender=bytes(21))
