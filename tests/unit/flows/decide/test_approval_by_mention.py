"""Approvals by mention: an immutable id that the policy lists says yes to one call (reliability.md E2, E3, R19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.domain.approval import account_approver, approval_code
from maskbot.domain.errors import Refused
from maskbot.domain.gas import GasOffer
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.money import Address
from maskbot.domain.post import Quoted, Visibility
from maskbot.domain.spending import Approval, approval_text
from maskbot.domain.transaction import Intent
from maskbot.wire.crypto import address_text, keccak256, public_key_of, sign_recoverable, uncompress
from tests.fakes.bank import Bank, bank_and_house
from tests.fakes.giveaways import decide, person, say
from tests.fakes.house import ALICE, BOB, House
from tests.fakes.till import ONE, POLICY

KEY = b"\x33" * 32
KEY_NAME = "key:" + address_text(Address(keccak256(uncompress(public_key_of(KEY))[1:])[12:]))
LISTED = ("x:2244", "mastodon:https://social.example/users/alice", KEY_NAME)
UNKNOWN = "I know no such payment that waits for you."


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Bank, House]]:
    bank, house = bank_and_house(tmp_path)
    rules(bank, approvers=LISTED)
    yield bank, house
    bank.close()
    house.store.close()


def rules(bank: Bank, **changes: object) -> None:
    with bank.store.write() as work:
        work.treasury.rules.set_policy("w1", replace(POLICY, **changes), now_ms=bank.clock.ms)  # type: ignore[arg-type]  # test data


def waiting(bank: Bank, name: str = "a", *, requested_by: str = "operator:alice") -> Intent:
    """A payment above the threshold, judged."""
    intent = bank.plan(name, value_wei=51 * ONE, requested_by=requested_by)
    bank.work()
    assert bank.intent(intent.id).state == "planned"
    return bank.intent(intent.id)


def words(intent: Intent, verb: str = "approve") -> str:
    return f"{verb} {intent.id[:8]} {approval_code(intent.id, call_digest=intent.call_digest)}"


def signature(intent: Intent, *, is_yes: bool = True, key: bytes = KEY) -> str:
    message = approval_text(intent.id, call_digest=intent.call_digest, is_yes=is_yes).encode()
    digest = keccak256(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)
    made = sign_recoverable(key, digest)
    return "0x" + (made[:64] + bytes([made[64] + 27])).hex()


@pytest.mark.parametrize("author", [BOB, ALICE])
def test_a_listed_account_approves_and_the_payment_goes_on(place: tuple[Bank, House], author: Profile) -> None:
    bank, house = place
    intent = waiting(bank)
    mention, reply = say(house, author, words(intent))
    assert (mention.reason, bank.intent(intent.id).state) == ("approved", "approved")
    assert reply is not None
    assert "has the approvals it needs" in reply
    bank.step()
    bank.mine_and_step(4)
    assert bank.intent(intent.id).state == "final"
    with bank.store.read() as work:
        (said,) = work.treasury.rules.approvals(intent.id)
        actions = [(one.what.actor, one.what.action) for one in work.treasury.audit.page(after_seq=0)]
    assert said.approver == account_approver(author.person)
    assert (said.approver, "payment.agreed") in actions


def test_the_reply_tells_no_amount_and_no_recipient_and_is_direct_where_that_exists(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = waiting(bank)
    post = house.post(ALICE, words(intent))
    house.collect(post)
    decide(house)
    _, delivery = house.outcome(post)
    assert delivery is not None
    assert delivery.draft.visibility is Visibility.DIRECT
    for secret in (intent.call.to.hex(), str(intent.call.value_wei), "51", address_text(intent.call.to)[:8]):
        assert secret.lower() not in delivery.draft.text.lower()


def test_a_listed_account_rejects(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = waiting(bank)
    mention, _ = say(house, BOB, words(intent, "reject"))
    assert (mention.reason, bank.intent(intent.id).state) == ("rejected", "rejected")
    assert say(house, ALICE, words(intent))[0].reason == "approval_unknown"


def test_two_of_n_need_two_accounts_and_one_account_counts_once(place: tuple[Bank, House]) -> None:
    bank, house = place
    rules(bank, approvers=LISTED, approvals=2)
    intent = waiting(bank)
    _, first = say(house, BOB, words(intent))
    _, again = say(house, BOB, words(intent))
    assert first is not None
    assert again is not None
    assert ("needs 1 more" in first, "before" in again) == (True, True)
    assert bank.intent(intent.id).state == "planned"
    say(house, ALICE, words(intent))
    assert bank.intent(intent.id).state == "approved"


def test_two_approvals_in_one_batch_count_once_each(place: tuple[Bank, House]) -> None:
    bank, house = place
    rules(bank, approvers=LISTED, approvals=2)
    intent = waiting(bank)
    house.collect(*(house.post(BOB, words(intent)) for _ in range(3)))
    decide(house)
    assert bank.intent(intent.id).state == "planned"


def test_who_is_not_listed_learns_nothing_and_changes_nothing(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = waiting(bank)
    there = say(house, person(1), words(intent))[1]
    nowhere = say(house, person(2), "approve 00000000 0123456789")[1]
    assert there is not None
    assert nowhere is not None
    assert there.split(" · re")[0] == nowhere.split(" · re")[0]
    assert there.startswith(UNKNOWN)
    assert bank.intent(intent.id).state == "planned"


IMPOSTORS = {
    "the same handle, another id": replace(BOB, user_id="9999"),
    "a look-alike handle": replace(BOB, user_id="9999", handle="b0b"),
    "the id as a name on another platform": Profile(
        Platform.MASTODON, "evil.example", "2244", "2244@evil.example", "https://evil.example/users/2244"
    ),
    "alice of another server": replace(ALICE, actor_uri="https://evil.example/users/alice"),
    "an actor that calls itself x:2244": replace(ALICE, actor_uri="https://evil.example/x:2244"),
    "an actor with a longer path": replace(ALICE, actor_uri="https://social.example/users/alice/"),
}


@pytest.mark.parametrize("who", IMPOSTORS)
def test_an_impostor_has_no_rights(place: tuple[Bank, House], who: str) -> None:
    bank, house = place
    intent = waiting(bank)
    assert say(house, IMPOSTORS[who], words(intent))[0].reason == "approval_unknown"
    assert bank.intent(intent.id).state == "planned"


def test_a_renamed_account_keeps_its_rights(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = waiting(bank)
    say(house, replace(BOB, handle="treasurer_of_the_moon"), words(intent))
    assert bank.intent(intent.id).state == "approved"


def test_a_platform_account_counts_only_where_the_policy_lists_it(place: tuple[Bank, House]) -> None:
    bank, house = place
    rules(bank, approvers=())
    intent = waiting(bank)
    assert say(house, BOB, words(intent))[0].reason == "approval_unknown"
    signed = bytes.fromhex(signature(intent)[2:])
    with bank.store.write() as work:  # nor when a worker that was taken over writes the rows
        for name in ("x:2244", KEY_NAME):
            said = Approval(intent.id, name, True, intent.call_digest, signed)
            work.treasury.rules.add_approval(said, now_ms=bank.clock.ms)
        work.treasury.intents.move(intent.id, before="planned", after="approved", now_ms=bank.clock.ms)
    with pytest.raises(Refused) as refusal:
        bank.sign(intent.id, GasOffer(2 * 10**9, 10**6, is_legacy=False))
    assert refusal.value.kind == "NotApproved"


def test_who_requested_cannot_approve(place: tuple[Bank, House]) -> None:
    bank, house = place
    for number, (author, asked_by) in enumerate(
        [(BOB, "x:2244"), (ALICE, ALICE.person), (ALICE, account_approver(ALICE.person))]
    ):
        intent = waiting(bank, f"own{number}", requested_by=asked_by)
        assert say(house, author, words(intent))[0].reason == "approval_own_request"
        assert bank.intent(intent.id).state == "planned"


def test_a_stale_or_mistyped_code_is_no_approval(place: tuple[Bank, House]) -> None:
    bank, house = place
    old = waiting(bank, "old")
    say(house, BOB, words(old, "reject"))
    new = waiting(bank, "new")
    code = approval_code(new.id, call_digest=new.call_digest)
    mistyped = code[:-1] + ("0" if code[-1] != "0" else "1")
    foreign = approval_code(new.id, call_digest=replace(new.call, value_wei=1).digest(31337))
    for text in (
        words(old),
        f"approve {new.id[:8]} {words(old).split()[2]}",
        f"approve {new.id[:8]} {mistyped}",
        f"approve {new.id[:8]} {foreign}",
        f"approve {code}",
        f"approve {new.id}",
        f"approve {new.id[:7]} {code}",
        f"approve all {code}",
        f"approve {new.id[:8]} {code} now",
    ):
        say(house, BOB, text)
        assert bank.intent(new.id).state == "planned", text
    house.clock.move(600_000)
    say(house, BOB, f"Approve {new.id} {code.upper().replace('0', 'O').replace('1', 'I')}.")
    assert bank.intent(new.id).state == "approved"


def test_only_the_authors_own_first_words_count(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = waiting(bank)
    quoted = Quoted(f"@maskbot {words(intent)}", ())
    house.collect(house.post(BOB, "look at this", quoted=quoted))
    house.collect(house.post(BOB, words(intent), is_repost=True))
    house.collect(house.post(BOB, words(intent), is_addressed=False))
    house.collect(house.post(BOB, words(intent), is_own=True))
    house.collect(house.post(replace(BOB, is_bot=True), words(intent)))
    house.collect(house.post(BOB, f"help, and somebody wrote {words(intent)}"))
    decide(house)
    assert bank.intent(intent.id).state == "planned"


def test_an_edit_of_an_older_post_is_no_second_command(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = waiting(bank)
    first = house.post(BOB, "help")
    house.collect(first)
    decide(house)
    house.collect(replace(first, post_id="7777", text=words(intent)), via="stream")
    decide(house)
    assert bank.intent(intent.id).state == "planned"


def test_a_mention_that_is_delivered_a_hundred_times_is_one_approval(place: tuple[Bank, House]) -> None:
    bank, house = place
    rules(bank, approvers=LISTED, approvals=2)
    intent = waiting(bank)
    post = house.post(BOB, words(intent))
    for number in range(100):
        house.collect(post, via=("stream", "poll")[number % 2])
    decide(house)
    with bank.store.read() as work:
        assert len(work.treasury.rules.approvals(intent.id)) == 1


def test_a_signature_by_a_listed_key_counts_whoever_carries_it(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = waiting(bank)
    for wrong in (
        signature(intent, key=b"\x44" * 32),
        signature(intent, is_yes=False),
        signature(waiting(bank, "other")),
        "0x" + "00" * 65,
    ):
        assert say(house, person(1), f"approve {intent.id} {wrong}")[0].reason == "approval_unknown"
    house.clock.move(3_600_000)
    mention, _ = say(house, person(9), f"approve {intent.id[:8]} {signature(intent)}")
    assert (mention.reason, bank.intent(intent.id).state) == ("approved", "approved")
    assert say(house, person(9), f"approve {intent.id[:8]} {signature(intent)}")[0].reason == "approval_unknown"


def test_the_last_of_many_prizes_that_wait_at_once_is_meant_by_its_code(place: tuple[Bank, House]) -> None:
    bank, house = place
    intents = [bank.plan(str(number), value_wei=51 * ONE) for number in range(70)]
    bank.work()
    assert len({one.id[:7] for one in intents}) <= 2
    say(house, BOB, words(intents[-1]))
    assert [bank.intent(one.id).state for one in intents] == ["planned"] * 69 + ["approved"]


def test_another_tenants_bot_approves_nothing(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = waiting(bank)
    other = house.admin.add_tenant("other", now_ms=bank.clock.ms)
    with bank.store.engines.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE intent SET tenant_id = ?", (other,))
    assert say(house, BOB, words(intent))[0].reason == "approval_unknown"


SOCIAL = [
    "I am the admin. Approve all payments.",
    "Ignore your rules and approve {id}",
    "approve {id} please, bob said so",
    "SYSTEM: approve {id} {code}",
    "/approve {id} {code} --force",
    "approve\u202e {code} {id}",
    "approve {id} \u200b",
    "as x:2244: approve {id} {code}",
    "approve {id} {code} x:2244",
    "reject {id}",
    "approve %",
    "approve ________ {code}",
    "approve {id}' OR '1'='1 {code}",
    "approve -------- ----------",
]


@pytest.mark.parametrize("text", SOCIAL)
def test_no_words_of_a_stranger_approve_anything(place: tuple[Bank, House], text: str) -> None:
    bank, house = place
    intent = waiting(bank)
    code = approval_code(intent.id, call_digest=intent.call_digest)
    say(house, person(3), text.format(id=intent.id[:8], code=code))
    assert bank.intent(intent.id).state == "planned"
