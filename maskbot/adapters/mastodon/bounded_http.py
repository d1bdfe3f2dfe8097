"""The transport under Mastodon.py: every answer is bounded in size and time, and no redirect is followed.

Source: reliability.md E6 and E11. The pinned server is the only host a client of ours talks to.
"""

from __future__ import annotations

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

LARGEST_ANSWER_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


class BoundedAdapter(HTTPAdapter):
    """Reads each body itself, up to `largest_bytes` and for at most `deadline_s` in all. `last_status` is of the last answer."""

    def __init__(self, *, deadline_s: float, largest_bytes: int = LARGEST_ANSWER_BYTES) -> None:
        super().__init__(max_retries=0)
        self.last_status: int | None = None
        self._deadline_s = deadline_s
        self._largest_bytes = largest_bytes

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # SDK signature
        """Send, and return the answer with its body read. Raises: requests.RequestException."""
        begun = time.monotonic()
        self.last_status = None
        kwargs["stream"] = True
        request.headers["Accept-Encoding"] = "identity"
        response = super().send(request, *args, **kwargs)
        try:
            response._content = self._read(response, begun=begun)
        finally:
            response.close()
        response._content_consumed = True  # type: ignore[attr-defined]  # how requests itself marks a read body
        self.last_status = response.status_code
        return response

    def _read(self, response: requests.Response, *, begun: float) -> bytes:
        body = bytearray()
        while piece := _next_piece(response):
            body += piece
            if len(body) > self._largest_bytes:
                raise requests.exceptions.ContentDecodingError(f"the answer has more than {self._largest_bytes} bytes")
            if time.monotonic() - begun > self._deadline_s:
                raise requests.exceptions.ReadTimeout(f"the answer took longer than {self._deadline_s:g} s")
        return bytes(body)


def _next_piece(response: requests.Response) -> bytes:
    """What has come, without waiting for a piece to be full: a server that drips would never fill one."""
    try:
        piece: bytes = response.raw.read1(_PIECE_BYTES, decode_content=True)
    except (OSError, HTTPError) as error:
        raise requests.ConnectionError(error) from error
    return piece


def bounded_session(*, deadline_s: float, ca_bundle: str | None) -> requests.Session:
    """A session of its own for one client. The environment's proxies and .netrc are not used; `ca_bundle` names a private CA."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    if ca_bundle is not None:
        session.verify = ca_bundle
    adapter = BoundedAdapter(deadline_s=deadline_s)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
