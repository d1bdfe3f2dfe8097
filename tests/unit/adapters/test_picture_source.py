"""Pictures from strangers' servers: bounds and names for what is no picture; where we may connect is `test_safe_http`'s (R30)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maskbot.adapters.picture_source import MAX_FILE_BYTES, PictureDownloads, PictureRefused, PictureUnavailable
from maskbot.adapters.safe_http import AddressForbidden, DownloadRefused, SafeHttp
from maskbot.ports.outside import PictureSource
from maskbot.wire import picture
from tests.unit.adapters.test_safe_http import Answer, serving


def answer(status: str = "200 OK", *, body: bytes = b"", **head: object) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in head.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def fetch(*answers: Answer) -> bytes:
    source: PictureSource = PictureDownloads(SafeHttp(allow_private=True, timeout_s=5))
    with serving(*answers) as server:
        return source.fetch(server.url)


def test_the_bytes_come_as_they_are() -> None:
    assert fetch(answer(body=b"\x89PNG", Content_Type="image/png; x=y")) == b"\x89PNG"


def test_the_bound_is_the_readers_bound() -> None:
    assert MAX_FILE_BYTES == picture.MAX_FILE_BYTES


@pytest.mark.parametrize(
    ("say", "error"),
    [
        (lambda: answer("404 Not Found"), PictureRefused),
        (lambda: answer("403 Forbidden"), PictureRefused),
        (lambda: answer("503 Later"), PictureUnavailable),
        (lambda: answer("429 Slow down"), PictureUnavailable),
        (lambda: answer(body=b"<html>", Content_Type="text/html"), PictureRefused),
        (lambda: f"HTTP/1.1 200 OK\r\nContent-Length: {MAX_FILE_BYTES + 1}\r\n\r\n".encode(), DownloadRefused),
        (lambda: answer("302 Found", Location="http://169.254.169.254/latest"), DownloadRefused),
    ],
)
def test_what_is_no_picture_for_us_has_a_name(say: Callable[[], bytes], error: type[Exception]) -> None:
    with pytest.raises(error):
        fetch(say())


@pytest.mark.parametrize(
    "url", ["http://files.example/a.png", "https://127.0.0.1/a.png", "https://files.example:8443/a"]
)
def test_outside_the_sandbox_private_addresses_and_plain_http_are_refused(url: str) -> None:
    guarded = SafeHttp(allow_private=False, resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(AddressForbidden):
        PictureDownloads(guarded).fetch(url)
