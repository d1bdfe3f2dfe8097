"""JSON sites on loopback, for tests: each path answers what the test put there; what was asked and posted is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Sites:
    """`answers` maps a path (with `?ids=` or `?symbols=` for markets) to (status, content type, body)."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.posted: list[tuple[str, Any]] = []
        self.asked_headers: list[tuple[str, frozenset[str]]] = []

    def put(self, path: str, answer: object, *, status: int = 200, content_type: str = "application/json") -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.answers[path] = (status, content_type, body)


@contextmanager
def running_sites() -> Iterator[Sites]:
    """A server until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            key = parts.path
            for name in ("ids", "symbols"):
                if name in query:
                    key += f"?{name}={query[name][0]}"
            sites.asked.append(key)
            sites.asked_headers.append((key, frozenset(name.lower() for name in self.headers)))
            status, content_type, body = sites.answers.get(key, (404, "application/json", b'{"error":"not found"}'))
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            for name, value in sites.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            sites.posted.append((self.path, json.loads(body)))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sites = Sites(server.server_port)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield sites
    finally:
        server.shutdown()
        server.server_close()


def coin(id_: str, symbol: str, price: float, *, now_ms: int, **more: Any) -> Mapping[str, Any]:
    """One row of `/coins/markets`, with the fields of price-cards.md 2."""
    row = {
        "id": id_,
        "symbol": symbol,
        "name": id_.replace("-", " ").title(),
        "current_price": price,
        "market_cap": price * 1_000_000,
        "market_cap_rank": 5,
        "total_volume": 5_000_000,
        "circulating_supply": 1_000_000,
        "price_change_percentage_24h": 2.414,
        "price_change_percentage_7d_in_currency": -3.456,
        "last_updated": datetime.fromtimestamp(now_ms / 1000, UTC).isoformat().replace("+00:00", "Z"),
    }
    return {**row, **more}
