"""Entries by mention against the closing of their giveaway, where transactions overlap: PostgreSQL (reliability.md C.5, R35)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.adapters.store.work import SqlStore
from maskbot.applets.giveaway import GiveawayApplet
from maskbot.applets.help import Help
from maskbot.domain.giveaway import Giveaway
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.policy import PolicyBook
from maskbot.domain.request import Answer, Facts, Request
from maskbot.flows.decide.answer_mentions import answer_mentions
from maskbot.flows.decide.giveaway import close_giveaway
from tests.fakes.inside import FakeClock, FakeNotice, FakeVault
from tests.ports.store.stage import NOW, Stage, post_of
from tests.ports.store.test_giveaways import giveaway as giveaway
from tests.ports.store.test_giveaways import opened


class ClosedMeanwhile(GiveawayApplet):
    """Another worker closes the giveaway after its state was read first, and before the entry is recorded."""

    def __init__(self, giveaway: Giveaway, store: SqlStore) -> None:
        self.still_open, self.store = [giveaway], store

    def decide(self, request: Request, facts: Facts) -> Answer:
        """What the applet says of what was read before."""
        while self.still_open:
            giveaway = self.still_open.pop()
            close_giveaway(giveaway.id, store=self.store, now_ms=giveaway.rules.closes_at_ms)
        return super().decide(request, facts)


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_an_entry_that_is_decided_just_as_its_giveaway_closes_is_answered_as_too_late(
    stage: Stage, giveaway: Giveaway
) -> None:
    rules = replace(giveaway.rules, holding=None, opens_at_ms=NOW - 100)
    open_now = opened(stage.store, replace(giveaway, rules=rules, account_ids=(stage.a,)))
    clock = FakeClock(NOW)
    mention_id = stage.record("1", post=post_of("1", text=f"@bot-a enter 0x{'1f' * 20}"))
    with stage.store.write() as work:
        work.jobs.add([NewJob(JobKind.ANSWER_MENTION, mention_id, stage.tenant, NOW)])
        queue = JobKind.ANSWER_MENTION.queue
        jobs = work.jobs.claim(queue=queue, owner="test", limit=9, now_ms=NOW, lease_ms=60_000)
    answer_mentions(
        jobs,
        store=stage.store,
        keys=FakeVault(),
        clock=clock,
        notice=FakeNotice(),
        applets=(ClosedMeanwhile(open_now, stage.store), Help()),
        policies=PolicyBook(),
    )
    with stage.store.read() as work:
        mention = work.mentions.load([mention_id])[mention_id]
        assert (mention.state, mention.reason) == ("answered", "entry_too_late")
        assert work.entrants.load(open_now.id) == ()
