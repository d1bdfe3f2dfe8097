"""A JSON-RPC proxy that lies, stalls and loses answers, in front of a real node (reliability.md F.1, E12, R9, R12).

A `Lie` takes a method, its parameters and the honest result, and gives another result; `Complain` raised in it becomes a JSON-RPC
error. A `Weather` is what happens to whole HTTP exchanges. Batches are understood.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Json = Any
Lie = Callable[[list[Json], Json], Json]


class Complain(Exception):
    """A JSON-RPC error instead of a result."""

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


@dataclass(slots=True)
class Weather:
    """What befalls requests that hold `method` (None: all). `is_lost`: forwarded, then the connection ends without an answer.
    `is_refused`: not forwarded, and the connection ends. `body`: this instead of an answer, with `status`. `drips`: the answer
    comes byte by byte until somebody gives up. `stalls`: no answer at all until the proxy ends."""

    method: str | None = None
    is_lost: bool = False
    is_refused: bool = False
    body: bytes | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False
    stalls: bool = False


class LyingRpc:
    """The proxy, on a free port of loopback. `lies` are by method; `seen` counts methods; set `weather` to None for a fine day."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.lies: dict[str, Lie] = {}
        self.weather: Weather | None = None
        self.seen: list[str] = []
        self.ended = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one segment, else each answer waits 40 ms for an acknowledgement
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                proxy.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Its address; the path stands for an access key."""
        return f"http://127.0.0.1:{self._server.server_port}/secret-access-key"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, request: bytes) -> None:
        """One exchange."""
        asked = json.loads(request)
        questions = asked if isinstance(asked, list) else [asked]
        self.seen += [one["method"] for one in questions]
        weather = self.weather
        if weather is not None and weather.method not in (None, *(one["method"] for one in questions)):
            weather = None
        if weather is not None and weather.is_refused:
            handler.close_connection = True
            return
        if weather is not None and weather.stalls:
            handler.close_connection = True
            self.ended.wait(60)
            return
        if weather is not None and weather.body is not None:
            self._write(handler, weather.body, weather)
            return
        honest = json.loads(self._forward(request))
        if weather is not None and weather.is_lost:
            handler.close_connection = True
            return
        answers = honest if isinstance(honest, list) else [honest]
        by_id = {one["id"]: one for one in answers}
        told = [self._told(question, by_id[question["id"]]) for question in questions]
        self._write(handler, json.dumps(told if isinstance(asked, list) else told[0]).encode(), weather)

    def _told(self, question: Json, answer: Json) -> Json:
        lie = self.lies.get(question["method"])
        if lie is None:
            return answer
        try:
            result = lie(question["params"], answer.get("result"))
            return (
                answer if result is answer.get("result") else {"jsonrpc": "2.0", "id": question["id"], "result": result}
            )
        except Complain as complaint:
            error = {"code": complaint.code, "message": complaint.message}
            if complaint.data is not None:
                error["data"] = complaint.data
            return {"jsonrpc": "2.0", "id": question["id"], "error": error}

    def _forward(self, request: bytes) -> bytes:
        forwarded = urllib.request.Request(self.upstream, request, {"Content-Type": "application/json"})
        with urllib.request.urlopen(forwarded, timeout=30) as response:
            body: bytes = response.read()
        return body

    def _write(self, handler: BaseHTTPRequestHandler, body: bytes, weather: Weather | None) -> None:
        handler.send_response(weather.status if weather is not None else 200)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in (weather.headers if weather is not None else {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            if weather is not None and weather.drips:
                handler.close_connection = True
                for at in range(len(body)):
                    handler.wfile.write(body[at : at + 1])
                    handler.wfile.flush()
                    if self.ended.wait(0.02):
                        return
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True


class _QuietServer(ThreadingHTTPServer):
    """Clients that give up break their connections; that is no news."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""
