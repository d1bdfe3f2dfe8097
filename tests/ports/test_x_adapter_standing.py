"""How people stand to us on X: follows and reposts, what they cost, and what X does not show."""

from __future__ import annotations

import pytest

from maskbot.adapters.x.client import XClient
from maskbot.adapters.x.standing import MOST_PAGES, Reposters
from maskbot.domain.errors import Unavailable
from maskbot.ports.outside import SocialGraph, Standing
from maskbot.sandbox.x_server.control import XControl
from tests.ports.x_accounts import Hosted, hosted, keys_of
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["hosted", "x", "x_process"]

UNKNOWN_ID = "999999999"


def ids(x: XControl) -> dict[str, str]:
    return {user.username: user.id for user in x.users()}


def reposting(x: XControl, count: int) -> tuple[str, list[str]]:
    """A post of ours, reposted by so many people; their ids in that order."""
    post_id = str(x.say("maskbot", "Please repost")["id"])
    people = [x.add_user(f"fan{number}") for number in range(count)]
    for person in people:
        x.repost(person.username, post_id)
    return post_id, [person.id for person in people]


def test_a_follower_is_seen_and_others_are_none(x: XControl, hosted: Hosted) -> None:
    graph: SocialGraph = hosted.account.graph
    x.follow("bob", user="maskbot")
    x.follow("maskbot", user="alice")
    assert graph.is_followed_by(ids(x)["bob"]) == Standing(is_so=True)
    assert graph.is_followed_by(ids(x)["alice"]) == Standing(is_so=False)


def test_who_x_does_not_show_is_not_known(x: XControl, hosted: Hosted) -> None:
    graph = hosted.account.graph
    x.follow("bob", user="maskbot")
    bob = ids(x)["bob"]
    assert graph.is_followed_by(UNKNOWN_ID).is_so is None
    x.change_user("bob", is_suspended=True)
    assert graph.is_followed_by(bob).is_so is None


@pytest.mark.parametrize("body", ['{"data":{"id":"1","connection_status":["followed_by"]}}', '{"data":[]}', "{}"])
def test_an_answer_about_somebody_else_or_without_the_field_is_not_known(
    x: XControl, hosted: Hosted, body: str
) -> None:
    hosted.session.hooks["response"].clear()  # these answers are not of the description
    x.add_fault("status", path="/2/users/*", status=200, body=body, headers={"content-type": "application/json"})
    assert hosted.account.graph.is_followed_by(ids(x)["bob"]).is_so is None


def reposters(hosted: Hosted, *, page_size: int) -> Reposters:
    return Reposters(XClient(keys_of(hosted.credentials), session=hosted.session), page_size=page_size)


def test_a_reposter_is_found_behind_the_first_page_and_nobody_is_paid_for_twice(x: XControl, hosted: Hosted) -> None:
    found = reposters(hosted, page_size=3)
    post_id, fans = reposting(x, 7)
    assert found.look(post_id, user_id=fans[2]) == Standing(is_so=True, reads=6)
    assert found.look(post_id, user_id=fans[5]) == Standing(is_so=True, reads=0)
    assert found.look(post_id, user_id=ids(x)["bob"]) == Standing(is_so=False, reads=1)
    x.repost("bob", post_id)
    assert found.look(post_id, user_id=ids(x)["bob"]) == Standing(is_so=True, reads=1)


def test_beyond_the_bound_nothing_is_claimed(x: XControl, hosted: Hosted) -> None:
    found = reposters(hosted, page_size=1)
    post_id, fans = reposting(x, MOST_PAGES + 1)
    assert found.look(post_id, user_id=fans[0]) == Standing(is_so=None, reads=MOST_PAGES)
    assert found.look(post_id, user_id=fans[1]).is_so is True


def test_a_post_nobody_reposted_and_one_that_is_gone(x: XControl, hosted: Hosted) -> None:
    graph = hosted.account.graph
    post_id = str(x.say("maskbot", "Please repost")["id"])
    assert graph.has_boosted(post_id, user_id=ids(x)["bob"]) == Standing(is_so=False, reads=0)
    x.delete_post(post_id)
    other = str(x.say("maskbot", "Another")["id"])
    x.delete_post(other)
    assert graph.has_boosted(other, user_id=ids(x)["bob"]).is_so is None


@pytest.mark.parametrize("effect", ["rate_limited", "html_503", "cut_json", "drop"])
def test_a_failing_x_is_unavailable_and_no_answer(x: XControl, hosted: Hosted, effect: str) -> None:
    graph = hosted.account.graph
    hosted.session.hooks["response"].clear()
    bob = ids(x)["bob"]
    x.add_fault(effect, path="/2/users/*", count=9)
    x.add_fault(effect, path="/2/tweets/*", count=9)
    with pytest.raises(Unavailable):
        graph.is_followed_by(bob)
    with pytest.raises(Unavailable):
        graph.has_boosted("77", user_id=bob)
