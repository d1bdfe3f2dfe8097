"""A token's share is priced by sources that agree without a warning, or not at all (price-cards.md 6; red-packets.md 3.2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from maskbot.domain.errors import Unavailable
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.packet_claim import PacketClaim, Prospect
from maskbot.domain.red_packet import PacketVersion
from maskbot.domain.request import Fact, NoFact, PriceFact, PriceNeed
from maskbot.flows.act.packet_claim.price import can_be_priced, is_fresh, price_claim
from maskbot.wire.crypto import address_text
from tests.fakes.house import House
from tests.unit.domain.test_packet_claim import prospect

TOKEN = Address(b"\x77" * 20)


class FakeMarket:
    """Says what it is told about the token, and 2,000 dollars for ETH."""

    def __init__(self, token: Fact | None) -> None:
        self.token = token
        self.asked: list[PriceNeed] = []

    def fetch_price(self, need: PriceNeed) -> Fact:
        """A price, or Unavailable."""
        self.asked.append(need)
        fact = price("2000") if need.symbol == "ETH" else self.token
        if fact is None:
            raise Unavailable("no source answers")
        return fact

    def refresh_ahead(self) -> bool:
        """Nothing to refresh."""
        return False


def price(dollars: str, **changes: object) -> PriceFact:
    fact = PriceFact("T", "Token", "USD", Decimal(dollars), None, None, None, "one +1", 0)
    return replace(fact, **changes)  # type: ignore[arg-type]  # whatever the test says


def claim_in(house: House, **changes: object) -> PacketClaim:
    claim = PacketClaim(
        id="c1",
        tenant_id=house.tenant_id,
        wallet_id="w1",
        chain_id=1,
        version=PacketVersion.V4,
        packet_id=b"\7" * 32,
        requested_by="operator:x",
        found_at_ms=house.clock.ms,
        token=TOKEN,
        decimals=6,
    )
    claim = replace(claim, **changes)  # type: ignore[arg-type]  # whatever the test says
    with house.store.write() as work:
        work.claims.add(claim, now_ms=house.clock.ms)
        work.jobs.add([NewJob(JobKind.PRICE_CLAIM, claim.id, claim.tenant_id, house.clock.ms)])
    return claim


def priced(house: House, market: FakeMarket) -> PacketClaim:
    (job,) = house.claim(JobKind.PRICE_CLAIM)
    price_claim(job, store=house.store, market=market, clock=house.clock)
    with house.store.read() as work:
        found = work.claims.load("c1")
    assert found is not None
    return found


def test_a_base_unit_is_worth_what_both_prices_say(house: House) -> None:
    claim_in(house)
    market = FakeMarket(price("0.5"))
    found = priced(house, market)
    assert found.coin_price == Decimal(10**18) / 4000 / 10**6
    assert is_fresh(found, now_ms=house.clock.ms)
    assert not is_fresh(found, now_ms=house.clock.ms + 300_000)
    assert [need.address for need in market.asked] == [address_text(TOKEN).lower(), None]
    assert len(house.claim(JobKind.CHECK_CLAIM)) == 1


@pytest.mark.parametrize(
    "said",
    [
        price("0.5", warnings=("one source only",)),
        price("0.5", is_red=True),
        price("0.5", vs="EUR"),
        price("0"),
        NoFact("disagree"),
    ],
)
def test_a_price_with_any_warning_is_none_for_money(house: House, said: Fact) -> None:
    claim_in(house)
    found = priced(house, FakeMarket(said))
    assert (found.coin_price, found.priced_at_ms, found.state) == (None, house.clock.ms, "found")


def test_sources_that_are_away_are_asked_again_and_then_given_up(house: House) -> None:
    claim_in(house)
    for _ in range(2):
        (job,) = house.claim(JobKind.PRICE_CLAIM)
        with pytest.raises(Unavailable):
            price_claim(job, store=house.store, market=FakeMarket(None), clock=house.clock)
        with house.store.write() as work:
            work.jobs.postpone(job, due_at_ms=house.clock.ms, error_kind="Unavailable")
    assert priced(house, FakeMarket(None)).coin_price is None


def test_a_claim_that_went_on_is_left_as_it_is(house: House) -> None:
    claim_in(house, state="left", reason="Expired")
    assert priced(house, FakeMarket(price("0.5"))).coin_price is None
    assert house.claim(JobKind.CHECK_CLAIM) == []


def test_only_tokens_of_ethereum_can_be_priced(house: House) -> None:
    claim = claim_in(house)
    seen: Prospect = prospect(token=TOKEN, decimals=6)
    assert can_be_priced(claim, seen)
    assert not can_be_priced(replace(claim, chain_id=137), seen)
    assert not can_be_priced(replace(claim, version=PacketVersion.NFT), seen)
    assert not can_be_priced(claim, replace(seen, token=NATIVE))
    assert not can_be_priced(claim, replace(seen, decimals=None))
