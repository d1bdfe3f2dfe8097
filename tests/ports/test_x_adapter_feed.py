"""Reading X: mentions, home, profiles, lists, cursors, people; in both generations of names."""

from __future__ import annotations

import pytest

from maskbot.adapters.x.cursor import Cursor
from maskbot.adapters.x.names import FieldNames
from maskbot.domain.account import FeedKind
from maskbot.domain.errors import Misconfigured, Refused
from maskbot.domain.identity import Platform
from maskbot.ports.outside import MentionFeed, Page, SocialGraph
from maskbot.sandbox.x_server.control import XControl
from tests.ports.x_accounts import Hosted, host, hosted
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["hosted", "x", "x_process"]

LINK = "https://mask.io/?PostData_v1=%204/4.a/b+c==.x%40"


def mentions(of: Hosted, cursor: str | None = None) -> Page:
    feed: MentionFeed = of.account.feed
    return feed.fetch_page(kind=FeedKind.MENTIONS, target="", cursor=cursor)


def test_the_account_knows_itself_and_asks_once(hosted: Hosted) -> None:
    first, second = hosted.account.feed.whoami(), hosted.account.feed.whoami()
    assert (first.platform, first.handle, first.user_id) == (Platform.X, "maskbot", hosted.credentials.id)
    assert first == second
    assert hosted.recorder.seen == ["GET /2/users/me"]


@pytest.mark.parametrize("names", list(FieldNames))
def test_a_mention_is_read_in_either_generation(x: XControl, names: FieldNames) -> None:
    credentials = x.add_user("maskbot")
    x.add_user("bob", is_premium=True)
    x.switch(field_names=names.value)
    bot = host(x, credentials, names=names)
    asked = x.say("bob", f"@maskbot decrypt {LINK}")
    long = x.say("bob", "@maskbot " + "word " * 80 + LINK)
    post, note = mentions(bot).posts
    assert (post.post_id, post.author.handle, post.text) == (asked["id"], "bob", f"decrypt {LINK}")
    assert post.links == note.links == (LINK,)
    assert post.is_addressed
    assert note.post_id == note.root_id == long["id"]
    assert note.text.count("word") == 80


def test_pages_come_oldest_first_and_leave_a_cursor(x: XControl, hosted: Hosted) -> None:
    first = x.say("bob", "@maskbot one")["id"]
    page = mentions(hosted)
    ids = [x.say("bob", f"@maskbot number {number}")["id"] for number in range(3)]
    later = mentions(hosted, page.cursor)
    assert ([post.post_id for post in page.posts], page.cursor) == ([first], first)
    assert ([post.post_id for post in later.posts], later.cursor) == (ids, ids[-1])
    assert mentions(hosted, later.cursor) == Page((), None)


def test_all_pages_above_the_cursor_are_read(x: XControl, hosted: Hosted) -> None:
    start = x.say("bob", "@maskbot start")["id"]
    ids = [x.say("bob", f"@maskbot number {number}")["id"] for number in range(230)]
    page = mentions(hosted, start)
    assert [post.post_id for post in page.posts] == ids
    assert page.cursor == ids[-1]
    assert hosted.recorder.seen.count("GET /2/users/{id}/mentions") == 3


def test_the_cursor_does_not_need_newest_id(x: XControl, hosted: Hosted) -> None:
    x.switch(meta_newest_id=False)
    newest = [x.say("bob", f"@maskbot {word}")["id"] for word in ("one", "two")][-1]
    assert mentions(hosted).cursor == newest


def test_a_reading_that_breaks_off_goes_on_where_it_was(x: XControl, hosted: Hosted) -> None:
    start = x.say("bob", "@maskbot start")["id"]
    ids = [x.say("bob", f"@maskbot number {number}")["id"] for number in range(250)]
    x.add_fault("html_503", path="/2/users/*/mentions", skip=1)
    newer = mentions(hosted, start)
    assert [post.post_id for post in newer.posts] == ids[150:]
    late = x.say("bob", "@maskbot late")["id"]
    older = mentions(hosted, newer.cursor)
    assert [post.post_id for post in older.posts] == ids[:150]
    assert older.cursor == ids[-1]
    assert [post.post_id for post in mentions(hosted, older.cursor).posts] == [late]


def test_a_stale_page_token_begins_the_reading_again(x: XControl, hosted: Hosted) -> None:
    start = x.say("bob", "@maskbot start")["id"]
    wanted = x.say("bob", "@maskbot wanted")["id"]
    page = mentions(hosted, f"{start}~{wanted}~no-longer-valid!")
    assert [post.post_id for post in page.posts] == [wanted]
    assert page.cursor == wanted


@pytest.mark.parametrize("text", ["", "abc", "-1", "1~x~y", "٣", "9" * 30])
def test_a_foreign_cursor_starts_anew(text: str) -> None:
    assert Cursor.parse(text) == Cursor(0)


def test_people_are_asked_for_once(x: XControl, hosted: Hosted) -> None:
    cursor = None
    for number in range(3):
        x.say("bob", f"@maskbot number {number}")
        page = mentions(hosted, cursor)
        cursor = page.cursor
        assert page.posts[0].author.handle == "bob"
    assert hosted.recorder.seen.count("GET /2/users") == 1
    assert x.ledger()["counts"]["user_read"] == 2


def test_manners_can_be_told_from_what_is_read(x: XControl, hosted: Hosted) -> None:
    x.change_user("alice", description="humans only #nobot")
    question = x.say("bob", "@maskbot price btc")
    x.repost("alice", question["id"])
    x.say("alice", "carried only", reply_to=question["id"])
    x.say("maskbot", "talking of @maskbot")
    asked, repost, carried, own = mentions(hosted).posts
    assert (asked.is_addressed, repost.is_addressed, carried.is_addressed) == (True, False, False)
    assert repost.is_repost
    assert repost.author_refuses_bots
    assert own.is_own
    assert carried.in_reply_to_id == question["id"]
    assert carried.conversation_id == question["id"]


def test_a_quoted_post_comes_along(x: XControl, hosted: Hosted) -> None:
    secret = x.say("alice", f"read this {LINK}")
    x.say("bob", "@maskbot decrypt", quote_of=secret["id"])
    post = mentions(hosted).posts[0]
    assert post.quoted is not None
    assert post.quoted.links == (LINK,)


def test_an_edit_keeps_its_root(x: XControl, hosted: Hosted) -> None:
    first = x.say("bob", "@maskbot price btc")
    second = x.say("bob", "@maskbot price eth", edit_of=first["id"])
    post = mentions(hosted).posts[0]
    assert (post.post_id, post.root_id) == (second["id"], first["id"])


def test_home_profile_and_list_are_feeds_too(x: XControl, hosted: Hosted) -> None:
    x.follow("maskbot", user="alice")
    alice = hosted.account.graph.fetch_profile("alice")
    assert alice is not None
    listed = x.add_list("maskbot", members=["alice"])
    old = x.say("alice", "old")["id"]
    x.say("bob", "a stranger")
    new = x.say("alice", f"new {LINK}")["id"]
    for kind, target in ((FeedKind.HOME, ""), (FeedKind.PROFILE, alice.profile.user_id), (FeedKind.LIST, listed)):
        page = hosted.account.feed.fetch_page(kind=kind, target=target, cursor=old)
        assert [(post.post_id, post.links) for post in page.posts] == [(new, (LINK,))]
        assert page.cursor == new


def test_one_post_is_read_by_one_call_or_is_not_there(x: XControl, hosted: Hosted) -> None:
    post_id = x.say("bob", "here")["id"]
    hosted.account.feed.whoami()
    before = len(hosted.recorder.seen)
    found = hosted.account.feed.fetch_public(post_id)
    assert found is not None
    assert found.text == "here"
    assert len(hosted.recorder.seen) - before == 1
    x.delete_post(post_id)
    assert hosted.account.feed.fetch_public(post_id) is None
    assert hosted.account.feed.fetch_public("../users/me") is None


def test_a_profile_says_what_is_in_the_bio(x: XControl, hosted: Hosted) -> None:
    x.change_user("bob", description="keys & <more> at https://example.org/key")
    graph: SocialGraph = hosted.account.graph
    bob = graph.fetch_profile("bob")
    assert bob is not None
    assert (bob.profile.handle, bob.bio) == ("bob", "keys & <more> at https://example.org/key")
    assert graph.fetch_profile("nobody") is None
    assert graph.fetch_profile("not a handle!") is None


def test_a_part_of_an_answer_that_is_missing_does_not_hide_the_rest(x: XControl, hosted: Hosted) -> None:
    asked = x.say("bob", "@maskbot help")["id"]
    x.add_fault("partial", path="/2/users/*/mentions")
    assert [post.post_id for post in mentions(hosted).posts] == [asked]


def test_every_call_tells_its_budget(hosted: Hosted) -> None:
    mentions(hosted)
    told = {budget.call: (budget.limit, budget.remaining) for budget in hosted.budgets}
    assert told == {"GET /2/users/me": (75, 74), "GET /2/users/:id/mentions": (300, 299)}


def test_an_oauth2_token_reads_as_well(x: XControl, hosted: Hosted) -> None:
    from maskbot.adapters.x import XKeys, connect

    account = connect(XKeys(oauth2_token=hosted.credentials.oauth2_token), base_url=x.base_url)
    assert account.feed.whoami().handle == "maskbot"


def test_a_list_nobody_can_name_is_refused(hosted: Hosted) -> None:
    with pytest.raises(Refused):
        hosted.account.feed.fetch_page(kind=FeedKind.LIST, target="1/../2", cursor=None)


def test_a_revoked_token_stops_the_account(x: XControl, hosted: Hosted) -> None:
    x.change_user("maskbot", is_revoked=True)
    with pytest.raises(Misconfigured):
        hosted.account.feed.whoami()
