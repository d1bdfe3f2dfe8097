"""Faults on demand: an ASGI shell that spoils chosen answers, with a count (spec/social-platforms.md, 2.5, 9.1).

A rule with `after` lets the request have its effect first: "did it, but the answer was lost". Paths under `/_sandbox` are spared.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Effect = Literal[
    "status",  # `status`, `body`, `headers` as given
    "rate_limited",  # 429 with `reset`: future, past, absent or garbage
    "html_503",
    "empty_503",
    "cut_json",  # 200 (or the true answer, with `after`) that ends in the middle
    "hang",  # nothing for `seconds`, then the connection is dropped
    "drop",  # the connection is closed without an answer
    "partial",  # the true answer of a GET plus an `errors` entry
    "payment_required",  # 402
    "giant",  # `megabytes` of JSON
    "drip",  # the true answer at one byte per `seconds`
    "redirect",  # 302 to `body`
]


@dataclass(slots=True, kw_only=True)
class Fault:
    """`path` is exact or a glob; `count` is how often it still strikes, None for ever; `skip` lets that many pass first."""

    id: str = ""
    method: str = "*"
    path: str = "*"
    effect: Effect = "status"
    count: int | None = 1
    skip: int = 0
    after: bool = False
    status: int = 503
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    reset: Literal["future", "past", "absent", "garbage"] = "future"
    seconds: float = 60.0
    megabytes: int = 10

    def __post_init__(self) -> None:
        if self.effect not in get_args(Effect):
            raise ValueError(f"unknown effect {self.effect!r}; known: {', '.join(get_args(Effect))}")


class FaultShell:
    """Wraps the application; `rules` is changed by the control API."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.rules: list[Fault] = []
        self.struck = 0
        self._issued = 0

    def add(self, fault: Fault) -> dict[str, Any]:
        self._issued += 1
        fault.id = f"f{self._issued}"
        self.rules.append(fault)
        return asdict(fault)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self.app(scope, receive, send)
            return
        fault = self._next(scope["method"], scope["path"])
        if fault is None:
            await self.app(scope, receive, send)
            return
        self.struck += 1
        if fault.after or fault.effect in ("partial", "drip"):
            answer = await self._answer_of(scope, receive)
        else:
            answer = (200, [], b'{"data": [{"id": "1990000000000000001", "text": "this answer is lon')
        await _spoil(fault, answer, receive, send)

    def _next(self, method: str, path: str) -> Fault | None:
        for fault in self.rules:
            if fault.method not in ("*", method) or not fnmatch.fnmatchcase(path, fault.path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                return None
            if fault.count is not None:
                fault.count -= 1
                if fault.count <= 0:
                    self.rules.remove(fault)
            return fault
        return None

    async def _answer_of(self, scope: Scope, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        status, headers, body = 200, [], b""

        async def keep(message: Message) -> None:
            nonlocal status, headers, body
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            else:
                body += message.get("body", b"")

        await self.app(scope, receive, keep)
        return status, headers, body


Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


async def _spoil(fault: Fault, answer: Answer, receive: Receive, send: Send) -> None:
    status, headers, body = answer
    match fault.effect:
        case "status":
            await _send(send, fault.status, fault.body.encode(), {"content-type": "application/json", **fault.headers})
        case "redirect":
            await _send(send, 302, b"", {"location": fault.body})
        case "rate_limited":
            problem = {
                "title": "Too Many Requests",
                "detail": "Too Many Requests",
                "type": "about:blank",
                "status": 429,
            }
            await _send(send, 429, json.dumps(problem).encode(), _json_type() | _reset_header(fault) | fault.headers)
        case "html_503":
            page = b"<!DOCTYPE html><html><head><title>503</title></head><body>Service Unavailable</body></html>"
            await _send(send, 503, page, {"content-type": "text/html"})
        case "empty_503":
            await _send(send, 503, b"", {})
        case "payment_required":
            problem = {
                "title": "Payment Required",
                "detail": "Your credits are used up.",
                "type": "about:blank",
                "status": 402,
            }
            await _send(send, 402, json.dumps(problem).encode(), _json_type())
        case "cut_json":
            await _send(send, status, body[: max(1, len(body) * 2 // 3)], _json_type())
        case "partial":
            whole = json.loads(body)
            whole.setdefault("errors", []).append(_unavailable_entry())
            await _send(send, status, json.dumps(whole).encode(), _json_type())
        case "giant":
            filler = b'{"data": "' + b"x" * (fault.megabytes * 1024 * 1024) + b'"}'
            await _send(send, 200, filler, _json_type())
        case "drip":
            await _drip(send, status, headers, body, pause_s=fault.seconds)
        case "hang":
            await _wait_gone(receive, seconds=fault.seconds)
            _abort(receive)
        case "drop":
            _abort(receive)


async def _send(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _drip(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, *, pause_s: float) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for index in range(len(body)):
        await send({"type": "http.response.body", "body": body[index : index + 1], "more_body": True})
        await asyncio.sleep(pause_s)
    await send({"type": "http.response.body", "body": b""})


async def _wait_gone(receive: Receive, *, seconds: float) -> None:
    """Waits until the client gives up or the time is over."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def _abort(receive: Receive) -> None:
    """Closes the connection under uvicorn, so that the client gets no byte of an answer."""
    cycle = getattr(receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
    if cycle is not None:
        cycle.disconnected = True


def _json_type() -> dict[str, str]:
    return {"content-type": "application/json; charset=utf-8"}


def _reset_header(fault: Fault) -> dict[str, str]:
    match fault.reset:
        case "future":
            return {"x-rate-limit-reset": str(int(time.time() + fault.seconds)), "x-rate-limit-remaining": "0"}
        case "past":
            return {"x-rate-limit-reset": str(int(time.time() - 3600)), "x-rate-limit-remaining": "0"}
        case "garbage":
            return {"x-rate-limit-reset": "soon"}
        case "absent":
            return {}


def _unavailable_entry() -> dict[str, str]:
    return {
        "type": "https://api.twitter.com/2/problems/resource-not-found",
        "title": "Not Found Error",
        "detail": "Could not find tweet with referenced_tweets.id: [1989999999999999999].",
        "resource_type": "tweet",
        "resource_id": "1989999999999999999",
        "parameter": "referenced_tweets.id",
        "value": "1989999999999999999",
    }
