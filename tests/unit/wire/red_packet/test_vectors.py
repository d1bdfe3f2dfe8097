"""Selectors, topics and claim proofs of the reference contracts (`vectors/red-packet-v4.json`)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from maskbot.domain.red_packet import PacketVersion
from maskbot.wire.crypto import InvalidKey, keccak256, parse_address, recover_public_key, uncompress
from maskbot.wire.red_packet import event_topics, sign_ticket
from maskbot.wire.red_packet.abi import selector_of, topic_of
from maskbot.wire.red_packet.calls import CHECK, CHECK_OWNERSHIP, CLAIM, CREATE, CREATE_NFT, GAS_PAYER, REFUND

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[3] / "vectors" / "red-packet-v4.json").read_text())
PROOFS = VECTORS["claim_proof"]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


@pytest.mark.parametrize("table", ["functions", "nft_functions"])
def test_selectors_are_those_of_the_interface(table: str) -> None:
    for signature, selector in VECTORS["interface"][table].items():
        assert selector_of(signature) == unhex(selector)


def test_the_calls_we_make_are_in_the_interface() -> None:
    known = {**VECTORS["interface"]["functions"], **VECTORS["interface"]["nft_functions"]}
    assert {CREATE, CREATE_NFT, CLAIM, CHECK, REFUND, GAS_PAYER, CHECK_OWNERSHIP} <= known.keys()


@pytest.mark.parametrize(("table", "version"), [("events", PacketVersion.V4), ("nft_events", PacketVersion.NFT)])
def test_topics_are_those_of_the_interface(table: str, version: PacketVersion) -> None:
    listed = VECTORS["interface"][table]
    for signature, topic in listed.items():
        assert topic_of(re.sub(r" indexed", "", signature)) == unhex(topic)
    assert set(event_topics(version)) == {unhex(topic) for topic in listed.values()}


def test_topics_of_older_versions_are_those_of_the_specification() -> None:
    """red-packets.md 2.2."""
    v1 = "246f6c24037ffa65fe063dfda4cbb0c8403a2b63b9d1d455bf9724c3dc115648"
    v2 = "12b0cb49e757695f9de360dcce001f800986cdba32d5831d20e5276ffdaf6a8b"
    assert bytes.fromhex(v1) in event_topics(PacketVersion.V1)
    assert bytes.fromhex(v2) in event_topics(PacketVersion.V2)
    assert event_topics(PacketVersion.V3) == event_topics(PacketVersion.V4)


@pytest.mark.parametrize("proof", PROOFS["positive"], ids=lambda proof: proof["name"])
def test_tickets_are_those_of_the_reference(proof: dict[str, Any]) -> None:
    ticket = sign_ticket(unhex(proof["private_key"]), sender=parse_address(proof["sender"]))
    assert ticket.signature == unhex(proof["signature"])
    assert ticket.packet_address == parse_address(proof["public_key_address"])
    assert recovered(ticket.signature, parse_address(proof["sender"])) == ticket.packet_address


@pytest.mark.parametrize("proof", PROOFS["negative"], ids=lambda proof: proof["name"])
def test_refused_proofs_are_never_our_ticket(proof: dict[str, Any]) -> None:
    ticket = sign_ticket(unhex(proof["private_key"]), sender=parse_address(proof["sender"]))
    assert ticket.signature != unhex(proof["signature"])
    if "recovered_by_contract" in proof:
        signer = recovered(unhex(proof["signature"]), parse_address(proof["sender"]))
        assert signer == parse_address(proof["recovered_by_contract"])
        assert signer != ticket.packet_address


def recovered(signature: bytes, sender: bytes) -> bytes | None:
    """The address that the contract would recover; None where it recovers none."""
    digest = keccak256(b"\x19Ethereum Signed Message:\n20" + sender)
    try:
        key = recover_public_key(signature[:64] + bytes([signature[64] - 27]), digest)
    except InvalidKey:
        return None
    return keccak256(uncompress(key)[1:])[12:]
