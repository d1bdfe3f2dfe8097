"""A bounded JSON fetch with a breaker per host.

1.5 s and 512 KiB a call, no redirects, no compression, JSON only by content type, depth at most 32, numbers as `Decimal` read from
at most 40 characters with an exponent from -40 to 30. Source: price-cards.md 5 and 6, reliability.md E6, E7, E11.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from threading import Lock
from urllib.parse import urlsplit

import httpx

from maskbot.domain.errors import Malformed, Unavailable

CALL_S = 1.5
SIZE_LIMIT = 512 << 10
DEPTH_LIMIT = 32
FAILURES_TO_OPEN = 3
OPEN_S = 60.0
LONGEST_PAUSE_S = 900.0
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")
_BRACKET = re.compile(rb"[\[\]{}]")


class Breaker:
    """Which hosts are left alone for a while: after three failures in a row, or as long as the host asked for."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._failures: dict[str, int] = {}
        self._open_until_s: dict[str, float] = {}
        self._lock = Lock()

    def check(self, host: str) -> None:
        """Raises Unavailable while the host is left alone."""
        with self._lock:
            left_s = self._open_until_s.get(host, 0.0) - self._monotonic_s()
        if left_s > 0:
            raise Unavailable(f"{host} is left alone for {left_s:.0f} s", retry_after_s=left_s, kind="BreakerOpen")

    def succeed(self, host: str) -> None:
        """A good answer came."""
        with self._lock:
            self._failures.pop(host, None)

    def fail(self, host: str, *, pause_s: float | None = None) -> None:
        """No good answer came; `pause_s` is what the host asked for."""
        with self._lock:
            self._failures[host] = self._failures.get(host, 0) + 1
            if pause_s is not None:
                self._open_until_s[host] = self._monotonic_s() + min(pause_s, LONGEST_PAUSE_S)
            elif self._failures[host] >= FAILURES_TO_OPEN:
                self._open_until_s[host] = self._monotonic_s() + OPEN_S
                self._failures[host] = 0


class JsonFetcher:
    """Fetches JSON from market-data hosts. Safe to share between threads."""

    def __init__(self, *, breaker: Breaker | None = None, user_agent: str = "maskbot") -> None:
        self._breaker = breaker if breaker is not None else Breaker()
        self._client = httpx.Client(
            timeout=CALL_S,
            follow_redirects=False,
            headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": user_agent},
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
        )

    def fetch(self, url: str, *, params: Mapping[str, str], headers: Mapping[str, str] | None = None) -> object:
        """The parsed answer. Raises Unavailable when the host fails, limits or is left alone; Malformed when it answers
        something that is no bounded JSON; Unavailable (kind NotFound) for 404."""
        host = urlsplit(url).netloc
        self._breaker.check(host)
        try:
            status, body, answer_headers = self._read(url, params, headers or {})
        except httpx.HTTPError as error:
            self._breaker.fail(host)
            raise Unavailable(f"{host} did not answer: {type(error).__name__}") from error
        except Unavailable:
            self._breaker.fail(host)
            raise
        if status == 404:
            self._breaker.succeed(host)
            raise Unavailable(f"{host} does not know this", kind="NotFound")
        if status != 200:
            self._breaker.fail(host, pause_s=_pause_s(status, answer_headers))
            raise Unavailable(f"{host} answered {status}", retry_after_s=_pause_s(status, answer_headers))
        try:
            answer = parse_bounded(body, content_type=answer_headers.get("content-type", ""))
        except Malformed:
            self._breaker.fail(host)
            raise
        self._breaker.succeed(host)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _read(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        deadline_s = time.monotonic() + CALL_S
        with self._client.stream("GET", url, params=dict(params), headers=dict(headers)) as answer:
            body = bytearray()
            for chunk in answer.iter_raw(16_384):
                body += chunk
                if len(body) > SIZE_LIMIT or time.monotonic() > deadline_s:
                    raise Unavailable(f"{urlsplit(url).netloc} sent too much or too slowly")
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
    try:
        return json.loads(body, parse_float=number, parse_int=number, parse_constant=_refuse_constant)
    except (ValueError, UnicodeDecodeError) as error:
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


def _refuse_constant(text: str) -> object:
    raise Malformed(f"{text} is no number")


def _pause_s(status: int, headers: Mapping[str, str]) -> float | None:
    if status in (401, 402, 403):
        return LONGEST_PAUSE_S
    if status != 429:
        return None
    asked = headers.get("retry-after", "")
    return float(asked) if asked.isdigit() and len(asked) <= 6 else OPEN_S
