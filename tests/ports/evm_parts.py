"""A chain for tests of the port: our nodes in front of an anvil, and transactions signed by eth-account (not by our own code)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account import Account

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.domain.chain import Inclusion
from maskbot.domain.money import Address, Chain
from maskbot.ports.chain import NodesDisagree
from maskbot.sandbox.chain import Anvil, DevAccount, dev_account
from maskbot.sandbox.compiled import compile_contracts
from maskbot.wire.crypto import address_text

CHAIN = Chain(id=31337, name="sandbox", coin_symbol="ETH", final_depth=3, has_finalized=False)
GWEI = 10**9
NOBODY = Address(bytes(19) + b"\xaa")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a transaction offers for gas; `tip` None makes it a legacy one."""

    most: int = 100 * GWEI
    tip: int | None = GWEI


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction."""

    raw: bytes
    hash: bytes


def sign(
    sender: DevAccount,
    *,
    nonce: int,
    to: Address | None,
    value: int = 0,
    data: bytes = b"",
    gas: int = 8_000_000,
    offer: Offer | None = None,
    chain_id: int = CHAIN.id,
) -> Signed:
    """Sign any transaction; without `to` it creates a contract."""
    offer = offer or Offer()
    fields: dict[str, Any] = {"chainId": chain_id, "nonce": nonce, "value": value, "data": data, "gas": gas}
    fields["to"] = b"" if to is None else address_text(to)
    if offer.tip is None:
        fields["gasPrice"] = offer.most
    else:
        fields |= {"type": 2, "maxFeePerGas": offer.most, "maxPriorityFeePerGas": offer.tip}
    signed = Account.from_key(sender.key).sign_transaction(fields)
    return Signed(bytes(signed.raw_transaction), bytes(signed.hash))


def payment(
    sender: DevAccount,
    *,
    nonce: int,
    value: int = 1,
    gas: int = 21_000,
    offer: Offer | None = None,
    chain_id: int = 31337,
) -> Signed:
    """A signed payment of coins to nobody."""
    return sign(sender, nonce=nonce, to=NOBODY, value=value, gas=gas, offer=offer, chain_id=chain_id)


def node_of(*urls: str, quorum: int = 1, timeout_s: float = 10.0, largest_bytes: int = 16 * 2**20) -> EvmNode:
    """Our adapter over these URLs."""
    endpoints = [Endpoint(url, chain_id=CHAIN.id, timeout_s=timeout_s, largest_bytes=largest_bytes) for url in urls]
    return EvmNode(CHAIN, endpoints, quorum=quorum)


def included(node: EvmNode, signed: Signed) -> Inclusion:
    """The transaction as soon as it is mined: anvil answers before it mines."""
    for _ in range(1000):
        try:
            found = node.fetch_inclusion(signed.hash)
        except NodesDisagree:
            continue  # asked at two moments
        if found is not None:
            return found
    raise AssertionError("the transaction was not mined")


@dataclass(slots=True)
class Deployer:
    """Deploys test contracts through our own adapter."""

    anvil: Anvil
    node: EvmNode
    sender: DevAccount

    def deploy(self, name: str, arguments: bytes = b"") -> Address:
        """A contract of `contracts/*.sol` with ABI-encoded constructor arguments."""
        return self.send(None, compile_contracts()[name].code + arguments)

    def send(self, to: Address | None, data: bytes, *, value: int = 0) -> Address:
        """Send a transaction that has to succeed; the created contract's address, or the target's."""
        nonce = self.node.fetch_account(self.sender.address).next_pending_nonce
        signed = sign(self.sender, nonce=nonce, to=to, value=value, data=data)
        self.node.submit(signed.raw)
        inclusion = included(self.node, signed)
        assert inclusion.receipt.has_succeeded
        created = inclusion.receipt.created
        return created if created is not None else Address(to or b"")


def deployer(anvil: Anvil, node: EvmNode) -> Deployer:
    """Whoever deploys: the first dev account."""
    return Deployer(anvil, node, dev_account(0))
