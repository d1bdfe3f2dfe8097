"""A payload picture on a real server with the Mastodon API: alice uploads it, the bot's persona reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.adapters.picture_source import PictureDownloads
from maskbot.adapters.safe_http import SafeHttp
from maskbot.domain.account import FeedKind
from maskbot.domain.post import Draft, Picture, Post, Visibility
from maskbot.sandbox.mastodon import MastodonServer
from maskbot.wire.picture import PRESET_2023, write_picture
from tests.fakes.house import House
from tests.fakes.key_graph import FakeKeyGraph
from tests.ports.mastodon_parts import ALICE, BOT, Platform, fresh_key, running
from tests.unit.flows.act.sealed_posts import hosted_persona, inbox, open_all, sealed_post


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with MastodonServer(tmp_path / "mastodon", accounts=[BOT, ALICE]) as server:
        yield from running(server)


def show(platform: Platform, picture: bytes, words: str) -> None:
    """Alice posts a picture."""
    draft = Draft(words, Visibility.PUBLIC, pictures=(Picture(picture, "A sealed letter"),))
    platform.publisher(ALICE).deliver(draft, idempotency_key=fresh_key())


def seen(platform: Platform, kind: FeedKind) -> tuple[Post, ...]:
    """What the bot's feed gives."""
    return platform.feed().fetch_page(kind=kind, target="", cursor=None).posts


def test_a_persona_reads_the_picture_that_somebody_posts(platform: Platform, house: House) -> None:
    alice_id = platform.call("GET", "/api/v1/accounts/lookup?acct=alice", BOT)["id"]  # type: ignore[index]  # JSON
    platform.call("POST", f"/api/v1/accounts/{alice_id}/follow", BOT)
    graph, reader = FakeKeyGraph(), hosted_persona(house)
    payload = sealed_post(house, graph, reader=reader.public_key, text="The picture speaks")
    show(platform, write_picture(payload, preset=PRESET_2023, cover=None, random_bytes=house.entropy.take), "a sunset")

    (post,) = seen(platform, FeedKind.HOME)
    assert [(link.width, link.height) for link in post.media] == [PRESET_2023.size]
    assert house.collect(post, kind=FeedKind.HOME) == 1
    open_all(house, graph, PictureDownloads(SafeHttp(allow_private=True)))

    (item,) = inbox(house, reader)
    assert item.author.startswith("alice@")


def test_a_person_has_a_picture_opened_by_mention(platform: Platform, house: House) -> None:
    graph = FakeKeyGraph()
    payload = sealed_post(house, graph, reader=hosted_persona(house).public_key)
    file = write_picture(payload, preset=PRESET_2023, cover=None, random_bytes=house.entropy.take)
    show(platform, file, "@maskbot decrypt")

    (post,) = seen(platform, FeedKind.MENTIONS)
    with house.store.write() as work:
        work.links.link("reader", person=post.author.person)
    house.collect(post)
    house.answer()
    open_all(house, graph, PictureDownloads(SafeHttp(allow_private=True)))
    house.answer()
    _, reply = house.outcome(post)
    assert reply is not None
    assert "gm" in reply.draft.text
    assert reply.draft.visibility is Visibility.DIRECT
