"""The HTTP session under web3: answers are bounded in size and time, and no redirect is followed (reliability.md E12, R9)."""

from __future__ import annotations

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 256 * 1024


class AnswerTooLarge(requests.RequestException):
    """More bytes than the bound. Stays in this room: the endpoint translates it."""


class BoundedAdapter(HTTPAdapter):
    """Reads each body itself, up to `largest_bytes` and for at most `longest_s` in all. Never tries again by itself."""

    def __init__(self, *, longest_s: float, largest_bytes: int) -> None:
        super().__init__(max_retries=0, pool_maxsize=16)
        self._longest_s = longest_s
        self._largest_bytes = largest_bytes

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # SDK signature
        """Send, and return the answer with its body read. Raises: requests.RequestException."""
        ends_s = time.monotonic() + self._longest_s
        kwargs["stream"] = True
        response = super().send(request, *args, **kwargs)
        try:
            response._content = self._read(response, ends_s=ends_s)  # the public way, `.content`, reads without a bound
        except BaseException:
            response.close()
            raise
        response.raw.release_conn()
        response._content_consumed = True  # type: ignore[attr-defined]  # how requests itself marks a read body
        return response

    def _read(self, response: requests.Response, *, ends_s: float) -> bytes:
        body = bytearray()
        while piece := _next_piece(response):
            body += piece
            if len(body) > self._largest_bytes:
                raise AnswerTooLarge(f"the answer has more than {self._largest_bytes} bytes")
            if time.monotonic() > ends_s:
                raise requests.exceptions.ReadTimeout(f"the answer took longer than {self._longest_s:g} s")
        return bytes(body)


def bounded_session(*, longest_s: float, largest_bytes: int, ca_bundle: str | None) -> requests.Session:
    """A session of its own for one node. The environment's proxies and .netrc are not used; `ca_bundle` names a private CA."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    session.headers["Accept-Encoding"] = "identity"
    if ca_bundle is not None:
        session.verify = ca_bundle
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter(longest_s=longest_s, largest_bytes=largest_bytes))
    return session


def _next_piece(response: requests.Response) -> bytes:
    try:
        piece: bytes = response.raw.read1(_PIECE_BYTES, decode_content=False)
    except TimeoutError as error:
        raise requests.exceptions.ReadTimeout("the answer stalled") from error
    except (OSError, HTTPError) as error:
        raise requests.ConnectionError(error) from error
    return piece
