"""Which ways there are to deliver prizes from a wallet, as its policy stands: the dry run, and what paying goes by."""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.domain.delivery_plan import DeliveryPlan, Means, disperse_batch, plan_routes
from maskbot.domain.money import Address, Token
from maskbot.domain.red_packet import LARGEST_TOTAL, PacketVersion
from maskbot.domain.spending import Method, SpendingPolicy
from maskbot.flows.decide.giveaway.payable import PacketWay
from maskbot.ports.store import Work
from maskbot.wire.red_packet import UntrustedContract, creation_selector, refund_selector
from maskbot.wire.transaction import disperse_selector


def plan_delivery(
    token: Token,
    *,
    prizes: Sequence[int],
    personas: int,
    wallet_id: str,
    disperse: Address | None,
    packet: PacketWay | None,
    work: Work,
    gas_price_wei: int = 0,
) -> DeliveryPlan:
    """The ways for these prizes (base units), each with what stands against it. `personas`, `disperse` and `packet` are as in
    `plan_routes` and `PayOrder`; the price of gas only matters for what is shown."""
    policy = work.treasury.rules.load_policy(wallet_id)
    batch = batch_of(token, policy=policy)
    obstacles = {
        Means.DISPERSE: _against_disperse(token, prizes, contract=disperse, policy=policy, batch=batch),
        Means.PACKET: _against_packet(token, prizes, way=packet, policy=policy),
    }
    return plan_routes(
        token,
        prizes=prizes,
        personas=personas,
        gas_price_wei=gas_price_wei,
        max_fee_wei=gas_price_wei if policy is None else policy.max_fee_wei,
        batch=batch,
        obstacles={means: obstacle for means, obstacle in obstacles.items() if obstacle is not None},
    )


def batch_of(token: Token, *, policy: SpendingPolicy | None) -> int:
    """How many recipients one disperse call has below the policy's cap of gas."""
    return 0 if policy is None else disperse_batch(token, max_gas=policy.max_gas)


def _against_disperse(
    token: Token, prizes: Sequence[int], *, contract: Address | None, policy: SpendingPolicy | None, batch: int
) -> str | None:
    if contract is None:
        return "the chains file names no disperse contract for this chain"
    if policy is None or Method(contract, disperse_selector(token)) not in policy.methods:
        return f"the wallet's policy does not list method 0x{disperse_selector(token).hex()} of the disperse contract"
    if batch == 0:
        return "the policy's cap of gas is below one disperse call"
    limit = policy.limit_of(token.address)
    calls = [sum(prizes[at : at + batch]) for at in range(0, len(prizes), batch)]
    at_once = max(calls, default=0) if token.is_native else sum(calls)  # tokens: the allowance is for all of them
    if limit is None or at_once > limit.per_payment:
        return f"one payment would be {at_once} base units, above the policy's cap for one"
    return None


def _against_packet(
    token: Token, prizes: Sequence[int], *, way: PacketWay | None, policy: SpendingPolicy | None
) -> str | None:
    if way is None:
        return "no persona is named that would post a red packet"
    try:
        contract = way.maker.contracts.find(chain_id=token.chain_id, version=PacketVersion.V4).address
    except UntrustedContract:
        return "no red packet contract is trusted on this chain"
    for selector, what in ((creation_selector(PacketVersion.V4), "create"), (refund_selector(), "refund")):
        if policy is None or Method(contract, selector) not in policy.methods:
            return f"the wallet's policy does not list method 0x{selector.hex()} ({what}) of the red packet contract"
    limit = policy.limit_of(token.address) if policy is not None else None
    if limit is None or sum(prizes) > min(limit.per_payment, LARGEST_TOTAL):
        return f"one payment would be {sum(prizes)} base units, above the policy's cap for one"
    return None
