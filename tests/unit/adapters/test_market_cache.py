"""The market's memory: fresh, stale and gone; shared through Redis; lost without harm (price-cards.md 3)."""

from __future__ import annotations

import gc
import subprocess
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from maskbot.adapters.market import Codec
from maskbot.adapters.market.cache import Cache
from maskbot.adapters.market.quotes import Token
from maskbot.adapters.market.redis_store import RedisStore
from maskbot.adapters.store.value_json import dump_value, load_value
from maskbot.domain.request import PriceFact, PriceNeed
from tests.unit.adapters.market_process import Now, running_market_sites
from workers.redis_binary import choose_binary, installed_binaries

CODEC = Codec(dump=dump_value, load=load_value)
NOW = 1_795_405_000_000


class Series(list[str]):
    """A value that can be watched."""


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


def test_what_may_not_be_served_any_more_leaves_the_memory() -> None:
    cache, series = _cache(None), ["x" * 1_000]
    kept = weakref.finalize(held := Series(series), lambda: None)
    cache.keep("old", held, Series, ttl_s=60, now_ms=NOW)
    del held
    for number in range(300):
        cache.keep(f"new/{number}", "y", str, ttl_s=60, now_ms=NOW + 61_000)
    gc.collect()
    assert not kept.alive
    assert cache.recall("new/299", str, now_ms=NOW + 62_000) == "y"


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
