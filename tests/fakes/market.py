"""Prices as a test says, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from maskbot.domain.request import Fact, NoFact, PriceNeed


@dataclass
class FakeMarket:
    """Knows the prices of `facts`; everything else is unknown. Implements `ports.outside.MarketData`."""

    facts: dict[PriceNeed, Fact] = field(default_factory=dict)
    is_reachable: bool = True
    asked: list[PriceNeed] = field(default_factory=list)
    refreshes: int = 0

    def fetch_price(self, need: PriceNeed) -> Fact:
        """The fact of this need."""
        self.asked.append(need)
        return self.facts.get(need, NoFact("unknown_token"))

    def refresh_ahead(self) -> bool:
        """Counts; succeeds while reachable."""
        self.refreshes += 1
        return self.is_reachable
