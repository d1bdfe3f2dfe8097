"""A short memory of facts, bounded, with one asker per key at a time. Source: price-cards.md 3."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from maskbot.domain.request import NoFact, PriceFact

_SIZE = 4_096
_LOCKS = 64


class Memory:
    """Facts by key until their time; the newest price of each key for longer. Safe to share between threads."""

    def __init__(self) -> None:
        self._facts: OrderedDict[str, tuple[int, PriceFact | NoFact]] = OrderedDict()
        self._lock = Lock()
        self._askers = tuple(Lock() for _ in range(_LOCKS))

    @contextmanager
    def only_one(self, key: str) -> Iterator[None]:
        """Whoever asks for the same key waits here until the first has its answer."""
        with self._askers[hash(key) % _LOCKS]:
            yield

    def keep(self, key: str, fact: PriceFact | NoFact, *, until_ms: int) -> None:
        """Remember the fact until then."""
        with self._lock:
            self._facts[key] = (until_ms, fact)
            self._facts.move_to_end(key)
            while len(self._facts) > _SIZE:
                self._facts.popitem(last=False)

    def recall(self, key: str, *, now_ms: int) -> PriceFact | NoFact | None:
        """The fact, None when there is none or its time is over."""
        with self._lock:
            until_ms, fact = self._facts.get(key, (0, None))
        return fact if now_ms < until_ms else None

    def recall_stale(self, key: str, *, now_ms: int, limit_ms: int) -> PriceFact | None:
        """The last price, however long ago it was asked for, if its data are younger than the limit."""
        with self._lock:
            _, fact = self._facts.get(key, (0, None))
        return fact if isinstance(fact, PriceFact) and now_ms - fact.as_of_ms <= limit_ms else None
