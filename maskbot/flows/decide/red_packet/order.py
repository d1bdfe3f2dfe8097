"""Order a red packet: a fresh key, sealed and stored before anything else happens, and the job that goes on.

Source: red-packets.md 3.1 (2), reliability.md C.3 (8). One key for one packet, since one ticket opens every packet of its key.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from maskbot.domain.errors import Refused
from maskbot.domain.hosted_packet import HostedPacket, PacketOrder, TokenShares
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.money import Address, Amount
from maskbot.flows.decide.payment import promised_units
from maskbot.ports.inside import Entropy, Place, SecretBox
from maskbot.ports.store import Store, Work
from maskbot.wire.crypto import is_private_key
from maskbot.wire.red_packet import ContractBook
from maskbot.wire.red_packet.ticket import address_of

_KEY_BYTES = 32


class OtherOrder(Refused):
    """There is a packet under this key of an order, and it is another one."""

    kind = "OtherOrder"


class TooLittleFunds(Refused):
    """The wallet holds less than its giveaways, its other packets and this one promise together."""

    kind = "TooLittleFunds"


@dataclass(frozen=True, slots=True)
class PacketMaker:
    """What ordering needs besides the store: randomness, the vault's box, and the contracts we trust."""

    entropy: Entropy
    secrets: SecretBox
    contracts: ContractBook


def order_packet(
    order: PacketOrder, *, maker: PacketMaker, store: Store, now_ms: int, available: int | None = None
) -> HostedPacket:
    """Record the packet, and the job that creates it. The same order gives the same packet, however often it is made. `available`
    is what the wallet holds of the token now, None where it does not matter.

    Raises:
        TooLittleFunds: what the wallet holds is promised already.
        OtherOrder: its key names another packet. UntrustedContract: no contract of ours on this chain.
        Refused (NoSuchRow): no such wallet of this tenant on the order's chain.
    """
    with store.read() as work:
        before = work.packets.find(tenant_id=order.tenant_id, order_key=order.key)
    if before is not None:
        return _same(before, order)
    packet = draw_packet(order, maker=maker, now_ms=now_ms)
    with store.write() as work:
        work.treasury.wallets.lock(order.wallet_id)  # nobody else promises its money meanwhile
        if available is not None and isinstance(order.contents, TokenShares):
            _check_funds(order, order.contents, available=available, work=work)
        return record_packet(packet, work=work, now_ms=now_ms)


def draw_packet(order: PacketOrder, *, maker: PacketMaker, now_ms: int) -> HostedPacket:
    """A packet with a fresh key, sealed by the vault and not recorded yet; no transaction may be open. Raises UntrustedContract."""
    contract = maker.contracts.find(chain_id=order.chain_id, version=order.contents.version)
    packet_id = str(uuid.UUID(bytes=maker.entropy.take(16), version=4))
    packet_key = _fresh_key(maker.entropy)
    (sealed,) = maker.secrets.protect([(place_of(packet_id, order.tenant_id), packet_key)])
    return HostedPacket(
        id=packet_id,
        order=order,
        state="draft",
        packet_address=Address(address_of(packet_key)),
        seed=maker.entropy.take(32),
        sealed_key=sealed,
        contract=contract.address,
        ordered_at_ms=now_ms,
    )


def record_packet(packet: HostedPacket, *, work: Work, now_ms: int) -> HostedPacket:
    """Record a drawn packet and its first job, or give the one that its order made before. Raises like `order_packet`."""
    order = packet.order
    wallet = work.treasury.wallets.lock(order.wallet_id)
    if wallet is None or (wallet.tenant_id, wallet.chain_id) != (order.tenant_id, order.chain_id):
        raise Refused(f"no wallet {order.wallet_id} of this tenant on chain {order.chain_id}", kind="NoSuchRow")
    before = work.packets.find(tenant_id=order.tenant_id, order_key=order.key)
    if before is not None:
        return _same(before, order)
    work.packets.add(packet, now_ms=now_ms)
    work.jobs.add([NewJob(JobKind.ADVANCE_PACKET, packet.id, order.tenant_id, now_ms)])
    return packet


def place_of(packet_id: str, tenant_id: str) -> Place:
    """Where a packet's key lies."""
    return Place("red_packet", packet_id, tenant_id, "packet_key")


def _check_funds(order: PacketOrder, contents: TokenShares, *, available: int, work: Work) -> None:
    promised = promised_units(contents.token, wallet_id=order.wallet_id, tenant_id=order.tenant_id, work=work)
    if available < promised + contents.total:
        free = Amount(contents.token, max(0, available - promised))
        raise TooLittleFunds(
            f"the packet takes {Amount(contents.token, contents.total)}, and the wallet has {free} that are not promised yet: "
            "fund it, or give less"
        )


def _same(before: HostedPacket, order: PacketOrder) -> HostedPacket:
    if before.order != order:
        raise OtherOrder(f"the order {order.key} has made another red packet: {before.id}")
    return before


def _fresh_key(entropy: Entropy) -> bytes:
    while True:
        drawn = entropy.take(_KEY_BYTES)
        if is_private_key(drawn):
            return drawn
