"""Every failure of a Mastodon server or of Mastodon.py as one of our families.

Source: social-platforms.md 5.1 and 5.2.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto

import requests
from mastodon import Mastodon
from mastodon.errors import MastodonError, MastodonNetworkError
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from maskbot.adapters.mastodon.bounded_http import BoundedAdapter
from maskbot.domain.errors import MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed

_RATE_LIMIT_PAUSE_S = 300.0
_NEVER_SENT = (
    NewConnectionError,
    ConnectTimeoutError,
    NameResolutionError,
    requests.ConnectTimeout,
    ssl.SSLCertVerificationError,
)


class MastodonUnavailable(Unavailable):
    """The server is down, broken or asks for patience; nothing happened."""

    kind = "MastodonUnavailable"


class MastodonUnconfirmed(Unconfirmed):
    """The request was sent and its answer never came, or said nothing: it may have been carried out."""

    kind = "MastodonUnconfirmed"


class MastodonRefused(Refused):
    """The server understood and said no. `status` is the HTTP status."""

    kind = "MastodonRefused"

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class MastodonTokenRefused(Misconfigured):
    """The access token does not work (any more), or lacks a scope."""

    kind = "MastodonTokenRefused"


class MastodonAddressWrong(Misconfigured):
    """The server sends us elsewhere for good: the configured address is not that of its API. Redirects are not followed."""

    kind = "MastodonAddressWrong"


class Call(Enum):
    """What a failed call may have done: READ and REPEATABLE calls are safe to repeat, an EFFECT is not."""

    READ = auto()
    REPEATABLE = auto()
    EFFECT = auto()


@contextmanager
def translated(client: Mastodon, call: Call, *, what: str) -> Iterator[None]:
    """Run one SDK call; whatever it raises becomes a leaf of our families. `what` names the call in messages.

    Raises: MastodonUnavailable, MastodonUnconfirmed, MastodonRefused, MastodonTokenRefused.
    """
    adapter = adapter_of(client)
    adapter.last_status = None
    try:
        yield
    except MaskbotError:
        raise
    except (
        Exception
    ) as error:  # the SDK's own classes, what it lets through, and what hostile JSON does to its type casts
        raise _translate(error, adapter.last_status, client=client, call=call, what=what) from error


def entity(found: object) -> Mapping[str, object]:
    """What the SDK gave as an entity that names itself. Raises ValueError, which `translated` takes for an unusable answer."""
    if not isinstance(found, Mapping) or not isinstance(found.get("id"), str | int) or isinstance(found["id"], bool):
        raise ValueError("the answer is no entity with an id")
    return found


def adapter_of(client: Mastodon) -> BoundedAdapter:
    """The transport of an SDK client made by `open_client`."""
    adapter = client.session.get_adapter("https://")
    if not isinstance(adapter, BoundedAdapter):
        raise TypeError("the client was not made by open_client")
    return adapter


def _translate(error: Exception, status: int | None, *, client: Mastodon, call: Call, what: str) -> MaskbotError:
    if isinstance(error, MastodonNetworkError) and status is None:
        if call is Call.EFFECT and not _never_sent(error):
            return MastodonUnconfirmed(f"{what}: the connection ended before the answer came")
        return MastodonUnavailable(f"{what}: the server cannot be reached")
    if status == 429:
        return MastodonUnavailable(f"{what}: rate limit reached", retry_after_s=_pause(client))
    if status == 401:
        return MastodonTokenRefused(f"{what}: the server refuses the access token; add the account again")
    if status in (301, 308):
        return MastodonAddressWrong(f"{what}: the server redirects (HTTP {status}); set the address it redirects to")
    if status in (302, 307):  # a page about repairs, say: an account must not be broken for that
        return MastodonUnavailable(
            f"{what}: the server redirects for now (HTTP {status}); if it goes on, its address has changed"
        )
    if status is not None and 400 <= status < 500 and status != 408:
        return MastodonRefused(f"{what}: refused with HTTP {status}", status=status)
    if call is Call.EFFECT and (status is not None or isinstance(error, MastodonError)):
        return MastodonUnconfirmed(f"{what}: the answer cannot be used (HTTP {status})")
    return MastodonUnavailable(f"{what}: the answer cannot be used (HTTP {status})")


def _never_sent(error: BaseException) -> bool:
    """Whether the connection itself failed, so that no byte of the request left."""
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return False
        if isinstance(seen, _NEVER_SENT):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _pause(client: Mastodon) -> float:
    """Seconds until the server's reset; without a usable one, Mastodon's whole window of five minutes."""
    reset = getattr(client, "ratelimit_reset", None)
    left = reset - time.time() if isinstance(reset, int | float) else _RATE_LIMIT_PAUSE_S
    return min(max(left, 1.0), 3600.0)
