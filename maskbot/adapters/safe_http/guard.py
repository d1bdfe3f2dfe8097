"""Connections to checked addresses only, which end at a deadline and after so many bytes (reliability.md E11)."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any, Protocol

import httpcore

from maskbot.adapters.safe_http.errors import DownloadRefused


class AddressesOf(Protocol):
    """Gives the allowed addresses of a host."""

    def __call__(self, host: str, port: int, *, timeout_s: float) -> list[str]: ...


class Guard(httpcore.NetworkBackend):
    """Connects to checked addresses only, and hands out streams that count."""

    def __init__(
        self, addresses_of: AddressesOf, connect: httpcore.NetworkBackend, *, deadline: float, largest_bytes: int
    ) -> None:
        self._addresses_of = addresses_of
        self._connect = connect
        self._deadline = deadline
        self._largest_bytes = largest_bytes

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses_of(host, port, timeout_s=_left(self._deadline, timeout)):
            try:
                stream = self._connect.connect_tcp(
                    address,
                    port,
                    timeout=_left(self._deadline, timeout),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failure = error
                continue
            return _CountedStream(stream, deadline=self._deadline, bytes_left=self._largest_bytes)
        raise failure


class _CountedStream(httpcore.NetworkStream):
    """A connection that ends at a deadline and after so many bytes."""

    def __init__(self, inner: httpcore.NetworkStream, *, deadline: float, bytes_left: int) -> None:
        self._inner = inner
        self._deadline = deadline
        self._bytes_left = bytes_left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        piece = self._inner.read(max_bytes, _left(self._deadline, timeout))
        self._bytes_left -= len(piece)
        if self._bytes_left < 0:
            raise DownloadRefused("the answer is larger than we take")
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline, timeout))
        return _CountedStream(inner, deadline=self._deadline, bytes_left=self._bytes_left)

    def get_extra_info(self, info: str) -> Any:  # the SDK's signature
        return self._inner.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("deadline")
    return left if timeout is None else min(left, timeout)
