"""The port `KeyGraph`: one suite for the fake and for real relays, then the real JavaScript client as the other side."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Iterator

import pytest

from maskbot.adapters.gun_relay import GunRelays
from maskbot.domain.broadcast import KeyItem
from maskbot.domain.errors import Misconfigured, Unavailable
from maskbot.ports.outside import KeyGraph
from maskbot.sandbox import node
from maskbot.sandbox.gun import GunClient, GunRelay
from maskbot.wire.gun import EphemeralKey, item_soul, read_item, v37_item, v38_item
from tests.fakes.key_graph import FakeKeyGraph

Item = dict[str, str | int]


class Now:
    """The wall clock: real relays judge states by theirs."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class Random:
    """Real randomness: real relays drop repeated message ids."""

    def take(self, size: int) -> bytes:
        return os.urandom(size)


def new_client(*relays: str, connect_timeout_s: float = 1) -> GunRelays:
    return GunRelays(relays, entropy=Random(), clock=Now(), timeout_s=20, connect_timeout_s=connect_timeout_s)


def key_item(path: tuple[str, ...], data: Item, *, state_ms: float | None = None) -> KeyItem:
    now_ms = Now().now_ms()
    soul = item_soul(now_ms=now_ms, random_bytes=os.urandom(12))
    return KeyItem(path=path, soul=soul, data=data, state_ms=now_ms - 1_500 if state_ms is None else state_ms)


@pytest.fixture(scope="module")
def relays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GunRelay, GunRelay]]:
    node.install(say=lambda line: None)
    with GunRelay(tmp_path_factory.mktemp("first")) as first, GunRelay(tmp_path_factory.mktemp("second")) as second:
        yield first, second


@pytest.fixture(scope="module")
def js(relays: tuple[GunRelay, GunRelay]) -> Iterator[GunClient]:
    with GunClient(relays[0].url) as client:
        yield client


@pytest.fixture
def client(relays: tuple[GunRelay, GunRelay]) -> Iterator[GunRelays]:
    found = new_client(relays[0].url, relays[1].url)
    yield found
    found.close()


@pytest.fixture(params=["fake", "real"])
def graph(request: pytest.FixtureRequest) -> Iterator[KeyGraph]:
    if request.param == "fake":
        yield FakeKeyGraph(("https://one.example/gun", "https://two.example/gun"))
        return
    found: GunRelays = request.getfixturevalue("client")
    yield found


@pytest.fixture
def path() -> Callable[[int], tuple[str, ...]]:
    """Fresh paths of one or two levels, so that tests share relays and nothing else."""
    mark = os.urandom(4).hex()
    return lambda levels: (f"37-tw-{mark}",) if levels == 1 else (f"twitter-{mark}", "T/")


@pytest.mark.parametrize("levels", [1, 2])
def test_items_come_back_from_their_set(graph: KeyGraph, path: Callable[[int], tuple[str, ...]], levels: int) -> None:
    items = [key_item(path(levels), {"e": f"key {n}"}) for n in range(3)]
    graph.put_items(items, relay=graph.relays[0])

    found = graph.fetch_items([path(levels), ("nothing-here",)])

    assert sorted(str(item["e"]) for item in found[path(levels)]) == ["key 0", "key 1", "key 2"]
    assert found["nothing-here",] == ()


def test_items_of_all_relays_are_joined(graph: KeyGraph, path: Callable[[int], tuple[str, ...]]) -> None:
    both, one, other = (key_item(path(1), {"e": name}) for name in ("both", "one", "other"))
    graph.put_items([both, one], relay=graph.relays[0])
    graph.put_items([both, other], relay=graph.relays[1])

    assert sorted(str(item["e"]) for item in graph.fetch_items([path(1)])[path(1)]) == ["both", "one", "other"]


def test_putting_twice_changes_nothing(graph: KeyGraph, path: Callable[[int], tuple[str, ...]]) -> None:
    item = key_item(path(2), {"e": "once"})
    graph.put_items([item], relay=graph.relays[0])
    graph.put_items([item], relay=graph.relays[0])

    assert graph.fetch_items([path(2)])[path(2)] == ({"e": "once"},)


def test_one_node_is_fetched_by_its_path(graph: KeyGraph, path: Callable[[int], tuple[str, ...]]) -> None:
    item = key_item(path(1), {"e": "one of many"})
    graph.put_items([item, key_item(path(1), {"e": "another"})], relay=graph.relays[1])

    assert graph.fetch_node((*path(1), item.soul)) == {"e": "one of many"}
    assert graph.fetch_node((*path(1), "nobody")) is None


def test_an_unknown_relay_is_misconfigured(client: GunRelays) -> None:
    with pytest.raises(Misconfigured):
        client.put_items([key_item(("a",), {"e": "x"})], relay="https://unknown.example/gun")


def test_the_fake_and_the_client_say_so_when_no_relay_answers() -> None:
    fake, real = FakeKeyGraph(), new_client("http://127.0.0.1:1/gun", connect_timeout_s=0.1)
    fake.down = set(fake.relays)
    for graph in (fake, real):
        with pytest.raises(Unavailable):
            graph.fetch_items([("a",)])
        with pytest.raises(Unavailable):
            graph.fetch_node(("a", "b"))
        with pytest.raises(Unavailable):
            graph.put_items([key_item(("a",), {"e": "x"})], relay=graph.relays[0])
        graph.close()


def test_the_javascript_client_reads_what_we_wrote(
    client: GunRelays, js: GunClient, path: Callable[[int], tuple[str, ...]]
) -> None:
    v38, v37 = (
        v38_item(sealed=b"s" * 120, iv=b"i" * 16),
        v37_item(sealed=b"s" * 48, ephemeral=EphemeralKey(2, b"k" * 65)),
    )
    client.put_items([key_item(path(2), v38), key_item(path(1), v37)], relay=client.relays[0])

    for levels, written in ((2, v38), (1, v37)):
        (read,) = js.once_items(list(path(levels)))
        assert {key: value for key, value in read.items() if key != "_"} == written


def test_we_read_what_the_javascript_client_wrote(
    client: GunRelays, js: GunClient, path: Callable[[int], tuple[str, ...]]
) -> None:
    v38, v37 = (
        v38_item(sealed=b"s" * 120, iv=b"i" * 16),
        v37_item(sealed=b"s" * 48, ephemeral=EphemeralKey(1, b"k" * 65)),
    )
    js.set(list(path(2)), v38)
    js.set(list(path(1)), v37)

    found = client.fetch_items([path(1), path(2)])

    assert found == {path(2): (v38,), path(1): (v37,)}
    assert read_item(-38, found[path(2)][0]).sealed == b"s" * 120
    assert read_item(-37, found[path(1)][0]).ephemeral == EphemeralKey(1, b"k" * 65)


def test_we_write_into_the_set_that_the_javascript_client_has_made(
    client: GunRelays, js: GunClient, path: Callable[[int], tuple[str, ...]]
) -> None:
    root, key = path(2)
    js.put([root], {key: {"#": f"elsewhere-{root}"}})
    js.set([f"elsewhere-{root}"], {"e": "theirs"})
    client.put_items([key_item(path(2), {"e": "ours"})], relay=client.relays[0])

    assert sorted(item["e"] for item in js.once_items(list(path(2)))) == ["ours", "theirs"]


def test_the_javascript_client_gets_our_item_live(
    client: GunRelays, js: GunClient, path: Callable[[int], tuple[str, ...]]
) -> None:
    subscription = js.subscribe_members(list(path(1)))
    client.put_items([key_item(path(1), {"e": "live"})], relay=client.relays[0])

    assert js.next_event(subscription)["data"]["e"] == "live"


def test_we_get_the_javascript_clients_item_live(
    client: GunRelays, js: GunClient, path: Callable[[int], tuple[str, ...]]
) -> None:
    js.set(list(path(1)), {"e": "early"})
    inbox: queue.Queue[object] = queue.Queue()
    end = client.subscribe_items(path(1), inbox.put)

    assert inbox.get(timeout=5) == {"e": "early"}
    js.set(list(path(1)), {"e": "live"})
    assert inbox.get(timeout=5) == {"e": "live"}
    end()


def test_a_deep_node_is_read_as_v40_readers_do(
    client: GunRelays, js: GunClient, path: Callable[[int], tuple[str, ...]]
) -> None:
    name = ("maskbook", "posts", path(1)[0], "alice")
    js.put(list(name), {"encryptedKey": "AAAA", "salt": "AAAAAAAAAAAAAAAAAAAAAA=="})

    assert client.fetch_node(name) == {"encryptedKey": "AAAA", "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}
    assert client.fetch_node((*name[:3], "bob")) is None


def test_a_bucket_of_two_hundred_items_is_read_whole_and_streamed(
    client: GunRelays, path: Callable[[int], tuple[str, ...]]
) -> None:
    items = [key_item(path(1), {"e": f"{n}"}) for n in range(200)]
    assert client.publish(items) == dict.fromkeys(client.relays)

    assert {item["e"] for item in client.fetch_items([path(1)])[path(1)]} == {f"{n}" for n in range(200)}
    assert {item["e"] for _, item in client.stream_items([path(1)])} == {f"{n}" for n in range(200)}
    for _, item in client.stream_items([path(1)]):
        assert item["e"]
        break


def test_two_thousand_records_are_all_held_by_both_relays(
    client: GunRelays, path: Callable[[int], tuple[str, ...]]
) -> None:
    root = path(2)[0]
    items = [key_item((root, f"{n % 300}"), {"e": "x" * 160 + str(n)}) for n in range(2_000)]
    assert client.publish(items) == dict.fromkeys(client.relays)

    found = client.fetch_items([(root, "0"), (root, "299")])
    assert {len(items) for items in found.values()} == {7, 6}


def test_a_record_of_the_future_is_never_confirmed(
    relays: tuple[GunRelay, GunRelay], path: Callable[[int], tuple[str, ...]]
) -> None:
    future = key_item(path(1), {"e": "later"}, state_ms=Now().now_ms() + 3_600_000)
    client = GunRelays([relays[0].url], entropy=Random(), clock=Now(), timeout_s=2, connect_timeout_s=1)
    outcome = client.publish([future])[relays[0].url]
    client.close()

    assert outcome is not None
    assert outcome.kind == "GunWriteUnconfirmed"


def test_a_client_closed_meanwhile_says_so_and_works_again(
    relays: tuple[GunRelay, GunRelay], path: Callable[[int], tuple[str, ...]]
) -> None:
    client = new_client(relays[0].url)
    client.put_items([key_item(path(1), {"e": "x"})], relay=client.relays[0])
    stream = client.stream_items([path(1)])
    assert next(stream) == (path(1), {"e": "x"})
    client.close()
    with pytest.raises(Unavailable):
        next(stream)

    assert client.fetch_items([path(1)])[path(1)] == ({"e": "x"},)
    client.close()
    client.close()


def test_a_forked_child_opens_connections_of_its_own(
    relays: tuple[GunRelay, GunRelay], path: Callable[[int], tuple[str, ...]]
) -> None:
    client = new_client(relays[0].url)
    client.put_items([key_item(path(1), {"e": "x"})], relay=client.relays[0])
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = int(client.fetch_items([path(1)])[path(1)] != ({"e": "x"},))
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert client.fetch_items([path(1)])[path(1)] == ({"e": "x"},)
    client.close()
