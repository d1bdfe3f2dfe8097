"""Chainlink feeds and Uniswap pools through a chain that answers from a table: ages, lies, absences (price-cards.md 6)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from maskbot.adapters.market import MAINNET
from maskbot.adapters.market.breaker import Breaker, BreakerOpen
from maskbot.adapters.market.onchain import OnChain
from maskbot.adapters.market.quotes import Token
from maskbot.adapters.market.uniswap_values import PoolView, round_amount
from maskbot.domain.chain import At, Call, ChainAccount, Fees, Header
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.domain.money import Address
from maskbot.ports.chain import CallReverted
from maskbot.wire import uniswap

TIME_S = 1_795_405_000
FEED = "0x5f4ec3df9cbd43714fe2740f5e3616155c5b8419"
ETH = Token(id="ethereum", symbol="ETH", name="Ethereum", decimals=18, feed=FEED)
PAIR = Address(b"\x01" * 20)


class TableChain:
    """A chain whose contracts answer from a table, by address and call data; what is not there reverts."""

    def __init__(self) -> None:
        self.answers: dict[tuple[Address, bytes], bytes] = {}
        self.asked_at: set[At] = set()
        self.is_down = False

    def fetch_header(self, at: At) -> Header | None:
        if self.is_down:
            raise Unavailable("no node")
        return Header(23_481_902, b"h" * 32, b"p" * 32, TIME_S, 1, 30_000_000)

    def call(self, call: Call, *, at: At) -> bytes:
        self.asked_at.add(at)
        assert call.to is not None
        if (call.to, call.data) not in self.answers:
            raise CallReverted(reason="", data=b"")
        return self.answers[call.to, call.data]

    def fetch_account(self, address: Address) -> ChainAccount:
        return ChainAccount(0, 0, 0)

    def estimate_gas(self, call: Call) -> int:
        return 0

    def fetch_fees(self) -> Fees:
        return Fees(1, 1, 1)

    def feed(self, answer: int, *, age_s: int) -> None:
        feed = Address(bytes.fromhex(FEED[2:]))
        words = (1, answer % 2**256, 0, TIME_S - age_s, 1)
        self.answers[feed, uniswap.latest_round_call()] = b"".join(word.to_bytes(32, "big") for word in words)
        self.answers[feed, uniswap.decimals_call()] = (8).to_bytes(32, "big")

    def pair(self, ether_wei: int, dollar_units: int) -> None:
        ask = uniswap.get_pair_call(MAINNET.wrapped_ether, MAINNET.dollar)
        self.answers[MAINNET.v2_factory, ask] = PAIR.rjust(32, b"\0")
        reserves = sorted(((MAINNET.wrapped_ether, ether_wei), (MAINNET.dollar, dollar_units)))
        words = (reserves[0][1], reserves[1][1], TIME_S)
        self.answers[PAIR, uniswap.get_reserves_call()] = b"".join(word.to_bytes(32, "big") for word in words)


@pytest.fixture
def chain() -> TableChain:
    return TableChain()


@pytest.fixture
def onchain(chain: TableChain) -> Iterator[OnChain]:
    with ThreadPoolExecutor(4) as pool:
        yield OnChain(chain=chain, places=MAINNET, pool=pool, breaker=Breaker(), remember=lambda _, ask: ask())


def _view(onchain: OnChain, token: Token) -> PoolView | None:
    prepared = onchain.prepare(token)
    return onchain.view(token, prepared, price_usd=Decimal("3425.02")) if prepared is not None else None


def test_a_feed_within_its_heartbeat_is_a_price(onchain: OnChain, chain: TableChain) -> None:
    chain.feed(342_502_000_000, age_s=3_900)
    quote = onchain.ask_feed(ETH).quote
    assert (quote.source, quote.price, quote.as_of_ms) == ("Chainlink", Decimal("3425.02"), TIME_S * 1000)
    assert chain.asked_at == {23_481_902}


@pytest.mark.parametrize(("answer", "age_s"), [(342_502_000_000, 3_961), (0, 10), (-1, 10), (2**200, 10)])
def test_a_feed_that_is_late_or_not_above_zero_is_no_price(
    onchain: OnChain, chain: TableChain, answer: int, age_s: int
) -> None:
    chain.feed(answer, age_s=age_s)
    with pytest.raises(Malformed):
        onchain.ask_feed(ETH)


def test_a_v2_pool_is_quoted_at_the_named_block(onchain: OnChain, chain: TableChain) -> None:
    chain.pair(3_000 * 10**18, 3_000 * 3_425_020_000)
    view = _view(onchain, ETH)
    assert view is not None
    assert (view.quote.version, view.quote.block, view.quote.fee_percent) == ("v2", 23_481_902, Decimal("0.3"))
    assert Decimal("3413.0") < view.quote.amount_out < Decimal("3414.0")
    assert view.impact_percent < Decimal("0.04")
    assert chain.asked_at == {23_481_902}


def test_a_shallow_pool_has_its_impact(onchain: OnChain, chain: TableChain) -> None:
    chain.pair(10 * 10**18, 10 * 3_425_020_000)
    view = _view(onchain, ETH)
    assert view is not None
    assert view.impact_percent > 9


def test_no_pool_and_unsuitable_tokens_have_no_quote(onchain: OnChain) -> None:
    usdc = Token(id="usd-coin", symbol="USDC", name="USDC", address="0x" + MAINNET.dollar.hex(), decimals=6)
    nowhere = Token(id="bitcoin", symbol="BTC", name="Bitcoin")
    for token in (ETH, usdc, nowhere):
        assert _view(onchain, token) is None


def test_a_lying_pool_is_no_quote(onchain: OnChain, chain: TableChain) -> None:
    chain.pair(3_000 * 10**18, 3_000 * 3_425_020_000)
    for answer in (b"", b"\xff" * 96, b"\0" * 95):
        chain.answers[PAIR, uniswap.get_reserves_call()] = answer
        assert _view(onchain, ETH) is None


def test_nodes_that_fail_are_left_alone(onchain: OnChain, chain: TableChain) -> None:
    chain.is_down = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            onchain.ask_feed(ETH)
    chain.is_down = False
    chain.feed(342_502_000_000, age_s=1)
    with pytest.raises(BreakerOpen):
        onchain.ask_feed(ETH)


@pytest.mark.parametrize("price", ["3425.02", "78432.10", "5000", "500", "0.0000123456", "1", "1E-30"])
def test_a_quote_is_for_a_round_amount_worth_a_card(price: str) -> None:
    amount = round_amount(Decimal(price))
    assert amount.as_tuple().digits == (1,)
    assert 500 <= amount * Decimal(price) < 5_000
