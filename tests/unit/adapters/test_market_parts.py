"""The market's parts by themselves: pauses and budgets, single flight, gathering, the pinned table."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event

import pytest

from maskbot.adapters.market import pinned
from maskbot.adapters.market.breaker import Breaker, BreakerOpen, Budget, BudgetSpent
from maskbot.adapters.market.flight import Flights
from maskbot.adapters.market.gather import Ask, gather
from maskbot.adapters.market.http import JsonFetcher, parse_bounded
from maskbot.adapters.market.quotes import Quote, Said
from maskbot.adapters.market.resolve import spoken
from maskbot.domain.errors import Malformed, Unavailable

NOW = 1_795_405_000_000


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


# --- pauses and budgets


def test_three_failures_open_for_a_minute_and_a_success_forgets() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.fail("a")
    breaker.fail("a")
    breaker.succeed("a")
    breaker.fail("a")
    breaker.fail("a")
    breaker.check("a")
    breaker.fail("a")
    with pytest.raises(BreakerOpen) as pause:
        breaker.check("a")
    assert pause.value.retry_after_s == 60
    breaker.check("b")
    clock.now_s += 61
    breaker.check("a")


@pytest.mark.parametrize(("asked_s", "waited_s"), [(119.0, 119), (0.0, 1), (86_400.0, 900)])
def test_a_pause_that_is_asked_for_is_kept_within_reason(asked_s: float, waited_s: int) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.fail("a", pause_s=asked_s)
    with pytest.raises(BreakerOpen) as pause:
        breaker.check("a")
    assert pause.value.retry_after_s == waited_s


def test_a_budget_ends_with_its_minute_and_its_month() -> None:
    counts: dict[str, int] = {}

    def count(key: str, _: int) -> int:
        counts[key] = counts.get(key, 0) + (300 if "month" in key else 1)
        return counts[key]

    now_s = [60_000]
    budget = Budget(count=count, now_s=lambda: now_s[0])
    for _ in range(30):
        budget.spend("CoinGecko")
    with pytest.raises(BudgetSpent):
        budget.spend("CoinGecko")
    now_s[0] += 60
    for _ in range(3):
        budget.spend("CoinGecko")
    with pytest.raises(BudgetSpent, match="month"):
        budget.spend("CoinGecko")
    budget.spend("a source without limits")


# --- flights and asking


def test_who_asks_for_what_is_under_way_waits_for_it() -> None:
    flights: Flights[int] = Flights()
    begun, go_on = Event(), Event()
    fetches = []

    def fetch() -> int:
        fetches.append(1)
        begun.set()
        go_on.wait(10)
        return 7

    with ThreadPoolExecutor(4) as people:
        first = people.submit(flights.join, "k", fetch)
        begun.wait(10)
        others = [people.submit(flights.join, "k", fetch) for _ in range(3)]
        while not all(other.running() for other in others):
            Event().wait(0.001)
        Event().wait(0.05)
        go_on.set()
        assert {flight.result() for flight in (first, *others)} == {7}
    assert len(fetches) == 1


def test_an_error_is_everybodys_and_the_next_one_tries_again() -> None:
    flights: Flights[int] = Flights()

    def fail() -> int:
        raise Malformed("no")

    with pytest.raises(Malformed):
        flights.join("k", fail)
    assert flights.join("k", lambda: 1) == 1


def _saying(name: str) -> Said:
    return Said(Quote(name, Decimal(1), NOW))


def test_spare_sources_are_asked_when_the_others_do_not_suffice() -> None:
    def fail() -> Said:
        raise Unavailable("down")

    asks = [
        Ask("a", fail),
        Ask("b", lambda: _saying("b")),
        Ask("spare", lambda: _saying("spare"), is_spare=True),
    ]
    with ThreadPoolExecutor(4) as pool:
        said = gather(asks, pool=pool, deadline_s=time.monotonic() + 10, is_enough=lambda told: len(told) >= 2)
        alone = gather(asks, pool=pool, deadline_s=time.monotonic() + 10, is_enough=lambda told: len(told) >= 1)
    assert [one.quote.source for one in said] == ["b", "spare"]
    assert [one.quote.source for one in alone] == ["b"]


def test_a_slow_source_is_hedged_and_left_behind() -> None:
    go_on = Event()

    def slow() -> Said:
        go_on.wait(20)
        return _saying("slow")

    asks = [Ask("slow", slow), Ask("b", lambda: _saying("b")), Ask("spare", lambda: _saying("spare"), is_spare=True)]
    with ThreadPoolExecutor(4) as pool:
        said = gather(
            asks, pool=pool, deadline_s=time.monotonic() + 15, is_enough=lambda told: len(told) >= 2, hedge_s=0.02
        )
        late = gather(asks[:1], pool=pool, deadline_s=time.monotonic() + 0.02, is_enough=lambda told: False)
        go_on.set()
    assert [one.quote.source for one in said] == ["b", "spare"]
    assert late == ()


# --- the pinned table


def test_pinned_tokens_are_unique_and_their_addresses_checked() -> None:
    tokens = pinned.by_symbol()
    assert len(tokens) >= 150
    addresses = [token.address for token in tokens.values() if token.address]
    assert len(addresses) == len(set(addresses)) == len(pinned.by_address())
    for numbers in ([token.id for token in tokens.values()], [t.cmc_id for t in tokens.values() if t.cmc_id]):
        assert len(numbers) == len(set(numbers))
    assert all(symbol == symbol.upper() and not symbol.isdigit() for symbol in tokens)


def test_what_is_pegged_is_pegged_to_a_pinned_token_or_the_dollar() -> None:
    assert {token.pegged_to for token in pinned.by_symbol().values()} == {None, "USD", "ETH", "BTC"}
    assert pinned.by_symbol()["USDC"].decimals == 6
    assert pinned.by_symbol()["BTC"].decimals is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Uniswap", "Uniswap"),
        ("@everyone  free\nmoney", "everyone free money"),
        ("go to https://evil.example/x", "go to https evil example x"),
        ("\u202eevil\u2066", "evil"),
        ("\0", ""),
        ("#tag $cash", "tag cash"),
        ("x" * 500, "x" * 40),
    ],
)
def test_a_strangers_name_mentions_and_links_nothing(name: str, said: str) -> None:
    assert spoken(name) == said


def test_depth_is_bounded_in_whatever_encoding_an_answer_comes() -> None:
    nested = (
        '["∀",' + "[" * 1_200 + "]" * 1_200 + "]"
    )  # in UTF-16 the sign for "all" holds a byte that looks like a quote
    for encoding in ("utf-8", "utf-8-sig", "utf-16-le", "utf-16", "utf-32"):
        with pytest.raises(Malformed):
            parse_bounded(nested.encode(encoding), content_type="application/json")
    assert parse_bounded('["∀"]'.encode("utf-8-sig"), content_type="application/json") == ["∀"]


def test_an_id_that_fits_into_no_url_is_a_failure_of_its_source() -> None:
    fetcher = JsonFetcher(breaker=Breaker(), budget=Budget(count=lambda key, ttl_s: 1, now_s=lambda: 0))
    with pytest.raises(Unavailable):
        fetcher.fetch("http://127.0.0.1:1/coins/a\x00b", source="CoinGecko", params={})
    fetcher.close()
