"""Packets in posts, as the extension understands them; contracts from our table only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import PacketVersion
from maskbot.wire.crypto import parse_address
from maskbot.wire.red_packet import (
    ContractBook,
    InvalidPacketPost,
    KeyOnServer,
    PacketContract,
    UntrustedContract,
    chain_of_name,
    name_of_chain,
    read_nft_packet_post,
    read_packet_post,
)
from maskbot.wire.red_packet.metadata import KEY

VECTORS = Path(__file__).parents[3] / "vectors"
POST: dict[str, Any] = {
    "contract_version": 4,
    "contract_address": "0xaBBe1101FD8fa5847c452A6D70C8655532B03C33",
    "rpid": "0x" + "ab" * 32,
    "password": "0x" + "11" * 32,
    "shares": 5,
    "sender": {"address": "0x" + "22" * 20, "name": "Zoë", "message": "Best wishes"},
    "is_random": True,
    "total": "1000000000000000000",
    "creation_time": 1700000000000,
    "duration": 86400,
    "chainId": 1,
    "network": "Ethereum",
    "token": {"chainId": 1, "address": "0x" + "00" * 20, "symbol": "ETH", "decimals": 18},
}
NFT_POST: dict[str, Any] = {
    "id": "0x" + "ab" * 32,
    "duration": 86400,
    "message": "gm",
    "senderName": "alice",
    "contractName": "Punks",
    "contractAddress": "0x" + "33" * 20,
    "contractVersion": 1,
    "privateKey": "0x" + "11" * 32,
    "chainId": 137,
    "contractTokenURI": "",
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def test_a_post_is_read_and_written_back() -> None:
    post = read_packet_post(POST)
    assert post.to_json() == POST
    assert post.packet_key == bytes.fromhex("11" * 32)
    assert post.reference is not None
    assert (post.reference.chain_id, post.reference.version) == (1, PacketVersion.V4)
    assert "11" * 32 not in repr(post)


def test_the_payloads_of_the_reference_are_read() -> None:
    found = []
    waiting = [json.loads((VECTORS / "payload.json").read_text())]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get(KEY), dict) and "rpid" in value[KEY]:
                found.append(read_packet_post(value[KEY]))
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    assert found
    assert {post.chain_id for post in found} == {1}
    assert {post.duration_s for post in found} == {86400}


@pytest.mark.parametrize("name", ["rpid", "sender", "is_random", "shares", "total", "creation_time", "duration"])
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(InvalidPacketPost, match=name):
        read_packet_post({key: value for key, value in POST.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rpid", "0x12"),
        ("rpid", 5),
        ("shares", 1.5),
        ("shares", "5"),
        ("shares", True),
        ("shares", 0),
        ("total", 5),
        ("total", "-5"),
        ("total", "9" * 79),
        ("is_random", 1),
        ("creation_time", float("nan")),
        ("creation_time", float("inf")),
        ("duration", -1),
        ("contract_version", 5),
        ("sender", []),
        ("token", "ETH"),
        ("contract_address", "x" * 201),
    ],
)
def test_a_field_of_another_form_is_named(name: str, value: object) -> None:
    with pytest.raises(InvalidPacketPost, match=name):
        read_packet_post({**POST, name: value})


@given(st.sampled_from(sorted(POST)), json_values)
def test_any_json_is_a_packet_or_malformed(name: str, value: object) -> None:
    for post in ({**POST, name: value}, value):
        try:
            read_packet_post(post)
        except InvalidPacketPost:
            continue


def test_milliseconds_are_told_from_seconds() -> None:
    assert read_packet_post({**POST, "duration": 86400000}).duration_s == 86400
    assert read_packet_post({**POST, "duration": 86400.0}).duration_s == 86400


def test_the_chain_is_the_tokens_then_the_packets_then_the_named_one() -> None:
    token = POST["token"]
    assert read_packet_post({**POST, "token": {**token, "chainId": 56}}).chain_id == 56
    without = {**POST, "token": {"address": token["address"]}}
    assert read_packet_post({**without, "chainId": 137}).chain_id == 137
    assert read_packet_post({**without, "chainId": None, "network": "xDai"}).chain_id == 100
    assert read_packet_post({**without, "chainId": None, "network": "Nowhere"}).chain_id is None
    assert read_packet_post({**without, "chainId": None, "network": "Nowhere"}).reference is None


def test_without_a_key_the_packet_is_left_alone() -> None:
    for password in ("", None):
        with pytest.raises(KeyOnServer):
            _ = read_packet_post({**POST, "password": password}).packet_key
    with pytest.raises(InvalidPacketPost, match="password"):
        _ = read_packet_post({**POST, "password": "0x" + "00" * 32}).packet_key
    with pytest.raises(InvalidPacketPost, match="version 3"):
        _ = read_packet_post({**POST, "contract_version": 3}).packet_key


def test_a_first_version_post_means_the_coin() -> None:
    old = {key: value for key, value in POST.items() if key not in ("token", "contract_version")}
    post = read_packet_post({**old, "token_type": 0, "password": "a-uuid", "network": "Mainnet", "chainId": None})
    assert (post.version, post.chain_id) == (PacketVersion.V1, 1)
    assert post.token is not None
    assert post.token.address == NATIVE


def test_an_nft_post_is_read_and_written_back() -> None:
    post = read_nft_packet_post(NFT_POST)
    assert post.to_json() == NFT_POST
    assert post.packet_key == bytes.fromhex("11" * 32)
    assert post.reference.version is PacketVersion.NFT
    for name in ("id", "privateKey", "contractAddress", "chainId"):
        with pytest.raises(InvalidPacketPost, match=name):
            read_nft_packet_post({key: value for key, value in NFT_POST.items() if key != name})


def test_contracts_come_from_the_table_by_chain_and_version() -> None:
    book = ContractBook()
    assert book.find(chain_id=1, version=PacketVersion.V4).address == parse_address(POST["contract_address"])
    assert book.find(chain_id=1, version=PacketVersion.V4).first_block == 12939427
    assert book.find(chain_id=56, version=PacketVersion.V3).address == parse_address(
        "0x71834a3FDeA3E70F14a93ED85c6be70925D0CAd9"
    )
    with pytest.raises(UntrustedContract):
        book.find(chain_id=31337, version=PacketVersion.V4)
    assert len(book.chains(PacketVersion.V4)) == 39
    assert len(book.chains(PacketVersion.NFT)) == 38


def test_a_sandbox_has_its_own_contract_and_never_replaces_a_live_one() -> None:
    own = PacketContract(31337, PacketVersion.V4, Address(b"\x05" * 20))
    assert ContractBook([own]).find(chain_id=31337, version=PacketVersion.V4) == own
    with pytest.raises(ValueError, match="chain id of its own"):
        ContractBook([PacketContract(1, PacketVersion.V4, Address(b"\x05" * 20))])


def test_network_names_go_both_ways() -> None:
    for chain_id in (1, 56, 137, 100, 8453):
        name = name_of_chain(chain_id)
        assert name is not None
        assert chain_of_name(name) == chain_id
    assert chain_of_name("Mainnet") == 1
