"""Answers that drip: every client that reads one ends it at its own deadline, however short the pauses between two bytes are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from maskbot.adapters.drand import DrandClient
from maskbot.adapters.mastodon.bounded_http import bounded_session
from maskbot.domain.errors import Unavailable
from maskbot.sandbox.drand_server import sandbox_chain

DRIPS = 80
PAUSE_S = 0.05


class DrippingServer:
    """Answers the first request with one byte of the body each `PAUSE_S`, at most `DRIPS`; `sent` counts them."""

    def __init__(self) -> None:
        self.sent = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._gone = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._gone.set()
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n")
                while self.sent < DRIPS and not self._gone.wait(PAUSE_S):
                    connection.sendall(b" ")
                    self.sent += 1
        except OSError:
            return  # the client hung up


@pytest.fixture
def server() -> Iterator[DrippingServer]:
    made = DrippingServer()
    yield made
    made.close()


def test_a_mastodon_server_that_drips_is_left_at_the_deadline(server: DrippingServer) -> None:
    with pytest.raises(requests.RequestException):
        bounded_session(deadline_s=0.3, ca_bundle=None).get(server.url, timeout=2)
    assert server.sent < DRIPS / 2


def test_a_drand_server_that_drips_is_left_at_the_deadline(server: DrippingServer) -> None:
    chain = sandbox_chain(genesis_s=1_000, period_s=3)
    with pytest.raises(Unavailable):
        DrandClient([server.url], chain=chain, timeout_s=0.3).fetch_signature(1)
    assert server.sent < DRIPS / 2
