"""What a packet would cost its wallet: the dry run as a value.

Source: red-packets.md 9.1 and 4.6 (measured gas), 2.3 (bytes of the message). All gas is on the high side: 20 % are added to what
was measured, as to every estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.hosted_packet import NftShares, PacketOrder

_RESERVE_PERCENT = 20
_CREATE_COINS, _CREATE_TOKENS = 135_800, 175_100
_CREATE_NFT, _NFT_ID = 142_000, 22_800
_APPROVE, _APPROVE_ALL = 46_300, 46_200
_REFUND_COINS, _REFUND_TOKENS = 47_500, 57_800
_TEXT_BYTE = 27
_CLAIM_TOKENS, _CLAIM_NFT = 108_000, 153_000


@dataclass(frozen=True, slots=True)
class PacketPlan:
    """Gas by step: what the contract is allowed before, the creation, and taking back the rest (of a collection: the right to it).
    `claim_gas` is what each taker pays. Gas prices and sums are wei; `coins_wei` are the packet's own coins."""

    allow_gas: int
    create_gas: int
    end_gas: int
    claim_gas: int
    gas_price_wei: int
    max_fee_wei: int
    coins_wei: int

    @property
    def gas(self) -> int:
        """All that the wallet pays gas for."""
        return self.allow_gas + self.create_gas + self.end_gas

    @property
    def cost_wei(self) -> int:
        """The gas at today's price."""
        return self.gas * self.gas_price_wei

    @property
    def worst_case_wei(self) -> int:
        """The most that leaves the wallet in the chain's coin: every share taken, and gas at the policy's highest fee."""
        return self.gas * self.max_fee_wei + self.coins_wei


def plan_packet(order: PacketOrder, *, gas_price_wei: int, max_fee_wei: int) -> PacketPlan:
    """The dry run of an order."""
    contents = order.contents
    texts = _TEXT_BYTE * len((order.message + order.sender_name).encode())
    if isinstance(contents, NftShares):
        steps = (_APPROVE_ALL, _CREATE_NFT + _NFT_ID * contents.shares + texts, _APPROVE_ALL, _CLAIM_NFT)
    elif contents.token.is_native:
        steps = (0, _CREATE_COINS + texts, _REFUND_COINS, _CLAIM_TOKENS)
    else:
        steps = (_APPROVE, _CREATE_TOKENS + texts, _REFUND_TOKENS, _CLAIM_TOKENS)
    allow, create, end, claim = (gas * (100 + _RESERVE_PERCENT) // 100 for gas in steps)
    is_coins = not isinstance(contents, NftShares) and contents.token.is_native
    return PacketPlan(allow, create, end, claim, gas_price_wei, max_fee_wei, contents.total if is_coins else 0)
