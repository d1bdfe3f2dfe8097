"""What a token's share is worth in the chain's coin, by prices that several sources agree on (price-cards.md 6).

A price that carries any warning (one source, stale, off its peg, little to sell it to) is none for money. Only Ethereum's tokens
are known to the sources by their address, so elsewhere the operator says what a share is worth.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

from maskbot.domain.errors import Misconfigured, Unavailable
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.packet_claim import PacketClaim, Prospect
from maskbot.domain.red_packet import PacketVersion
from maskbot.domain.request import PriceFact, PriceNeed
from maskbot.ports.inside import Clock
from maskbot.ports.outside import MarketData
from maskbot.ports.store import Store

PRICED_CHAIN_ID = 1
_FRESH_MS = 300_000
_WEI_PER_ETHER = 10**18
_MOST_TRIES = 3
_MOST_DECIMALS = 36


def can_be_priced(claim: PacketClaim, prospect: Prospect) -> bool:
    """Whether the sources may know the token at all."""
    is_token = claim.version is PacketVersion.V4 and prospect.token != NATIVE
    return is_token and claim.chain_id == PRICED_CHAIN_ID and prospect.decimals is not None


def is_fresh(claim: PacketClaim, *, now_ms: int) -> bool:
    """Whether the price, or that there is none, was found out just now."""
    return claim.priced_at_ms is not None and now_ms - claim.priced_at_ms < _FRESH_MS


def price_claim(job: Job, *, store: Store, market: MarketData, clock: Clock) -> None:
    """Ask what the token of the claim `job.target_id` is worth, remember it, and have the claim looked at again.

    Raises: Unavailable while tries are left.
    """
    with store.read() as work:
        claim = work.claims.load(job.target_id)
    price: Decimal | None = None
    if claim is not None and claim.state == "found" and claim.token is not None and claim.decimals is not None:
        price = _coin_price(claim.token, claim.decimals, market=market, is_last_try=job.tries >= _MOST_TRIES)
    now_ms = clock.now_ms()
    with store.write() as work:
        found = work.claims.load(job.target_id, is_locked=True)
        if found is not None and found.state == "found":
            work.claims.move(replace(found, coin_price=price, priced_at_ms=now_ms), after="found", now_ms=now_ms)
            work.jobs.add([NewJob(JobKind.CHECK_CLAIM, found.id, found.tenant_id, now_ms)])
        work.jobs.finish([job])


def _coin_price(token: Address, decimals: int, *, market: MarketData, is_last_try: bool) -> Decimal | None:
    """Wei for a base unit; None when no prices agree."""
    try:
        token_fact = market.fetch_price(PriceNeed(symbol=None, address="0x" + token.hex()))
        ether_fact = market.fetch_price(PriceNeed(symbol="ETH", address=None))
    except Misconfigured:
        return None
    except Unavailable:
        if is_last_try:
            return None
        raise
    prices = [_trusted(token_fact), _trusted(ether_fact)]
    if None in prices or decimals > _MOST_DECIMALS:
        return None
    with localcontext(prec=50):
        return +(prices[0] / prices[1] * _WEI_PER_ETHER / Decimal(10) ** decimals).normalize()  # type: ignore[operator]


def _trusted(fact: object) -> Decimal | None:
    if not isinstance(fact, PriceFact) or fact.warnings or fact.is_red or fact.vs != "USD" or fact.price <= 0:
        return None
    return fact.price
