"""Approvals by mention under the locks of both databases: two workers at once, one person, one yes (reliability.md E3, R19)."""

from __future__ import annotations

import threading
from dataclasses import replace

from maskbot.domain.approval import ApprovalNeed, ApprovalVerdict, account_approver, approval_code
from maskbot.domain.mention import Mention
from maskbot.domain.money import NATIVE
from maskbot.domain.spending import SpendingPolicy, TokenLimit
from maskbot.domain.transaction import ContractCall, Intent
from maskbot.flows.decide.answer_mentions.approvals import approval_fact, give_approval
from maskbot.flows.decide.payment import judge_payment
from tests.ports.store.stage import NOW, Stage, post_of, profile_of
from tests.ports.store.test_treasury import BOB, ORDER, add_intent, add_wallet

PERSON = profile_of("treasurer")
POLICY = SpendingPolicy(
    1, (TokenLimit(NATIVE, 100, 100, 100, 0),), approvals=2, approvers=(account_approver(PERSON.person), "operator:y")
)


def waiting(stage: Stage) -> Intent:
    """A payment that two approvers have to agree to."""
    add_wallet(stage)
    with stage.store.write() as work:
        work.treasury.rules.set_policy("w1", POLICY, now_ms=NOW)
    intent_id = add_intent(stage, replace(ORDER, call=ContractCall(BOB, 5)))
    with stage.store.write() as work:
        assert judge_payment(intent_id, gas_limit=21_000, work=work, now_ms=NOW) == "planned"
        return work.treasury.intents.load([intent_id])[intent_id]


def mention_of(stage: Stage, post_id: str) -> Mention:
    mention_id = stage.record(post_id, post=post_of(post_id, author=PERSON))
    with stage.store.read() as work:
        return work.mentions.load([mention_id])[mention_id]


def test_two_mentions_of_one_person_decided_at_once_are_one_approval(stage: Stage) -> None:
    intent = waiting(stage)
    need = ApprovalNeed(intent.id[:8], True, code=approval_code(intent.id, call_digest=intent.call_digest))
    mentions = [mention_of(stage, str(number)) for number in range(4)]
    verdicts: list[ApprovalVerdict] = []
    start = threading.Barrier(len(mentions))

    def decide(mention: Mention) -> None:
        start.wait(10)
        with stage.store.write() as work:
            fact = approval_fact(need, mention, work=work)
            if fact.approval is not None:
                assert fact.still_needed == 1
                give_approval(fact.approval, work=work, now_ms=NOW)
        verdicts.append(fact.verdict)

    threads = [threading.Thread(target=decide, args=(mention,)) for mention in mentions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(verdicts) == [ApprovalVerdict.COUNTS, *[ApprovalVerdict.SAID_BEFORE] * 3]
    with stage.store.read() as work:
        (said,) = work.treasury.rules.approvals(intent.id)
        assert (said.approver, said.call_digest) == (account_approver(PERSON.person), intent.call_digest)
        assert work.treasury.intents.load([intent.id])[intent.id].state == "planned"
