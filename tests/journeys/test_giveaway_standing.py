"""A giveaway for followers who boosted a post, on the simulated X and a real Mastodon server at once: refused, then in.

Everything between the post and the entry is real but the feed: needs, jobs, both adapters over HTTP, the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from maskbot.domain.conditions import BoostedPost
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.job import JobKind
from maskbot.flows.act.fetch_facts import FactSources, fetch_facts
from maskbot.ports.outside import SocialGraph
from maskbot.sandbox.mastodon import MastodonServer
from maskbot.sandbox.x_server.control import XControl
from maskbot.wire.crypto.address_text import address_text
from tests.fakes.giveaways import address_of, decide, opened
from tests.fakes.house import BOT_ON_MASTODON, House, build_house
from tests.fakes.market import FakeMarket
from tests.ports.mastodon_parts import ALICE, BOT, running
from tests.ports.mastodon_parts import Platform as MastodonPlatform
from tests.ports.x_accounts import Hosted, hosted
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["hosted", "x", "x_process"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    with MastodonServer(tmp_path_factory.mktemp("mastodon"), accounts=[BOT, ALICE]) as server:
        yield server


@pytest.fixture
def mastodon(server: MastodonServer) -> Iterator[MastodonPlatform]:
    yield from running(server)


@dataclass
class Scene:
    """The house, and the graphs of its two accounts."""

    house: House
    graphs: dict[Platform, SocialGraph]

    def enter(self, author: Profile, number: int) -> str | None:
        """One entry, from the post to the answer; its reason."""
        house = self.house
        post = house.post(author, f"enter {address_text(address_of(number))}")
        house.collect(post)
        decide(house)
        by_account = {account.id: self.graphs[platform] for platform, account in house.accounts.items()}
        sources = FactSources(FakeMarket(), graph_of=by_account.__getitem__, x_budget_musd=1_000)
        for job in house.claim(JobKind.FETCH_FACTS):
            fetch_facts(job, store=house.store, sources=sources, clock=house.clock, notice=house.notice)
        decide(house)
        return house.outcome(post)[0].reason

    def person(self, platform: Platform, handle: str) -> Profile:
        """Somebody as a mention of theirs would name them."""
        found = self.graphs[platform].fetch_profile(handle)
        assert found is not None
        return found.profile if platform is Platform.X else replace(found.profile, instance=BOT_ON_MASTODON.instance)


def test_followers_who_boosted_enter_on_both_platforms(
    tmp_path: Path, x: XControl, hosted: Hosted, mastodon: MastodonPlatform
) -> None:
    scene = Scene(build_house(tmp_path), {Platform.X: hosted.account.graph, Platform.MASTODON: mastodon.graph()})
    on_x, on_mastodon = str(x.say("maskbot", "Repost this")["id"]), mastodon.say(BOT, "Boost this")
    giveaway = opened(
        scene.house,
        follows=True,
        boosted=(
            BoostedPost(Platform.X, "x.com", on_x),
            BoostedPost(Platform.MASTODON, BOT_ON_MASTODON.instance, on_mastodon),
        ),
    )
    bob, alice = scene.person(Platform.X, "bob"), scene.person(Platform.MASTODON, "alice")
    bot_id = mastodon.feed().whoami().user_id

    assert (scene.enter(bob, 1), scene.enter(alice, 2)) == ("entry_not_following",) * 2
    x.follow("bob", user="maskbot")
    mastodon.call("POST", f"/api/v1/accounts/{bot_id}/follow", ALICE)
    scene.house.clock.move(3_600_000 // 4)
    assert (scene.enter(bob, 1), scene.enter(alice, 2)) == ("entry_not_boosted",) * 2
    x.repost("bob", on_x)
    mastodon.call("POST", f"/api/v1/statuses/{on_mastodon}/reblog", ALICE)
    scene.house.clock.move(3_600_000 // 4)
    assert (scene.enter(bob, 1), scene.enter(alice, 2)) == ("entered",) * 2

    with scene.house.store.read() as work:
        assert len(work.entrants.load(giveaway.id)) == 2
        refusals = work.entrants.refusals(giveaway.id)
        spent_musd = work.ledger.spent_today(
            account_id=scene.house.accounts[Platform.X].id, now_ms=scene.house.clock.ms
        )
    assert refusals == {"not_following": 2, "not_boosted": 2}
    assert 30 <= spent_musd <= 50  # three looks at a follow, one or two at a reposter; nothing is charged for Mastodon
