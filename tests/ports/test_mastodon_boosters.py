"""Paging through who boosted a post, on a server that says with a `Link` header that there is more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from maskbot.adapters.mastodon import Connection, MastodonRefused, MastodonTokenRefused, boosters
from maskbot.adapters.mastodon.boosters import look_for_booster
from maskbot.domain.errors import Misconfigured, Unavailable
from maskbot.ports.outside import Standing


class Boosts(ThreadingHTTPServer):
    """Pages of two boosts, the newest first; `status` other than 200 is answered without a body; `body` instead of the page."""

    boosters: tuple[str, ...] = ()
    status = 200
    body: bytes | None = None
    asked: list[dict[str, list[str]]]


class Page(BaseHTTPRequestHandler):
    server: Boosts

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.server.asked.append(query)
        start = int(query.get("max_id", ["0"])[0])
        page = [{"id": user_id} for user_id in self.server.boosters[start : start + 2]]
        body = json.dumps(page).encode() if self.server.body is None else self.server.body
        self.send_response(self.server.status)
        if start + 2 < len(self.server.boosters):
            self.send_header("Link", f'<https://elsewhere.example/api?max_id={start + 2}>; rel="next"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Boosts]:
    with Boosts(("127.0.0.1", 0), Page) as made:
        made.asked = []
        Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
        yield made
        made.shutdown()


def look(server: Boosts, user_id: str) -> Standing:
    connection = Connection(f"http://127.0.0.1:{server.server_address[1]}", "token", timeout_s=5)
    return look_for_booster(connection, "112", user_id=user_id)


def test_pages_are_followed_on_the_same_server_until_the_person_is_found(server: Boosts) -> None:
    server.boosters = ("9", "8", "7", "6", "5")
    assert look(server, "6") == Standing(is_so=True)
    assert server.asked == [{"limit": ["80"]}, {"limit": ["80"], "max_id": ["2"]}]
    assert look(server, "5") == Standing(is_so=True)
    assert look(server, "1") == Standing(is_so=False)


def test_beyond_the_bound_nothing_is_claimed(server: Boosts) -> None:
    server.boosters = tuple(str(1000 + number) for number in range(2 * boosters.MOST_PAGES + 1))
    assert look(server, server.boosters[-1]).is_so is None
    assert len(server.asked) == boosters.MOST_PAGES


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, MastodonTokenRefused), (404, MastodonRefused), (429, Unavailable), (503, Unavailable),
        (301, Misconfigured), (302, Unavailable), (204, Unavailable),
    ],
)  # fmt: skip
def test_a_server_that_says_no_has_named_no_booster(server: Boosts, status: int, error: type[Exception]) -> None:
    server.status = status
    with pytest.raises(error):
        look(server, "1")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'["1"]', b'[{"id": null}]', b"[" * 100_000])
def test_an_answer_that_is_no_list_of_accounts_is_no_answer(server: Boosts, body: bytes) -> None:
    server.body = body
    with pytest.raises(Unavailable):
        look(server, "1")


def test_an_id_cannot_change_the_route(server: Boosts) -> None:
    connection = Connection(f"http://127.0.0.1:{server.server_address[1]}", "token")
    with pytest.raises(MastodonRefused):
        look_for_booster(connection, "../../accounts/1", user_id="1")
    assert server.asked == []
