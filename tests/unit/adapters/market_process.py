"""The sandbox's market sites as a process, for tests of the adapter that reads them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from maskbot.adapters.market import Codec, Market, MarketKeys, MarketUrls, build_market
from maskbot.domain.request import PriceFact, PriceNeed
from maskbot.ports.chain import ChainReader

ETH = PriceNeed("ETH", None)


class Now:
    """The wall clock, which a test may move ahead."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return int(time.time() * 1000) + self.ahead_ms


@dataclass(slots=True)
class MarketSites:
    """The running sites: `control` talks to them as an outsider."""

    url: str
    control: httpx.Client

    def spoil(self, effect: str, **rule: object) -> None:
        self.control.post("/_sandbox/faults", json={"effect": effect, **rule}).raise_for_status()

    def heal(self) -> None:
        self.control.delete("/_sandbox/faults").raise_for_status()

    def price(self, **prices: float) -> None:
        named = {name.replace("_", "-"): price for name, price in prices.items()}
        self.control.patch("/_sandbox/prices", json=named).raise_for_status()

    def calls(self) -> dict[str, int]:
        told: dict[str, int] = self.control.get("/_sandbox/calls").json()
        return told

    def reset(self) -> None:
        self.control.post("/_sandbox/reset").raise_for_status()

    def market(
        self,
        *,
        clock: Now,
        cmc_key: str | None = None,
        has_terminal: bool = False,
        broker_url: str | None = None,
        codec: Codec | None = None,
        chain: ChainReader | None = None,
    ) -> Market:
        """A market that reads these sites, and this chain."""
        urls = MarketUrls(
            coingecko=f"{self.url}/api/v3",
            defillama=self.url,
            exchange=self.url,
            terminal=f"{self.url}/api/v2" if has_terminal else None,
            coinmarketcap=self.url,
        )
        keys = MarketKeys(coinmarketcap=cmc_key)
        return build_market(urls=urls, keys=keys, clock=clock, broker_url=broker_url, codec=codec, chain=chain)


def priced(market: Market, need: PriceNeed = ETH) -> PriceFact:
    """The price, which has to be one."""
    fact = market.fetch_price(need)
    assert isinstance(fact, PriceFact), fact
    return fact


@contextmanager
def running_market_sites() -> Iterator[MarketSites]:
    """The sites until the end of the block."""
    command = [sys.executable, "-m", "maskbot.sandbox.market_server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        try:
            url = f"http://127.0.0.1:{json.loads(running.stdout.readline())['port']}"
            with httpx.Client(base_url=url, timeout=10, trust_env=False) as control:
                yield MarketSites(url, control)
        finally:
            running.kill()
