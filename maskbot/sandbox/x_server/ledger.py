"""The money counter: what the calls of a journey would cost (spec/social-platforms.md, 2.2).

Prices are whole mills (1/1000 US dollar), so a sum is exact. The same resource read twice in one UTC day is billed once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

PRICES_MILLS = {
    "summoned_reply": 10,
    "post": 15,
    "post_with_url": 200,
    "summoned_reply_with_url": 10,  # the changelog sentence of 2.2; the price table does not say
    "post_read": 5,
    "owned_read": 1,
    "user_read": 10,
    "activity_event": 5,
}


@dataclass(slots=True)
class Ledger:
    """How often each priced thing was done, and what it cost in mills."""

    counts: Counter[str] = field(default_factory=Counter)
    mills: int = 0
    read_today: set[str] = field(default_factory=set)
    day: int = 0

    def charge(self, thing: str, *, prices: dict[str, int]) -> None:
        self.counts[thing] += 1
        self.mills += prices.get(thing, PRICES_MILLS[thing])

    def charge_read(self, thing: str, *, resource: str, now_s: float, prices: dict[str, int]) -> None:
        """Bills a read unless `resource` was already read on this UTC day."""
        day = int(now_s // 86_400)
        if day != self.day:
            self.day, self.read_today = day, set()
        if resource not in self.read_today:
            self.read_today.add(resource)
            self.charge(thing, prices=prices)

    def report(self) -> dict[str, Any]:
        return {
            "usd": f"{self.mills // 1000}.{self.mills % 1000:03d}",
            "mills": self.mills,
            "counts": dict(self.counts),
        }

    def to_json(self) -> dict[str, Any]:
        value = {"counts": self.counts, "mills": self.mills, "read_today": sorted(self.read_today), "day": self.day}
        return {"kind": "Ledger", "value": value}

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Ledger:
        value = line["value"]
        return cls(Counter(value["counts"]), value["mills"], set(value["read_today"]), value["day"])
