"""The proxy that misbehaves on command, before a small server of our own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from maskbot.sandbox.fault_proxy import Fault, FaultProxy, canned


class Upstream:
    """Counts what arrives and echoes each body."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        seen = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                seen.bodies.append(body)
                seen.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.close()


@pytest.fixture
def proxy(upstream: Upstream) -> Iterator[FaultProxy]:
    with FaultProxy(upstream.port) as proxy:
        yield proxy


def post(proxy: FaultProxy, body: bytes = b"hello", *, path: str = "/posts", timeout_s: float = 10.0) -> httpx.Response:
    headers = {"Idempotency-Key": "k"}
    return httpx.post(proxy.base_url + path, content=body, headers=headers, timeout=timeout_s, trust_env=False)


def test_without_faults_it_forwards_large_bodies_both_ways(proxy: FaultProxy, upstream: Upstream) -> None:
    body = bytes(range(256)) * 4096
    assert post(proxy, body).content == body
    assert proxy.requests == [("POST", "/posts")]


def test_a_lost_answer_leaves_the_work_done(proxy: FaultProxy, upstream: Upstream) -> None:
    proxy.add(Fault(method="POST", path="/posts", loses_answer=True))
    with pytest.raises(httpx.TransportError):
        post(proxy)
    assert upstream.bodies == [b"hello"]
    assert post(proxy).content == b"hello"


def test_a_fault_hits_the_nth_matching_request_only(proxy: FaultProxy) -> None:
    proxy.add(Fault(path="/posts", skip=1, loses_answer=True))
    assert post(proxy, path="/other").content == b"hello"
    assert post(proxy).content == b"hello"
    with pytest.raises(httpx.TransportError):
        post(proxy)
    assert post(proxy).content == b"hello"


def test_a_refusal_leaves_nothing_done(proxy: FaultProxy, upstream: Upstream) -> None:
    proxy.add(Fault(refuses=True))
    with pytest.raises(httpx.TransportError):
        post(proxy)
    assert upstream.bodies == []


def test_a_header_is_stripped(proxy: FaultProxy, upstream: Upstream) -> None:
    post(proxy)
    proxy.add(Fault(strips=["idempotency-key"], count=None))
    post(proxy)
    assert ["idempotency-key" in headers for headers in upstream.headers] == [True, False]


def test_an_answer_is_cut_delayed_replaced_or_never_comes(proxy: FaultProxy, upstream: Upstream) -> None:
    proxy.add(Fault(cuts_after=10))
    proxy.add(Fault(answers=canned(b"{}", status="503 Service Unavailable")))
    proxy.add(Fault(delay_s=5))
    proxy.add(Fault(hangs=True))
    with pytest.raises(httpx.TransportError):
        post(proxy)
    assert post(proxy).status_code == 503
    for _ in range(2):
        with pytest.raises(httpx.ReadTimeout):
            post(proxy, timeout_s=0.3)
    assert len(upstream.bodies) == 3


def test_a_fault_hits_those_that_name_its_word_only_and_forwards_the_whole_body(
    proxy: FaultProxy, upstream: Upstream
) -> None:
    proxy.add(Fault(names=b"eth_send", loses_answer=True))
    long = bytes(range(256)) * 1024
    assert post(proxy, long).content == long
    with pytest.raises(httpx.TransportError):
        post(proxy, b'{"method": "eth_send"}')
    assert post(proxy, b'{"method": "eth_send"}').status_code == 200
    assert upstream.bodies == [long, b'{"method": "eth_send"}', b'{"method": "eth_send"}']


def test_clearing_ends_the_faults(proxy: FaultProxy) -> None:
    proxy.add(Fault(refuses=True, count=None))
    proxy.clear()
    assert post(proxy).content == b"hello"


def test_a_server_that_is_down_ends_the_connection(upstream: Upstream) -> None:
    upstream.close()
    with FaultProxy(upstream.port) as proxy, pytest.raises(httpx.TransportError):
        post(proxy)


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def test_web_sockets_pass_can_be_half_open_and_cut() -> None:
    with serve(echo, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with (
            FaultProxy(server.socket.getsockname()[1]) as proxy,
            connect(f"ws://127.0.0.1:{proxy.port}/", proxy=None, ping_interval=None, close_timeout=0.2) as socket,
        ):
            socket.send("one")
            assert socket.recv(5) == "one"
            proxy.half_open()
            socket.send("two")
            with pytest.raises(TimeoutError):
                socket.recv(0.2)
            proxy.clear()
            assert socket.recv(5) == "two"
            proxy.cut()
            with pytest.raises(ConnectionClosed):
                socket.recv(5)
        server.shutdown()
