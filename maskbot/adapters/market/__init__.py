"""Prices of tokens (port `MarketData`): CoinGecko first, DefiLlama and an exchange as second opinions.

Never a zero for a failure, never one source without saying so, never a silent choice between tokens that share a symbol. Source:
price-cards.md 2 (endpoints), 4 (which token), 5 (failures), 6 (acceptance). `market.py` puts the parts together; `http.py` is the
bounded fetch with its breaker; `sources.py` reads the answers; `judge.py` decides, purely; `pinned.py` holds the reviewed tokens.
"""

from __future__ import annotations

from maskbot.adapters.market.market import Market, MarketUrls

__all__ = ["Market", "MarketUrls"]
