"""Which token a conversation was last about, so that `30d` alone means the same one. Source: price-cards.md 4 and 9.

Kept for a day beside the other short-lived things: when it is lost, the bot asks which token is meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from maskbot.adapters.market.cache import Cache
from maskbot.domain.request import PriceNeed

_TTL_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The token as it was asked for, and the currency."""

    symbol: str | None
    address: str | None
    vs: str


class Conversations:
    """Choices by conversation. The key is a digest: names of people are not kept."""

    def __init__(self, *, cache: Cache, now_ms: Callable[[], int]) -> None:
        self._cache = cache
        self._now_ms = now_ms

    def completed(self, need: PriceNeed) -> PriceNeed | None:
        """The need with the conversation's token, if it names none itself; None when there is none to go by."""
        if need.symbol or need.address:
            return need if need.vs else replace(need, vs="USD")
        if not need.conversation:
            return None
        choice: Choice | None = self._cache.recall(_key(need), Choice, now_ms=self._now_ms())
        if choice is None:
            return None
        return replace(need, symbol=choice.symbol, address=choice.address, vs=need.vs or choice.vs)

    def keep(self, need: PriceNeed) -> None:
        """Remember what this conversation is about."""
        if need.conversation:
            choice = Choice(need.symbol, need.address, need.vs or "USD")
            self._cache.keep(_key(need), choice, Choice, ttl_s=_TTL_S, now_ms=self._now_ms())


def _key(need: PriceNeed) -> str:
    return "choice/" + hashlib.sha256(need.conversation.encode("utf-8", "surrogatepass")).hexdigest()[:32]
