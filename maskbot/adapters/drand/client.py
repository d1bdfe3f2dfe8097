"""Fetches rounds of one drand chain from public servers. No server is trusted: a round counts with its BLS signature only.

Source: drand's HTTP API (`/<chain hash>/public/<round>`). Answers are bounded to 4 KiB and 10 s; redirects are not followed.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Sequence

import httpx

from maskbot.adapters.drand.bls import is_genuine
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.wire.draw import DrandChain

TIMEOUT_S = 10.0
SIZE_LIMIT = 4096


class BeaconFalse(Malformed):
    """Every server that answered gave a signature that the chain did not make."""

    kind = "BeaconFalse"


class DrandClient:
    """One chain, asked at several servers in turn (`base_urls` without a trailing slash)."""

    def __init__(
        self,
        base_urls: Sequence[str],
        *,
        chain: DrandChain,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.chain = chain
        self._timeout_s = timeout_s
        self._base_urls = tuple(base_urls)
        self._tls = tls

    def fetch_signature(self, round_number: int) -> bytes:
        """The signature of a round, 48 bytes, checked.

        Raises:
            Unavailable: the round is not published yet, or no server answers. BeaconFalse: they answer, and falsely.
        """
        is_lied_to = False
        with httpx.Client(
            timeout=self._timeout_s, follow_redirects=False, verify=self._tls if self._tls is not None else True,
            headers={"accept-encoding": "identity"},
        ) as client:  # fmt: skip
            for base_url in self._base_urls:
                url = f"{base_url}/{self.chain.hash.hex()}/public/{round_number}"
                signature = _fetch(client, url, timeout_s=self._timeout_s)
                if signature is None:
                    continue
                if is_genuine(signature, round_number=round_number, public_key=self.chain.public_key):
                    return signature
                is_lied_to = True
        if is_lied_to:
            raise BeaconFalse(f"the servers give a false signature for drand round {round_number}")
        raise Unavailable(f"drand round {round_number} cannot be had yet; try again later", retry_after_s=3.0)


def _fetch(client: httpx.Client, url: str, *, timeout_s: float) -> bytes | None:
    """What one server says; None when it says nothing of use, or goes on saying it."""
    ends_s = time.monotonic() + timeout_s
    try:
        with client.stream("GET", url) as answer:
            if answer.status_code != httpx.codes.OK:
                return None
            body = bytearray()
            for piece in answer.iter_raw():
                body += piece
                if len(body) > SIZE_LIMIT or time.monotonic() > ends_s:
                    return None
        document = json.loads(body)
        return bytes.fromhex(document["signature"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError, RecursionError):
        return None
