"""Writing to X: posts, replies, pictures, the search after an unclear outcome, deletion."""

from __future__ import annotations

import time

import pytest

from maskbot.adapters.x.errors import XDuplicateText, XOutcomeUnknown, XPostUnfit
from maskbot.adapters.x.publisher import is_made_from
from maskbot.domain.errors import Refused, Unavailable, Unconfirmed
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import Draft, Picture, Post, Visibility
from maskbot.ports.outside import PictureRefused, Published, Publisher
from maskbot.sandbox.x_server.control import XControl
from tests.ports.x_accounts import Hosted, hosted
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["hosted", "x", "x_process"]

LINK = "https://mask.io/?PostData_v1=%204/4.a/b+c==.x%40"
PNG = b"\x89PNG\r\n\x1a\n" + b"card" * 1000


def draft(text: str, *, parent: str | None = None, pictures: tuple[Picture, ...] = ()) -> Draft:
    return Draft(text, Visibility.PUBLIC, in_reply_to_id=parent, pictures=pictures)


def deliver(of: Hosted, what: Draft) -> Published:
    publisher: Publisher = of.account.publisher
    return publisher.deliver(what, idempotency_key="0" * 32)


def find(of: Hosted, what: Draft) -> Published | None:
    return of.account.publisher.find(what, since_ms=0)


def test_an_answer_goes_under_the_question(x: XControl, hosted: Hosted) -> None:
    asked = x.say("bob", "@maskbot price btc")["id"]
    published = deliver(hosted, draft("BTC < 1 & rising 🎼", parent=asked))
    (reply,) = x.replies_to(asked)
    assert (reply["id"], reply["body"]) == (published.post_id, "BTC < 1 & rising 🎼")
    assert published.url == f"https://x.com/maskbot/status/{published.post_id}"


def test_a_picture_goes_with_its_alt_text(x: XControl, hosted: Hosted) -> None:
    asked = x.say("bob", "@maskbot price btc")["id"]
    picture = Picture(PNG, "A card. " * 150)
    published = deliver(hosted, draft("here", parent=asked, pictures=(picture, Picture(PNG, "second"))))
    first, second = x.post(published.post_id)["media"]
    assert x.media(first["id"]) == PNG
    assert first["alt_text"].startswith("A card.")
    assert len(first["alt_text"]) <= 1000
    assert second["alt_text"] == "second"


def test_a_large_picture_goes_in_segments(x: XControl, hosted: Hosted) -> None:
    png = PNG + bytes(2 * 1024 * 1024)
    published = deliver(hosted, draft("big", pictures=(Picture(png, "big"),)))
    assert x.media(x.post(published.post_id)["media"][0]["id"]) == png
    assert hosted.recorder.seen.count("POST /2/media/upload/{id}/append") == 3


def test_processing_is_awaited(x: XControl, hosted: Hosted) -> None:
    x.switch(media_processing="succeeds", media_polls=3)
    deliver(hosted, draft("slow", pictures=(Picture(PNG, "slow"),)))
    assert hosted.recorder.seen.count("GET /2/media/upload") == 3


def test_a_picture_that_cannot_be_processed_is_refused(x: XControl, hosted: Hosted) -> None:
    x.switch(media_processing="fails")
    with pytest.raises(PictureRefused):
        deliver(hosted, draft("broken", pictures=(Picture(PNG, "broken"),)))
    assert x.posts(author="maskbot") == []


@pytest.mark.parametrize(
    ("unfit", "error"),
    [
        (draft("x" * 281), XPostUnfit),
        (draft("many", pictures=(Picture(PNG, "one"),) * 5), PictureRefused),
        (draft("heavy", pictures=(Picture(bytes(5 * 1024 * 1024 + 1), "heavy"),)), PictureRefused),
    ],
)
def test_what_cannot_fit_is_refused_before_it_costs(
    x: XControl, hosted: Hosted, unfit: Draft, error: type[Refused]
) -> None:
    with pytest.raises(error):
        deliver(hosted, unfit)
    assert "post" not in x.ledger()["counts"]


@pytest.mark.parametrize("effect", ["drop", "html_503", "empty_503", "cut_json"])
@pytest.mark.parametrize("is_stored", [True, False])
def test_an_unclear_outcome_is_unconfirmed_and_can_be_looked_up(
    x: XControl, hosted: Hosted, effect: str, is_stored: bool
) -> None:
    asked = x.say("bob", "@maskbot price btc")["id"]
    answer = draft(f"BTC & <more> {LINK}", parent=asked)
    x.add_fault(effect, method="POST", path="/2/tweets", after=is_stored)
    with pytest.raises(XOutcomeUnknown):
        deliver(hosted, answer)
    found = find(hosted, answer)
    stored = [post["id"] for post in x.replies_to(asked)]
    assert stored == ([found.post_id] if found is not None else [])
    assert (found is not None) == is_stored


def test_a_duplicate_is_probably_ours(x: XControl, hosted: Hosted) -> None:
    asked = x.say("bob", "@maskbot help")["id"]
    answer = draft("the same words", parent=asked)
    published = deliver(hosted, answer)
    with pytest.raises(XDuplicateText) as unclear:
        deliver(hosted, answer)
    assert isinstance(unclear.value, Unconfirmed)
    assert find(hosted, answer) == published


def test_a_duplicate_of_another_answer_is_not_found(x: XControl, hosted: Hosted) -> None:
    deliver(hosted, draft("the same words"))
    answer = draft("the same words", parent=x.say("bob", "@maskbot help")["id"])
    with pytest.raises(XDuplicateText):
        deliver(hosted, answer)
    assert find(hosted, answer) is None


def test_the_search_tells_like_posts_apart(x: XControl, hosted: Hosted) -> None:
    first, second = (draft(f"Encrypted: {LINK}".replace("b+c", part)) for part in ("b+c", "d+e"))
    published = deliver(hosted, first)
    assert find(hosted, second) is None
    assert find(hosted, first) == published


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "see mask.io.",
        "see mask.io now",
        f"{LINK}",
        "line\n\nbreak",
        "@bob hi",
        "<&> &amp;",
        "é e\u0301 🎼",
        "a  b ",
    ],
)
@pytest.mark.parametrize("is_reply", [True, False])
def test_every_text_is_found_again(x: XControl, hosted: Hosted, text: str, is_reply: bool) -> None:
    parent = x.say("bob", "@maskbot help @alice")["id"] if is_reply else None
    answer = draft(text, parent=parent, pictures=(Picture(PNG, "card"),))
    assert find(hosted, answer) is None
    published = deliver(hosted, answer)
    assert find(hosted, answer) == published


@pytest.mark.parametrize("unit", ["a", "a.", "-.", "@a ", "https://", "1.a-"])
def test_the_comparison_takes_linear_time(unit: str) -> None:
    own = Profile(platform=Platform.X, instance="x.com", user_id="1", handle="maskbot")
    text = unit * (60_000 // len(unit))
    post = Post(Platform.X, "2", "2", own, text, (), Visibility.PUBLIC, "", 0)
    started_s = time.process_time()
    is_made_from(post, draft(text[:-1] + "z"))
    assert time.process_time() - started_s < 1.0


def test_the_search_reads_no_further_back_than_asked(x: XControl, hosted: Hosted) -> None:
    answer = draft("long ago")
    deliver(hosted, answer)
    assert hosted.account.publisher.find(answer, since_ms=4_000_000_000_000) is None


@pytest.mark.parametrize("case", ["not summoned", "parent deleted", "two cashtags", "blocked"])
def test_what_the_rules_forbid_is_refused(x: XControl, hosted: Hosted, case: str) -> None:
    asked = x.say("bob", "no mention" if case == "not summoned" else "@maskbot help")["id"]
    if case == "parent deleted":
        x.delete_post(asked)
    if case == "blocked":
        x.block("bob", user="maskbot")
    with pytest.raises(Refused):
        deliver(hosted, draft("$BTC and $ETH" if case == "two cashtags" else "hello", parent=asked))


def test_a_picture_that_could_not_be_uploaded_can_be_tried_again(x: XControl, hosted: Hosted) -> None:
    x.add_fault("drop", method="POST", path="/2/media/upload/*/append", after=True)
    with pytest.raises(Unavailable):
        deliver(hosted, draft("card", pictures=(Picture(PNG, "card"),)))
    deliver(hosted, draft("card", pictures=(Picture(PNG, "card"),)))
    assert len(x.posts(author="maskbot")) == 1


def test_deleting_twice_succeeds(x: XControl, hosted: Hosted) -> None:
    published = deliver(hosted, draft("soon gone"))
    hosted.account.publisher.delete(published.post_id)
    hosted.account.publisher.delete(published.post_id)
    assert x.post(published.post_id)["is_deleted"]


def test_the_limit_is_280_weights_of_x(hosted: Hosted) -> None:
    limits = hosted.account.publisher.limits()
    assert (limits.max_length, limits.url_weight, limits.counts.value) == (280, 23, "x")
