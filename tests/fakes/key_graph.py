"""The key graph in memory: sets of items by path, relays that can be down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskbot.domain.broadcast import KeyItem
from maskbot.domain.errors import Unavailable


class FakeKeyGraph:
    """`down` names relays that do not answer. Writing the same soul again changes nothing."""

    def __init__(self, relays: tuple[str, ...] = ("http://one/gun", "http://two/gun")) -> None:
        self.relays = relays
        self.down: set[str] = set()
        self.nodes: dict[tuple[str, ...], Mapping[str, object]] = {}
        self.held: dict[str, dict[tuple[str, ...], dict[str, Mapping[str, object]]]] = {each: {} for each in relays}

    def put_items(self, items: Sequence[KeyItem], *, relay: str) -> None:
        """Keep the items on this relay."""
        if relay in self.down:
            raise Unavailable("the relay is down")
        for item in items:
            self.held[relay].setdefault(item.path, {})[item.soul] = item.data

    def fetch_items(
        self, paths: Sequence[tuple[str, ...]]
    ) -> Mapping[tuple[str, ...], tuple[Mapping[str, object], ...]]:
        """What all relays that are up hold."""
        up = [each for each in self.relays if each not in self.down]
        if not up:
            raise Unavailable("no relay answers")
        merged = {path: {k: v for relay in up for k, v in self.held[relay].get(path, {}).items()} for path in paths}
        return {path: tuple(items.values()) for path, items in merged.items()}

    def fetch_node(self, path: tuple[str, ...]) -> Mapping[str, object] | None:
        """What a test put into `nodes`; the soul of an item below its set names the item."""
        if all(each in self.down for each in self.relays):
            raise Unavailable("no relay answers")
        for relay in self.relays:
            if relay not in self.down and path[-1] in self.held[relay].get(path[:-1], {}):
                return self.held[relay][path[:-1]][path[-1]]
        return self.nodes.get(path)

    def close(self) -> None:
        """Nothing to close."""
