"""The HTTP session under tweepy: our base URL, timeouts, bounds of size and time, no redirects, clean error bodies.

tweepy 4.17 names its host in its code, passes no timeout and trusts the shape of error bodies (spec/social-platforms.md, 3.1);
this session mends all three.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from maskbot.adapters.x.errors import XAddressWrong, XAnswerTooLarge, clean_problem

TWEEPY_HOST = "https://api.twitter.com"
TIMEOUT_S = (5.0, 30.0)
LONGEST_EXCHANGE_S = 60.0
LARGEST_ANSWER_BYTES = 2 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class XSession(requests.Session):
    """A session that speaks to one base URL, whatever host tweepy names. Signatures are made for the true address."""

    def __init__(
        self, base_url: str, *, timeout_s: tuple[float, float] = TIMEOUT_S, longest_s: float = LONGEST_EXCHANGE_S
    ) -> None:
        super().__init__()
        self.base_url = check_base_url(base_url)
        self.timeout_s = timeout_s
        self.trust_env = urlsplit(self.base_url).hostname not in _LOOPBACK
        self.auth = _keep_headers  # else requests would look for credentials in a .netrc file
        self.headers["Accept-Encoding"] = "identity"
        self.mount("https://", BoundedAdapter(longest_s=longest_s))
        self.mount("http://", BoundedAdapter(longest_s=longest_s))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As in requests, with the base URL put in and no redirect followed."""
        route = str(url).removeprefix(TWEEPY_HOST)
        kwargs.setdefault("timeout", self.timeout_s)
        kwargs["allow_redirects"] = False
        return super().request(method, self.base_url + route, *args, **kwargs)


class BoundedAdapter(HTTPAdapter):
    """Reads whole answers up to the bounds, and makes error bodies what tweepy expects. Streams pass untouched."""

    def __init__(self, *, longest_s: float) -> None:
        super().__init__(pool_maxsize=32)
        self._longest_s = longest_s

    def send(self, request: requests.PreparedRequest, stream: bool = False, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # the positional rest of requests' signature is always passed by name
        """Raises requests exceptions only."""
        started_s = time.monotonic()
        response = super().send(request, stream=True, **kwargs)
        if stream and response.ok:
            return response
        try:
            body = _read(response, ends_s=started_s + self._longest_s)
        finally:
            response.close()
        if not response.ok:
            problem: dict[str, Any] = dict(clean_problem(body))
            message = problem.pop("message", None)
            if message is not None:
                problem["errors"] = [{"message": message}]
            body = json.dumps(problem).encode() if problem else b""
            if not response.headers.get("x-rate-limit-reset", "0").isdecimal():
                del response.headers["x-rate-limit-reset"]
        response._content = body  # the public way, `.content`, reads without a bound
        response._content_consumed = True  # type: ignore[attr-defined]  # same
        return response


def check_base_url(base_url: str) -> str:
    """The URL without a trailing slash. Raises XAddressWrong unless it is https, or http on loopback."""
    parts = urlsplit(base_url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname or parts.query or parts.fragment:
        raise XAddressWrong(f"the base URL of the X API must be https://host, got {base_url[:100]!r}")
    return base_url.rstrip("/")


def _read(response: requests.Response, *, ends_s: float) -> bytes:
    parts, size = [], 0
    while part := _next_part(response):
        size += len(part)
        parts.append(part)
        if size > LARGEST_ANSWER_BYTES:
            raise XAnswerTooLarge(f"an answer of more than {LARGEST_ANSWER_BYTES} bytes")
        if time.monotonic() > ends_s:
            raise XAnswerTooLarge("an answer that took too long")
    return b"".join(parts)


def _next_part(response: requests.Response) -> bytes:
    try:
        part: bytes = response.raw.read1(_CHUNK_BYTES, decode_content=True)
    except (OSError, HTTPError) as error:
        raise requests.ConnectionError(error) from error
    return part


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
