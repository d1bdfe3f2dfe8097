"""Posts signed notices to owners' URLs (port `WebhookSender`). Which addresses may be reached is the guarded client's matter, which
`assembly` hands in; the signature is the flow's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from maskbot.domain.errors import Malformed, Refused, Unavailable

BODY_LIMIT = 512 << 10
LARGEST_ANSWER = 64 << 10


class Answered(Protocol):
    """An answer with its HTTP status."""

    @property
    def status(self) -> int:
        """From 100 to 599."""
        ...


class GuardedClient(Protocol):
    """Sends only to addresses that are allowed, within bounds of time and size."""

    def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str] | None, largest_bytes: int
    ) -> Answered:
        """The answer. Raises Refused (kind AddressForbidden) for a forbidden address; Refused, Malformed or Unavailable when
        there is no usable answer."""
        ...


class Webhooks:
    """Sends notices."""

    def __init__(self, client: GuardedClient) -> None:
        self._client = client

    def send(self, *, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST the body (at most 512 KiB); the HTTP status. Safe to repeat: the receiver knows a notice by its Maskbot-Id.

        Raises:
            Refused: the address may not be reached (kind AddressForbidden).
            Unavailable: no usable answer came; whether the notice arrived is not known, and it is sent again.
        """
        if len(body) > BODY_LIMIT:
            raise Refused(f"a notice has at most {BODY_LIMIT:,} bytes", kind="NoticeTooLarge")
        try:
            return self._client.send("POST", url, body=body, headers=headers, largest_bytes=LARGEST_ANSWER).status
        except (Malformed, Refused) as error:
            if error.kind == "AddressForbidden":
                raise
            raise Unavailable("the webhook's server gave no usable answer", kind="WebhookUnavailable") from error
