"""Webhooks over real HTTP on loopback, and what becomes of odd servers and forbidden addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from maskbot.adapters.safe_http import SafeHttp
from maskbot.adapters.webhook import BODY_LIMIT, Webhooks
from maskbot.domain.errors import Refused, Unavailable


@contextmanager
def _receiver(status: int, answer: bytes = b"ok") -> Iterator[tuple[str, list[tuple[bytes, dict[str, str]]]]]:
    seen: list[tuple[bytes, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.append((body, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", seen
    finally:
        server.shutdown()
        server.server_close()


def _send(url: str, *, allow_private: bool = True, body: bytes = b'{"type":"post.opened"}') -> int:
    sender = Webhooks(SafeHttp(allow_private=allow_private, timeout_s=5))
    return sender.send(url=url, body=body, headers={"Maskbot-Id": "i1", "Maskbot-Signature": "t=1,v1=00"})


@pytest.mark.parametrize("status", [200, 204, 404, 500])
def test_the_receivers_status_comes_back(status: int) -> None:
    with _receiver(status, b"" if status == 204 else b"ok") as (url, seen):
        assert _send(url) == status
    body, headers = seen[0]
    assert body == b'{"type":"post.opened"}'
    assert (headers["maskbot-id"], headers["maskbot-signature"]) == ("i1", "t=1,v1=00")


def test_a_private_address_is_refused() -> None:
    with _receiver(200) as (url, seen), pytest.raises(Refused) as caught:
        _send(url.replace("http:", "https:"), allow_private=False)
    assert (caught.value.kind, seen) == ("AddressForbidden", [])


def test_a_redirect_is_not_followed_and_the_notice_is_sent_again_later() -> None:
    with _receiver(302) as (url, _), pytest.raises(Unavailable):
        _send(url)


def test_an_answer_that_is_too_large_is_no_answer() -> None:
    with _receiver(200, b"x" * 200_000) as (url, _), pytest.raises(Unavailable):
        _send(url)


def test_a_receiver_that_is_down_is_unavailable() -> None:
    with _receiver(200) as (url, _):
        pass
    with pytest.raises(Unavailable):
        _send(url)


def test_a_notice_too_large_is_refused() -> None:
    with pytest.raises(Refused):
        _send("http://127.0.0.1:1/", body=b"x" * (BODY_LIMIT + 1))
