"""The cache's far side in Redis. Short timeouts; a Redis that fails is left alone for some seconds and missed by nobody."""

from __future__ import annotations

import time

import redis

_TIMEOUT_S = 0.2
_PAUSE_S = 5.0
_PREFIX = "maskbot:market:"
_LONGEST = 1 << 20


class RedisStore:
    """Texts and counters in Redis, under their own prefix. Safe to share between threads."""

    def __init__(self, broker_url: str) -> None:
        url = broker_url.replace("redis+socket://", "unix://", 1)
        self._client = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, decode_responses=True
        )
        self._closed_until_s = 0.0

    def get(self, key: str) -> str | None:
        """The text, None when there is none, when it is over 1 MiB, or when Redis does not answer."""
        if time.monotonic() < self._closed_until_s:
            return None
        try:
            found = self._client.get(_PREFIX + key)
        except (redis.RedisError, OSError, ValueError):
            self._leave_alone()
            return None
        return found if isinstance(found, str) and len(found) <= _LONGEST else None

    def put(self, key: str, text: str, *, ttl_s: int) -> None:
        """Keep the text, if Redis answers."""
        if time.monotonic() < self._closed_until_s or len(text) > _LONGEST:
            return
        try:
            self._client.set(_PREFIX + key, text, ex=max(1, ttl_s))
        except (redis.RedisError, OSError, ValueError):
            self._leave_alone()

    def count(self, key: str, ttl_s: int) -> int | None:
        """Add one and return the counter; None when Redis does not answer."""
        if time.monotonic() < self._closed_until_s:
            return None
        try:
            with self._client.pipeline(transaction=True) as pipe:
                pipe.incr(_PREFIX + key)
                pipe.expire(_PREFIX + key, ttl_s)
                return int(pipe.execute()[0])
        except (redis.RedisError, OSError, ValueError):
            self._leave_alone()
            return None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _leave_alone(self) -> None:
        self._closed_until_s = time.monotonic() + _PAUSE_S
