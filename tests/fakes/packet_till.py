"""A till that makes red packets on a real chain: the development contracts, tokens, a collection, and a wallet that may use them.

It stands in a house, which has personas, accounts and a vault for the posts. Jobs are done by hand, with the chain's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_abi.abi import encode as encode_values

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.adapters.vault.wallet_keys import address_of
from maskbot.domain.chain import BlockName
from maskbot.domain.errors import MaskbotError
from maskbot.domain.hosted_packet import (
    HostedPacket,
    NftShares,
    PacketBooks,
    PacketOrder,
    PacketShare,
    Publication,
    TokenShares,
    packet_books,
)
from maskbot.domain.identity import Persona, Platform, PublicKey
from maskbot.domain.job import Job, JobKind
from maskbot.domain.money import NATIVE, Address, Chain, Token
from maskbot.domain.post import PostLimits
from maskbot.domain.red_packet import PacketVersion
from maskbot.domain.spending import Method, SpendingPolicy, TokenLimit
from maskbot.flows.act.deliver_post import DeliveryRules, deliver_post
from maskbot.flows.act.payment_parts import PaymentRules
from maskbot.flows.act.publish_keys import publish_keys
from maskbot.flows.act.red_packet import (
    PacketParts,
    PacketRules,
    advance_packet,
    publish_packet,
    refund_packet,
    track_packet,
)
from maskbot.flows.decide.red_packet import PacketMaker, order_packet, place_of
from maskbot.ports.inside import KeySource
from maskbot.sandbox.chain import ETHER, Anvil, DevAccount
from maskbot.sandbox.compiled import compile_contracts
from maskbot.wire.red_packet import ClaimCall, ContractBook, PacketContract, sign_ticket
from maskbot.wire.red_packet.abi import encode_call, selector_of
from maskbot.wire.red_packet.calls import CREATE, CREATE_NFT, REFUND
from tests.fakes.house import House, build_house
from tests.fakes.key_graph import FakeKeyGraph
from tests.fakes.till import PRIVATE_KEY, Till

CHAIN = Chain(31337, "sandbox", "ETH", final_depth=2, has_finalized=False)
ETH = Token(CHAIN.id, NATIVE, "ETH", 18)
RULES = PaymentRules(batch=8, resend_ms=3_000, bump_ms=60_000, poll_ms=500, idle_ms=1_000, looks=2)
PACKET_RULES = PacketRules(poll_ms=1_000, expiry_ms=1_000, pages=400)
APPROVE_ALL = "setApprovalForAll(address,bool)"
HOUR_S = 3_600
WALLET = address_of(PRIVATE_KEY)
LIMITS = PostLimits(max_length=5_000, url_weight=23, counts=Platform.MASTODON)
_SUPPLY = 10**30
_CONTRACTS: dict[str, tuple[str, list[str], list[Any]]] = {
    "v4": ("RedPacket", ["uint256", "address"], [255, NATIVE]),
    "nft": ("NftRedPacket", [], []),
    "TOKEN": ("PlainToken", ["string", "uint8", "uint256"], ["TOK", 6, _SUPPLY]),
    "FEE": ("FeeToken", ["uint256"], [_SUPPLY]),
    "VOID": ("VoidToken", ["uint256"], [_SUPPLY]),
    "CLOSED": ("ClosedToken", ["uint256"], [_SUPPLY]),
    "FALSE": ("FalseToken", ["uint256"], [_SUPPLY]),
    "NFT": ("TestCollection", ["uint256"], [60]),
}
_TOKENS = ("TOKEN", "FEE", "VOID", "CLOSED", "FALSE")


def deploy_all(anvil: Anvil, *, owner: Address) -> dict[str, Address]:
    """Every contract by its name; `owner` gets the supply of every token, and the collection."""
    compiled = compile_contracts()
    anvil.fund([owner], wei=100 * ETHER)
    return {
        name: anvil.deploy(compiled[artifact].code + encode_values(kinds, values), sender=owner)
        for name, (artifact, kinds, values) in _CONTRACTS.items()
    }


def policy_for(addresses: dict[str, Address]) -> SpendingPolicy:
    """Everything that a packet needs, and nothing else."""
    money = [NATIVE, *(addresses[name] for name in _TOKENS)]
    methods = [(addresses["v4"], selector_of(CREATE)), (addresses["v4"], selector_of(REFUND))]
    methods += [(addresses["nft"], selector_of(CREATE_NFT)), (addresses["NFT"], selector_of(APPROVE_ALL))]
    most = 10**24
    return SpendingPolicy(
        chain_id=CHAIN.id,
        tokens=tuple(TokenLimit(each, most, most, most, approval_above=most) for each in money),
        methods=tuple(Method(contract, selector) for contract, selector in methods),
        max_fee_wei=100 * 10**9,
    )


@dataclass
class PacketTill(Till):
    """Everything that a red packet needs."""

    house: House = field(kw_only=True)
    anvil: Anvil = field(kw_only=True)
    addresses: dict[str, Address] = field(kw_only=True)
    rules: PaymentRules = RULES
    packet_rules: PacketRules = PACKET_RULES

    database: str = "house.db"

    @property
    def contracts(self) -> ContractBook:
        """The contracts that are trusted here."""
        v4, nft = (PacketVersion.V4, self.addresses["v4"]), (PacketVersion.NFT, self.addresses["nft"])
        return ContractBook([PacketContract(CHAIN.id, *one) for one in (v4, nft)])

    @property
    def maker(self) -> PacketMaker:
        """What ordering needs."""
        return PacketMaker(entropy=self.house.entropy, secrets=self.house.vault, contracts=self.contracts)

    @property
    def packet_parts(self) -> PacketParts:
        """What the acts need."""
        return PacketParts(
            store=self.store,
            chain_of=lambda _: self.node,
            maker=self.maker,
            limits_of=lambda _: LIMITS,
            relays=FakeKeyGraph().relays,
            clock=self.clock,
            rules=self.packet_rules,
            reach=lambda point: self.reach(point),
        )

    def token(self, name: str) -> Token:
        """One of the tokens."""
        return Token(CHAIN.id, self.addresses[name], name, 6 if name in ("TOKEN", "VOID") else 18)

    def host(self, name: str = "dao") -> Persona:
        """A hosted persona of the tenant."""
        public_key = self.house.vault.create(persona_id=name, tenant_id=self.house.tenant_id, source=KeySource())
        persona = Persona(name, self.house.tenant_id, name, public_key)
        with self.store.write() as work:
            work.personas.add(persona, now_ms=self.clock.now_ms())
        return persona

    def publication(self, *recipients: PublicKey, is_public: bool = False) -> Publication:
        """A post by the tenant's persona."""
        account = self.house.accounts[Platform.MASTODON]
        return Publication("dao", (account.id,), None if is_public else recipients, "Best wishes!")

    def order(self, contents: TokenShares | NftShares | None = None, **changes: object) -> HostedPacket:
        """Order a packet; three shares of a coin without `contents`."""
        made = PacketOrder(
            key="order",
            tenant_id=self.house.tenant_id,
            wallet_id="w1",
            contents=contents or TokenShares(ETH, total=900, shares=3),
            duration_s=HOUR_S,
            message="Best wishes!",
            sender_name="dao",
            requested_by="operator:alice",
            publication=None,
        )
        order = replace(made, **changes)  # type: ignore[arg-type]  # whatever the test says
        return order_packet(order, maker=self.maker, store=self.store, now_ms=self.clock.now_ms())

    def packet(self, packet: HostedPacket) -> HostedPacket:
        """The packet as it is recorded now."""
        with self.store.read() as work:
            found = work.packets.load(packet.id)
        assert found is not None
        return found

    def shares(self, packet: HostedPacket) -> tuple[PacketShare, ...]:
        """The shares that were seen taken."""
        with self.store.read() as work:
            return work.packet_shares.load(packet.id)

    def payments(self) -> list[str]:
        """What the wallet's payments were for, in the order of their nonces; those that were never signed are left out."""
        with self.store.read() as work:
            return [one.purpose for one in work.treasury.intents.in_states({"final"})]

    def books(self, packet: HostedPacket) -> PacketBooks:
        """Its books."""
        return packet_books(self.packet(packet), self.shares(packet))

    def key_of(self, packet: HostedPacket) -> bytes:
        """The packet key, out of the vault."""
        place = place_of(packet.id, packet.order.tenant_id)
        (packet_key,) = self.house.vault.reveal([(place, packet.sealed_key)])
        return packet_key

    def posts(self, packet: HostedPacket, graph: FakeKeyGraph) -> list[str]:
        """Publish keys and posts of a published packet; the text of its posts."""
        house, found = self.house, self.packet(packet)
        assert found.broadcast_id is not None
        for job in house.claim(JobKind.PUBLISH_KEYS):
            publish_keys(job, store=self.store, graph=graph, clock=house.clock, notice=house.notice, grace_ms=0)
        for job in house.claim(JobKind.DELIVER_POST):
            deliver_post(
                job,
                store=self.store,
                publisher_of=house.publisher,
                clock=house.clock,
                rules=DeliveryRules(),
                cards=None,
            )
        with self.store.read() as work:
            ids = work.broadcasts.deliveries(found.broadcast_id)
            deliveries = tuple(work.deliveries.load(ids).values())
        assert {delivery.state for delivery in deliveries} == {"sent"}
        return [delivery.draft.text for delivery in deliveries]

    def post(self, packet: HostedPacket, graph: FakeKeyGraph) -> str:
        """Publish keys and posts of a published packet; the text of its only post."""
        (text,) = self.posts(packet, graph)
        return text

    def claim(self, packet: HostedPacket, who: DevAccount, *, key: bytes | None = None) -> None:
        """Claim by a ticket, as anybody with the key can."""
        found = self.packet(packet)
        assert found.packet_id is not None
        ticket = sign_ticket(key or self.key_of(found), sender=who.address)
        data = ClaimCall(found.packet_id, ticket.signature, who.address).encode()
        self.anvil.send_as(who.address, to=found.contract, data=data)

    def send(self, to: str, signature: str, *values: object) -> None:
        """Call a contract as the wallet, past the till: what an operator does by hand."""
        self.anvil.send_as(self.wallet.address, to=self.addresses[to], data=encode_call(signature, values))

    def step(self, rounds: int = 1) -> None:
        """Do what is due, and let a second and a block pass, so many times."""
        for _ in range(rounds):
            self.work_once()
            self.anvil.advance(1)
            self.sync()

    def settle(self, packet: HostedPacket, *, until: str, rounds: int = 40) -> HostedPacket:
        """Work until the packet is in this state."""
        for _ in range(rounds):
            found = self.packet(packet)
            if found.state == until:
                return found
            self.step()
        raise AssertionError(
            f"the packet is {self.packet(packet).state}, not {until}: {self.packet(packet).error_kind}"
        )

    def sync(self) -> None:
        """Set our clock to the chain's."""
        header = self.node.fetch_header(BlockName.LATEST)
        assert header is not None
        self.house.clock.ms = header.time_s * 1000

    def _do(self, job: Job) -> None:
        parts = self.packet_parts
        try:
            match job.kind:
                case JobKind.ADVANCE_PACKET:
                    advance_packet(job, parts=parts)
                case JobKind.PUBLISH_PACKET:
                    publish_packet(job, parts=parts, notice=self.house.notice)
                case JobKind.TRACK_PACKET:
                    track_packet(job, parts=parts)
                case JobKind.REFUND_PACKET:
                    refund_packet(job, parts=parts)
                case _:
                    super()._do(job)
        except MaskbotError as error:
            with self.store.write() as work:
                work.jobs.postpone(job, due_at_ms=self.clock.now_ms() + 1_000, error_kind=error.kind)


def packet_till(folder: Path, anvil: Anvil, addresses: dict[str, Address]) -> PacketTill:
    """A till in an empty folder, on a chain where `deploy_all` was done for its wallet."""
    house = build_house(folder)
    node = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
    till = PacketTill(folder=folder, node=node, clock=house.clock, house=house, anvil=anvil, addresses=addresses)
    till.open()
    nonce = int(anvil.request("eth_getTransactionCount", "0x" + WALLET.hex(), "latest"), 16)
    till.sync()
    till.set_up(policy=policy_for(addresses), next_nonce=nonce)
    return till


def close(till: PacketTill) -> None:
    """Close every connection."""
    till.close()
    till.node.close()
    till.house.store.close()
