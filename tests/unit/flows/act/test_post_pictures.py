"""Payloads in the pictures of collected posts: which are fetched, how often, and what becomes of what they carry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.domain.account import FeedKind
from maskbot.domain.errors import Unavailable
from maskbot.domain.identity import Platform
from maskbot.domain.job import JobKind
from maskbot.domain.post import MediaLink, Post
from maskbot.flows.act.fetch_picture import fetch_picture
from maskbot.wire.payload import Author, TextMessage, draw_secrets, encode_link, seal
from maskbot.wire.picture import PRESET_2022, PRESET_2023, Preset, write_picture
from tests.fakes.house import ALICE, House
from tests.fakes.key_graph import FakeKeyGraph
from tests.fakes.pictures import FakePictures
from tests.unit.flows.act.sealed_posts import hosted_persona, inbox, open_all, sealed_post

URL = "https://files.example/a.png"
SIZED = MediaLink(URL, "image/png", *PRESET_2023.size)
UNSIZED = MediaLink(URL, "image/png")


def die() -> None:
    raise Crash


class Crash(BaseException):
    """The worker dies here."""


def picture_of(payload: str | bytes, *, preset: Preset = PRESET_2023) -> bytes:
    return write_picture(payload, preset=preset, cover=None, random_bytes=lambda size: bytes(size))


def watched(house: House, *media: MediaLink, text: str = "look at this") -> Post:
    return house.post(ALICE, text, media=media, is_addressed=False)


@pytest.fixture
def graph() -> FakeKeyGraph:
    return FakeKeyGraph()


def test_a_persona_reads_the_picture_of_a_watched_post(house: House, graph: FakeKeyGraph) -> None:
    reader = hosted_persona(house)
    pictures = FakePictures()
    pictures.files[URL] = picture_of(sealed_post(house, graph, reader=reader.public_key))
    assert house.collect(watched(house, SIZED), kind=FeedKind.HOME) == 1
    open_all(house, graph, pictures)
    (item,) = inbox(house, reader)
    assert item.post_iv is not None
    assert pictures.fetched == [URL]


def test_keys_that_come_late_cost_no_second_download(house: House, graph: FakeKeyGraph) -> None:
    reader = hosted_persona(house)
    elsewhere = FakeKeyGraph()
    pictures = FakePictures()
    pictures.files[URL] = picture_of(sealed_post(house, elsewhere, reader=reader.public_key))
    house.collect(watched(house, SIZED), kind=FeedKind.HOME)
    open_all(house, graph, pictures)
    assert inbox(house, reader) == []
    graph.held = elsewhere.held
    house.clock.move(60_000)
    open_all(house, graph, pictures)
    assert len(inbox(house, reader)) == 1
    assert pictures.fetched == [URL]


def test_a_public_2022_picture_answers_the_person_who_asks(house: House, graph: FakeKeyGraph) -> None:
    drawn = draw_secrets(house.entropy.take, recipients=0)
    sealed = seal(
        TextMessage("gm all"), version=-38, author=Author("person:twitter.com/bob"), audience=None, secrets=drawn
    )
    pictures = FakePictures()
    pictures.files[URL] = picture_of(encode_link(sealed.payload), preset=PRESET_2022)
    mention, _ = house.ask(ALICE, "decrypt", media=(UNSIZED,))
    open_all(house, graph, pictures)
    house.answer()
    _, reply = house.outcome(mention.post)
    assert reply is not None
    assert "gm all" in reply.draft.text


def test_a_mention_that_only_shows_a_picture_is_not_opened(house: House) -> None:
    house.ask(ALICE, "hello", media=(SIZED,))
    assert house.claim(JobKind.OPEN_POST) == []


@pytest.mark.parametrize(
    "link",
    [
        UNSIZED,
        replace(SIZED, width=1200, height=675),
        replace(SIZED, content_type="image/webp"),
        replace(SIZED, content_type="video/mp4"),
    ],
)
def test_watched_posts_with_other_attachments_leave_no_trace(house: House, link: MediaLink) -> None:
    hosted_persona(house)
    assert house.collect(watched(house, link), kind=FeedKind.HOME) == 0


def test_pictures_of_a_feed_that_nobody_watches_are_not_kept(house: House) -> None:
    hosted_persona(house, watches=Platform.X)
    assert house.collect(watched(house, SIZED), kind=FeedKind.HOME) == 0


def test_the_second_picture_is_fetched_when_the_first_carries_nothing(house: House, graph: FakeKeyGraph) -> None:
    reader = hosted_persona(house)
    pictures = FakePictures()
    pictures.files["https://files.example/plain.png"] = b"\x89PNG no picture"
    pictures.files[URL] = picture_of(sealed_post(house, graph, reader=reader.public_key))
    first = replace(SIZED, url="https://files.example/plain.png")
    house.collect(watched(house, first, SIZED), kind=FeedKind.HOME)
    open_all(house, graph, pictures)
    assert len(inbox(house, reader)) == 1
    assert pictures.fetched == [first.url, URL]


def test_at_most_four_pictures_of_a_post_are_fetched_each_once(house: House, graph: FakeKeyGraph) -> None:
    hosted_persona(house)
    pictures = FakePictures()
    links = [replace(SIZED, url=f"https://files.example/{n}.png") for n in (1, 1, 2, 3, 4, 5, 6)]
    house.collect(watched(house, *links), kind=FeedKind.HOME)
    open_all(house, graph, pictures)
    assert pictures.fetched == [f"https://files.example/{n}.png" for n in (1, 2, 3, 4)]


def test_a_server_that_stays_away_is_given_up_after_three_tries(house: House, graph: FakeKeyGraph) -> None:
    hosted_persona(house)
    pictures = FakePictures()
    pictures.failures = [Unavailable("away") for _ in range(9)]
    house.collect(watched(house, SIZED), kind=FeedKind.HOME)
    for _ in range(3):
        try:
            open_all(house, graph, pictures)
        except Unavailable:
            house.clock.move(60_001)  # the lease of the failed job lapses
    assert len(pictures.fetched) == 3
    assert open_all(house, graph, pictures) == 0


def test_a_crash_between_download_and_record_repeats_the_download_only(house: House, graph: FakeKeyGraph) -> None:
    reader = hosted_persona(house)
    pictures = FakePictures()
    pictures.files[URL] = picture_of(sealed_post(house, graph, reader=reader.public_key))
    house.collect(watched(house, SIZED), kind=FeedKind.HOME)
    pictures.on_fetch = die
    with pytest.raises(Crash):
        open_all(house, graph, pictures)
    pictures.on_fetch = lambda: None
    house.clock.move(60_001)  # the lease of the dead worker lapses
    open_all(house, graph, pictures)
    assert len(inbox(house, reader)) == 1
    assert pictures.fetched == [URL, URL]


def test_fetching_for_a_post_that_was_deleted_meanwhile_ends_the_job(house: House) -> None:
    hosted_persona(house)
    post = watched(house, SIZED)
    house.collect(post, kind=FeedKind.HOME)
    (opening,) = house.claim(JobKind.OPEN_POST)
    pictures = FakePictures()
    fetching = replace(opening, kind=JobKind.FETCH_PICTURE)
    with house.store.write() as work:
        work.mentions.forget(account_id=house.accounts[Platform.MASTODON].id, root_id=post.root_id)
    fetch_picture(fetching, store=house.store, pictures=pictures, clock=house.clock, notice=house.notice)
    assert pictures.fetched == []


def test_the_second_post_with_the_same_iv_is_flagged(house: House, graph: FakeKeyGraph) -> None:
    reader = hosted_persona(house)
    for text in ("first", "second"):
        payload = sealed_post(house, graph, reader=reader.public_key, text=text, post_iv=bytes(range(16)))
        house.collect(watched(house, text=encode_link(payload)), kind=FeedKind.HOME)
        open_all(house, graph, FakePictures())
        house.clock.move(1_000)
    assert [("iv_reused" in item.flags) for item in inbox(house, reader)] == [True, False]


def test_one_payload_in_two_posts_is_no_reuse(house: House, graph: FakeKeyGraph) -> None:
    reader = hosted_persona(house)
    payload = sealed_post(house, graph, reader=reader.public_key)
    for _ in range(2):
        house.collect(watched(house, text=encode_link(payload)), kind=FeedKind.HOME)
        open_all(house, graph, FakePictures())
    assert [item.flags for item in inbox(house, reader)] == [(), ()]
