"""A house with a persona, its wallet and a real chain with the development contracts: packets come in posts, shares are taken.

Creations are made with web3-free call data of ours and sent by dev accounts; the contracts are the second source.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_abi.abi import encode as encode_values

from maskbot.adapters.evm import EvmNode
from maskbot.adapters.store.upgrade import upgrade
from maskbot.domain.account import FeedKind
from maskbot.domain.errors import MaskbotError
from maskbot.domain.identity import Persona
from maskbot.domain.job import Job, JobKind
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.packet_claim import PacketClaim, PersonaWallet
from maskbot.domain.red_packet import PacketVersion
from maskbot.domain.spending import Method, SpendingPolicy
from maskbot.flows.act.open_post import open_post
from maskbot.flows.act.packet_claim import ClaimParts, book_claim, check_claim
from maskbot.ports.chain import ChainNode
from maskbot.ports.inside import Place
from maskbot.sandbox.chain import ETHER, Anvil, DevAccount, dev_account
from maskbot.sandbox.compiled import compile_contracts
from maskbot.wire.crypto import address_text, keccak256
from maskbot.wire.erc20 import encode_approve, encode_balance_of
from maskbot.wire.payload import Author, TextMessage, draw_secrets, encode_carrier, seal
from maskbot.wire.red_packet import ClaimCall, ContractBook, CreateCall, PacketContract, sign_ticket
from maskbot.wire.red_packet.abi import encode_call
from maskbot.wire.red_packet.metadata import KEY
from maskbot.wire.red_packet.nft_metadata import KEY as NFT_KEY
from maskbot.wire.red_packet.ticket import address_of
from tests.fakes.house import ALICE, House, build_house
from tests.fakes.key_graph import FakeKeyGraph
from tests.fakes.till import Till
from tests.ports.evm_parts import CHAIN, node_of
from tests.unit.flows.act.sealed_posts import hosted_persona

CREATOR = dev_account(0)
PACKET_KEY = keccak256(b"the key of a packet to claim")
OTHER_KEY = keccak256(b"the key of some other packet")
CLAIM = bytes.fromhex("7394ad93")
GWEI = 10**9


@dataclass(slots=True)
class Ground:
    """A chain with both packet contracts and the tokens of the tests, and an empty database with our tables."""

    anvil: Anvil
    node: EvmNode
    at: dict[str, Address]
    empty: Path

    @property
    def contracts(self) -> ContractBook:
        """The table with the development contracts in it."""
        return ContractBook(
            [
                PacketContract(CHAIN.id, PacketVersion.V4, self.at["v4"]),
                PacketContract(CHAIN.id, PacketVersion.NFT, self.at["nft"]),
            ]
        )

    def create(self, **changes: Any) -> bytes:
        """The id of a new packet: 3 equal shares of 3 coins, open for an hour, unless the test says otherwise."""
        call = CreateCall(
            packet_address=Address(address_of(PACKET_KEY)),
            shares=3,
            is_random=False,
            duration_s=3600,
            seed=bytes(32),
            message="Best Wishes!",
            name="alice",
            token=NATIVE,
            total=3 * ETHER,
        )
        call = replace(call, **changes)
        if call.token != NATIVE:
            self.anvil.send_as(
                CREATOR.address, to=call.token, data=encode_approve(spender=self.at["v4"], amount=call.total)
            )
        receipt = self.anvil.send_as(CREATOR.address, to=self.at["v4"], data=call.encode(), wei=call.value_wei)
        log = next(one for one in receipt["logs"] if one["address"].lower() == address_text(self.at["v4"]).lower())
        return bytes.fromhex(log["data"][2 + 64 : 2 + 128])

    def create_nft(self, ids: Sequence[int], *, duration_s: int = 3600) -> bytes:
        """The id of a new packet of these tokens. Written with the plain interface: our own call refuses id 0."""
        approval = encode_call("setApprovalForAll(address,bool)", (self.at["nft"], True))
        self.anvil.send_as(CREATOR.address, to=self.at["NFT"], data=approval)
        signature = "create_red_packet(address,uint64,bytes32,string,string,address,uint256[])"
        key = Address(address_of(PACKET_KEY))
        data = encode_call(signature, (key, duration_s, bytes(32), "gm", "alice", self.at["NFT"], tuple(ids)))
        receipt = self.anvil.send_as(CREATOR.address, to=self.at["nft"], data=data)
        return bytes.fromhex(receipt["logs"][-1]["topics"][1][2:])

    def owned(self, token: str, owner: Address) -> int:
        """What somebody owns of a token."""
        question = {"to": address_text(self.at[token]), "data": "0x" + encode_balance_of(owner).hex()}
        return int(self.anvil.request("eth_call", question, "latest"), 16)

    def claim_as(self, claimer: DevAccount, packet_id: bytes) -> None:
        """Somebody else is quicker."""
        ticket = sign_ticket(PACKET_KEY, sender=claimer.address)
        call = ClaimCall(packet_id, ticket.signature, claimer.address)
        self.anvil.send_as(claimer.address, to=self.at["v4"], data=call.encode())

    def set_code(self, address: Address, *, delegate: str) -> None:
        """Delegate an account to a contract, as EIP-7702 does."""
        self.anvil.request("anvil_setCode", address_text(address), "0xef0100" + self.at[delegate].hex())

    def time_s(self) -> int:
        """The newest block's time."""
        return int(self.anvil.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def coins(self, owner: Address) -> int:
        """What somebody owns in wei."""
        return int(self.anvil.request("eth_getBalance", address_text(owner), "latest"), 16)


def build_ground(anvil: Anvil, folder: Path) -> Ground:
    """Deploy everything; the creator owns the tokens. The empty database is made in the folder."""
    compiled = compile_contracts()
    supply = 2**128
    codes: dict[str, tuple[str, bytes]] = {
        "v4": ("RedPacket", encode_values(["uint256", "address"], [255, NATIVE])),
        "nft": ("NftRedPacket", b""),
        "PLAIN": ("PlainToken", encode_values(["string", "uint8", "uint256"], ["TOK", 6, supply])),
        "FEE": ("FeeToken", encode_values(["uint256"], [supply])),
        "CLOSED": ("ClosedToken", encode_values(["uint256"], [supply])),
        "NFT": ("TestCollection", encode_values(["uint256"], [60])),
        "HUNGRY": ("HungryClaimer", b""),
        "QUIET": ("QuietReceiver", b""),
    }
    at = {name: anvil.deploy(compiled[artifact].code + arguments) for name, (artifact, arguments) in codes.items()}
    empty = folder / "empty.db"
    upgrade(f"sqlite:///{empty}")
    return Ground(anvil, node_of(anvil.url), at, empty)


def fungible_meta(ground: Ground, packet_id: bytes, **changes: object) -> dict[str, object]:
    """The metadata of a v4 packet, as a client writes them; what is changed to None is left out."""
    entry: dict[str, object] = {
        "contract_version": 4,
        "contract_address": address_text(ground.at["v4"]),
        "rpid": "0x" + packet_id.hex(),
        "password": "0x" + PACKET_KEY.hex(),
        "shares": 3,
        "sender": {"address": address_text(CREATOR.address), "name": "alice", "message": "gm"},
        "is_random": False,
        "total": str(3 * ETHER),
        "creation_time": 1_700_000_000_000,
        "duration": 3600,
        "chainId": CHAIN.id,
        "network": "Ethereum",
    }
    return {KEY: {name: value for name, value in (entry | changes).items() if value is not None}}


@dataclass
class Claims(Till):
    """A till on the house's database, a persona with the till's wallet, and the flows that take shares."""

    ground: Ground = field(kw_only=True)
    house: House = field(kw_only=True)
    graph: FakeKeyGraph = field(default_factory=FakeKeyGraph)
    persona: Persona = field(init=False)

    database: str = "house.db"

    @property
    def claim_parts(self) -> ClaimParts:
        """What the flows of claims work with."""
        return ClaimParts(
            store=self.store,
            chain_of=lambda _: self.node,
            contracts=self.ground.contracts,
            secrets=self.house.vault,
            clock=self.clock,
            reach=lambda point: self.reach(point),
        )

    def begin(self, *, is_claiming: bool = True, recipient: Address | None = None) -> None:
        """A persona that watches the home feed, and its wallet, with coins for gas."""
        self.persona = hosted_persona(self.house)
        wallet = self.set_up(policy=self.claim_policy(), next_nonce=0)
        self.ground.anvil.fund([wallet.address], wei=ETHER)
        self.ground.anvil.request("anvil_setNonce", address_text(wallet.address), "0x0")
        self.link(is_claiming=is_claiming, recipient=recipient)

    def claim_policy(self, *, recipients: tuple[Address, ...] | None = ()) -> SpendingPolicy:
        """Nothing may be paid; shares may be claimed."""
        methods = (Method(self.ground.at["v4"], CLAIM), Method(self.ground.at["nft"], CLAIM))
        return SpendingPolicy(CHAIN.id, methods=methods, recipients=recipients, max_fee_wei=200 * GWEI)

    def link(self, *, is_claiming: bool = True, recipient: Address | None = None) -> None:
        with self.store.write() as work:
            work.claim_rules.link(PersonaWallet(self.persona.id, "w1", CHAIN.id, is_claiming, recipient))

    # --- posts

    def meta(self, packet_id: bytes, **changes: object) -> dict[str, object]:
        """The metadata of a v4 packet, as a client writes them."""
        return fungible_meta(self.ground, packet_id, **changes)

    def nft_meta(self, packet_id: bytes, **changes: object) -> dict[str, object]:
        """The metadata of an ERC-721 packet."""
        entry: dict[str, object] = {
            "id": "0x" + packet_id.hex(),
            "duration": 3600,
            "message": "gm",
            "senderName": "alice",
            "contractName": "Test Collection",
            "contractAddress": address_text(self.ground.at["NFT"]),
            "privateKey": "0x" + PACKET_KEY.hex(),
            "chainId": CHAIN.id,
            "contractTokenURI": "",
        }
        return {NFT_KEY: entry | changes}

    def post(self, meta: Mapping[str, object]) -> None:
        """A public post with this metadata comes in the watched feed, and is opened."""
        drawn = draw_secrets(self.house.entropy.take, recipients=0)
        author = Author("person:social.example/alice")
        sealed = seal(
            TextMessage("a lucky drop", meta=dict(meta)), version=-38, author=author, audience=None, secrets=drawn
        )
        text = f"Open it: {encode_carrier(sealed.payload, network='twitter.com')}"
        made = self.house.post(ALICE, text, is_addressed=False)
        assert self.house.collect(made, kind=FeedKind.HOME) == 1
        self.open_posts()

    def open_posts(self) -> None:
        for job in self.house.claim(JobKind.OPEN_POST):
            open_post(
                job,
                store=self.store,
                graph=self.graph,
                vault=self.house.vault,
                clock=self.house.clock,
                notice=self.house.notice,
            )

    # --- work

    def _do(self, job: Job) -> None:
        try:
            if job.kind is JobKind.CHECK_CLAIM:
                check_claim(job, parts=self.claim_parts)
            elif job.kind is JobKind.BOOK_CLAIM:
                book_claim(job, parts=self.claim_parts)
            else:
                super()._do(job)
        except MaskbotError as error:
            with self.store.write() as work:
                work.jobs.postpone(job, due_at_ms=self.clock.now_ms() + 1_000, error_kind=error.kind)

    def settle(self, *, blocks: int = 5) -> None:
        """Let time pass, with a block each second, until what can end has ended."""
        for _ in range(blocks):
            self.house.clock.move(1_000)
            self.work()
            self.ground.anvil.mine()
        self.house.clock.move(1_000)
        self.work()

    def claims(self) -> tuple[PacketClaim, ...]:
        with self.store.read() as work:
            return work.claims.of_tenant(self.house.tenant_id)

    def only(self) -> PacketClaim:
        (claim,) = self.claims()
        return claim

    def verdict(self) -> tuple[str, str | None]:
        """State and reason of the only claim."""
        claim = self.only()
        return claim.state, claim.reason

    def notices(self) -> list[dict[str, Any]]:
        """What the persona's inbox says of shares."""
        with self.store.read() as work:
            found = work.inbox.load(tenant_id=self.house.tenant_id, persona_id=self.persona.id)
        texts = [
            self.house.vault.reveal([(Place("inbox", item.id, item.tenant_id, "text"), sealed)])[0]
            for item, sealed in found
            if item.platform == "chain"
        ]
        return [json.loads(text) for text in texts]

    def sent(self) -> int:
        """How many transactions of the wallet are mined."""
        count = self.ground.anvil.request("eth_getTransactionCount", address_text(self.wallet.address), "latest")
        return int(count, 16)


def claims_on(ground: Ground, folder: Path, *, node: ChainNode | None = None) -> Claims:
    """A house in an empty folder, with a persona whose wallet claims."""
    shutil.copy(ground.empty, folder / "house.db")
    house = build_house(folder)
    made = Claims(folder=folder, node=node or ground.node, clock=house.clock, ground=ground, house=house)
    made.open()
    made.begin()
    return made
