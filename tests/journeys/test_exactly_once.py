"""A lost answer never makes two posts: the delivery flow with the real adapters against real servers (R21, R22, R23).

Mastodon in three tempers (it honours the idempotency key, ignores it, or stores it too late) and X, which knows no key and answers
a second try with its duplicate sentence. Whatever dies or lies, the asker sees one reply and the outbox knows its id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from maskbot.domain.delivery import Delivery
from maskbot.domain.errors import MaskbotError, Refused
from maskbot.domain.job import JobKind
from maskbot.flows.act.deliver_post import DeliveryRules, deliver_post
from maskbot.ports.outside import Publisher
from maskbot.sandbox.fault_proxy import Fault
from maskbot.sandbox.mastodon import MastodonServer
from maskbot.sandbox.process import ChildProcess
from maskbot.sandbox.x_server.control import XControl
from tests.fakes.house import ALICE, BOB, House
from tests.ports.mastodon_parts import ALICE as ALICE_THERE
from tests.ports.mastodon_parts import BOT, Platform, running
from tests.ports.x_accounts import host

RULES = DeliveryRules(looks=3, quiet_ms=2_000, look_gap_ms=1_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    with MastodonServer(tmp_path_factory.mktemp("mastodon"), accounts=[BOT, ALICE_THERE]) as server:
        yield server


@pytest.fixture
def mastodon(server: MastodonServer) -> Iterator[Platform]:
    yield from running(server)


@pytest.fixture(scope="module")
def x_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XControl]:
    child = ChildProcess(
        ["-m", "maskbot.sandbox.x_server", "--port", "0"], log=tmp_path_factory.mktemp("x") / "log", tells_port=True
    )
    control = XControl(f"http://127.0.0.1:{child.port}")
    yield control
    control.close()
    child.end(grace_s=2)


@pytest.fixture
def x(x_process: XControl) -> XControl:
    x_process.reset()
    return x_process


def asked(house: House, post_id: str, *, by: object = ALICE) -> Delivery:
    """The reply to a post that is really there, queued."""
    author = BOB if by is BOB else ALICE
    _, reply = house.ask(author, "help", post_id=post_id, root_id=post_id)
    assert reply is not None
    return reply


def deliver_until_done(house: House, publisher: Publisher) -> Delivery:
    """What the worker does: claims, delivers, waits, until no delivery is left; the delivery at the end."""
    for _ in range(20):
        for job in house.claim(JobKind.DELIVER_POST, lease_ms=1_000):
            try:
                deliver_post(
                    job, store=house.store, publisher_of=lambda _: publisher, clock=house.clock, rules=RULES
                )  # fmt: skip
            except Refused:
                with house.store.write() as work:
                    work.jobs.finish([job])
            except MaskbotError as error:
                with house.store.write() as work:
                    work.jobs.postpone(job, due_at_ms=house.clock.ms + 1_000, error_kind=error.kind)
        house.clock.move(60_001)
    with house.store.read() as work:
        ids = [str(row["id"]) for row in house.admin.deliveries(limit=10)]
        (found,) = work.deliveries.load(ids).values()
    return found


def replies(platform: Platform, parent: str) -> list[str]:
    return [str(status["id"]) for status in platform.statuses(BOT) if status["in_reply_to_id"] == parent]


def posting(**what: Any) -> Fault:
    """A fault of the call that posts."""
    return Fault(method="POST", path="/api/v1/statuses", **what)


TEMPERS = {
    "honours the key": [posting(loses_answer=True)],
    "ignores the key": [
        posting(loses_answer=True, strips=["Idempotency-Key"]),
        posting(count=None, strips=["Idempotency-Key"]),
    ],
    "stores the key too late": [posting(loses_answer=True, strips=["Idempotency-Key"])],
    "answers when we are gone": [posting(cuts_after=30)],
    "refuses once, then loses the answer": [posting(refuses=True), posting(loses_answer=True)],
    "loses the answer and the first two searches": [
        posting(loses_answer=True),
        Fault(method="GET", path=r"/api/v1/accounts/.*", refuses=True, count=2),
    ],
}


@pytest.mark.parametrize("temper", TEMPERS)
def test_mastodon_gets_one_reply_whatever_its_temper(temper: str, house: House, mastodon: Platform) -> None:
    parent = mastodon.say(ALICE_THERE, f"@maskbot help {temper}")
    asked(house, parent)
    for fault in TEMPERS[temper]:
        mastodon.proxy.add(replace(fault))
    done = deliver_until_done(house, mastodon.publisher())
    assert done.state == "sent"
    assert replies(mastodon, parent) == [done.remote_id]


def test_a_worker_that_died_behind_the_call_makes_no_second_reply(house: House, mastodon: Platform) -> None:
    """The crash of R21: the server said 200, nothing was committed."""
    parent = mastodon.say(ALICE_THERE, "@maskbot help, and die")
    asked(house, parent)
    publisher = mastodon.publisher()
    (job,) = house.claim(JobKind.DELIVER_POST, lease_ms=1_000)
    with house.store.write() as work:
        delivery = work.deliveries.load([job.target_id])[job.target_id]
        work.deliveries.move(delivery.id, before="queued", after="sending", now_ms=house.clock.ms)
    publisher.deliver(delivery.draft, idempotency_key=delivery.key)
    house.clock.move(1_001)
    done = deliver_until_done(house, publisher)
    assert done.state == "sent"
    assert replies(mastodon, parent) == [done.remote_id]


@pytest.mark.parametrize("loss", ["the answer", "the answer and every search for two minutes", "nothing but time"])
def test_x_gets_one_reply_and_its_id_is_known(loss: str, house: House, x: XControl) -> None:
    """R23: what happened is found among our own posts; the text is never changed."""
    credentials = x.add_user("maskbot")
    x.add_user("bob")
    bot = host(x, credentials, read_timeout_s=1.0)
    parent = str(x.say("bob", "@maskbot help")["id"])
    reply = asked(house, parent, by=BOB)
    if loss == "nothing but time":
        x.add_fault("hang", method="POST", path="/2/tweets", seconds=2.0, after=True)
    else:
        x.add_fault("drop", method="POST", path="/2/tweets", after=True)
    if loss.endswith("minutes"):
        x.add_fault("html_503", method="GET", path="/2/users/*/tweets", count=3)
    done = deliver_until_done(house, bot.account.publisher)
    assert done.state == "sent"
    (posted,) = x.replies_to(parent)
    assert (str(posted["id"]), reply.draft.text in posted["text"]) == (done.remote_id, True)


def test_the_duplicate_sentence_of_x_after_an_unclear_send_is_evidence_of_success(house: House, x: XControl) -> None:
    """Somebody sent our very bytes already (a worker before us, with its record lost): 403 duplicate, found, recorded."""
    bot = host(x, x.add_user("maskbot"))
    x.add_user("bob")
    parent = str(x.say("bob", "@maskbot help")["id"])
    reply = asked(house, parent, by=BOB)
    first = bot.account.publisher.deliver(reply.draft, idempotency_key="lost")
    done = deliver_until_done(house, bot.account.publisher)
    assert (done.state, done.remote_id) == ("sent", first.post_id)
    assert len(x.replies_to(parent)) == 1


def test_a_server_that_is_down_is_asked_later_and_gets_one_reply(house: House, mastodon: Platform) -> None:
    parent = mastodon.say(ALICE_THERE, "@maskbot help, later")
    asked(house, parent)
    mastodon.proxy.add(posting(answers=b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", count=2))
    done = deliver_until_done(house, mastodon.publisher())
    assert (done.state, replies(mastodon, parent)) == ("sent", [done.remote_id])
