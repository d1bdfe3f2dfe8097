"""The market's parts by themselves: pauses and budgets, the cache and Redis, single flight, gathering, the pinned table."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Event

import pytest

from maskbot.adapters.market import Codec, pinned
from maskbot.adapters.market.breaker import Breaker, BreakerOpen, Budget, BudgetSpent
from maskbot.adapters.market.cache import Cache
from maskbot.adapters.market.flight import Flights
from maskbot.adapters.market.gather import Ask, gather
from maskbot.adapters.market.quotes import Quote, Said, Token
from maskbot.adapters.market.redis_store import RedisStore
from maskbot.adapters.market.resolve import spoken
from maskbot.adapters.store.value_json import dump_value, load_value
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.domain.request import PriceFact, PriceNeed
from tests.unit.adapters.market_process import Now, running_market_sites
from workers.redis_binary import choose_binary, installed_binaries

CODEC = Codec(dump=dump_value, load=load_value)
NOW = 1_795_405_000_000


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Far:
    """The far side of a cache, as a dictionary."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def get(self, key: str) -> str | None:
        return self.texts.get(key)

    def put(self, key: str, text: str, *, ttl_s: int) -> None:
        self.texts[key] = text

    def count(self, key: str, ttl_s: int) -> int | None:
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key]


def _cache(far: Far | RedisStore | None) -> Cache:
    return Cache(far=far, codec=CODEC, jitter=lambda: 0.0)


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    socket = tmp_path / "redis.sock"
    command = [
        str(choose_binary(installed_binaries()).path),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        url = f"redis+socket://{socket}"
        deadline_s = time.monotonic() + 20
        while RedisStore(url).count("ready", 10) is None and time.monotonic() < deadline_s:
            Event().wait(0.02)
        try:
            yield url
        finally:
            running.kill()


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


# --- the cache


def test_a_value_is_fresh_then_stale_then_gone() -> None:
    cache = _cache(None)
    cache.keep("k", "v", str, ttl_s=60, stale_s=600, now_ms=NOW)
    assert cache.recall("k", str, now_ms=NOW + 59_000) == "v"
    assert cache.recall("k", str, now_ms=NOW + 61_000) is None
    assert cache.recall_stale("k", str, now_ms=NOW + 599_000) == "v"
    assert cache.recall_stale("k", str, now_ms=NOW + 601_000) is None


def test_what_one_process_found_another_one_knows() -> None:
    far = Far()
    token = Token(id="uniswap", symbol="UNI", name="Uniswap", rank=24)
    _cache(far).keep("k", token, Token, ttl_s=60, now_ms=NOW)
    assert _cache(far).recall("k", Token, now_ms=NOW) == token
    assert _cache(far).recall("other", Token, now_ms=NOW) is None


@pytest.mark.parametrize(
    "text", ["", "x", "1 2", "a b {}", "9999999999999 9999999999999 {", "9999999999999 9999999999999 []"]
)
def test_nonsense_on_the_far_side_is_a_miss(text: str) -> None:
    far = Far()
    far.texts["k"] = text
    assert _cache(far).recall("k", Token, now_ms=NOW) is None


def test_counters_are_shared_and_survive_a_lost_far_side() -> None:
    far = Far()
    one, two = _cache(far), _cache(far)
    assert [one.count("k", 60), two.count("k", 60), one.count("k", 60)] == [1, 2, 3]
    far.counts.clear()
    assert one.count("k", 60) == 4


def test_expiry_is_jittered() -> None:
    cache = Cache(far=None, codec=None, jitter=lambda: 1.0)
    cache.keep("k", "v", str, ttl_s=60, now_ms=NOW)
    assert cache.recall("k", str, now_ms=NOW + 53_000) == "v"
    assert cache.recall("k", str, now_ms=NOW + 55_000) is None


def test_a_redis_that_is_not_there_is_only_a_miss() -> None:
    store = RedisStore("redis://127.0.0.1:1/0")
    store.put("k", "v", ttl_s=5)
    assert store.get("k") is None
    assert store.count("k", 5) is None
    store.close()


def test_redis_keeps_texts_and_counts(redis_url: str) -> None:
    store = RedisStore(redis_url)
    store.put("k", "v", ttl_s=50)
    assert (store.get("k"), store.get("other")) == ("v", None)
    assert [store.count("n", 50), store.count("n", 50)] == [1, 2]
    store.close()


def test_two_processes_share_prices_and_choices_through_redis(redis_url: str) -> None:
    clock = Now()
    with running_market_sites() as sites:
        one = sites.market(clock=clock, broker_url=redis_url, codec=CODEC)
        two = sites.market(clock=clock, broker_url=redis_url, codec=CODEC)
        first = one.fetch_price(PriceNeed("ETH", None, conversation="alice"))
        calls = sites.calls()
        again = two.fetch_price(PriceNeed(None, None, vs=None, conversation="alice"))
        assert sites.calls() == calls
        one.close()
        two.close()
    assert isinstance(first, PriceFact)
    assert again == first


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
