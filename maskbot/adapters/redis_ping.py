"""Asks a Redis whether it is there. Messages never hold its URL, which may hold a password."""

from __future__ import annotations

TIMEOUT_S = 2.0


def redis_failure(broker_url: str) -> str | None:
    """Why the Redis at Celery's URL does not answer PING within two seconds; None when it does."""
    import redis

    url = broker_url.replace("redis+socket://", "unix://", 1)
    try:
        client = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        try:
            client.ping()
        finally:
            client.close()
    except (redis.RedisError, OSError, ValueError) as error:
        return f"does not answer ({type(error).__name__})"
    return None
