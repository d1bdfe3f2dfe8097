"""A chain for tests of the port: an anvil, our nodes in front of it, and small transactions."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.adapters.evm import Endpoint, EvmNode, sign_transaction
from maskbot.domain.chain import DynamicFees, Inclusion, SignedTransaction, Transaction
from maskbot.domain.money import Address, Chain
from maskbot.sandbox.chain import Anvil, DevAccount, dev_account
from maskbot.sandbox.compiled import compile_contracts

CHAIN = Chain(id=31337, name="sandbox", coin_symbol="ETH", final_depth=3, has_finalized=False)
GWEI = 10**9
FEES = DynamicFees(max_fee_wei=100 * GWEI, priority_fee_wei=GWEI)
NOBODY = Address(bytes(19) + b"\xaa")


def node_of(*urls: str, quorum: int = 1, timeout_s: float = 10.0, largest_bytes: int = 16 * 2**20) -> EvmNode:
    """Our adapter over these URLs."""
    endpoints = [Endpoint(url, chain_id=CHAIN.id, timeout_s=timeout_s, largest_bytes=largest_bytes) for url in urls]
    return EvmNode(CHAIN, endpoints, quorum=quorum)


def payment(
    sender: DevAccount, *, nonce: int, to: Address = NOBODY, value: int = 1, fees: DynamicFees = FEES, gas: int = 21_000
) -> SignedTransaction:
    """A signed payment of coins."""
    return sign_transaction(Transaction(CHAIN.id, nonce, to, value, b"", gas, fees), key=sender.key)


def included(node: EvmNode, signed: SignedTransaction) -> Inclusion:
    """The transaction as soon as it is mined: anvil answers before it mines."""
    for _ in range(1000):
        found = node.fetch_inclusion(signed.hash)
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

    def send(self, to: Address | None, data: bytes, *, value: int = 0, gas: int = 8_000_000) -> Address:
        """Send a transaction that has to succeed; the created contract's address, or the target's."""
        nonce = self.node.fetch_account(self.sender.address).next_pending_nonce
        signed = sign_transaction(Transaction(CHAIN.id, nonce, to, value, data, gas, FEES), key=self.sender.key)
        self.node.submit(signed.raw)
        inclusion = included(self.node, signed)
        assert inclusion.receipt.has_succeeded
        created = inclusion.receipt.created
        return created if created is not None else Address(to or b"")


def deployer(anvil: Anvil, node: EvmNode) -> Deployer:
    """Whoever deploys: the first dev account."""
    return Deployer(anvil, node, dev_account(0))
