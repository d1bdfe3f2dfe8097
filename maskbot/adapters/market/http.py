"""A bounded JSON fetch with a deadline that holds whatever the other side does.

1.5 s a call from the first byte sent to the last one read (also for a server that drips), 512 KiB (2 MiB for the batch of the top
coins), no redirects, no compression, JSON only by content type, depth at most 32, numbers as `Decimal` read from at most 40
characters with an exponent from -40 to 30. The calls run on one event loop in a thread of its own, because only there a deadline
can cut a call short. Source: price-cards.md 5 and 6, reliability.md E6, E7, E11.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from threading import Thread

import httpx

from maskbot.adapters.market.breaker import LONGEST_PAUSE_S, OPEN_S, Breaker, Budget
from maskbot.domain.errors import Malformed, Unavailable

CALL_S = 1.5
SIZE_LIMIT = 512 << 10
DEPTH_LIMIT = 32
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
_BRACKET = re.compile(rb"[\[\]{}]")
_RETRYABLE_CMC = (1008, 1011)
"""CoinMarketCap's codes for a minute's and an address's limit; a day's and a month's (1009, 1010) are not waited for."""


class NotKnown(Unavailable):
    """The source answers that it does not know the token: nothing is wrong with it."""

    kind = "NotFound"


class JsonFetcher:
    """Fetches JSON from market-data sources. Safe to share between threads; starts its thread at once."""

    def __init__(self, *, breaker: Breaker, budget: Budget, user_agent: str = "maskbot") -> None:
        self._breaker = breaker
        self._budget = budget
        self._client = httpx.AsyncClient(
            timeout=CALL_S,
            follow_redirects=False,
            trust_env=False,
            headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": user_agent},
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="market-http", daemon=True)
        self._thread.start()

    def fetch(
        self,
        url: str,
        *,
        source: str,
        params: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        size_limit: int = SIZE_LIMIT,
    ) -> object:
        """The parsed answer.

        Raises:
            Unavailable: the source fails, limits, is left alone (BreakerOpen) or has no budget left (BudgetSpent).
            NotKnown: it answers 404.
            Malformed: it answers something that is no bounded JSON.
        """
        self._breaker.check(source)
        self._budget.spend(source)
        call = self._read(url, params, headers or {}, size_limit)
        try:
            status, body, answer_headers = asyncio.run_coroutine_threadsafe(call, self._loop).result()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:  # InvalidURL: by an id that a source gave
            self._breaker.fail(source)
            raise Unavailable(f"{source} did not answer: {type(error).__name__}") from error
        except Unavailable:
            self._breaker.fail(source)
            raise
        return self._judged(source, status, body, answer_headers)

    def refuse(self, source: str, *, pause_s: float | None) -> None:
        """Note that an answer was an error after all (an error inside a 200)."""
        self._breaker.fail(source, pause_s=pause_s)

    def close(self) -> None:
        """Close the connections and end the thread."""
        if self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result(CALL_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CALL_S)
        if not self._loop.is_running():
            self._loop.close()

    def _judged(self, source: str, status: int, body: bytes, headers: Mapping[str, str]) -> object:
        if status == 404:
            self._breaker.succeed(source)
            raise NotKnown(f"{source} does not know this")
        if status != 200:
            pause_s = _pause_s(status, headers, body)
            self._breaker.fail(source, pause_s=pause_s)
            raise Unavailable(f"{source} answered {status}", retry_after_s=pause_s)
        try:
            answer = parse_bounded(body, content_type=headers.get("content-type", ""))
        except Malformed:
            self._breaker.fail(source)
            raise
        self._breaker.succeed(source)
        return answer

    async def _read(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str], size_limit: int
    ) -> tuple[int, bytes, Mapping[str, str]]:
        async with (
            asyncio.timeout(CALL_S),
            self._client.stream("GET", url, params=dict(params), headers=dict(headers)) as answer,
        ):
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > size_limit:
                    raise Unavailable("the source sent more than the limit", kind="AnswerTooLarge")
            return answer.status_code, bytes(body), answer.headers


def parse_bounded(body: bytes, *, content_type: str) -> object:
    """JSON with every number a Decimal. Raises Malformed for other types, deep nesting, and numbers out of bounds."""
    if "json" not in content_type.lower():
        raise Malformed("expected JSON, got another content type")
    depth = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH_LIMIT:
            raise Malformed(f"JSON nested deeper than {DEPTH_LIMIT}")
    try:  # as text: given bytes, the library takes UTF-16 as well, in which brackets hide from the look above
        return json.loads(
            body.decode("utf-8-sig"), parse_float=number, parse_int=number, parse_constant=_refuse_constant
        )
    except ValueError as error:
        raise Malformed("broken JSON") from error


def number(text: str) -> Decimal:
    """A number as Decimal: at most 40 characters, exponent -40 to 30. Raises Malformed otherwise (reliability.md E7)."""
    if len(text) > 40:
        raise Malformed("a number of more than 40 characters")
    if not _NUMBER.fullmatch(text):
        raise Malformed("expected a plain number with at most two digits of exponent")
    value = Decimal(text)
    if value and not -40 <= value.adjusted() <= 30:
        raise Malformed("a number outside 1e-40 to 1e30")
    return value


def cmc_pause_s(code: int) -> float | None:
    """How long CoinMarketCap is left alone for an error code: a minute where waiting helps, longer where it does not."""
    if code in _RETRYABLE_CMC:
        return OPEN_S
    return LONGEST_PAUSE_S if code else None


def _refuse_constant(text: str) -> object:
    raise Malformed(f"{text} is no number")


def _pause_s(status: int, headers: Mapping[str, str], body: bytes) -> float | None:
    if status in (401, 402, 403, 451):
        return LONGEST_PAUSE_S
    if status != 429:
        return None
    asked = headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit() and len(asked) <= 6:
        return float(asked)
    found = re.search(rb'"error_code"\s*:\s*"?([0-9]{1,6})', body[:4096])
    return (cmc_pause_s(int(found[1])) or OPEN_S) if found else OPEN_S
