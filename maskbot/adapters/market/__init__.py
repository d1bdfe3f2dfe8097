"""Prices of tokens (port `MarketData`): several sources, one honest answer.

Never a zero for a failure, never one source without saying so, never a silent choice between tokens that share a symbol. Source:
price-cards.md 2 (endpoints), 3 (budget, times to live), 4 (which token), 5 (failures), 6 (acceptance), 8.7 (warnings).

`build.py` puts the parts together, `market.py` answers a need, `panel.py` decides who is asked, `gather.py` asks side by side;
`resolve.py` and `pinned.toml` say which token is meant, `judge.py`, `warnings.py` and `trust.py` what may be shown. One file a
source: `coingecko.py`, `coinmarketcap.py`, `geckoterminal.py`, `defillama.py`, `coinbase.py`, `onchain.py` (Chainlink, Uniswap),
over `http.py` (the bounded fetch) with `breaker.py` (pauses, budgets). `cache.py` remembers, `redis_store.py` for all.
"""

from __future__ import annotations

from maskbot.adapters.market.build import MarketKeys, MarketUrls, build_market
from maskbot.adapters.market.cache import Codec
from maskbot.adapters.market.market import Market
from maskbot.adapters.market.uniswap_values import MAINNET, UniswapPlaces

__all__ = ["MAINNET", "Codec", "Market", "MarketKeys", "MarketUrls", "UniswapPlaces", "build_market"]
