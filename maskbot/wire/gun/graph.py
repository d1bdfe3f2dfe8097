"""A replica of part of a graph: merges what peers say, keeps writes of the future back, and bounds its own size."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from maskbot.wire.gun.ham import LONGEST_DEFERRAL_MS, merge
from maskbot.wire.gun.nodes import Field, Graph, Node


class Replica:
    """Nodes merged by HAM. At most `max_fields` fields are held, known and deferred together; further ones are left
    out."""

    def __init__(self, *, max_fields: int) -> None:
        self._nodes: Graph = {}
        self._deferred: list[tuple[float, int, str, str, Field]] = []
        self._max_fields = max_fields
        self._fields = 0
        self._order = 0

    def merge(self, graph: Mapping[str, Mapping[str, Field]], *, clock_ms: float) -> Graph:
        """Merge a graph and return the fields that changed."""
        changed: Graph = {}
        for soul, node in graph.items():
            for key, field in node.items():
                if self._merge_field(soul, key, field, clock_ms):
                    changed.setdefault(soul, {})[key] = field
        return changed

    def settle(self, *, clock_ms: float) -> Graph:
        """Judge again the deferred fields whose time has come, and return those that changed."""
        changed: Graph = {}
        while self._deferred and self._deferred[0][0] <= clock_ms:
            _, _, soul, key, field = heapq.heappop(self._deferred)
            self._fields -= 1
            if self._merge_field(soul, key, field, clock_ms):
                changed.setdefault(soul, {})[key] = field
        return changed

    def next_settle_ms(self) -> float | None:
        """The time when the next deferred field is due, None when there is none."""
        return self._deferred[0][0] if self._deferred else None

    def node(self, soul: str) -> Node | None:
        """The known fields of a node, None when nothing is known of it."""
        node = self._nodes.get(soul)
        return dict(node) if node is not None else None

    def _merge_field(self, soul: str, key: str, field: Field, clock_ms: float) -> bool:
        known = self._nodes.get(soul, {}).get(key)
        verdict = merge(known, field, clock_ms=clock_ms)
        if not verdict.is_deferred and verdict.field is known:
            return False
        if (known is None or verdict.is_deferred) and self._fields >= self._max_fields:
            return False
        if verdict.is_deferred:
            self._defer(soul, key, field, clock_ms)
            return False
        self._fields += known is None
        self._nodes.setdefault(soul, {})[key] = field
        return True

    def _defer(self, soul: str, key: str, field: Field, clock_ms: float) -> None:
        self._fields += 1
        self._order += 1
        due_ms = min(field.state, clock_ms + LONGEST_DEFERRAL_MS)
        heapq.heappush(self._deferred, (due_ms, self._order, soul, key, field))
