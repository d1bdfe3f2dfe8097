"""What was found, for a while: in this process, and behind it in Redis where there is one. Losing all of it costs only calls.

Source: price-cards.md 3 (times to live, jitter, stale up to 30 minutes). A value is fresh until its time and may be served stale
until a later one. Redis is ours alone but not trusted: what it holds is read by annotation, and what cannot be read is a miss.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

from maskbot.domain.errors import Malformed

_SIZE = 4_096
_SWEEP_EACH = 256
"""New values before those that may not be served any more are dropped: a series holds 400 points, some 80 KB."""


class FarStore(Protocol):
    """Texts by key in another process, each for some seconds. Never raises: what does not work is a miss."""

    def get(self, key: str) -> str | None:
        """The text, None when there is none."""
        ...

    def put(self, key: str, text: str, *, ttl_s: int) -> None:
        """Keep the text."""
        ...

    def count(self, key: str, ttl_s: int) -> int | None:
        """Add one to a counter that lives so long, and return it; None when it cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class Codec:
    """How values become text and back, by annotation; `load` raises Malformed."""

    dump: Callable[[object, object], str]
    load: Callable[[str, object], Any]  # the caller names the type by the annotation


@dataclass(frozen=True, slots=True)
class Kept:
    """A value and until when (Unix milliseconds) it is fresh, and may be served at all."""

    value: Any  # of the annotation it was kept with
    fresh_until_ms: int
    kept_until_ms: int


class Cache:
    """Values by key. Safe to share between threads."""

    def __init__(self, *, far: FarStore | None, codec: Codec | None, jitter: Callable[[], float]) -> None:
        self._far = far if codec is not None else None
        self._codec = codec
        self._jitter = jitter
        self._near: OrderedDict[str, Kept] = OrderedDict()
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._kept_since_sweep = 0
        self._lock = Lock()

    def keep(
        self, key: str, value: object, annotation: object, *, ttl_s: float, now_ms: int, stale_s: float = 0.0
    ) -> None:
        """Keep the value: fresh for about `ttl_s` (up to a tenth less: not everything expires at once), stale for longer."""
        fresh_until_ms = now_ms + int(ttl_s * 1000 * (1 - self._jitter() / 10))
        kept = Kept(value, fresh_until_ms, now_ms + int(max(ttl_s, stale_s) * 1000))
        self._keep_near(key, kept, now_ms=now_ms)
        if self._far is not None and self._codec is not None:
            text = f"{kept.fresh_until_ms} {kept.kept_until_ms} {self._codec.dump(value, annotation)}"
            self._far.put(key, text, ttl_s=int(max(ttl_s, stale_s)) + 1)

    def recall(self, key: str, annotation: object, *, now_ms: int) -> Any | None:  # of the annotation
        """The fresh value, or None."""
        kept = self._near_or_far(key, annotation, now_ms=now_ms)
        return kept.value if kept is not None and now_ms < kept.fresh_until_ms else None

    def recall_stale(self, key: str, annotation: object, *, now_ms: int) -> Any | None:  # of the annotation
        """The value as long as it may be served, or None."""
        kept = self._near_or_far(key, annotation, now_ms=now_ms)
        return kept.value if kept is not None and now_ms < kept.kept_until_ms else None

    def count(self, key: str, ttl_s: int) -> int:
        """Add one to a counter that lives so long, and return it."""
        counted = self._far.count(key, ttl_s) if self._far is not None else None
        with self._lock:
            self._counts[key] = max(self._counts.get(key, 0) + 1, counted or 0)
            self._counts.move_to_end(key)
            while len(self._counts) > 256:
                self._counts.popitem(last=False)
            return self._counts[key]

    def _near_or_far(self, key: str, annotation: object, *, now_ms: int) -> Kept | None:
        with self._lock:
            near = self._near.get(key)
        if (near is not None and now_ms < near.fresh_until_ms) or self._far is None or self._codec is None:
            return near
        text = self._far.get(key)
        if text is None:
            return near
        try:
            fresh_text, kept_text, written = text.split(" ", 2)
            far = Kept(self._codec.load(written, annotation), int(fresh_text), int(kept_text))
        except (Malformed, ValueError):
            return near
        if near is not None and near.fresh_until_ms >= far.fresh_until_ms:
            return near
        self._keep_near(key, far, now_ms=now_ms)
        return far

    def _keep_near(self, key: str, kept: Kept, *, now_ms: int) -> None:
        with self._lock:
            self._near[key] = kept
            self._near.move_to_end(key)
            self._kept_since_sweep += 1
            if self._kept_since_sweep >= _SWEEP_EACH:
                self._kept_since_sweep = 0
                for old in [known for known, each in self._near.items() if each.kept_until_ms <= now_ms]:
                    del self._near[old]
            while len(self._near) > _SIZE:
                self._near.popitem(last=False)
