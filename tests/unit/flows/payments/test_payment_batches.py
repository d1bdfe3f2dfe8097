"""Many payments of a wallet at once: each is judged, signed and answered by itself (reliability.md C.3, E18, R17)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.domain.chain import At, Call, Inclusion
from maskbot.domain.errors import MaskbotError, Misconfigured, Unavailable
from maskbot.domain.money import Address
from maskbot.domain.transaction import Intent, PaymentGone
from maskbot.ports.chain import CallReverted, InsufficientFunds, NodeAnswerMalformed, NodesDisagree
from maskbot.ports.treasury import SignOrder
from maskbot.wire.transaction import decode_signed
from tests.fakes.chain import FakeChain
from tests.fakes.till import BOB, CAROL, OFFER, ONE, POLICY, FakeTill


def approved(till: FakeTill, name: str, value_wei: int = ONE) -> Intent:
    """A payment that a worker which was taken over calls approved."""
    intent = till.plan(name, value_wei=value_wei)
    with till.store.write() as work:
        work.treasury.intents.note(intent.id, now_ms=till.clock.ms, gas_limit=21_000)
        work.treasury.intents.move(intent.id, before="planned", after="approved", now_ms=till.clock.ms)
    return intent


def kinds(answers: tuple[bytes | MaskbotError, ...]) -> list[str]:
    return [answer.kind if isinstance(answer, MaskbotError) else "" for answer in answers]


def test_what_is_refused_takes_no_nonce_and_stops_no_other_one(till: FakeTill) -> None:
    values = {"a": ONE, "dear": 51 * ONE, "b": 2 * ONE, "too much": 101 * ONE, "c": 3 * ONE}
    intents = [approved(till, name, value) for name, value in values.items()]
    answers = till.signer.sign_payments([SignOrder(one.id, OFFER) for one in intents])
    assert kinds(answers) == ["", "NotApproved", "", "NotApproved", ""]
    signed = [till.attempts(one.id)[0] for one in (intents[0], intents[2], intents[4])]
    assert [answer for answer in answers if isinstance(answer, bytes)] == [one.tx_hash for one in signed]
    assert [decode_signed(one.raw)[0].nonce for one in signed] == [0, 1, 2]
    assert [till.intent(one.id).nonce for one in intents] == [0, None, 1, None, 2]
    assert till.wallet.next_nonce == 3


def test_a_receipt_that_cannot_be_read_holds_up_no_other_payment(till: FakeTill) -> None:
    class Garbling(FakeChain):
        garbled = b""

        def fetch_inclusion(self, tx_hash: bytes) -> Inclusion | None:
            if tx_hash == self.garbled:
                raise NodeAnswerMalformed("what is this?")
            return super().fetch_inclusion(tx_hash)

    till.node = node = Garbling(coins=till.node.coins)
    first, second = till.plan("a"), till.plan("b")
    till.work()
    node.garbled = till.attempts(first.id)[0].tx_hash
    till.mine_and_step(4)
    later = till.plan("c")
    till.step()
    assert [till.intent(one.id).state for one in (first, second, later)] == ["unknown", "final", "broadcast"]
    node.garbled = b""
    till.mine_and_step(4)
    assert set(till.states().values()) == {"final"}


def test_what_is_admitted_counts_for_those_behind_it(till: FakeTill) -> None:
    with till.store.write() as work:
        rules = replace(POLICY, tokens=(replace(POLICY.tokens[0], per_day=10 * ONE),))
        work.treasury.rules.set_policy("w1", rules, now_ms=till.clock.ms)
    orders = [SignOrder(approved(till, f"p{number}", 3 * ONE).id, OFFER) for number in range(5)]
    assert kinds(till.signer.sign_payments(orders)) == ["", "", "", "SpendingRefused", "SpendingRefused"]
    assert kinds(till.signer.sign_payments(orders)) == ["", "", "", "SpendingRefused", "SpendingRefused"]
    assert till.wallet.next_nonce == 3


def test_an_order_that_comes_twice_is_signed_once_and_strangers_are_gone(till: FakeTill) -> None:
    intent = approved(till, "a")
    orders = [SignOrder(intent.id, OFFER), SignOrder("nobody", OFFER), SignOrder(intent.id, OFFER)]
    answers = till.signer.sign_payments(orders)
    assert kinds(answers) == ["", "PaymentGone", ""]
    assert answers[0] == answers[2] == till.attempts(intent.id)[0].tx_hash
    assert till.wallet.next_nonce == len(till.attempts(intent.id)) == 1
    with pytest.raises(PaymentGone):
        till.signer.sign_payments([SignOrder("nobody", OFFER)])
    assert till.signer.sign_payments([]) == ()


def test_a_switch_refuses_all_of_them(till: FakeTill) -> None:
    orders = [SignOrder(approved(till, f"p{number}").id, OFFER) for number in range(3)]
    with till.store.write() as work:
        work.switches.flip("payments", is_on=False, reason="test", who="test", now_ms=till.clock.ms)
    assert kinds(till.signer.sign_payments(orders)) == ["Paused"] * 3
    assert till.wallet.next_nonce == 0


class PickyChain(FakeChain):
    """Calls to Carol revert, and nobody has money for those to the zero address."""

    def estimate_gas(self, call: Call) -> int:
        if call.to == CAROL:
            raise CallReverted(reason="no", data=b"")
        if call.to == Address(bytes(20)):
            raise InsufficientFunds("not enough")
        return super().estimate_gas(call)

    def call(self, call: Call, *, at: At) -> bytes:
        self.estimate_gas(call)
        return super().call(call, at=at)


class LyingChain(FakeChain):
    """One node says that calls to Carol revert; the others know nothing of that."""

    is_lying = True

    def estimate_gas(self, call: Call) -> int:
        if self.is_lying and call.to == CAROL:
            raise CallReverted(reason="no", data=b"")
        return super().estimate_gas(call)


def test_a_payment_that_one_node_alone_calls_impossible_waits(till: FakeTill) -> None:
    till.node = node = LyingChain(coins=till.node.coins)
    intent = till.plan("a", to=CAROL)
    till.work_once()
    assert (till.intent(intent.id).state, till.intent(intent.id).error_kind) == ("planned", "SimulationDisputed")
    node.is_lying = False
    till.step(16_000)
    till.mine_and_step(4)
    assert till.node.paid_to(CAROL) == [ONE]


def test_what_is_wrong_with_one_payment_rejects_no_other_one(till: FakeTill) -> None:
    till.node = PickyChain(coins=till.node.coins)
    till.plan("good")
    till.plan("bad", to=CAROL)
    till.plan("poor", to=Address(bytes(20)))
    till.plan("better")
    till.work_once()
    assert till.states() == {"good": "approved", "bad": "rejected", "poor": "planned", "better": "approved"}


def test_a_chain_that_is_away_holds_up_no_other_chain(till: FakeTill) -> None:
    def nodes(chain_id: int) -> FakeChain:
        if chain_id == 31337:
            return till.node
        raise Misconfigured("not served")

    other = replace(till.wallet, id="w2", chain_id=5, name="other")
    with till.store.write() as work:
        work.treasury.wallets.add(other, now_ms=till.clock.ms)
    till.plan("lost", wallet_id="w2")
    till.plan("good")
    till.parts = replace(till.parts, chain_of=nodes)
    till.work_once()
    assert till.states() == {"lost": "planned", "good": "approved"}


def test_nodes_that_disagree_about_one_leave_it_and_confirm_the_others(till: FakeTill) -> None:
    class Doubtful(FakeChain):
        def fetch_inclusion(self, tx_hash: bytes) -> object:  # type: ignore[override]  # raises for one
            if tx_hash == doubted:
                raise NodesDisagree("one lags")
            return super().fetch_inclusion(tx_hash)

    intents = [till.plan(f"p{number}", value_wei=ONE + number) for number in range(3)]
    till.work()
    doubted = till.attempts(intents[1].id)[0].tx_hash
    till.node.mine()
    till.node.__class__ = Doubtful
    till.step()
    assert [till.intent(one.id).state for one in intents] == ["included", "broadcast", "included"]


def test_the_first_one_that_a_node_refuses_holds_up_those_behind_its_piece_only(till: FakeTill) -> None:
    is_full = True

    class Full(FakeChain):
        def submit(self, raw: bytes) -> bytes:
            if is_full and decode_signed(raw)[0].nonce == 1:
                raise InsufficientFunds("not enough")
            return super().submit(raw)

    till.rules = replace(till.rules, at_once=2)
    till.close()
    till.open()
    till.node = Full(coins=till.node.coins)
    intents = [till.plan(f"p{number}") for number in range(4)]
    till.work(2)
    assert [till.intent(one.id).state for one in intents] == ["broadcast", "signed", "signed", "signed"]
    assert till.intent(intents[1].id).error_kind == "InsufficientFunds"
    is_full = False
    till.step()
    assert {till.intent(one.id).state for one in intents} == {"broadcast"}


def test_no_node_at_all_leaves_what_is_signed_to_be_sent_later(till: FakeTill) -> None:
    is_away = True

    class Away(FakeChain):
        def submit(self, raw: bytes) -> bytes:
            if is_away:
                raise Unavailable("no node is reached")
            return super().submit(raw)

    till.node = Away(coins=till.node.coins)
    intents = [till.plan(f"p{number}") for number in range(2)]
    till.work(2)
    assert {till.intent(one.id).state for one in intents} == {"signed"}
    is_away = False
    till.step(3_000)
    till.mine_and_step(4)
    assert till.node.paid_to(BOB) == [ONE, ONE]
