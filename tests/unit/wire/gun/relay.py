"""A relay in a few lines, for tests of the state machines: stores by HAM, answers gets and puts, has knobs for bad manners."""

from __future__ import annotations

import json

from maskbot.wire.gun import Graph, Limits, Replica, Session
from maskbot.wire.gun.nodes import read_graph, write_graph


class ScriptedRelay:
    """Speaks to one session. `acks` and `stores` switch off what a bad relay leaves out; `asked` notes every question."""

    def __init__(self) -> None:
        self.graph = Replica(max_fields=100_000)
        self.acks = True
        self.stores = True
        self.asked: list[tuple[str, str | None]] = []
        self.puts = 0
        self._pieces: list[tuple[str, Graph]] = []

    def hear(self, session: Session) -> list[str]:
        """Take what the session wants to send, and return the frames that answer it."""
        answers: list[str] = []
        for frame in session.take_frames():
            raw = json.loads(frame)
            for message in raw if isinstance(raw, list) else [raw]:
                answers.extend(self._answer(message))
        return answers

    def _answer(self, message: dict[str, dict[str, str]]) -> list[str]:
        message_id = str(message["#"])
        if "put" in message:
            return self._put(message_id, message["put"])
        if "get" not in message:
            return []
        soul, key = message["get"]["#"], message["get"].get(".")
        self.asked.append((soul, key))
        node = self.graph.node(soul) or {}
        found = {k: field for k, field in node.items() if key in (None, k)}
        if not found:
            return [json.dumps({"#": "r", "@": message_id})]
        return [f'{{"#":"r","@":"{message_id}","put":{write_graph({soul: found})}}}']

    def _put(self, message_id: str, raw: dict[str, str]) -> list[str]:
        self.puts += 1
        changed: Graph = {}
        if self.stores:
            changed = self.graph.merge(read_graph(raw, limits=Limits()), clock_ms=1e15)  # type: ignore[arg-type]  # JSON
        return [json.dumps({"#": "r", "@": message_id, "ok": True})] if changed and self.acks else []
