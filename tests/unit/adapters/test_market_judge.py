"""What may be shown: agreement, age, pegs, pools and warnings, without a network (price-cards.md 6 and 8.7)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.adapters.market.judge import Verdict, judge
from maskbot.adapters.market.quotes import Details, Quote, Said, Token
from maskbot.adapters.market.trust import Trust
from maskbot.adapters.market.uniswap_values import PoolView
from maskbot.domain.card import PoolQuote
from maskbot.domain.request import NoFact, PriceFact

NOW = 1_795_405_000_000
ETH = Token(id="ethereum", symbol="ETH", name="Ethereum", is_pinned=True)
RANKED = Token(id="some", symbol="SOME", name="Some", rank=300)
UNLISTED = Token(id="", symbol="0x12…ab", name="0x12…ab", address="0x" + "12" * 20)


def _said(source: str, price: str, *, age_s: int = 5, confidence: str | None = None) -> Said:
    sure = Decimal(confidence) if confidence is not None else None
    return Said(Quote(source, Decimal(price), NOW - age_s * 1000, sure))


def _judged(
    token: Token,
    *said: Said,
    details: Details | None = None,
    vs: str = "USD",
    pool: PoolView | None = None,
    previous: PriceFact | None = None,
) -> Verdict:
    return judge(token, said, details=details or Details(), vs=vs, now_ms=NOW, pool=pool, previous=previous)


def _fact(
    token: Token,
    *said: Said,
    details: Details | None = None,
    vs: str = "USD",
    pool: PoolView | None = None,
    previous: PriceFact | None = None,
) -> PriceFact:
    fact = _judged(token, *said, details=details, vs=vs, pool=pool, previous=previous).fact
    assert isinstance(fact, PriceFact), fact
    return fact


def _pool(price: str, *, impact: str = "0.1") -> PoolView:
    received = Decimal(price)
    quote = PoolQuote("v3", Decimal("0.05"), 19, Decimal(1), "ETH", received, "USDC")
    return PoolView(quote, Decimal(impact), received)


def test_two_that_agree_outvote_a_third_and_name_it() -> None:
    verdict = _judged(ETH, _said("CoinGecko", "9999"), _said("Coinbase", "3424"), _said("DefiLlama", "3426"))
    assert isinstance(verdict.fact, PriceFact)
    assert verdict.fact.price == 3425
    assert (verdict.agreeing, verdict.outliers) == (("Coinbase", "DefiLlama"), ("CoinGecko",))
    assert verdict.fact.source == "Coinbase +1"


def test_two_that_differ_give_a_range_and_no_price() -> None:
    assert _judged(ETH, _said("CoinGecko", "3400"), _said("DefiLlama", "3600")).fact == NoFact(
        "disagree", ("$3,400.00", "$3,600.00")
    )


@pytest.mark.parametrize(
    ("token", "other", "agree"), [(ETH, "103", False), (RANKED, "103", True), (RANKED, "108", False)]
)
def test_the_spread_depends_on_the_class(token: Token, other: str, agree: bool) -> None:
    fact = _judged(token, _said("CoinGecko", "100"), _said("DefiLlama", other)).fact
    assert isinstance(fact, PriceFact) is agree


def test_a_pool_and_a_confident_second_opinion_may_differ_by_a_tenth() -> None:
    fact = _fact(UNLISTED, _said("GeckoTerminal", "1.00"), _said("DefiLlama", "1.10", confidence="0.95"))
    assert fact.price == Decimal("1.05")


def test_an_opinion_without_confidence_does_not_count() -> None:
    fact = _fact(UNLISTED, _said("GeckoTerminal", "1.00"), _said("DefiLlama", "1.00", confidence="0.89"))
    assert "one source only" in fact.warnings


def test_chainlink_may_lag_by_two_percent_and_only_confirms() -> None:
    fact = _fact(ETH, _said("CoinGecko", "100"), _said("Coinbase", "100.2"), _said("Chainlink", "101.5"))
    assert fact.price == Decimal("100.1")
    assert _fact(ETH, _said("CoinGecko", "100"), _said("Chainlink", "101.5")).warnings == ()


@pytest.mark.parametrize(("age_s", "outcome"), [(4 * 60, ()), (6 * 60, ("delayed",)), (31 * 60, None), (-600, None)])
def test_age_makes_delayed_and_then_nothing(age_s: int, outcome: tuple[str, ...] | None) -> None:
    fact = _judged(ETH, _said("CoinGecko", "1", age_s=age_s), _said("Coinbase", "1", age_s=age_s)).fact
    assert fact == NoFact("unavailable") if outcome is None else isinstance(fact, PriceFact)
    if isinstance(fact, PriceFact):
        assert fact.warnings == outcome


def test_late_quotes_do_not_vote_against_fresh_ones() -> None:
    late = _said("CoinGecko", "90", age_s=1_000)
    verdict = _judged(ETH, late, _said("Coinbase", "100"), _said("DefiLlama", "100"))
    assert verdict.agreeing == ("Coinbase", "DefiLlama")


@pytest.mark.parametrize(
    ("price", "warning", "is_red"),
    [("1.0003", (), False), ("0.9949", ("slightly off its peg",), False), ("0.97", ("off its peg",), True)],
)
def test_a_stablecoin_is_compared_with_a_dollar(price: str, warning: tuple[str, ...], is_red: bool) -> None:
    token = replace(ETH, symbol="DAI", pegged_to="USD")
    fact = _fact(token, _said("CoinGecko", price), _said("DefiLlama", price))
    assert (fact.warnings, fact.is_red) == (warning, is_red)
    assert fact.price == Decimal(price)


def test_a_staked_coin_is_compared_with_its_coin() -> None:
    token = replace(ETH, symbol="STETH", pegged_to="ETH")
    said = (_said("CoinGecko", "3300"), _said("DefiLlama", "3300"))
    assert _fact(token, *said, details=Details(underlying=Decimal(3310))).warnings == ()
    assert _fact(token, *said, details=Details(underlying=Decimal(3425))).warnings == ("off its peg",)


def test_a_market_in_euros_says_nothing_of_the_dollar_peg() -> None:
    token = replace(ETH, symbol="DAI", pegged_to="USD")
    assert _fact(token, _said("CoinGecko", "0.92"), _said("Coinbase", "0.92"), vs="EUR").warnings == ()


def test_a_quote_far_from_the_market_is_a_thin_pool() -> None:
    fact = _fact(ETH, _said("CoinGecko", "3425"), _said("Coinbase", "3425"), pool=_pool("3300"))
    assert (fact.warnings, fact.is_red) == (("thin pool",), True)
    assert fact.quote == _pool("3300").quote


@pytest.mark.parametrize(
    ("details", "pool"),
    [(Details(liquidity_usd=Decimal(49_999)), None), (Details(), _pool("3300", impact="3.1"))],
)
def test_little_liquidity_is_said(details: Details, pool: PoolView | None) -> None:
    fact = _fact(ETH, _said("CoinGecko", "3425"), _said("Coinbase", "3425"), details=details, pool=pool)
    assert fact.warnings == ("low liquidity",)


def test_warnings_come_worst_first() -> None:
    details = Details(liquidity_usd=Decimal(1), born_ms=NOW - 3_600_000)
    token = replace(UNLISTED, others=2)
    fact = _fact(token, _said("GeckoTerminal", "1", age_s=1_801 - 60), details=details)
    assert fact.warnings == (
        "unverified contract",
        "low liquidity",
        "token under 48 h old",
        "one source only",
        "2 other tokens use 0x12…ab",
    )


def test_a_jump_on_one_source_shows_the_price_before() -> None:
    before = _fact(ETH, _said("CoinGecko", "100", age_s=120), _said("Coinbase", "100", age_s=120))
    held = _fact(ETH, _said("CoinGecko", "140"), previous=before)
    assert (held.price, held.as_of_ms, held.warnings[0]) == (Decimal(100), before.as_of_ms, "a jump is not confirmed")
    assert _fact(ETH, _said("CoinGecko", "140"), _said("Coinbase", "140"), previous=before).price == 140
    assert _fact(ETH, _said("CoinGecko", "129"), previous=before).price == 129


def test_a_jump_after_ten_minutes_is_shown_as_one_source() -> None:
    before = _fact(ETH, _said("CoinGecko", "100", age_s=900), _said("Coinbase", "100", age_s=900))
    assert _fact(ETH, _said("CoinGecko", "140"), previous=before).warnings == ("one source only",)


def test_three_strikes_within_the_hour_cost_an_hour() -> None:
    trust = Trust()
    for minute in range(3):
        assert not trust.is_distrusted("Coinbase", "ethereum", now_ms=NOW)
        trust.strike("Coinbase", "ethereum", now_ms=NOW + minute * 60_000)
    assert trust.is_distrusted("Coinbase", "ethereum", now_ms=NOW + 3_600_000)
    assert not trust.is_distrusted("Coinbase", "bitcoin", now_ms=NOW)
    assert not trust.is_distrusted("Coinbase", "ethereum", now_ms=NOW + 3_600_000 + 120_000)


def test_agreeing_again_forgives() -> None:
    trust = Trust()
    for _ in range(5):
        trust.strike("Coinbase", "ethereum", now_ms=NOW)
        trust.strike("DefiLlama", "ethereum", now_ms=NOW)
        trust.forgive("DefiLlama", "ethereum") if not trust.is_distrusted("DefiLlama", "ethereum", now_ms=NOW) else None
    assert not trust.is_distrusted("DefiLlama", "ethereum", now_ms=NOW)


_PRICES = st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e9"), allow_nan=False, places=14)


@given(st.lists(_PRICES.filter(lambda price: price > 0), min_size=1, max_size=6))
def test_a_shown_price_lies_among_those_that_agree(prices: list[Decimal]) -> None:
    said = [Said(Quote(f"s{index}", price, NOW)) for index, price in enumerate(prices)]
    fact = judge(ETH, said, details=Details(), vs="USD", now_ms=NOW).fact
    if isinstance(fact, NoFact):
        assert fact.reason == "disagree"
        assert len(prices) > 1
    else:
        assert min(prices) <= fact.price <= max(prices)
        near = [price for price in prices if abs(price - fact.price) <= fact.price * Decimal("0.0101")]
        assert len(near) >= min(2, len(prices))
