"""How long a giveaway waits: as long as is safe wherever prizes are worth something, and shorter on a development chain alone."""

from __future__ import annotations

import pytest

from maskbot.domain.giveaway import SAFE_WAITS, Giveaway, Mode, Rules, Waits
from maskbot.domain.job import JobKind
from maskbot.domain.money import NATIVE, Token
from maskbot.flows.decide.answer_mentions.giveaways import LATENESS_MS
from maskbot.flows.decide.giveaway import GiveawayOrder, WaitsTooShort, open_giveaway
from tests.fakes.giveaways import ETHER, rules_of
from tests.fakes.house import House

SHORT = Waits(closing_delay_ms=5_000, beacon_margin_ms=20_000)
MATIC = Token(137, NATIVE, "POL", 18)


def open_with(house: House, rules: Rules, waits: Waits) -> Giveaway:
    accounts = tuple(account.id for account in house.accounts.values())
    order = GiveawayOrder(
        tenant_id=house.tenant_id, rules=rules, account_ids=accounts, wallet_id="w1", available=10**18, waits=waits
    )
    return open_giveaway(order, store=house.store, now_ms=house.clock.ms)


def test_the_safe_delay_outlasts_what_a_post_may_be_late() -> None:
    assert SAFE_WAITS.are_safe
    assert SAFE_WAITS.closing_delay_ms > LATENESS_MS


@pytest.mark.parametrize(("delay_ms", "margin_ms"), [(149_999, 900_000), (150_000, 899_999)])
@pytest.mark.parametrize("mode", list(Mode))
def test_shorter_waits_open_nothing_on_a_live_chain(house: House, delay_ms: int, margin_ms: int, mode: Mode) -> None:
    rules = rules_of(house, token=MATIC)
    if mode is Mode.FIRST_COME:
        rules = rules_of(house, token=MATIC, mode=mode, beacon="", draws_at_ms=0)
    with pytest.raises(WaitsTooShort, match="MASKBOT_GIVEAWAY_CLOSING_DELAY_S"):
        open_with(house, rules, Waits(closing_delay_ms=delay_ms, beacon_margin_ms=margin_ms))
    with house.store.read() as work:
        assert work.giveaways.of_tenant(house.tenant_id) == ()


def test_shorter_waits_are_kept_on_a_development_chain(house: House) -> None:
    giveaway = open_with(house, rules_of(house, token=ETHER), SHORT)
    house.clock.ms = giveaway.rules.closes_at_ms + SHORT.closing_delay_ms - 1
    assert not house.claim(JobKind.CLOSE_GIVEAWAY)
    house.clock.ms += 1
    assert house.claim(JobKind.CLOSE_GIVEAWAY)


@pytest.mark.parametrize("waits", [SAFE_WAITS, SHORT])
def test_a_beacon_that_speaks_within_the_margin_opens_nothing(house: House, waits: Waits) -> None:
    rules = rules_of(house)
    soon = rules_of(house, draws_at_ms=rules.closes_at_ms + waits.beacon_margin_ms - 1)
    with pytest.raises(WaitsTooShort, match="root"):
        open_with(house, soon, waits)
    assert open_with(house, rules_of(house, draws_at_ms=soon.draws_at_ms + 1), waits).state == "open"


@pytest.mark.parametrize(("delay_ms", "margin_ms"), [(0, 900_000), (900_000, 900_000), (-1, 1)])
def test_a_margin_no_longer_than_the_delay_is_no_wait(delay_ms: int, margin_ms: int) -> None:
    with pytest.raises(ValueError, match="margin"):
        Waits(closing_delay_ms=delay_ms, beacon_margin_ms=margin_ms)
