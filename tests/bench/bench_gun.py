"""How fast the key graph is read and written, beside a bare socket, bare ECDH and the JavaScript client in one run.

    python -m tests.bench.bench_gun

Real relays (npm `gun`) on loopback share the machine's cores with the client, so times are wall-clock, median of the
rounds.

* *Reading*: a bucket of 200 records, each with its own ephemeral key (one ECDH each), ours at a random place. The limit
  is 200 bare ECDH plus what the relay needs to hand over the same bytes to a bare socket that asks the same questions,
  parses nothing and knows when to stop. A second limit counts one empty round trip only. Both once more in CPU time of
  client and relays (Linux counts it), which other work on the machine hardly changes.
* *Publishing*: 2,000 records, each in a bucket of its own, to two relays, until both hold all. Beside: one record alone
  (the relay's flush wait), and the JavaScript client with the same records and relays.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from coincurve import PrivateKey
from websockets.sync.client import connect

from maskbot.adapters.gun_relay import GunRelays
from maskbot.adapters.system import SystemClock, SystemEntropy
from maskbot.domain.broadcast import KeyItem
from maskbot.sandbox import node
from maskbot.sandbox.gun import GunClient, GunRelay
from maskbot.wire.crypto import public_key_of, uncompress
from maskbot.wire.gun import STATE_LAG_MS, EphemeralKey, Session, item_soul, v37_item
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    Payload,
    Reader,
    SealedKey,
    TextMessage,
    UnsealFailed,
    audience_of,
    draw_secrets,
    parse_payload,
    read_record,
    record_of,
    seal,
    unseal,
)

BUCKET = 200
RECORDS = 2_000
ROUNDS = 9
JS_TIMEOUT_S = 60
OURS, NOT_OURS = random.Random(38).randbytes(32), random.Random(39).randbytes(32)  # throw-away keys
Cost = tuple[float, float, float]


def main() -> None:
    """Print one line per case."""
    node.install(say=lambda line: None)
    for case in (_reading, _publishing):
        with (
            tempfile.TemporaryDirectory() as folder,
            GunRelay(Path(folder, "1")) as one,
            GunRelay(Path(folder, "2")) as two,
        ):
            client = _client(one, two)
            case(client, one, two)
            client.close()


def _client(*relays: GunRelay) -> GunRelays:
    urls = [relay.url for relay in relays]
    return GunRelays(urls, entropy=SystemEntropy(), clock=SystemClock(), timeout_s=60)


def _reading(writer: GunRelays, one: GunRelay, two: GunRelay) -> None:
    ecdh_ms = statistics.median(_ms(_bare_ecdh) for _ in range(ROUNDS))
    client = _client(one)
    rounds = [_reading_round(writer, client, one, number) for number in range(ROUNDS)]
    client.close()
    walls = [[cost[0] for cost in costs] for costs in rounds]
    bare, trip, found, tried, whole = (statistics.median(column) for column in zip(*walls, strict=True))
    _row(f"{BUCKET} bare ECDH", ecdh_ms)
    _row(f"bucket of {BUCKET}: bare socket, same questions", bare)
    _row("one empty round trip", trip)
    of_limit, of_trip = (ecdh_ms + bare) / tried, (ecdh_ms + trip) / tried
    note = f"of limit {of_limit:5.2f} (aim 0.7), with an empty round trip only {of_trip:5.2f}"
    _row(f"bucket of {BUCKET}: read, all {BUCKET} tried, none ours", tried, note)
    _row(f"bucket of {BUCKET}: read until ours opens the post", found, f"of limit {(ecdh_ms + bare) / found:5.2f}")
    _row(f"bucket of {BUCKET}: read to the end (150 ms of quiet)", whole)
    _reading_cpu(rounds)


def _reading_cpu(rounds: list[tuple[Cost, ...]]) -> None:
    """The same limits in CPU time: what the relay spends on its answers is the greater part of either."""
    ecdh = min(_cost(_bare_ecdh)[1] for _ in range(ROUNDS))
    bare, trip, _, tried, _ = ([min(kind) for kind in zip(*costs, strict=True)] for costs in zip(*rounds, strict=True))
    spent = tried[1] + tried[2]
    note = f"relay {tried[2]:.1f}; of ECDH + relay's bare answers {(ecdh + bare[2]) / spent:5.2f}"
    _row(
        f"bucket of {BUCKET}: CPU of client and relay",
        spent,
        f"{note}, + empty round trip {(ecdh + trip[2]) / spent:5.2f}",
    )
    _row(f"bucket of {BUCKET}: CPU of the client alone", tried[1], f"of {BUCKET} ECDH {ecdh / tried[1]:5.2f}")


def _reading_round(writer: GunRelays, client: GunRelays, relay: GunRelay, number: int) -> tuple[Cost, ...]:
    path = (f"37-tw-b{number}-{os.urandom(3).hex()}",)
    payload, items = _bucket(path)
    writer.publish(items)
    client.fetch_items([("connects",)])
    return (
        _cost(lambda: _bare_read(relay, path[0], [item.soul for item in items])),
        _cost(lambda: _bare_read(relay, "nothing-here", [])),
        _cost(lambda: _open(client, path, payload, key=OURS)),
        _cost(lambda: _open(client, path, payload, key=NOT_OURS)),
        _cost(lambda: client.fetch_items([path])),
    )


def _publishing(client: GunRelays, one: GunRelay, two: GunRelay) -> None:
    flush_ms = [_ms(lambda: _publish(client, 1)) for _ in range(ROUNDS)]
    all_ms = [_ms(lambda: _publish(client, RECORDS)) for _ in range(3)]
    _row("publish 1 record to two relays (flush wait)", statistics.median(flush_ms))
    _row(f"publish {RECORDS} records to two relays, all confirmed", statistics.median(all_ms))
    with GunClient(one.url, two.url) as js:
        js.once(["warm"])
        items = [(list(item.path), item.data) for item in _items(RECORDS)]
        outcome = js.set_many(items, timeout_s=JS_TIMEOUT_S)
    note = f"acknowledged by one relay or more: {outcome['acked']}"
    _row(f"JavaScript client, the same {RECORDS} records", outcome["ms"], note)


def _row(name: str, milliseconds: float, note: str = "") -> None:
    print(f"{name:<52} {milliseconds:8.1f} ms  {note}")


def _bucket(path: tuple[str, ...]) -> tuple[Payload, list[KeyItem]]:
    author_key = os.urandom(32)
    author = Author(
        "person:twitter.com/bench", CurveKey(Curve.K256, public_key_of(author_key)), True, author_key, bytes(32)
    )
    sealed = seal(
        TextMessage("gm"),
        version=-37,
        author=author,
        audience=audience_of([public_key_of(OURS)]),
        secrets=draw_secrets(os.urandom, recipients=1),
    )
    ours = [record_of(key) for key in sealed.keys if isinstance(key, SealedKey)]
    others: list[dict[str, object]] = [dict(_record()) for _ in range(BUCKET - len(ours))]
    records = others + ours
    random.Random(path[0]).shuffle(records)
    items = [_item(path, {k: v for k, v in record.items() if isinstance(v, str | int)}) for record in records]
    return parse_payload(sealed.payload), items


def _record() -> dict[str, str | int]:
    point = uncompress(public_key_of(os.urandom(32)))
    return v37_item(sealed=os.urandom(48), ephemeral=EphemeralKey(2, point))


def _items(count: int) -> list[KeyItem]:
    mark = os.urandom(3).hex()
    return [
        _item((f"37-tw-{mark}-{number}",), v37_item(sealed=os.urandom(48), ephemeral=None)) for number in range(count)
    ]


def _item(path: tuple[str, ...], data: dict[str, str | int]) -> KeyItem:
    now_ms = SystemClock().now_ms()
    soul = item_soul(now_ms=now_ms, random_bytes=os.urandom(12))
    return KeyItem(path=path, soul=soul, data=data, state_ms=now_ms - STATE_LAG_MS)


def _open(client: GunRelays, path: tuple[str, ...], payload: Payload, *, key: bytes) -> None:
    """Read the bucket and open the post; give up when all its records were tried."""
    records = (read_record(item, version=-37) for _, item in client.stream_items([path]))
    with suppress(UnsealFailed):
        unseal(payload, reader=Reader(private_keys=(key,)), records=islice(records, BUCKET))


def _bare_ecdh() -> None:
    bound = PrivateKey(OURS)
    for point in _POINTS:
        bound.ecdh(point)


def _bare_read(relay: GunRelay, soul: str, items: list[str]) -> None:
    session = Session(entropy=os.urandom)
    wanted = {item.encode() for item in items} or {b"@"}
    with connect(relay.url.replace("http", "ws"), compression=None, max_size=None) as socket:
        began = time.perf_counter()
        for name in (soul, *items):
            session.ask(name)
        for frame in session.take_frames():
            socket.send(frame)
        while wanted:
            frame_bytes = socket.recv(decode=False)
            assert isinstance(frame_bytes, bytes)
            if not items:
                wanted = {mark for mark in wanted if mark not in frame_bytes}
            elif b'"e":' in frame_bytes:
                wanted = {mark for mark in wanted if b'{"#":"' + mark + b'",">"' not in frame_bytes}
        _SPENT.append(time.perf_counter() - began)


def _publish(client: GunRelays, count: int) -> None:
    outcome = client.publish(_items(count))
    assert not any(outcome.values()), outcome


def _ms(work: Callable[[], object]) -> float:
    """Wall milliseconds; of a bare read only the part after connecting."""
    _SPENT.clear()
    began = time.perf_counter()
    work()
    spent = time.perf_counter() - began
    return (_SPENT[0] if _SPENT else spent) * 1000


def _cost(work: Callable[[], object]) -> Cost:
    """Wall milliseconds as `_ms`, and milliseconds of CPU of this process and of the relays."""
    ours, relays = time.process_time(), _relays_cpu_ms()
    wall = _ms(work)
    return wall, (time.process_time() - ours) * 1000, _relays_cpu_ms() - relays


def _relays_cpu_ms() -> float:
    """CPU milliseconds of all our child processes and their threads."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    threads = [thread for child in children for thread in Path(f"/proc/{child}/task").glob("*/schedstat")]
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


_SPENT: list[float] = []
_POINTS = [public_key_of(os.urandom(32)) for _ in range(BUCKET)]

if __name__ == "__main__":
    main()
