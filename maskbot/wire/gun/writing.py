"""Writing items into their sets on one relay: find the sets, put, and see that the relay holds everything.

Source: `spec/gun-personas-backup.md` A.5, B.3, B.5. Three steps:

1. *Find*: where a path has more than one level, read the links that exist; a missing link is written together with the
   item, to the default soul `a/b`. An existing link is followed, never replaced.
2. *Put*: the whole graph, in as few messages as frames allow, all at once, so that they share one flush of the relay's
   disk.
3. *Check*: what is not acknowledged in time (an idle relay needs 260 ms) is read back; what the relay does not hold is
   put again. A relay never acknowledges what it has already, so a repeated write ends here.

>>> from maskbot.domain.broadcast import KeyItem
>>> item = KeyItem(path=("twitter-bl", "T3"), soul="mwabc", data={"salt": "c2FsdA=="}, state_ms=1.0)
>>> sorted(graph_of_items([item], links={}))
['mwabc', 'twitter-bl', 'twitter-bl/T3']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from maskbot.domain.broadcast import KeyItem
from maskbot.wire.gun.ham import is_news
from maskbot.wire.gun.messages import FRAME_CHARS
from maskbot.wire.gun.nodes import Field, Graph, Link, split_graph
from maskbot.wire.gun.session import Answer, Event, NotStored, Session, Stored

ACK_MS = 600
ACK_MS_PER_FIELD = 0.3
STRAGGLER_MS = 400
CHECK_MS = 1_500
LINK_QUIET_MS = 150
_KEYS_ASKED_SINGLY = 8
_ENVELOPE_CHARS = 200

Step = tuple[str, str]
"""A soul and a key of it, where a link may stand."""


def graph_of_items(items: Iterable[KeyItem], *, links: Mapping[Step, str]) -> Graph:
    """Return the graph that puts every item into its set: the item, its entry in the set, and the links that are not
    in `links`."""
    graph: Graph = {}
    for item in items:
        soul = item.path[0]
        for key in item.path[1:]:
            known = links.get((soul, key))
            if known is None:
                graph.setdefault(soul, {}).setdefault(key, Field(Link(f"{soul}/{key}"), item.state_ms))
            soul = known or f"{soul}/{key}"
        graph.setdefault(soul, {})[item.soul] = Field(Link(item.soul), item.state_ms)
        graph[item.soul] = {key: Field(value, item.state_ms) for key, value in item.data.items()}
    return graph


@dataclass(slots=True)
class _Part:
    """One message of the put: its graph, its handle while it waits for an acknowledgement, and what a check has
    missed."""

    graph: Graph
    handle: int
    checks: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    unseen: set[tuple[str, str]] = field(default_factory=set)


class Writing:
    """The items on their way to one relay."""

    def __init__(self, items: Sequence[KeyItem]) -> None:
        self._items = items
        self._deepest = max((len(item.path) for item in items), default=1)
        self._links: dict[Step, str] = {}
        self._depth = 1
        self._questions: dict[int, str] = {}
        self._unanswered: set[int] = set()
        self._parts: list[_Part] = []
        self._has_put = False
        self._due_ms: float | None = None

    @property
    def has_put(self) -> bool:
        """True when something was given to the session that may reach the relay."""
        return self._has_put

    @property
    def is_done(self) -> bool:
        """True when the relay acknowledged everything or gave it back."""
        return self._has_put and not self._parts

    def start(self, session: Session, *, now_ms: float) -> None:
        """Ask for the links of the first level, or put at once when no path has links."""
        self._find(session, now_ms)

    def wakes_at_ms(self) -> float | None:
        """When `on_time` is due; None while only the relay can bring things forward."""
        return self._due_ms

    def on_event(self, session: Session, event: Event, *, now_ms: float) -> None:
        """Take in what the session says."""
        match event:
            case Answer(handle, graph) if handle in self._questions:
                self._unanswered.discard(handle)
                self._note_links(graph)
                self._due_ms = None if self._unanswered else now_ms + LINK_QUIET_MS
            case Answer(handle, graph):
                self._note_check(session, handle, graph, now_ms)
            case Stored(handle):
                self._confirm(session, handle, now_ms)
            case NotStored(handle, _):
                self._due_ms = now_ms if any(part.handle == handle for part in self._parts) else self._due_ms
            case _:
                pass

    def on_time(self, session: Session, /, *, now_ms: float) -> None:
        """Go on when the time of `wakes_at_ms` has come: to the next level, to the check, or to another put."""
        if self._due_ms is None or now_ms < self._due_ms:
            return
        self._due_ms = None
        if not self._has_put:
            self._depth += 1
            self._find(session, now_ms)
        elif any(part.checks for part in self._parts):
            self._put_again(session, now_ms)
        else:
            self._check(session, now_ms)

    def finish(self, session: Session) -> None:
        """Forget every question and put."""
        for handle in (*self._questions, *(h for part in self._parts for h in (part.handle, *part.checks))):
            session.forget(handle)

    def _ack_ms(self) -> float:
        """Time for the first acknowledgement: the flush, and what the relay needs to take the fields in."""
        return ACK_MS + ACK_MS_PER_FIELD * sum(len(node) for part in self._parts for node in part.graph.values())

    def _find(self, session: Session, now_ms: float) -> None:
        for handle in self._questions:
            session.forget(handle)
        self._questions.clear()
        if self._depth >= self._deepest:
            self._put(session, now_ms)
            return
        steps = sorted({self._step_at(item.path) for item in self._items if len(item.path) > self._depth})
        for soul, group in groupby(steps, key=lambda step: step[0]):
            keys = [key for _, key in group]
            for key in keys if len(keys) <= _KEYS_ASKED_SINGLY else [None]:
                self._questions[session.ask(soul, key)] = soul
        self._unanswered = set(self._questions)

    def _step_at(self, path: tuple[str, ...]) -> Step:
        soul = path[0]
        for key in path[1 : self._depth]:
            soul = self._links.get((soul, key)) or f"{soul}/{key}"
        return soul, path[self._depth]

    def _note_links(self, graph: Graph) -> None:
        asked = set(self._questions.values())
        for soul in asked & graph.keys():
            for key, value in graph[soul].items():
                if isinstance(value.value, Link):
                    self._links[soul, key] = value.value.soul

    def _put(self, session: Session, now_ms: float) -> None:
        graph = graph_of_items(self._items, links=self._links)
        for part in split_graph(graph, chars=FRAME_CHARS - _ENVELOPE_CHARS):
            self._parts.append(_Part(part, session.put(part)))
        self._has_put = True
        self._due_ms = now_ms + self._ack_ms()

    def _check(self, session: Session, now_ms: float) -> None:
        for part in self._parts:
            part.unseen = {(soul, key) for soul, node in part.graph.items() for key in node}
            for soul, node in part.graph.items():
                key = next(iter(node)) if len(node) == 1 else None
                part.checks[session.ask(soul, key)] = (soul, key)
        self._due_ms = now_ms + CHECK_MS

    def _put_again(self, session: Session, now_ms: float) -> None:
        for part in self._parts:
            for handle in part.checks:
                session.forget(handle)
            part.checks.clear()
            session.repeat(part.handle)
        self._due_ms = now_ms + self._ack_ms()

    def _note_check(self, session: Session, handle: int, graph: Graph, now_ms: float) -> None:
        for part in self._parts:
            if handle in part.checks:
                self._due_ms = now_ms + CHECK_MS  # a busy relay gets time as long as it goes on answering
                soul = part.checks[handle][0]
                part.unseen.difference_update(
                    (soul, key) for key in part.graph[soul] if _holds(graph, part.graph, (soul, key))
                )
                if not part.unseen:
                    self._confirm(session, part.handle, now_ms)
                return

    def _confirm(self, session: Session, handle: int, now_ms: float) -> None:
        for part in self._parts:
            if part.handle == handle:
                self._due_ms = now_ms + (STRAGGLER_MS if not part.checks else CHECK_MS)  # one flush acknowledges all
                for asked in (handle, *part.checks):
                    session.forget(asked)
                self._parts.remove(part)
                break
        if not self._parts:
            self._due_ms = None


def _holds(held: Graph, written: Graph, step: tuple[str, str]) -> bool:
    """True if a relay that answers `held` has this field of ours, or one that wins over it."""
    soul, key = step
    known = held.get(soul, {}).get(key)
    return known is not None and not is_news(known, written[soul][key])
