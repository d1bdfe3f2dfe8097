"""Reading one path from one relay: follow the links, read the node at the end and, for a set, its items.

Source: `spec/gun-personas-backup.md` B.3, B.4. Nothing on the wire says that an answer is complete: a relay sends a
large node in pieces and then once more whole. A reading has ended when everything it asked was answered and no
further frame came for `quiet_ms`. The default souls (`a/b` for `a`.`b`) are asked at once, beside the links, which
saves a round trip per level; what lies there is read even when a link leads elsewhere.

A relay may lie: it can at most fill up the bounded number of items and nodes of its own reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maskbot.wire.gun.graph import Replica
from maskbot.wire.gun.nodes import Field, Graph, Link, Node
from maskbot.wire.gun.session import Answer, Event, Pushed, Session

MAX_ITEMS = 2_000
MAX_ITEM_CHARS = 8_192
MAX_READING_CHARS = 4 << 20
QUIET_MS = 150
_MAX_SOULS_PER_LEVEL = 4
_MAX_FIELDS = 40_000
ANY_TIME: Final = float("inf")


class Reading:
    """One path on one relay. With `has_members` the node at the end is a set, and its items are read too.

    Items and nodes are read whatever their state is (B.8); to keep writes of the future back, merge the node into a
    `Replica`.
    """

    def __init__(self, path: tuple[str, ...], *, has_members: bool, is_live: bool, max_items: int = MAX_ITEMS) -> None:
        self._path = path
        self._has_members = has_members
        self._is_live = is_live
        self._max_items = max_items
        self._levels: list[set[str]] = [set() for _ in path]
        self._items: dict[str, Node] = {}
        self._too_long: set[str] = set()
        self._chars = 0
        self._news: dict[str, Node] = {}
        self._ends = Replica(max_fields=_MAX_FIELDS)
        self._unanswered: set[int] = set()
        self._handles: set[int] = set()
        self._end_handles: set[int] = set()
        self._has_end_answer = False
        self._last_frame_ms: float = 0
        self._is_done = False

    @property
    def is_done(self) -> bool:
        """True when everything was answered and it has been quiet; never for a live reading."""
        return self._is_done

    def start(self, session: Session, *, now_ms: float) -> None:
        """Ask the first questions."""
        self._last_frame_ms = now_ms
        for depth in range(1, len(self._path) + 1):
            self._reach(session, "/".join(self._path[:depth]), depth)

    def on_event(self, session: Session, event: Event, *, now_ms: float) -> None:
        """Take in what the session says; ask what follows from it."""
        match event:
            case Answer(handle, graph) if handle in self._handles:
                self._last_frame_ms = now_ms
                self._unanswered.discard(handle)
                self._has_end_answer |= handle in self._end_handles
                self._absorb(session, graph)
            case Pushed(graph):
                self._absorb(session, graph)
            case _:
                pass

    def finish(self, session: Session) -> None:
        """Forget every question, so that late answers are dropped."""
        for handle in self._handles:
            session.forget(handle)

    def wakes_at_ms(self) -> float | None:
        """When this reading ends if nothing further comes; None while an answer is awaited, or for a live one."""
        if self._is_live or self._unanswered:
            return None
        return self._last_frame_ms + QUIET_MS

    def on_time(self, _session: Session, /, *, now_ms: float) -> None:
        """End when the time of `wakes_at_ms` has come."""
        ends_ms = self.wakes_at_ms()
        self._is_done |= ends_ms is not None and now_ms >= ends_ms

    @property
    def has_answer(self) -> bool:
        """True when the relay has said something about the node at the end of the path."""
        return self._has_end_answer

    @property
    def items(self) -> dict[str, Node]:
        """The items read so far, by soul."""
        return {soul: node for soul, node in self._items.items() if node}

    def take_news(self) -> dict[str, Node]:
        """Return the items that came or changed since the last call."""
        news, self._news = self._news, {}
        return news

    def end_node(self) -> Node | None:
        """The node at the end of the path; when links and default soul lead to several, their fields by HAM."""
        whole = Replica(max_fields=_MAX_FIELDS)
        for soul in self._levels[-1]:
            whole.merge({"": self._ends.node(soul) or {}}, clock_ms=ANY_TIME)
        return whole.node("")

    def _absorb(self, session: Session, graph: Graph) -> None:
        for soul, node in graph.items():
            if soul in self._items:
                self._absorb_item(soul, node)
            for depth, souls in enumerate(self._levels, start=1):
                if soul in souls:
                    self._absorb_node(session, soul, node, depth)

    def _absorb_node(self, session: Session, soul: str, node: Node, depth: int) -> None:
        if depth < len(self._path):
            field = node.get(self._path[depth])
            if field is not None and isinstance(field.value, Link):
                self._reach(session, field.value.soul, depth + 1)
        elif self._has_members:
            for field in node.values():
                if isinstance(field.value, Link):
                    self._reach_item(session, field.value.soul)
        else:
            self._ends.merge({soul: node}, clock_ms=ANY_TIME)

    def _absorb_item(self, soul: str, node: Mapping[str, Field]) -> None:
        if soul in self._too_long:
            return
        item = self._items[soul]
        before = _chars_of(item)
        for key, field in node.items():
            known = item.get(key)
            if known is None or field.state >= known.state:
                item[key] = field
        added = _chars_of(item) - before
        if before + added > MAX_ITEM_CHARS or self._chars + added > MAX_READING_CHARS:
            self._too_long.add(soul)
            self._news.pop(soul, None)
            item.clear()
            added = -before
        elif item:
            self._news[soul] = dict(item)
        self._chars += added

    def _reach(self, session: Session, soul: str, depth: int) -> None:
        souls = self._levels[depth - 1]
        if soul in souls or len(souls) >= _MAX_SOULS_PER_LEVEL:
            return
        souls.add(soul)
        is_end = depth == len(self._path)
        handle = self._ask(session, soul, None if is_end else self._path[depth])
        if is_end:
            self._end_handles.add(handle)

    def _reach_item(self, session: Session, soul: str) -> None:
        if soul not in self._items and len(self._items) < self._max_items:
            self._items[soul] = {}
            self._ask(session, soul, None)

    def _ask(self, session: Session, soul: str, key: str | None) -> int:
        handle = session.ask(soul, key)
        self._handles.add(handle)
        self._unanswered.add(handle)
        return handle


def _chars_of(node: Mapping[str, Field]) -> int:
    return sum(len(key) + (len(value) if isinstance(value := field.value, str) else 24) for key, field in node.items())
