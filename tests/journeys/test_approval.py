"""A treasurer approves by mention: real posts, real adapters, a payment on a real chain, impostors beside (E2, E3, R19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.domain.account import FeedKind
from maskbot.domain.approval import account_approver, approval_code
from maskbot.domain.identity import Platform
from maskbot.domain.money import Address, Chain
from maskbot.domain.transaction import Intent
from maskbot.flows.act.collect_posts import record_posts
from maskbot.ports.outside import MentionFeed
from maskbot.sandbox.chain import Anvil
from maskbot.sandbox.mastodon import MastodonServer
from maskbot.sandbox.process import ChildProcess
from maskbot.sandbox.x_server.control import XControl
from tests.chaos.payment_faults import fund, nonce_of, received
from tests.fakes.giveaways import decide
from tests.fakes.house import House
from tests.fakes.till import ONE, POLICY, Till
from tests.ports.mastodon_parts import ALICE, BOT, running
from tests.ports.mastodon_parts import BOB as STRANGER
from tests.ports.x_accounts import host

CHAIN = Chain(31337, "anvil", "ETH", final_depth=2, has_finalized=False)
PAID = Address(b"\x0e" * 20)


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil"), accounts=1) as started:
        yield started


@pytest.fixture
def till(house: House, anvil: Anvil) -> Iterator[Till]:
    node = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
    made = Till(folder=house.store.engines.path.parent, database="house.db", node=node, clock=house.clock)  # type: ignore[union-attr]  # a file
    made.open()
    wallet = made.set_up()
    fund(anvil, wallet.address, nonce_of(anvil, wallet.address))
    with made.store.write() as work:
        work.treasury.wallets.move(wallet.id, after="quarantined", reason="", now_ms=1)
        work.treasury.wallets.move(
            wallet.id, after="active", reason="", now_ms=1, next_nonce=nonce_of(anvil, wallet.address)
        )
    yield made
    made.close()
    node.close()


def waiting(till: Till, house: House, *, approver: str) -> tuple[Intent, str]:
    """A payment that waits for this approver, and the words that approve it."""
    with till.store.write() as work:
        work.treasury.rules.set_policy("w1", replace(POLICY, approvers=(approver,)), now_ms=house.clock.ms)
    intent = till.plan("rent", to=PAID, value_wei=60 * ONE)
    till.work()
    assert till.intent(intent.id).state == "planned"
    return intent, f"approve {intent.id[:8]} {approval_code(intent.id, call_digest=intent.call_digest)}"


def hear(house: House, platform: Platform, feed: MentionFeed) -> None:
    """What a watcher and a worker do with everything that was written to us."""
    page = feed.fetch_page(kind=FeedKind.MENTIONS, target="", cursor=None)
    record_posts(
        page.posts,
        feed=house.feed(platform),
        account=house.accounts[platform],
        cursor=page.cursor or "",
        via="poll",
        store=house.store,
        clock=house.clock,
        notice=house.notice,
    )
    decide(house)


def settle(till: Till, house: House, anvil: Anvil, intent: Intent) -> None:
    """The payment that was approved is made on the chain, once."""
    before = received(anvil, PAID)
    for _ in range(4):
        house.clock.move(1_000)
        till.work()
        anvil.mine()
    house.clock.move(1_000)
    till.work()
    assert (till.intent(intent.id).state, received(anvil, PAID) - before) == ("final", 60 * ONE)


def test_on_x_only_the_listed_users_own_words_approve(
    house: House, till: Till, anvil: Anvil, tmp_path_factory: pytest.TempPathFactory
) -> None:
    child = ChildProcess(
        ["-m", "maskbot.sandbox.x_server", "--port", "0"], log=tmp_path_factory.mktemp("x") / "log", tells_port=True
    )
    x = XControl(f"http://127.0.0.1:{child.port}")
    try:
        bot, bob = host(x, x.add_user("maskbot")), x.add_user("bob")
        x.add_user("b0b", name="bob")
        intent, words = waiting(till, house, approver=f"x:{bob.id}")
        forged = x.say("b0b", f"@maskbot {words}")
        x.repost("bob", str(forged["id"]))
        x.say("bob", "@maskbot what does this mean?", quote_of=str(forged["id"]))
        x.say("bob", f"somebody wrote: {words}")
        hear(house, Platform.X, bot.account.feed)
        assert till.intent(intent.id).state == "planned"
        x.say("bob", f"@maskbot {words}")
        hear(house, Platform.X, bot.account.feed)
        assert till.intent(intent.id).state == "approved"
        settle(till, house, anvil, intent)
    finally:
        x.close()
        child.end(grace_s=2)


def test_on_mastodon_only_the_listed_actors_own_words_approve(
    house: House, till: Till, anvil: Anvil, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mastodon")
    with MastodonServer(folder, accounts=[BOT, ALICE, STRANGER]) as server:
        for mastodon in running(server):
            found = mastodon.graph().fetch_profile("alice")
            assert found is not None
            approver = account_approver(found.profile.person)
            assert approver.startswith("mastodon:http")
            intent, words = waiting(till, house, approver=approver)
            mastodon.say(STRANGER, f"@maskbot {words}")
            hear(house, Platform.MASTODON, mastodon.feed())
            assert till.intent(intent.id).state == "planned"
            mastodon.say(ALICE, f"@maskbot {words}")
            hear(house, Platform.MASTODON, mastodon.feed())
            assert till.intent(intent.id).state == "approved"
            settle(till, house, anvil, intent)
