"""Relays that are dead, slow, restarted or lying beside one that is well."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from maskbot.adapters.gun_relay import GunRelays, RelayUnavailable, WriteUnconfirmed
from maskbot.adapters.gun_relay.connection import RelayConnection
from maskbot.domain.errors import Misconfigured
from maskbot.sandbox import node
from maskbot.sandbox.gun import GunRelay
from maskbot.sandbox.people import wait_for
from maskbot.wire.gun import Reading
from tests.ports.gun_parts import BreakingRelay, FloodingRelay, LyingRelay, RedirectingRelay, SlowProxy
from tests.ports.test_key_graph import Now, Random, key_item

DEAD = "http://127.0.0.1:1/gun"
SET = ("37-tw-Ab-q+",)


@pytest.fixture
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GunRelay]:
    node.install(say=lambda line: None)
    with GunRelay(tmp_path_factory.mktemp("relay")) as found:
        yield found


@pytest.fixture
def clients() -> Iterator[list[GunRelays]]:
    made: list[GunRelays] = []
    yield made
    for client in made:
        client.close()


def new_client(made: list[GunRelays], *relays: str, timeout_s: float = 4) -> GunRelays:
    made.append(GunRelays(relays, entropy=Random(), clock=Now(), timeout_s=timeout_s, connect_timeout_s=1))
    return made[-1]


def texts(client: GunRelays) -> set[object]:
    return {item["e"] for item in client.fetch_items([SET])[SET]}


def test_a_dead_relay_costs_nothing_while_another_answers(relay: GunRelay, clients: list[GunRelays]) -> None:
    client = new_client(clients, relay.url, DEAD)
    outcome = client.publish([key_item(SET, {"e": "here"})])

    assert outcome[relay.url] is None
    assert isinstance(outcome[DEAD], RelayUnavailable)
    began_s = time.monotonic()
    assert texts(client) == {"here"}
    assert time.monotonic() - began_s < 2


def test_a_slow_relay_is_waited_for_and_one_that_hangs_is_not(relay: GunRelay, clients: list[GunRelays]) -> None:
    with SlowProxy(relay.port, delay_s=0.15) as proxy:
        slow = new_client(clients, proxy.url)
        slow.put_items([key_item(SET, {"e": "slow"})], relay=proxy.url)
        assert texts(slow) == {"slow"}

    client = new_client(clients, relay.url, timeout_s=1)
    assert texts(client) == {"slow"}
    relay.pause()
    with pytest.raises(RelayUnavailable):
        client.fetch_items([SET])
    relay.resume()
    assert texts(client) == {"slow"}


def test_a_hanging_relay_does_not_confirm(relay: GunRelay, clients: list[GunRelays]) -> None:
    client = new_client(clients, relay.url, timeout_s=1)
    texts(client)
    relay.pause()
    with pytest.raises(WriteUnconfirmed):
        client.put_items([key_item(SET, {"e": "x"})], relay=relay.url)
    relay.resume()


def test_a_restart_in_mid_flight_loses_no_item_and_no_subscription(relay: GunRelay, clients: list[GunRelays]) -> None:
    reader, client = new_client(clients, relay.url), new_client(clients, relay.url)
    inbox: queue.Queue[object] = queue.Queue()
    reader.subscribe_items(SET, inbox.put)
    client.put_items([key_item(SET, {"e": "before"})], relay=relay.url)
    assert inbox.get(timeout=5) == {"e": "before"}
    wait_for(lambda: relay.has_flushed("before"), timeout_s=15, what="the relay's file")

    relay.restart()
    client.put_items([key_item(SET, {"e": "after"})], relay=relay.url)

    assert inbox.get(timeout=5) == {"e": "after"}
    assert texts(client) == {"before", "after"}


def test_a_connection_cut_while_writing_is_opened_again(relay: GunRelay, clients: list[GunRelays]) -> None:
    with SlowProxy(relay.port, delay_s=0.1) as proxy:
        client = new_client(clients, proxy.url)
        client.subscribe_items(("warm",), lambda item: None)
        items = [key_item(SET, {"e": f"{n}"}) for n in range(50)]
        client.fetch_node(("warm",))
        proxy.cut()
        client.put_items(items, relay=proxy.url)
        assert texts(client) == {f"{n}" for n in range(50)}


def test_a_lying_relay_hides_nothing_and_confirms_nothing(relay: GunRelay, clients: list[GunRelays]) -> None:
    with LyingRelay() as liar:
        client = new_client(clients, liar.url, relay.url, timeout_s=2)
        outcome = client.publish([key_item(SET, {"e": "true"})])
        assert outcome[relay.url] is None
        assert isinstance(outcome[liar.url], WriteUnconfirmed)
        assert "true" in texts(client)


def test_a_lying_relay_alone_gives_only_bounded_junk(clients: list[GunRelays]) -> None:
    with LyingRelay() as liar:
        client = new_client(clients, liar.url)
        assert all(len(str(item)) < 9_000 for item in client.fetch_items([SET, ("twitter-bl", "T3")])[SET])


def test_a_flood_from_one_relay_hides_nothing_of_another(relay: GunRelay, clients: list[GunRelays]) -> None:
    new_client(clients, relay.url).put_items([key_item(SET, {"e": "true"})], relay=relay.url)
    with FloodingRelay() as flood, SlowProxy(relay.port, delay_s=0.2) as slow:
        client = new_client(clients, flood.url, slow.url, timeout_s=8)
        first = client.fetch_items([SET])[SET][:10]
        assert "true" in {item["e"] for item in first}
        assert "true" in {item["e"] for _, item in client.stream_items([SET])}


def test_a_connection_that_breaks_after_a_calm_time_is_opened_again_at_once() -> None:
    async def follow(relay: BreakingRelay) -> None:
        connection = RelayConnection(relay.url, entropy=Random().take, connect_timeout_s=1, calm_s=0.1)
        connection.begin(Reading(SET, has_members=True, is_live=True))
        async with asyncio.timeout(30):
            while len(relay.calls_s) < 8:
                await asyncio.sleep(0.05)
        await connection.close()

    with BreakingRelay(holds_s=0.2) as relay:
        asyncio.run(follow(relay))
        between_s = [later - earlier for earlier, later in pairwise(relay.calls_s)]
        assert min(between_s[5:7]) < 3 * max(between_s[:2])


def test_a_relay_that_sends_us_elsewhere_is_not_followed(clients: list[GunRelays]) -> None:
    with RedirectingRelay() as relay:
        client = new_client(clients, relay.url)
        with pytest.raises(RelayUnavailable):
            client.fetch_items([SET])
        assert relay.followed == 0


def test_an_address_that_is_no_relay_is_misconfigured() -> None:
    for url in ("relay.example", "ftp://relay.example/gun", "https://", "https://a:99999/gun", "https://[/gun"):
        with pytest.raises(Misconfigured):
            GunRelays([url], entropy=Random(), clock=Now())
