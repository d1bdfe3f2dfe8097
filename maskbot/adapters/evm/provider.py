"""web3's JSON-RPC provider over a bounded transport: answers have a size and a time, redirects are not followed (E12, R9).

urllib3 in place of the requests session of web3's own HTTP provider: less time for each call, and bytes are seen as they come.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from web3.providers.base import JSONBaseProvider

LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
CONNECT_TIMEOUT_S = 5.0
_PIECE_BYTES = 64 * 1024
"""What one read of a loopback socket gives; each read makes room for so many, so that more would cost time."""
_HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "maskbot"}


class AnswerTooLarge(Exception):
    """More bytes than the bound. Stays in this room: the endpoint translates it."""


class AnswerTooSlow(Exception):
    """The answer was not whole in time. Stays in this room."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BoundedProvider(JSONBaseProvider):
    """One node's URL. Decodes as web3 does; nothing is tried twice. Safe to use from several threads."""

    def __init__(self, url: str, *, timeout_s: float, largest_bytes: int, ca_bundle: str | None) -> None:
        super().__init__()
        self._url = url
        self._timeout_s = timeout_s
        self._largest_bytes = largest_bytes
        self._pool = urllib3.PoolManager(
            maxsize=16,
            retries=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT_S, timeout_s), read=timeout_s),
            ssl_context=ssl.create_default_context(cafile=ca_bundle) if url.startswith("https") else None,
        )
        self._pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def post(self, body: bytes) -> HttpAnswer:
        """One exchange. Raises AnswerTooLarge, AnswerTooSlow, urllib3.exceptions.HTTPError, OSError."""
        ends_s = time.monotonic() + self._timeout_s
        answer = self._pool.urlopen(
            "POST", self._url, body=body, headers=_HEADERS, redirect=False, preload_content=False, decode_content=False
        )
        try:
            pieces, size = [], 0
            while piece := answer.read1(_PIECE_BYTES):
                pieces.append(piece)
                size += len(piece)
                if size > self._largest_bytes:
                    raise AnswerTooLarge(f"the answer has more than {self._largest_bytes} bytes")
                if time.monotonic() > ends_s:
                    raise AnswerTooSlow
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(answer.status, headers, b"".join(pieces))

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()


class _InOnePiece(HTTPConnection):
    """Sends head and body together: two pieces wake the other side twice, which doubles the time of a call on a fast line."""

    _held: list[Any] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:  # the SDK's signature
        """As urllib3 does, held back until all of it is there."""
        self._held = []
        try:
            super().request(*args, **kwargs)
            held = self._held
        finally:
            self._held = None
        self.send(b"".join(held))

    def send(self, data: Any) -> None:  # the SDK's signature
        """Send, or hold."""
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _InOnePieceTls(_InOnePiece, HTTPSConnection):
    """The same over TLS."""


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _InOnePiece


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _InOnePieceTls
