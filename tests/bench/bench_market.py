"""What a price costs: calls, and the time of a cold and a remembered one, beside the bare delay of the sources.

    python -m tests.bench.bench_market

The sites of the sandbox answer over loopback after a fixed delay; nodes of a real chain (anvil, Uniswap's own contracts) likewise.
Aims (issue 5): `$ETH` asked 1,000 times in a minute costs at most two calls a source; a cold mention is posted in 600 ms (p50) with
sources at 100 ms, of which the price may take what the drawing (about 80 ms) and the posting leave.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.adapters.market import Market, MarketKeys, MarketUrls, UniswapPlaces, build_market
from maskbot.domain.chain import At, Call, Header
from maskbot.domain.money import Chain
from maskbot.domain.request import PriceFact, PriceNeed
from maskbot.sandbox.chain import Anvil
from maskbot.sandbox.market_uniswap import deploy_uniswap
from tests.unit.adapters.market_process import MarketSites, Now, running_market_sites

QUESTIONS = 1_000
COLD = 40
WARM = 2_000
DELAY_S = 0.1
ETH = PriceNeed("ETH", None)


class SlowNode(EvmNode):
    """A chain each answer of which takes 100 ms more."""

    def fetch_header(self, at: At) -> Header | None:
        """As the node says, later."""
        time.sleep(DELAY_S)
        return super().fetch_header(at)

    def call(self, call: Call, *, at: At) -> bytes:
        """As the node says, later."""
        time.sleep(DELAY_S)
        return super().call(call, at=at)


def main() -> None:
    """Print the figures."""
    with running_market_sites() as sites, tempfile.TemporaryDirectory() as folder, Anvil(Path(folder)) as anvil:
        _count_calls(sites)
        sites.reset()
        sites.spoil("hang", seconds=DELAY_S)
        print(f"cold, every source after {DELAY_S * 1000:.0f} ms")
        _cold("three sources and listings", lambda: _market(sites))
        exchange = deploy_uniswap(anvil)
        dev = Chain(id=31337, name="dev", coin_symbol="ETH", final_depth=1, has_finalized=False)
        node = SlowNode(dev, [Endpoint(anvil.url, chain_id=dev.id)], quorum=1)
        _cold("the same and Uniswap at 100 ms a call", lambda: _market(sites, chain=node, places=exchange.places))
        node.close()
        _warm(sites)


def _count_calls(sites: MarketSites) -> None:
    sites.reset()
    market = _market(sites)
    start_s = time.perf_counter()
    with ThreadPoolExecutor(16) as people:
        facts = list(people.map(lambda _: market.fetch_price(ETH), range(QUESTIONS)))
    took_s = time.perf_counter() - start_s
    market.close()
    assert all(isinstance(fact, PriceFact) for fact in facts)
    calls = sites.calls()
    by_source = {
        "CoinGecko": sum(count for path, count in calls.items() if path.startswith("/api/v3/")),
        "Coinbase": sum(count for path, count in calls.items() if path.startswith("/products/")),
        "DefiLlama": sum(count for path, count in calls.items() if path.startswith("/prices/")),
    }
    told = ", ".join(f"{source} {count}" for source, count in by_source.items())
    print(f"$ETH {QUESTIONS:,} times by 16 at once: {told} calls; {took_s:.2f} s in all")
    assert max(by_source.values()) <= 2


def _cold(name: str, make: Callable[[], Market]) -> None:
    times = []
    for _ in range(COLD):
        market = make()
        start_s = time.perf_counter()
        fact = market.fetch_price(ETH)
        times.append(time.perf_counter() - start_s)
        market.close()
        assert isinstance(fact, PriceFact)
    _row(name, times)


def _warm(sites: MarketSites) -> None:
    market = _market(sites)
    market.fetch_price(ETH)
    times = []
    for _ in range(WARM):
        start_s = time.perf_counter()
        market.fetch_price(ETH)
        times.append(time.perf_counter() - start_s)
    market.close()
    print("remembered")
    _row("the same price again", times)


def _row(name: str, times: Sequence[float]) -> None:
    ordered = sorted(times)
    p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    print(f"  {name:<42} p50 {p50 * 1000:8.2f} ms   p99 {p99 * 1000:8.2f} ms")


def _market(sites: MarketSites, *, chain: EvmNode | None = None, places: UniswapPlaces | None = None) -> Market:
    if chain is None or places is None:
        return sites.market(clock=Now())
    urls = MarketUrls(coingecko=f"{sites.url}/api/v3", defillama=sites.url, exchange=sites.url)
    return build_market(urls=urls, keys=MarketKeys(), clock=Now(), chain=chain, places=places)


if __name__ == "__main__":
    main()
