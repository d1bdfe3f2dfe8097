"""The manners, limits and effects of answering mentions, on a real store."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from maskbot.domain.delivery import idempotency_key
from maskbot.domain.errors import Refused
from maskbot.domain.identity import Platform
from maskbot.domain.job import JobKind
from maskbot.domain.policy import AccountPolicy, PolicyBook
from maskbot.domain.post import Visibility
from maskbot.flows.decide.answer_mentions import answer_mentions
from tests.fakes.house import ALICE, APPLETS, BOB, House


def test_help_is_answered_on_both_platforms(house: House) -> None:
    for author in (ALICE, BOB):
        mention, reply = house.ask(author, "help")
        assert mention.state == "answered"
        assert reply is not None
        assert "price ETH" in reply.draft.text
        assert reply.draft.in_reply_to_id == mention.post.post_id


def test_a_reply_on_x_is_unique_by_construction_and_fits(house: House) -> None:
    first, second = (house.ask(BOB, "help")[1] for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.draft.text != second.draft.text
    assert len(first.draft.text) <= 280


def test_the_key_of_a_reply_is_a_pure_function_of_what_it_answers(house: House) -> None:
    mention, reply = house.ask(ALICE, "help")
    assert reply is not None
    assert reply.key == idempotency_key(account_id=mention.account_id, cause_id=mention.post.root_id)


def test_the_same_mention_from_stream_and_poll_is_answered_once(house: House) -> None:
    post = house.post(ALICE, "help")
    assert [house.collect(post, via=via) for via in ("stream", "poll", "poll")] == [1, 0, 0]
    assert house.answer() == 1
    assert house.answer() == 0


def test_deciding_twice_changes_nothing(house: House) -> None:
    post = house.post(ALICE, "help")
    house.collect(post)
    jobs = house.claim(JobKind.ANSWER_MENTION)
    arguments = {
        "store": house.store, "keys": house.vault, "clock": house.clock, "notice": house.notice,
        "applets": APPLETS, "policies": house.policies,
    }  # fmt: skip
    answer_mentions(jobs, **arguments)  # type: ignore[arg-type]  # keywords by name
    before = house.outcome(post)
    with pytest.raises(Refused, match="lease"):
        answer_mentions(jobs, **arguments)  # type: ignore[arg-type]  # keywords by name
    assert house.outcome(post) == before


def test_a_bare_mention_is_helped_once_a_day_and_an_explicit_help_always(house: House) -> None:
    assert house.ask(ALICE, "")[1] is not None
    mention, reply = house.ask(ALICE, "")
    assert (mention.reason, reply) == ("helped_today", None)
    assert house.ask(ALICE, "help")[1] is not None
    house.clock.move(86_400_000)
    assert house.ask(ALICE, "")[1] is not None


def test_an_unknown_verb_gets_one_line_and_silence_in_a_thread(house: House) -> None:
    _, reply = house.ask(ALICE, "frobnicate the moon")
    assert reply is not None
    assert "help" in reply.draft.text
    mention, reply = house.ask(ALICE, "frobnicate", in_reply_to_id="77")
    assert (mention.reason, reply) == ("unknown_verb", None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_repost": True}, "repost"),
        ({"is_addressed": False}, "not_addressed"),
        ({"author_refuses_bots": True}, "author_refuses_bots"),
        ({"author": replace(ALICE, is_bot=True)}, "author_is_bot"),
    ],
)
def test_who_is_not_asking_us_gets_silence(house: House, changes: dict[str, object], reason: str) -> None:
    post = replace(house.post(ALICE, "help"), **changes)  # type: ignore[arg-type]  # whatever the case says
    house.collect(post)
    house.answer()
    mention, reply = house.outcome(post)
    assert (mention.state, mention.reason, reply) == ("ignored", reason, None)


def test_our_own_posts_are_not_collected(house: House) -> None:
    post = house.post(house.accounts[Platform.MASTODON].profile, "help")
    assert house.collect(post) == 0


def test_a_private_question_gets_a_private_answer_with_its_warning(house: House) -> None:
    _, reply = house.ask(ALICE, "help", visibility=Visibility.DIRECT, spoiler_text="crypto talk")
    assert reply is not None
    assert (reply.draft.visibility, reply.draft.spoiler_text) == (Visibility.DIRECT, "crypto talk")


def test_stop_is_honoured_at_once_and_start_undoes_it(house: House) -> None:
    assert house.ask(ALICE, "stop")[1] is None
    assert house.ask(ALICE, "help")[0].reason == "opted_out"
    assert house.ask(ALICE, "start")[1] is not None
    assert house.ask(ALICE, "help")[1] is not None


def test_a_burst_of_five_then_one_each_half_minute(house: House) -> None:
    replies = [house.ask(BOB, "help")[1] for _ in range(7)]
    assert [reply is not None for reply in replies] == [True] * 5 + [False] * 2
    house.clock.move(30_000)
    assert house.ask(BOB, "help")[1] is not None
    assert house.ask(BOB, "help")[0].reason == "limited"


def test_a_conversation_that_goes_round_and_round_ends_though_mastodon_names_none(house: House) -> None:
    parent, replies = None, 0
    for number in range(8):
        _, reply = house.ask(ALICE, "help", in_reply_to_id=parent)
        house.clock.move(60_000)
        if reply is None:
            break
        replies += 1
        parent = f"ours{number}"
        with house.store.write() as work:
            work.deliveries.move(reply.id, before="queued", after="sending", now_ms=house.clock.ms)
            work.deliveries.move(reply.id, before="sending", after="sent", now_ms=house.clock.ms, remote_id=parent)
    assert replies == house.policies.default.thread_cap


def test_a_command_with_effect_is_recorded_beyond_the_limit(house: House) -> None:
    for _ in range(6):
        house.ask(BOB, "help")
    assert house.ask(BOB, "stop")[0].reason == "opted_out"


def test_limits_hold_within_one_batch(house: House) -> None:
    house.collect(*[house.post(BOB, "help") for _ in range(12)])
    house.answer()
    assert len(house.admin.deliveries(limit=100)) == 5


def test_an_operators_policy_narrows_commands_visibility_and_domains(house: House) -> None:
    house.policies = PolicyBook(
        default=AccountPolicy(
            commands=frozenset({"price"}),
            widest_reply=Visibility.UNLISTED,
            blocked_domains=frozenset({"spam.example"}),
        )
    )
    assert house.ask(ALICE, "join")[0].reason == "command_not_allowed"
    _, reply = house.ask(ALICE, "help")
    assert reply is not None
    assert reply.draft.visibility is Visibility.UNLISTED
    troll = replace(ALICE, handle="troll@sub.spam.example", actor_uri="https://sub.spam.example/users/troll")
    assert house.ask(troll, "help")[0].reason == "blocked_domain"


def test_join_gives_one_persona_and_says_what_hosting_means(house: House) -> None:
    _, reply = house.ask(ALICE, "join")
    assert reply is not None
    assert "ec_key:secp256k1/" in reply.draft.text
    assert "operator" in reply.draft.text
    _, again = house.ask(ALICE, "join")
    assert again is not None
    keys = [re.findall(r"ec_key:secp256k1/[\w+|]{43,}", each.draft.text) for each in (reply, again)]
    assert keys[0] == keys[1]
    assert len(house.admin.personas(tenant_id=house.tenant_id)) == 1


def test_two_joins_in_one_batch_make_one_persona_and_erase_the_spare_key(house: House) -> None:
    house.collect(house.post(ALICE, "join"), house.post(ALICE, "join"))
    house.answer()
    assert len(house.admin.personas(tenant_id=house.tenant_id)) == 1
    assert len(house.claim(JobKind.ERASE_KEY)) == 1


def test_join_is_capped_a_day(house: House) -> None:
    house.policies = PolicyBook(default=AccountPolicy(joins_per_day=1))
    assert "ec_key" in str(house.ask(ALICE, "join")[1])
    _, refused = house.ask(replace(ALICE, user_id="9", actor_uri="https://social.example/users/z"), "join")
    assert refused is not None
    assert "tomorrow" in refused.draft.text


def test_leave_erases_only_after_a_direct_confirmation(house: House) -> None:
    house.ask(ALICE, "join")
    _, asked = house.ask(ALICE, "leave")
    assert asked is not None
    assert asked.draft.visibility is Visibility.DIRECT
    house.ask(ALICE, "leave confirm")
    assert len(house.admin.personas(tenant_id=house.tenant_id)) == 1
    house.ask(ALICE, "leave confirm", visibility=Visibility.DIRECT)
    assert house.admin.personas(tenant_id=house.tenant_id) == []
    assert len(house.claim(JobKind.ERASE_KEY)) == 1


def test_a_namesake_on_another_instance_is_another_person(house: House) -> None:
    house.ask(ALICE, "stop")
    namesake = replace(ALICE, handle="alice@other.example", actor_uri="https://other.example/users/alice")
    assert house.ask(namesake, "help")[1] is not None


def test_a_look_alike_link_is_named_as_no_payload_without_repeating_it(house: House) -> None:
    _, reply = house.ask(ALICE, "decrypt", links=("https://mask.io.evil.example/?PostData_v1=%20x%40",))
    assert reply is not None
    assert "evil.example" not in reply.draft.text


def test_a_price_waits_for_its_facts(house: House) -> None:
    mention, reply = house.ask(BOB, "price ETH")
    assert (mention.state, reply) == ("waiting", None)
    assert len(house.claim(JobKind.FETCH_FACTS)) == 1


def test_a_paused_tenant_keeps_its_mentions_for_later(house: House) -> None:
    with house.store.write() as work:
        work.switches.flip("global", is_on=False, reason="test", who="test", now_ms=house.clock.ms)
    post = house.post(ALICE, "help")
    house.collect(post)
    house.answer()
    assert house.outcome(post)[0].state == "new"
    with house.store.write() as work:
        work.switches.flip("global", is_on=True, reason="test", who="test", now_ms=house.clock.ms)
    house.clock.move(60_000)
    house.answer()
    assert house.outcome(post)[1] is not None


class _Broken:
    name = "broken"
    verbs: tuple[str, ...] = ("boom",)

    def accepts(self, request: object) -> bool:
        return False

    def needs(self, request: object) -> tuple[()]:
        return ()

    def decide(self, request: object, facts: object) -> object:
        raise ZeroDivisionError("an applet's bug")


def test_a_broken_applet_parks_its_mention_and_nobody_elses(house: House) -> None:
    posts = [house.post(ALICE, "boom"), house.post(BOB, "help")]
    house.collect(posts[0])
    house.collect(posts[1])
    answer_mentions(
        house.claim(JobKind.ANSWER_MENTION),
        store=house.store,
        keys=house.vault,
        clock=house.clock,
        notice=house.notice,
        applets=(_Broken(), *APPLETS),  # type: ignore[arg-type]  # deliberately broken
        policies=house.policies,
    )
    assert house.outcome(posts[0])[0].state == "parked"
    assert house.outcome(posts[1])[1] is not None
