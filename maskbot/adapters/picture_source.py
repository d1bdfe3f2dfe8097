"""Fetches the pictures that strangers' posts show (port `PictureSource`). Which addresses may be reached, and for how long, is the
guarded client's matter, which `assembly` hands in. Source: reliability.md E11."""

from __future__ import annotations

from typing import Final, Protocol

from maskbot.domain.errors import Refused, Unavailable

MAX_FILE_BYTES: Final = 8 * 1024 * 1024
_CONTENT_TYPES: Final = frozenset({"image/png", "image/jpeg", "application/octet-stream", "binary/octet-stream", ""})


class PictureRefused(Refused):
    """The URL gives no picture: it is gone, not for us, or something else."""

    kind = "PictureRefused"


class PictureUnavailable(Unavailable):
    """The server cannot give the picture now."""

    kind = "PictureUnavailable"


class Downloaded(Protocol):
    """A whole answer."""

    @property
    def status(self) -> int:
        """From 100 to 599."""
        ...

    @property
    def content_type(self) -> str:
        """Lower case, without parameters; empty when unsaid."""
        ...

    @property
    def body(self) -> bytes:
        """At most as long as was asked for."""
        ...


class GuardedClient(Protocol):
    """Fetches only from addresses that are allowed, within bounds of time and size."""

    def fetch(self, url: str, *, largest_bytes: int) -> Downloaded:
        """The answer. Raises Refused, Malformed or Unavailable when there is none we may have."""
        ...


class PictureDownloads:
    """Downloads pictures."""

    def __init__(self, client: GuardedClient) -> None:
        self._client = client

    def fetch(self, url: str) -> bytes:
        """The file at the URL, at most 8 MiB; whether it is a picture is told by its reader.

        Raises:
            PictureRefused: there is no picture there for us; Refused and Malformed of the guarded client besides.
            PictureUnavailable: the server is busy or broken; Unavailable of the guarded client besides.
        """
        answer = self._client.fetch(url, largest_bytes=MAX_FILE_BYTES)
        if answer.status in (408, 425, 429) or answer.status >= 500:
            raise PictureUnavailable(f"the server of the picture answers {answer.status}")
        if answer.status != 200:
            raise PictureRefused(f"the server of the picture answers {answer.status}")
        if answer.content_type not in _CONTENT_TYPES:
            raise PictureRefused("the server sends something that is no PNG or JPEG picture")
        return answer.body
