"""The failure shapes of market-data sites on demand (price-cards.md, section 5), as an ASGI shell.

Spoiled prices let the true answer through with another value, time or coin; rewritten ones change the digits in the bytes (what no
JSON library would write); the others replace or slow the answer.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Effect = Literal[
    "limited_json",  # 429 as CoinGecko says it, with Retry-After
    "limited_text",  # 429 "Throttled"
    "limited_cmc",  # 429 with CoinMarketCap's minute code 1008
    "limited_cmc_month",  # 429 with its monthly code 1010
    "html",  # 200 and a page
    "error_inside",  # 200, and the error is in the body
    "empty",  # 200 and nothing found: {} or {"coins":{}} or []
    "nulls",
    "zero",
    "frozen",  # a week old
    "stale",  # ten minutes old
    "ahead",  # an hour ahead of time
    "outlier",
    "negative",
    "wrong_coin",  # the answer is about another coin
    "nan",
    "infinity",
    "number_bomb",  # 1e999999
    "long_number",  # a thousand digits
    "deep",  # brackets without end
    "drip",  # one byte per `seconds`
    "giant",  # 10 MB of JSON
    "hang",  # no answer for `seconds`
    "status",  # `status` with a small JSON body
    "broken_json",
]
_SPOILED_PRICES = ("nulls", "zero", "frozen", "stale", "ahead", "outlier", "negative", "wrong_coin")
_REWRITTEN = {"nan": b"NaN", "infinity": b"Infinity", "number_bomb": b"1e999999", "long_number": b"7" * 1000}
_PRICE = re.compile(rb'("(?:current_price|price|base_token_price_usd)":)(?:"[^"]*"|[-+.0-9eE]+)')
_GIANT_BYTES = 10 * 1024 * 1024
_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


@dataclass(slots=True, kw_only=True)
class MarketFault:
    """`path` is exact or a glob, `count` how often it still strikes (None: until cleared)."""

    effect: Effect
    path: str = "*"
    count: int | None = None
    status: int = 503
    seconds: float = 30.0
    retry_after_s: int = 119

    def __post_init__(self) -> None:
        if self.effect not in get_args(Effect):
            raise ValueError(f"unknown effect {self.effect!r}; known: {', '.join(get_args(Effect))}")


class MarketShell:
    """Counts calls by path and applies the first rule that matches; `/_sandbox` is spared."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.rules: list[MarketFault] = []
        self.calls: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self.app(scope, receive, send)
            return
        self.calls[scope["path"]] += 1
        fault = self._next(scope["path"])
        if fault is None:
            await self.app(scope, receive, send)
        elif fault.effect in _SPOILED_PRICES:
            await self.app({**scope, "market_fault": fault.effect}, receive, send)
        elif fault.effect in _REWRITTEN:
            await self.app(scope, receive, _rewriting(send, number=_REWRITTEN[fault.effect]))
        elif fault.effect == "drip":
            await self.app(scope, receive, _dripping(send, pause_s=fault.seconds))
        elif fault.effect == "hang":
            await asyncio.sleep(fault.seconds)
            await self.app(scope, receive, send)
        else:
            await _replace(fault, scope["path"], send)

    def _next(self, path: str) -> MarketFault | None:
        for fault in self.rules:
            if fnmatch.fnmatchcase(path, fault.path):
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self.rules.remove(fault)
                return fault
        return None


async def _replace(fault: MarketFault, path: str, send: Send) -> None:
    match fault.effect:
        case "limited_json":
            status = {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}
            await _send(send, 429, _json({"status": status}), retry_after_s=fault.retry_after_s)
        case "limited_text":
            await _send(send, 429, b"Throttled", kind="text/plain")
        case "limited_cmc":
            status = {"error_code": 1008, "error_message": "You've exceeded your API Key's HTTP request rate limit."}
            await _send(send, 429, _json({"status": status}))
        case "limited_cmc_month":
            status = {"error_code": 1010, "error_message": "You've exceeded your API Key's monthly rate limit."}
            await _send(send, 429, _json({"status": status}))
        case "deep":
            await _send(send, 200, b"[" * 100_000)
        case "html":
            await _send(send, 200, _PAGE, kind="text/html")
        case "error_inside":
            await _send(send, 200, _json(_error_inside(path)))
        case "empty":
            await _send(send, 200, _json(_nothing(path)))
        case "giant":
            await _send(send, 200, b'{"filler": "' + b"x" * _GIANT_BYTES + b'"}')
        case "broken_json":
            await _send(send, 200, b'[{"id": "ethereum", "current_pri')
        case _:
            await _send(send, fault.status, _json({"error": "fault"}))


def _error_inside(path: str) -> object:
    if path.startswith("/v2/"):
        return {"status": {"error_code": 1010, "error_message": "Monthly limit."}, "data": {}}
    if path.startswith("/products"):
        return {"message": "Public rate limit exceeded"}
    return {"error": ["EGeneral:Too many requests"]}


def _nothing(path: str) -> object:
    if path.startswith("/prices"):
        return {"coins": {}}
    return [] if path.endswith("/markets") else {}


def _rewriting(send: Send, *, number: bytes) -> Send:
    """The whole answer with every price replaced by these bytes."""
    start: Message = {}
    held = bytearray()

    async def at_once(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        held.extend(message.get("body", b""))
        if message.get("more_body", False):
            return
        body = _PRICE.sub(rb"\g<1>" + number, bytes(held))
        kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return at_once


def _dripping(send: Send, *, pause_s: float) -> Send:
    async def slowly(message: Message) -> None:
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or not body:
            await send(message)
            return
        for index in range(len(body)):
            await send({"type": "http.response.body", "body": body[index : index + 1], "more_body": True})
            await asyncio.sleep(pause_s)
        await send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})

    return slowly


async def _send(
    send: Send, status: int, body: bytes, *, kind: str = "application/json", retry_after_s: int | None = None
) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    if retry_after_s is not None:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
