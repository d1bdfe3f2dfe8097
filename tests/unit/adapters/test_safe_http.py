"""SSRF and hostile servers (reliability.md E11, R30). Nothing here leaves loopback: names and connections are stubbed."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import httpcore
import pytest

from maskbot.adapters.safe_http import (
    AddressForbidden,
    AnswerMalformed,
    DownloadRefused,
    HostUnavailable,
    SafeHttp,
    is_public,
)
from maskbot.domain.errors import MaskbotError

Answer = bytes | Callable[[socket.socket], None]


class HostileServer:
    """Says the prepared bytes to one connection after the other, then closes; counts connections."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.heads: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/file"

    def close(self) -> None:
        self._listening.close()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 0.1).close()
        self._thread.join(5)

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                self.heads.append(client.recv(65536))
                if self.heads[-1].startswith(b"POST") and self.heads[-1].endswith(b"\r\n\r\n"):
                    self.heads[-1] += client.recv(65536)
                if callable(answer):
                    answer(client)
                else:
                    client.sendall(answer)


@contextlib.contextmanager
def serving(*answers: Answer) -> Iterator[HostileServer]:
    server = HostileServer(*answers)
    try:
        yield server
    finally:
        server.close()


class RecordingConnector(httpcore.NetworkBackend):
    """Notes every address a connection is asked for, and leads it to the local server instead."""

    def __init__(self, port: int = 0) -> None:
        self.asked: list[str] = []
        self._port = port

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        self.asked.append(host)
        if not self._port:
            raise httpcore.ConnectError("nobody there")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self._port, timeout=timeout)


def answer_of(body: bytes = b"", *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def local(timeout_s: float = 5.0) -> SafeHttp:
    return SafeHttp(allow_private=True, timeout_s=timeout_s)


def guarded(addresses: Sequence[str], connector: RecordingConnector) -> SafeHttp:
    return SafeHttp(allow_private=False, resolve=lambda host, port: addresses, connect=connector, timeout_s=5)


def test_a_small_file_is_fetched_with_its_type_and_asked_for_plain() -> None:
    with serving(answer_of(b"hello", headers="Content-Type: Text/Plain; charset=utf-8\r\n")) as server:
        found = local().fetch(server.url)
    assert (found.status, found.content_type, found.body) == (200, "text/plain", b"hello")
    assert b"accept-encoding: identity" in server.heads[0].lower()


def test_a_post_carries_body_and_headers_and_hands_back_the_status() -> None:
    with serving(answer_of(b"no", status="409 Conflict")) as server:
        assert local().send("POST", server.url, body=b"{}", headers={"X-Signature": "abc"}).status == 409
    assert b"x-signature: abc" in server.heads[0].lower()
    assert server.heads[0].endswith(b"\r\n\r\n{}")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1",
     "255.255.255.255", "192.88.99.1", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "::ffff:127.0.0.1",
     "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::", "ff02::1", "not an address"],
)  # fmt: skip
def test_no_connection_into_forbidden_networks(address: str) -> None:
    connector = RecordingConnector()
    with pytest.raises(AddressForbidden):
        guarded([address], connector).fetch("https://looks-harmless.example/a.png")
    assert connector.asked == []
    assert not is_public(address)


def test_one_forbidden_address_among_public_ones_is_enough() -> None:
    connector = RecordingConnector()
    with pytest.raises(AddressForbidden):
        guarded(["93.184.216.34", "127.0.0.1"], connector).fetch("https://mixed.example/")
    assert connector.asked == []


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """DNS rebinding: the second look-up, which would say 127.0.0.1, never takes place."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    connector = RecordingConnector()
    http = SafeHttp(allow_private=False, resolve=lambda host, port: next(answers), connect=connector)
    with pytest.raises(HostUnavailable):
        http.fetch("https://rebinding.example/")
    assert connector.asked == ["93.184.216.34"]


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "ftp://a.example/", "file:///etc/passwd", "https://user:secret@a.example/", "https://a.example:22/",
     "https:///path", "//a.example/", "", "https://a.example:99999/", "https://\x00/", "gopher://a/"],
)  # fmt: skip
def test_only_plain_https_urls_are_taken(url: str) -> None:
    connector = RecordingConnector()
    with pytest.raises(AddressForbidden) as caught:
        guarded(["93.184.216.34"], connector).fetch(url)
    assert connector.asked == []
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest", "http://localhost:1/", "//evil.example/", "http://127.0.0.1:1/"]
)
def test_a_redirect_to_another_host_is_refused(location: str) -> None:
    with (
        serving(answer_of(status="302 Found", headers=f"Location: {location}\r\n")) as server,
        pytest.raises(DownloadRefused),
    ):
        local().fetch(server.url)


def test_a_redirect_on_the_same_host_is_followed_a_few_times_only() -> None:
    there = answer_of(status="301 Moved Permanently", headers="Location: /there\r\n")
    with serving(there, answer_of(b"ok")) as server:
        assert local().fetch(server.url).body == b"ok"
    with serving(*[there] * 5) as server, pytest.raises(DownloadRefused):
        local().fetch(server.url)


def test_a_redirected_post_is_refused() -> None:
    there = answer_of(status="307 Temporary Redirect", headers="Location: /there\r\n")
    with serving(there) as server, pytest.raises(DownloadRefused):
        local().send("POST", server.url, body=b"x")


def drip(head: bytes) -> Callable[[socket.socket], None]:
    """One byte now and then, for ever."""

    def answer(client: socket.socket) -> None:
        client.sendall(head)
        pause = threading.Event()
        while not pause.wait(0.05):
            client.sendall(b"a")

    return answer


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: ", b""], ids=["body", "head", "nothing"]
)
def test_a_slow_server_is_left_at_the_deadline(head: bytes) -> None:
    with serving(drip(head)) as server, pytest.raises((HostUnavailable, AnswerMalformed)):
        local(timeout_s=0.5).fetch(server.url)


def endless(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        client.sendall(b"a" * 65536)


def endless_head(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"X-A: " + b"a" * 60000 + b"\r\n")


@pytest.mark.parametrize(
    ("answer", "families"),
    [
        (endless, (DownloadRefused,)),
        (endless_head, (DownloadRefused, AnswerMalformed)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", (DownloadRefused,)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour", (AnswerMalformed,)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", (AnswerMalformed,)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", (AnswerMalformed,)),
        (answer_of(b"\x1f\x8b", headers="Content-Encoding: gzip\r\n"), (DownloadRefused,)),
        (b"SSH-2.0-OpenSSH_9.2\r\n", (AnswerMalformed,)),
        (b"", (AnswerMalformed, HostUnavailable)),
    ],
    ids=["endless", "endless head", "10 GB", "short", "negative", "bad chunk", "compressed", "no http", "nothing"],
)
def test_a_hostile_answer_is_a_named_error(answer: Answer, families: tuple[type[MaskbotError], ...]) -> None:
    with serving(answer) as server, pytest.raises(families):
        local().fetch(server.url)


def test_a_closed_port_and_an_unknown_name_are_unavailable() -> None:
    with serving() as server:
        url = server.url
    with pytest.raises(HostUnavailable):
        local().fetch(url)
    with pytest.raises(HostUnavailable):
        SafeHttp(allow_private=False, resolve=lambda host, port: []).fetch("https://unknown.example/")


def test_a_name_server_that_never_answers_is_left_behind() -> None:
    forever = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        forever.wait(20)
        return []

    begun = time.monotonic()
    with pytest.raises(HostUnavailable):
        SafeHttp(allow_private=False, resolve=resolve, timeout_s=0.2).fetch("https://slow-dns.example/")
    forever.set()
    assert time.monotonic() - begun < 15


def test_plain_bytes_on_a_tls_port_are_a_named_error() -> None:
    with serving(answer_of(b"hello")) as server, pytest.raises(MaskbotError):
        guarded(["93.184.216.34"], RecordingConnector(server.port)).fetch("https://a.example/")
