"""The GUN relays: one synchronous client for several of them (port `KeyGraph`).

Source: `spec/gun-personas-backup.md` B.5, B.7. Reads ask every relay at once and join what they say; a relay that is
down, slow or lying can delay a read by at most its timeout and can add junk, but hides nothing that another relay
shows. Writes go to one relay at a time (`put_items`) or to all at once (`publish`), and are confirmed relay by relay.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest

from maskbot.adapters.gun_relay.connection import RelayConnection, socket_url
from maskbot.adapters.gun_relay.fan_out import ReadOperation, read_from_all
from maskbot.adapters.gun_relay.loop_thread import LoopThread
from maskbot.adapters.gun_relay.set_reading import Item, Path, SetReading, plain_item
from maskbot.domain.broadcast import KeyItem
from maskbot.domain.errors import MaskbotError, Misconfigured, Unavailable, Unconfirmed
from maskbot.ports.inside import Clock, Entropy
from maskbot.wire.gun import MAX_ITEMS, Reading, Replica, Writing

_MAX_NODE_FIELDS = 10_000

_Mark = tuple[Path, str, frozenset[tuple[str, object]]]
_OnRelayItem = Callable[[str, Path, str, Item], None]


class RelayUnavailable(Unavailable):
    """No relay (or not the one asked) could be reached, or none answered in time."""

    kind = "GunRelayUnavailable"


class WriteUnconfirmed(Unconfirmed):
    """The items were sent, and the relay neither acknowledged nor returned them in time."""

    kind = "GunWriteUnconfirmed"


class GunRelays:
    """Connections open on first use and close when unused. Thread-safe; the callbacks of `subscribe_items` run in its
    own thread."""

    def __init__(
        self,
        relays: Sequence[str],
        *,
        entropy: Entropy,
        clock: Clock,
        timeout_s: float = 8.0,
        connect_timeout_s: float = 3.0,
    ) -> None:
        for relay in relays:
            socket_url(relay)
        self._relays = tuple(dict.fromkeys(relays))
        self._entropy = entropy
        self._clock = clock
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None
        self._connections: dict[str, RelayConnection] = {}

    @property
    def relays(self) -> tuple[str, ...]:
        """The relay URLs, as configured."""
        return self._relays

    def put_items(self, items: Sequence[KeyItem], *, relay: str) -> None:
        """Write items into their sets on one relay; return when it holds them all. Safe to repeat.

        Raises:
            RelayUnavailable: it could not be reached, or did not tell which sets exist; nothing was written.
            WriteUnconfirmed: some items were neither acknowledged nor found on reading back.
            Misconfigured: it is none of `relays`.
        """
        if relay not in self._relays:
            raise Misconfigured("this relay is none of the configured ones")
        if items:
            self._loop().run(self._put(items, relay), timeout_s=self._timeout_s + self._connect_timeout_s)

    def publish(self, items: Sequence[KeyItem]) -> dict[str, MaskbotError | None]:
        """Write the same items to all relays at once; return per relay None for confirmed, else its error. Safe to
        repeat."""
        return self._loop().run(self._publish(items), timeout_s=self._timeout_s + self._connect_timeout_s)

    def fetch_items(self, paths: Sequence[Path]) -> Mapping[Path, tuple[Item, ...]]:
        """Return the items in each set, joined over all relays that answered in time: one of each relay in turn, so that
        whoever takes only the first ones takes some of every relay's. Unchecked; at most 2,000 per path and relay, 8 KB each.

        Raises:
            RelayUnavailable: no relay answered.
        """
        found: dict[str, dict[Path, dict[_Mark, Item]]] = {
            relay: {path: {} for path in paths} for relay in self._relays
        }

        def keep(relay: str, path: Path, soul: str, item: Item) -> None:
            kept = found[relay][path]
            if len(kept) < MAX_ITEMS:
                kept[path, soul, frozenset(item.items())] = item

        self._loop().run(self._read_sets(paths, keep), timeout_s=self._timeout_s)
        return {path: _in_turn([found[relay][path] for relay in self._relays]) for path in paths}

    def stream_items(self, paths: Sequence[Path]) -> Iterator[tuple[Path, Item]]:
        """Yield items as soon as a relay shows them; stop early when the right one was found. Otherwise as
        `fetch_items`."""
        inbox: queue.SimpleQueue[tuple[Path, Item] | None] = queue.SimpleQueue()
        news = _News(self._relays, most=MAX_ITEMS * len(paths))

        def hand_over(relay: str, path: Path, soul: str, item: Item) -> None:
            if news.is_new(relay, (path, soul, frozenset(item.items()))):
                inbox.put((path, item))

        reading = self._loop().submit(self._read_sets(paths, hand_over))
        reading.add_done_callback(lambda _: inbox.put(None))
        try:
            while (found := inbox.get()) is not None:
                yield found
            if reading.cancelled():
                raise RelayUnavailable("the client was closed meanwhile")
            reading.result()
        finally:
            reading.cancel()

    def fetch_node(self, path: Path) -> Item | None:
        """Return the node at a path, merged over all relays by HAM; None when no relay knows one. Links are left out.

        Raises:
            RelayUnavailable: no relay answered.
        """
        return self._loop().run(self._read_node(path), timeout_s=self._timeout_s)

    def subscribe_items(self, path: Path, on_item: Callable[[Item], None]) -> Callable[[], None]:
        """Call `on_item` for every item of a set, present and future, once per item and change; return how to end it.

        `on_item` runs in this client's own thread and must be cheap.
        """
        news = _News(self._relays, most=2 * MAX_ITEMS)

        def hand_over(relay: str, _: Path, soul: str, item: Item) -> None:
            if news.is_new(relay, (path, soul, frozenset(item.items()))):
                asyncio.get_running_loop().call_soon(on_item, item)  # its exceptions are its own, and logged

        subscription = self._loop().submit(self._follow(path, hand_over))

        def end() -> None:
            subscription.cancel()

        return end

    def close(self) -> None:
        """Close all connections; the client may be used again."""
        thread, self._thread = self._thread, None
        connections, self._connections = self._connections, {}
        if thread is not None and not thread.is_foreign:
            thread.run(_close_all(list(connections.values())), timeout_s=self._connect_timeout_s)
            thread.stop()

    async def _put(self, items: Sequence[KeyItem], relay: str) -> None:
        connection = self._connection(relay)
        writing = Writing(items)
        performing = asyncio.create_task(connection.perform(writing, timeout_s=self._timeout_s))
        try:
            if not await connection.is_open_within(self._connect_timeout_s):
                raise RelayUnavailable("the relay could not be reached")
            is_confirmed = await performing
        finally:
            performing.cancel()
        if not is_confirmed and not writing.has_put:
            raise RelayUnavailable("the relay did not say which sets exist")
        if not is_confirmed:
            raise WriteUnconfirmed("the relay neither acknowledged the key records nor gave them back")

    async def _publish(self, items: Sequence[KeyItem]) -> dict[str, MaskbotError | None]:
        puts = (self._put(items, relay) for relay in self._relays)
        outcomes = await asyncio.gather(*puts, return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None and not isinstance(outcome, MaskbotError):
                raise outcome
        return {
            relay: outcome if isinstance(outcome, MaskbotError) else None
            for relay, outcome in zip(self._relays, outcomes, strict=True)
        }

    async def _read_sets(self, paths: Sequence[Path], on_item: _OnRelayItem) -> None:
        await self._read_all(
            {
                self._connection(relay): [
                    SetReading(path, on_item=partial(on_item, relay), is_live=False) for path in paths
                ]
                for relay in self._relays
            }
        )

    async def _read_node(self, path: Path) -> Item | None:
        readings = {
            self._connection(relay): [Reading(path, has_members=False, is_live=False)] for relay in self._relays
        }
        await self._read_all(readings)
        merged = Replica(max_fields=_MAX_NODE_FIELDS)
        for reading in (reading for group in readings.values() for reading in group):
            merged.merge({"": reading.end_node() or {}}, clock_ms=self._clock.now_ms())
        node = merged.node("")
        return None if node is None else plain_item(node)

    async def _read_all(self, readings: Mapping[RelayConnection, Sequence[ReadOperation]]) -> None:
        has_answer = await read_from_all(readings, timeout_s=self._timeout_s, connect_timeout_s=self._connect_timeout_s)
        if not has_answer:
            raise RelayUnavailable("no relay answered")

    async def _follow(self, path: Path, on_item: _OnRelayItem) -> None:
        readings = [
            (self._connection(relay), SetReading(path, on_item=partial(on_item, relay), is_live=True))
            for relay in self._relays
        ]
        for connection, reading in readings:
            connection.begin(reading)
        try:
            await asyncio.Event().wait()
        finally:
            for connection, reading in readings:
                connection.end(reading)

    def _loop(self) -> LoopThread:
        with self._lock:
            if self._thread is None or self._thread.is_foreign:
                self._thread, self._connections = LoopThread(), {}
            return self._thread

    def _connection(self, relay: str) -> RelayConnection:
        if relay not in self._connections:
            self._connections[relay] = RelayConnection(
                relay, entropy=self._entropy.take, connect_timeout_s=self._connect_timeout_s
            )
        return self._connections[relay]


class _News:
    """What was handed on already, and how much of it came from each relay first: none can use up the share of another."""

    def __init__(self, relays: Sequence[str], *, most: int) -> None:
        self._seen: set[_Mark] = set()
        self._left = dict.fromkeys(relays, most)

    def is_new(self, relay: str, mark: _Mark) -> bool:
        if mark in self._seen or not self._left[relay]:
            return False
        self._seen.add(mark)
        self._left[relay] -= 1
        return True


def _in_turn(groups: Sequence[Mapping[_Mark, Item]]) -> tuple[Item, ...]:
    """The items of all groups, each once: the first of every group, then the second ones, and so on."""
    joined: dict[_Mark, Item] = {}
    for row in zip_longest(*(group.items() for group in groups)):
        for marked in row:
            if marked is not None:
                joined.setdefault(*marked)
    return tuple(joined.values())


async def _close_all(connections: Sequence[RelayConnection]) -> None:
    await asyncio.gather(*(connection.close() for connection in connections))
