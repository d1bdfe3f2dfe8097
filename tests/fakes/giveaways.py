"""A giveaway in a house: rules, people, posts, and a beacon that says what it is told."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from maskbot.applets.approval import ApprovalApplet
from maskbot.applets.giveaway import GiveawayApplet
from maskbot.domain.errors import Unavailable
from maskbot.domain.giveaway import Giveaway, Mode, Rules
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.job import JobKind
from maskbot.domain.mention import Mention
from maskbot.domain.money import NATIVE, Address, Token
from maskbot.flows.act.fetch_beacon import fetch_beacon
from maskbot.flows.decide.answer_mentions import answer_mentions
from maskbot.flows.decide.giveaway import GiveawayOrder, close_giveaway, draw_giveaway, open_giveaway
from maskbot.wire.crypto.address_text import address_text
from maskbot.wire.draw import BlockPromise
from tests.fakes.house import APPLETS, House

ETHER = Token(31337, NATIVE, "ETH", 18)
HOUR_MS = 3_600_000
PROMISE = BlockPromise(31337, 1_000)


def address_of(number: int) -> Address:
    """Some address."""
    return Address(sha256(number.to_bytes(4, "big")).digest()[:20])


def person(number: int, platform: Platform = Platform.X) -> Profile:
    """Some person."""
    if platform is Platform.X:
        return Profile(platform, "x.com", f"{5000 + number}", f"person{number}")
    name = f"person{number}"
    return Profile(
        platform, "social.example", f"{number}", f"{name}@social.example", f"https://social.example/users/{name}"
    )


def rules_of(house: House, **changes: object) -> Rules:
    """Three prizes, drawn an hour from now."""
    now_ms = house.clock.ms
    rules = Rules(
        giveaway_id="01900000-0000-7000-8000-000000000001",
        code="spring",
        title="Spring",
        token=ETHER,
        prizes=(500, 300, 200),
        opens_at_ms=now_ms,
        closes_at_ms=now_ms + HOUR_MS,
        mode=Mode.DRAWN,
        beacon=PROMISE.text,
        draws_at_ms=now_ms + 2 * HOUR_MS,
    )
    return replace(rules, **changes)  # type: ignore[arg-type]  # whatever the test says


def opened(house: House, *, available: int = 10**18, wallet_id: str = "w1", **changes: object) -> Giveaway:
    """An open giveaway on both platforms."""
    order = GiveawayOrder(
        tenant_id=house.tenant_id,
        rules=rules_of(house, **changes),
        account_ids=tuple(account.id for account in house.accounts.values()),
        wallet_id=wallet_id,
        available=available,
        refund_to=address_of(9_999),
    )
    return open_giveaway(order, store=house.store, now_ms=house.clock.ms)


def say(house: House, author: Profile, text: str, **changes: object) -> tuple[Mention, str | None]:
    """One mention, decided; what became of it, and the words of the reply."""
    post = house.post(author, text, **changes)
    house.collect(post)
    decide(house)
    mention, delivery = house.outcome(post)
    return mention, None if delivery is None else delivery.draft.text


def decide(house: House) -> None:
    """Decide what is due."""
    answer_mentions(
        house.claim(JobKind.ANSWER_MENTION),
        store=house.store,
        keys=house.vault,
        clock=house.clock,
        notice=house.notice,
        applets=(ApprovalApplet(), GiveawayApplet(), *APPLETS),
        policies=house.policies,
    )


def enter(house: House, number: int, platform: Platform = Platform.X, words: str = "") -> tuple[Mention, str | None]:
    """Somebody enters with an address of their own."""
    return say(house, person(number, platform), f"enter {address_text(address_of(number))} {words}".strip())


def close(house: House, giveaway: Giveaway) -> Giveaway:
    """Let the window end, and close."""
    house.clock.ms = giveaway.rules.closes_at_ms + 150_000
    return close_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)


def drawn(house: House, giveaway: Giveaway) -> Giveaway:
    """Close, hear the beacon, draw."""
    closed = close(house, giveaway)
    house.clock.ms = giveaway.rules.draws_at_ms
    if closed.state == "closed" and giveaway.rules.beacon:
        fetch_beacon(giveaway.id, store=house.store, beacons=FakeBeacons(), clock=house.clock, notice=house.notice)
    return draw_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)[0]


class FakeBeacons:
    """Says the same for every promise, or nothing yet."""

    def __init__(self, value: bytes | None = bytes(range(32))) -> None:
        self.value = value

    def fetch_value(self, promise: str, *, not_before_s: int) -> bytes:
        """The value."""
        if self.value is None:
            raise Unavailable("the beacon has not spoken")
        return self.value
