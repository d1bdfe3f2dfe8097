"""Talks to a Safe Transaction Service over HTTP: implements `ports.safes.SafeQueue`.

Source: the published API of the service (`POST /api/v2/safes/{address}/multisig-transactions/`: 201, 400, 422; `GET
/api/v2/multisig-transactions/{hash}/`: 200, 404). Nothing is believed but signatures, and those are checked by who asked. Answers
are bounded to 256 KiB and 15 s, and redirects are not followed.
"""

from __future__ import annotations

import json
import ssl
from typing import Any

import httpx

from maskbot.adapters.safe_queue.answers import MOST_BYTES, next_nonce_of, refusal_of, signatures_of
from maskbot.domain.errors import Misconfigured
from maskbot.domain.money import Address
from maskbot.domain.safe import Proposal
from maskbot.ports.safes import Queued, QueueMalformed, QueueRefuses, QueueUnavailable, QueueUnconfirmed
from maskbot.wire.crypto import address_text
from maskbot.wire.safe import typed_data

TIMEOUT_S = 15.0
ORIGIN = "maskbot"
_LONGEST_PAUSE_S = 3_600.0


class SafeTransactionService:
    """One service, named by its base URL; `api_key` is sent as a bearer token where the operator of the service asks for one."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        self._client = httpx.Client(
            timeout=timeout_s, follow_redirects=False, verify=tls if tls is not None else True, headers=headers
        )

    def find(self, hash: bytes) -> Queued | None:
        """See `ports.safes.SafeQueue.find`."""
        status, body = self._get(f"/api/v2/multisig-transactions/0x{hash.hex()}/")
        return None if status == httpx.codes.NOT_FOUND else Queued(signatures_of(body, hash=hash))

    def propose(self, proposal: Proposal, *, sender: Address) -> None:
        """See `ports.safes.SafeQueue.propose`."""
        path = f"/api/v2/safes/{address_text(proposal.tx.safe)}/multisig-transactions/"
        try:
            status, headers, body = self._exchange("POST", path, _body(proposal, sender=sender))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise QueueUnavailable("the Safe queue service cannot be reached") from error
        except (httpx.HTTPError, _TooLong) as error:
            raise QueueUnconfirmed("the Safe queue service gave no whole answer") from error
        if status == httpx.codes.CREATED:
            return
        if status in (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY):
            raise QueueRefuses(f"the Safe queue service refuses the proposal: {refusal_of(body)}")
        _raise_for(status, headers)
        raise QueueUnconfirmed(f"the Safe queue service answers with status {status}")

    def fetch_next_nonce(self, safe: Address) -> int:
        """See `ports.safes.SafeQueue.fetch_next_nonce`."""
        path = f"/api/v2/safes/{address_text(safe)}/multisig-transactions/?executed=false&ordering=-nonce&limit=1"
        status, body = self._get(path)
        return 0 if status == httpx.codes.NOT_FOUND else next_nonce_of(body)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _get(self, path: str) -> tuple[int, bytes]:
        """Status (200 or 404) and body of a question, which may be asked again."""
        try:
            status, headers, body = self._exchange("GET", path)
        except httpx.HTTPError as error:
            raise QueueUnavailable("the Safe queue service does not answer") from error
        except _TooLong as error:
            raise QueueMalformed("the Safe queue service answers more than is read") from error
        if status in (httpx.codes.OK, httpx.codes.NOT_FOUND):
            return status, body
        _raise_for(status, headers)
        raise QueueUnavailable(f"the Safe queue service answers with status {status}")

    def _exchange(
        self, method: str, path: str, body: dict[str, object] | None = None
    ) -> tuple[int, httpx.Headers, bytes]:
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"content-type": "application/json"}
        with self._client.stream(method, self._base_url + path, content=content, headers=headers) as answer:
            read = bytearray()
            for piece in answer.iter_raw():
                read += piece
                if len(read) > MOST_BYTES:
                    raise _TooLong
            return answer.status_code, answer.headers, bytes(read)


class _TooLong(Exception):
    """More bytes than are read."""


def _raise_for(status: int, headers: httpx.Headers) -> None:
    """Raises for the statuses that mean that nothing happened, and for a key that is refused."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        after = headers.get("retry-after", "")
        pause_s = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else None
        pause_s = None if pause_s is None else min(pause_s, _LONGEST_PAUSE_S)
        raise QueueUnavailable("the Safe queue service limits how often it is asked", retry_after_s=pause_s)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise Misconfigured(
            "the Safe queue service refuses our key: write safe_service_key into the chains file",
            kind="QueueKeyRefused",
        )


def _body(proposal: Proposal, *, sender: Address) -> dict[str, object]:
    assert proposal.signature is not None
    message: Any = typed_data(proposal.tx)["message"]
    numbers = {name: int(message[name]) for name in ("safeTxGas", "baseGas", "gasPrice", "nonce")}
    return {
        **message,
        **numbers,
        "safe": address_text(proposal.tx.safe),
        "data": message["data"] if proposal.tx.call.data else None,
        "value": int(message["value"]),
        "contractTransactionHash": f"0x{proposal.hash.hex()}",
        "sender": address_text(sender),
        "signature": f"0x{proposal.signature.hex()}",
        "origin": ORIGIN,
    }
