"""Checks of URLs in settings. They raise ValueError with what was expected; never the whole URL, which may hold a password."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def split_list(value: object) -> object:
    """A comma-separated list as a tuple of trimmed texts; other values as they are."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def checked_http_url(url: str) -> str:
    """An http(s) URL without a trailing slash."""
    parts = _split(url)
    if parts[0] not in ("http", "https") or not parts[1]:
        raise ValueError("expected a URL such as https://example.org/path")
    return url.rstrip("/")


def checked_database_url(url: str) -> str:
    """A SQLAlchemy URL of a database we know; a bare `postgresql://` gets our driver's name."""
    if not url:
        return url
    scheme, host = _split(url)
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        if not host and "host=" not in url:
            raise ValueError("expected postgresql://user:password@host/name")
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    if scheme == "sqlite":
        return url
    raise ValueError("expected sqlite:////absolute/path.db or postgresql://user:password@host/name")


def checked_redis_url(url: str) -> str:
    """A URL of a Redis: TCP, TLS or a unix socket."""
    if url and _split(url)[0] not in ("redis", "rediss", "redis+socket", "unix"):
        raise ValueError("expected redis://:password@host:6379/0, rediss://... or redis+socket:///path/redis.sock")
    return url.replace("unix://", "redis+socket://", 1) if url.startswith("unix://") else url


def has_open_redis(url: str) -> bool:
    """Whether the Redis is reached over TCP without a password."""
    if not url or url.startswith("redis+socket"):
        return False
    return not urlsplit(url).password


def is_loopback(host: str) -> bool:
    """Whether the host can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError("the URL has no valid host and port") from error
    return parts.scheme, parts.hostname or ""
