"""Pictures by URL, in memory."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.domain.errors import MaskbotError, Refused


class FakePictures:
    """Serves `files`; `failures` are raised one by one before anything is served. `fetched` notes every URL that was asked for."""

    def __init__(self, **files: bytes) -> None:
        self.files: dict[str, bytes] = dict(files)
        self.failures: list[MaskbotError] = []
        self.fetched: list[str] = []
        self.on_fetch: Callable[[], None] = lambda: None

    def fetch(self, url: str) -> bytes:
        """The file of this URL."""
        self.fetched.append(url)
        if self.failures:
            raise self.failures.pop(0)
        if url not in self.files:
            raise Refused("there is no such picture", kind="PictureRefused")
        self.on_fetch()
        return self.files[url]
