"""A packet is read as it is, through its whole life, with our own codec on a real chain (red-packets.md 3.2 to 3.4).

Creations, claims and refunds are made with our call data and tickets; the contract taking them is the second source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode as encode_values

from maskbot.adapters.evm import EvmNode
from maskbot.cli.root import main
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import PacketReference, PacketState, PacketVersion, RedPacket
from maskbot.flows.act.fetch_packet import fetch_packet, fetch_token
from maskbot.sandbox.chain import Anvil, DevAccount, dev_account
from maskbot.wire.crypto import address_text, keccak256
from maskbot.wire.erc20 import encode_approve
from maskbot.wire.red_packet import (
    ClaimCall,
    ContractBook,
    CreateCall,
    CreateNftCall,
    PacketContract,
    PacketPost,
    PostedToken,
    UntrustedContract,
    encode_refund,
    sign_ticket,
)
from maskbot.wire.red_packet.abi import encode_call
from maskbot.wire.red_packet.ticket import address_of
from tests.ports.evm_parts import CHAIN, NOBODY, Deployer, node_of

PACKET_KEY = keccak256(b"a packet key")
CREATOR, A1, A2 = dev_account(0), dev_account(1), dev_account(2)


@dataclass(slots=True)
class Ground:
    """A chain with both packet contracts, a token and a collection, and our table with them in it."""

    anvil: Anvil
    node: EvmNode
    works: Deployer
    v4: Address
    nft: Address
    token: Address
    collection: Address
    contracts: ContractBook

    def read(self, packet_id: bytes, *, version: PacketVersion = PacketVersion.V4, **hints: Any) -> RedPacket:
        reference = PacketReference(CHAIN.id, version, packet_id)
        return fetch_packet(reference, node=self.node, contracts=self.contracts, viewer=A1.address, **hints)

    def create(self, call: CreateCall) -> bytes:
        """The id of the packet that a call creates, as the newest creation event says."""
        self.works.send(self.v4, call.encode(), value=call.value_wei)
        log = self.anvil.request("eth_getLogs", {"address": address_text(self.v4), "fromBlock": "0x0"})[-1]
        return bytes.fromhex(log["data"][2 + 64 : 2 + 128])

    def claim(self, contract: Address, packet_id: bytes, who: DevAccount, *, recipient: Address | None = None) -> None:
        ticket = sign_ticket(PACKET_KEY, sender=who.address)
        call = ClaimCall(packet_id, ticket.signature, recipient or who.address)
        Deployer(self.anvil, self.node, who).send(contract, call.encode())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Anvil(tmp_path_factory.mktemp("chain")) as anvil:
        node = node_of(anvil.url)
        works = Deployer(anvil, node, CREATOR)
        v4 = works.deploy("RedPacket", encode_values(["uint256", "address"], [255, NATIVE]))
        nft = works.deploy("NftRedPacket")
        token = works.deploy("PlainToken", encode_values(["string", "uint8", "uint256"], ["TOK", 6, 10**12]))
        collection = works.deploy("TestCollection", encode_values(["uint256"], [60]))
        contracts = ContractBook(
            [PacketContract(CHAIN.id, PacketVersion.V4, v4), PacketContract(CHAIN.id, PacketVersion.NFT, nft)]
        )
        yield Ground(anvil, node, works, v4, nft, token, collection, contracts)
        node.close()


@pytest.fixture
def ground(built: Ground) -> Iterator[Ground]:
    mark = built.anvil.snapshot()
    yield built
    built.anvil.revert(mark)


def creation(**changes: Any) -> CreateCall:
    call = CreateCall(
        packet_address=Address(address_of(PACKET_KEY)),
        shares=3,
        is_random=False,
        duration_s=3600,
        seed=bytes(32),
        message="Best Wishes!",
        name="alice",
        token=NATIVE,
        total=10**18 + 1,
    )
    return replace(call, **changes)


def test_a_packet_is_read_from_creation_to_refund(ground: Ground) -> None:
    packet_id = ground.create(creation())
    fresh = ground.read(packet_id)
    assert (fresh.state, fresh.shares_left, fresh.unaccounted) == (PacketState.OPEN, 3, 0)
    assert fresh.creation is not None
    assert (fresh.creation.creator, fresh.creation.total) == (CREATOR.address, 10**18 + 1)
    assert (fresh.creation.name, fresh.creation.message) == ("alice", "Best Wishes!")

    ground.claim(ground.v4, packet_id, A1, recipient=NOBODY)
    ground.claim(ground.v4, packet_id, A2)
    half = ground.read(packet_id)
    assert [(one.recipient, one.value) for one in half.claims] == [
        (NOBODY, 333333333333333333),
        (A2.address, 333333333333333334),
    ]
    assert half.availability.claimed_by_caller == 333333333333333333
    assert (half.state, half.shares_left, half.unaccounted) == (PacketState.OPEN, 1, 0)

    ground.anvil.advance(3600)
    assert ground.read(packet_id).state is PacketState.EXPIRED
    ground.works.send(ground.v4, encode_refund(packet_id))
    ended = ground.read(packet_id)
    assert ended.refund is not None
    assert (ended.state, ended.refund.value, ended.unaccounted) == (PacketState.REFUNDED, 333333333333333334, 0)


def test_at_the_second_of_its_expiry_a_packet_has_expired_although_the_contract_says_no(ground: Ground) -> None:
    packet_id = ground.create(creation(duration_s=1000))
    made = ground.read(packet_id).creation
    assert made is not None
    ground.anvil.set_next_time(made.created_at_s + 1000)
    ground.anvil.mine()
    found = ground.read(packet_id)
    assert not found.availability.has_expired
    assert found.state is PacketState.EXPIRED


def test_an_exhausted_packet_is_told_from_a_refunded_one(ground: Ground) -> None:
    packet_id = ground.create(creation(shares=1))
    ground.claim(ground.v4, packet_id, A1)
    assert ground.read(packet_id).state is PacketState.EXHAUSTED


def test_a_token_packet_shows_its_token(ground: Ground) -> None:
    ground.works.send(ground.token, encode_approve(spender=ground.v4, amount=9000))
    packet_id = ground.create(creation(token=ground.token, total=9000))
    found = ground.read(packet_id)
    assert found.availability.token == ground.token
    token = fetch_token(ground.token, chain_id=CHAIN.id, node=ground.node)
    assert token is not None
    assert (token.symbol, token.decimals) == ("TOK", 6)
    assert fetch_token(ground.v4, chain_id=CHAIN.id, node=ground.node) is None


def test_an_nft_packet_is_read(ground: Ground) -> None:
    approve = encode_call("setApprovalForAll(address,bool)", (ground.nft, True))
    ground.works.send(ground.collection, approve)
    key = Address(address_of(PACKET_KEY))
    call = CreateNftCall(key, 3600, bytes(32), "gm", "alice", ground.collection, (5, 6, 7))
    ground.works.send(ground.nft, call.encode())
    log = ground.anvil.request("eth_getLogs", {"address": address_text(ground.nft), "fromBlock": "0x0"})[-1]
    packet_id = bytes.fromhex(log["topics"][1][2:])
    ground.claim(ground.nft, packet_id, A1)
    found = ground.read(packet_id, version=PacketVersion.NFT)
    assert (found.state, found.shares_left) == (PacketState.OPEN, 2)
    assert found.creation is not None
    assert found.creation.token_ids == (5, 6, 7)
    assert [claim.value for claim in found.claims] == [found.availability.claimed_by_caller]


def test_the_creation_is_found_by_its_transaction_or_its_time(ground: Ground) -> None:
    ground.anvil.mine(30, gap_s=60)
    packet_id = ground.create(creation())
    ground.anvil.mine(30, gap_s=60)
    made = ground.read(packet_id).creation
    assert made is not None
    tx = ground.anvil.request("eth_getLogs", {"address": address_text(ground.v4), "fromBlock": "0x0"})[-1]
    tx_hash = bytes.fromhex(tx["transactionHash"][2:])
    assert ground.read(packet_id, tx_hash=tx_hash).creation == made
    assert ground.read(packet_id, created_at_s=made.created_at_s).creation == made
    assert ground.read(packet_id, tx_hash=bytes(32), created_at_s=made.created_at_s).creation == made
    assert ground.read(packet_id, created_at_s=made.created_at_s + 1200).creation is None


def test_a_reorg_takes_a_claim_back_out_of_the_books(ground: Ground) -> None:
    packet_id = ground.create(creation())
    ground.claim(ground.v4, packet_id, A1)
    assert ground.read(packet_id).availability.claimed == 1
    ground.anvil.reorg(1)
    found = ground.read(packet_id)
    assert (found.availability.claimed, found.claims, found.unaccounted) == (0, (), 0)


def test_an_unknown_id_is_unknown(ground: Ground) -> None:
    assert ground.read(bytes(32)).state is PacketState.UNKNOWN


def test_a_chain_without_a_trusted_contract_is_refused(ground: Ground) -> None:
    reference = PacketReference(CHAIN.id, PacketVersion.V4, bytes(32))
    with pytest.raises(UntrustedContract):
        fetch_packet(reference, node=ground.node, contracts=ContractBook(), viewer=None)


# --- the command ------------------------------------------------------------------------------------------------------


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What `maskbot redpacket show --json` prints."""
    with pytest.raises(SystemExit) as left:
        main(["redpacket", "show", *words, "--json"])
    printed = capsys.readouterr()
    assert left.value.code == 0, printed.err
    found: dict[str, Any] = json.loads(printed.out)
    return found


def posted(packet: RedPacket, **changes: Any) -> dict[str, object]:
    assert packet.creation is not None
    post = PacketPost(
        packet_id=packet.reference.packet_id,
        version=PacketVersion.V4,
        chain_id=CHAIN.id,
        named_contract=address_text(packet.contract),
        sender=CREATOR.address,
        sender_name="alice",
        message="Best Wishes!",
        is_random=False,
        shares=3,
        total=packet.creation.total,
        created_at_ms=packet.creation.created_at_s * 1000,
        duration_s=3600,
        token=PostedToken(NATIVE, "ETH", 18),
        password="0x" + PACKET_KEY.hex(),
    )
    return replace(post, **changes).to_json()


def test_the_command_shows_a_packet_by_its_id(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    packet_id = ground.create(creation())
    ground.claim(ground.v4, packet_id, A1)
    chain = ["--rpc", ground.anvil.url, "--chain", str(CHAIN.id), "--dev-contract", address_text(ground.v4)]
    found = told(capsys, "0x" + packet_id.hex(), *chain, "--as", address_text(A1.address))
    assert (found["state"], found["shares"], found["claimed"]) == ("open", 3, 1)
    assert (found["claimed_by_viewer"], found["message"]) == (333333333333333333, "Best Wishes!")
    assert found["warnings"] == []


def test_the_command_shows_a_posts_packet_and_never_its_key(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packet = ground.read(ground.create(creation()))
    post = tmp_path / "post.json"
    post.write_text(json.dumps({"com.maskbook.red_packet:1": posted(packet)}))
    found = told(capsys, str(post), "--rpc", ground.anvil.url, "--dev-contract", address_text(ground.v4))
    assert (found["state"], found["has_key"], found["warnings"]) == ("open", True, [])
    assert PACKET_KEY.hex() not in json.dumps(found)


def test_a_forged_contract_in_a_post_is_not_asked(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packet = ground.read(ground.create(creation()))
    post = tmp_path / "post.json"
    forged = posted(packet, named_contract=address_text(NOBODY), total=5, shares=2, password="")
    post.write_text(
        json.dumps({"message": {"type": "text", "content": "", "meta": {"com.maskbook.red_packet:1": forged}}})
    )
    found = told(capsys, str(post), "--rpc", ground.anvil.url, "--dev-contract", address_text(ground.v4))
    assert found["contract"] == address_text(ground.v4)
    assert len(found["warnings"]) == 4


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["0x" + "00" * 32], 2),
        (["0x" + "00" * 32, "--rpc", "http://127.0.0.1:1"], 2),
        (["0x" + "00" * 32, "--rpc", "http://127.0.0.1:1", "--chain", "31337"], 3),
        (["0x" + "00" * 32, "--rpc", "http://127.0.0.1:1", "--chain", "1"], 4),
        (["0x" + "00" * 32, "--rpc", "ftp://x", "--chain", "1"], 6),
        (["0x" + "00" * 32, "--rpc", "http://127.0.0.1:1", "--chain", "1", "--dev-contract", "0x" + "11" * 20], 2),
        (["0x" + "00" * 32, "--version", "9"], 2),
        (["https://mask.io/nothing"], 2),
        (["no-such-file"], 6),
    ],
)
def test_wrong_use_is_told_by_its_family(words: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["redpacket", "show", *words])
    assert left.value.code == status
    assert capsys.readouterr().err.count("\n") == 1
