"""The reader of server-sent events: comments are heartbeats, wherever they come, and end no event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from maskbot.adapters.mastodon.streaming import _records
from maskbot.domain.errors import Unavailable


def read(*pieces: bytes) -> list[tuple[str, object]]:
    async def given() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def collected() -> list[tuple[str, object]]:
        return [event async for event in _records(given())]

    return asyncio.run(collected())


@pytest.mark.parametrize("comment", [b":thump\n", b":\n", b": \r\n"])
def test_a_comment_inside_an_event_changes_nothing(comment: bytes) -> None:
    event = b"event: update\n" + comment + b'data: {"id":\n' + comment + b'data: "7"}\n\n'
    whole = [("update", {"id": "7"})]
    assert read(event) == whole
    assert read(*(event[at : at + 1] for at in range(len(event)))) == whole


def test_an_event_without_end_ends_the_stream() -> None:
    with pytest.raises(Unavailable):
        read(*[b"data: " + b"x" * 60_000 + b"\n"] * 20)
    assert read(*[b":" + b"x" * 60_000 + b"\n"] * 40) == []
