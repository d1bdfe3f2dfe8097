"""HTTP to addresses that strangers name: webhooks of owners, pictures in posts. Bounded in every way, never into our own networks.

Source: reliability.md E11 (SSRF, redirects, DNS rebinding, slow and endless bodies). Theory: the name is resolved once, every
answer is checked, and the connection goes to the checked address itself, so a second look-up cannot change it. The stream under
the HTTP client counts bytes and seconds, so headers are bounded like bodies.
Plain `httpcore`, because it lets the connection be ours.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpcore
import httpx

from maskbot.adapters.safe_http.addresses import is_public, within
from maskbot.adapters.safe_http.addresses import resolve as system_resolve
from maskbot.adapters.safe_http.errors import AddressForbidden, AnswerMalformed, DownloadRefused, HostUnavailable
from maskbot.adapters.safe_http.guard import Guard

LARGEST_BODY_BYTES = 1024 * 1024
_LARGEST_HEAD_BYTES = 64 * 1024
_MOST_REDIRECTS = 3
_USER_AGENT = "maskbot"
_PORTS = frozenset({80, 443, 8443})

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What a server answered; `content_type` is lower case without parameters."""

    status: int
    content_type: str
    body: bytes


class SafeHttp:
    """Fetches and posts with all bounds on; each call opens its own connection.

    `allow_private` opens every address, port and plain http, for a sandbox on loopback. `timeout_s` bounds a whole call.
    `resolve` gives the addresses of a name, `connect` opens connections; both are replaced in tests only.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        timeout_s: float = 10.0,
        resolve: Resolve | None = None,
        connect: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._resolve = resolve or system_resolve
        self._connect = connect or httpcore.SyncBackend()

    def fetch(self, url: str, *, largest_bytes: int = LARGEST_BODY_BYTES) -> Downloaded:
        """GET one URL; redirects are followed within the same host only.

        Raises: AddressForbidden, DownloadRefused, HostUnavailable, AnswerMalformed.
        """
        return self.send("GET", url, largest_bytes=largest_bytes)

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        largest_bytes: int = LARGEST_BODY_BYTES,
    ) -> Downloaded:
        """One request. The status is handed back whatever it is; redirects of a GET stay on the same host, others are refused.

        Raises: AddressForbidden, DownloadRefused, HostUnavailable, AnswerMalformed.
        """
        deadline = time.monotonic() + self._timeout_s
        target = self._checked(url)
        for _ in range(_MOST_REDIRECTS + 1):
            status, head, content = self._exchange(
                method, target, body=body, headers=headers or {}, deadline=deadline, largest_bytes=largest_bytes
            )
            if status not in (301, 302, 303, 307, 308) or "location" not in head:
                content_type = head.get("content-type", "").partition(";")[0].strip().lower()
                return Downloaded(status, content_type, content)
            target = self._redirected(method, target, head["location"])
        raise DownloadRefused("the server redirects again and again")

    def _checked(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url)
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            raise AddressForbidden("expected an absolute URL") from error
        schemes = ("https", "http") if self._allow_private else ("https",)
        if target.scheme not in schemes or not target.raw_host or target.userinfo:
            raise AddressForbidden(f"expected a URL with {' or '.join(schemes)} and a host, without a user name")
        if not self._allow_private and _port(target) not in _PORTS:
            raise AddressForbidden(f"port {_port(target)} is not open to URLs that others name")
        return target

    def _redirected(self, method: str, origin: httpx.URL, location: str) -> httpx.URL:
        try:
            target = origin.join(location)
        except (httpx.InvalidURL, ValueError) as error:
            raise AnswerMalformed("the redirect names no URL") from error
        if method != "GET" or (target.scheme, target.host, _port(target)) != (
            origin.scheme,
            origin.host,
            _port(origin),
        ):
            raise DownloadRefused("the server redirects to another host; redirects across hosts are not followed")
        return self._checked(str(target))

    def _exchange(
        self,
        method: str,
        target: httpx.URL,
        *,
        body: bytes | None,
        headers: Mapping[str, str],
        deadline: float,
        largest_bytes: int,
    ) -> tuple[int, dict[str, str], bytes]:
        line = [("Host", target.netloc.decode("ascii")), ("User-Agent", _USER_AGENT), ("Accept-Encoding", "identity")]
        line += [("Connection", "close"), *headers.items()]
        if body is not None:
            line.append(("Content-Length", str(len(body))))
        guard = Guard(
            self.addresses_of, self._connect, deadline=deadline, largest_bytes=largest_bytes + _LARGEST_HEAD_BYTES
        )
        left = max(deadline - time.monotonic(), 0.001)
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), left)
        try:
            with (
                httpcore.ConnectionPool(network_backend=guard, ssl_context=ssl.create_default_context()) as pool,
                pool.stream(
                    method, str(target), headers=line, content=body, extensions={"timeout": timeouts}
                ) as answer,
            ):
                head = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                _check_head(head, largest_bytes)
                return answer.status, head, _bounded(answer.iter_stream(), largest_bytes)
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise HostUnavailable(f"the host took longer than {self._timeout_s:g} s") from error
        except httpcore.RemoteProtocolError as error:
            raise AnswerMalformed("the answer is no HTTP, or ends early") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise HostUnavailable(f"the host cannot be reached ({type(error).__name__})") from error

    def addresses_of(self, host: str, port: int, *, timeout_s: float) -> list[str]:
        """The addresses of a host, all of them allowed. Raises: AddressForbidden, HostUnavailable."""
        addresses = within(lambda: list(self._resolve(host, port)), timeout_s=timeout_s)
        if not addresses:
            raise HostUnavailable("the host has no address")
        if not self._allow_private and not all(map(is_public, addresses)):
            raise AddressForbidden("the host leads into a private or reserved network")
        return addresses


def _check_head(head: Mapping[str, str], largest_bytes: int) -> None:
    if head.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise DownloadRefused("the answer is compressed although we asked for plain bytes")
    length = head.get("content-length", "0").strip()
    if length.isdigit() and int(length[:20]) > largest_bytes:
        raise DownloadRefused(f"the answer has more than {largest_bytes} bytes")


def _bounded(pieces: Iterable[bytes], largest_bytes: int) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > largest_bytes:
            raise DownloadRefused(f"the answer has more than {largest_bytes} bytes")
    return bytes(body)


def _port(url: httpx.URL) -> int:
    return url.port or {"https": 443, "http": 80}.get(url.scheme, 0)
