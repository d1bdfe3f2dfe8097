"""The Uniswap quote of a price is what a swap then gives, to the wei: real contracts on a real node."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.adapters.market import MarketKeys, MarketUrls, build_market
from maskbot.adapters.market.breaker import Breaker
from maskbot.adapters.market.onchain import OnChain
from maskbot.adapters.market.quotes import Token
from maskbot.adapters.market.uniswap_values import PoolView
from maskbot.domain.card import PoolQuote
from maskbot.domain.chain import BlockName, Call
from maskbot.domain.money import Address, Chain
from maskbot.domain.request import PriceFact, PriceNeed
from maskbot.sandbox.chain import ETHER, Anvil
from maskbot.sandbox.market_uniswap import DOLLAR, SandboxUniswap, deploy_uniswap
from maskbot.sandbox.process import ChildProcess
from maskbot.wire import uniswap
from maskbot.wire.red_packet.abi import decode, encode_call

DEV = Chain(id=31337, name="dev", coin_symbol="ETH", final_depth=1, has_finalized=False)
ETH = Token(id="ethereum", symbol="ETH", name="Ethereum", decimals=18)


class _Now:
    def now_ms(self) -> int:
        return int(time.time() * 1000)


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil")) as running:
        yield running


@pytest.fixture(scope="module")
def exchange(anvil: Anvil) -> SandboxUniswap:
    return deploy_uniswap(anvil)


@pytest.fixture(scope="module")
def chain(anvil: Anvil) -> Iterator[EvmNode]:
    node = EvmNode(DEV, [Endpoint(anvil.url, chain_id=DEV.id)], quorum=1)
    yield node
    node.close()


@pytest.fixture
def onchain(chain: EvmNode, exchange: SandboxUniswap) -> Iterator[OnChain]:
    with ThreadPoolExecutor(8) as pool:
        yield OnChain(chain=chain, places=exchange.places, pool=pool, breaker=Breaker(), remember=lambda _, ask: ask())


def _token(symbol: str, address: Address) -> Token:
    return Token(id="", symbol=symbol, name=symbol, address="0x" + address.hex(), decimals=18)


def _view(onchain: OnChain, token: Token, price: str) -> PoolView:
    prepared = onchain.prepare(token)
    assert prepared is not None
    view = onchain.view(token, prepared, price_usd=Decimal(price))
    assert view is not None
    return view


def _out(quote: PoolQuote) -> int:
    return int(quote.amount_out * DOLLAR)


def test_a_v3_quote_is_what_the_swap_gives(onchain: OnChain, exchange: SandboxUniswap) -> None:
    view = _view(onchain, ETH, "3425.02")
    quote = view.quote
    assert (quote.version, quote.fee_percent, quote.symbol_out) == ("v3", Decimal("0.05"), "USDC")
    path = (exchange.tokens.ether, exchange.tokens.usdc)
    assert exchange.swap_v3(path, (500,), amount_in=int(quote.amount_in * ETHER)) == _out(quote)
    assert Decimal("3423.0") < quote.amount_out < Decimal("3425.02")


def test_a_v2_quote_through_two_pairs_is_what_the_swap_gives(onchain: OnChain, exchange: SandboxUniswap) -> None:
    tokens = exchange.tokens
    quote = _view(onchain, _token("UNI", tokens.uni), "9.87").quote
    assert (quote.version, quote.amount_in, quote.fee_percent) == ("v2", Decimal(100), None)
    path = (tokens.uni, tokens.ether, tokens.usdc)
    assert exchange.swap_v2(path, amount_in=int(quote.amount_in * ETHER)) == _out(quote)


def test_a_v3_quote_through_two_pools_is_what_the_swap_gives(onchain: OnChain, exchange: SandboxUniswap) -> None:
    tokens = exchange.tokens
    quote = _view(onchain, _token("LINK", tokens.link), "17.21").quote
    assert (quote.version, quote.amount_in) == ("v3", Decimal(100))
    path = (tokens.link, tokens.ether, tokens.usdc)
    assert exchange.swap_v3(path, (3_000, 500), amount_in=int(quote.amount_in * ETHER)) == _out(quote)


def test_the_quote_on_the_price_is_of_the_block_it_names(
    exchange: SandboxUniswap, chain: EvmNode, tmp_path: Path
) -> None:
    sites = ChildProcess(
        ["-m", "maskbot.sandbox.market_server", "--port", "0"], log=tmp_path / "market.log", tells_port=True
    )
    url = f"http://127.0.0.1:{sites.port}"
    urls = MarketUrls(coingecko=f"{url}/api/v3", defillama=url, exchange=url)
    market = build_market(urls=urls, keys=MarketKeys(), clock=_Now(), chain=chain, places=exchange.places)
    try:
        fact = market.fetch_price(PriceNeed("ETH", None))
    finally:
        market.close()
        sites.end(grace_s=2)
    assert isinstance(fact, PriceFact)
    assert fact.quote is not None
    head = chain.fetch_header(BlockName.LATEST)
    assert head is not None
    assert fact.quote.block == head.number
    assert fact.card.quote == fact.quote
    path = (exchange.tokens.ether, exchange.tokens.usdc)
    amount_in = int(fact.quote.amount_in * ETHER)
    assert exchange.swap_v3(path, (500,), amount_in=amount_in) == _out(fact.quote)
    data = uniswap.quote_single_call(*path, fee=500, amount_in=amount_in)
    again = chain.call(Call(to=exchange.places.quoter, data=data), at=fact.quote.block)
    assert uniswap.read_amount_out(again) == _out(fact.quote)


def test_the_v2_arithmetic_is_the_routers(exchange: SandboxUniswap, chain: EvmNode) -> None:
    tokens = exchange.tokens
    found = chain.call(Call(exchange.v2_factory, uniswap.get_pair_call(tokens.ether, tokens.usdc)), at=BlockName.LATEST)
    pair = uniswap.read_address(found)
    assert pair is not None
    first, second = uniswap.read_reserves(chain.call(Call(pair, uniswap.get_reserves_call()), at=BlockName.LATEST))
    reserve_in, reserve_out = (first, second) if tokens.ether < tokens.usdc else (second, first)
    for amount_in in (1, 10**9, ETHER // 3, 1_777 * ETHER):
        call = encode_call("getAmountsOut(uint256,address[])", (amount_in, [tokens.ether, tokens.usdc]))
        (amounts,) = decode(["uint256[]"], chain.call(Call(exchange.v2_router, call), at=BlockName.LATEST))
        ours = uniswap.v2_amount_out(amount_in, reserve_in=reserve_in, reserve_out=reserve_out)
        assert amounts == (amount_in, ours)


def test_a_swap_too_large_for_its_pool_shows_its_impact(onchain: OnChain, exchange: SandboxUniswap) -> None:
    fine = _view(onchain, ETH, "3425.02")
    huge = _view(onchain, ETH, "0.34")
    assert fine.impact_percent < Decimal("0.1")
    assert huge.quote.amount_in == 10_000
    assert huge.impact_percent > 3


def test_a_token_without_a_pool_has_no_quote(onchain: OnChain) -> None:
    prepared = onchain.prepare(_token("NONE", Address(b"\x77" * 20)))
    assert prepared is not None
    assert prepared.routes == ()
