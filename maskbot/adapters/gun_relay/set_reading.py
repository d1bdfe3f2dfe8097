"""One set on one relay, its items handed on as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from maskbot.wire.gun import Event, Field, Link, Reading, Session

Path = tuple[str, ...]
Item = Mapping[str, object]
OnItem = Callable[[Path, str, Item], None]


def plain_item(node: Mapping[str, Field]) -> Item:
    """Return the plain values of a node; links are left out, no record has any."""
    return {key: field.value for key, field in node.items() if not isinstance(field.value, Link)}


class SetReading:
    """A reading of a set that tells `on_item` (path, soul, item) about every item that came or changed."""

    def __init__(self, path: Path, *, on_item: OnItem, is_live: bool) -> None:
        self._path = path
        self._on_item = on_item
        self._reading = Reading(path, has_members=True, is_live=is_live)

    @property
    def is_done(self) -> bool:
        """True when the relay has said everything it will."""
        return self._reading.is_done

    @property
    def has_answer(self) -> bool:
        """True when the relay has said something about the set itself."""
        return self._reading.has_answer

    def start(self, session: Session, *, now_ms: float) -> None:
        """Ask the first questions."""
        self._reading.start(session, now_ms=now_ms)

    def on_event(self, session: Session, event: Event, *, now_ms: float) -> None:
        """Take in what the session says, and hand items on."""
        self._reading.on_event(session, event, now_ms=now_ms)
        for soul, node in self._reading.take_news().items():
            self._on_item(self._path, soul, plain_item(node))

    def on_time(self, session: Session, /, *, now_ms: float) -> None:
        """End when it has been quiet."""
        self._reading.on_time(session, now_ms=now_ms)

    def wakes_at_ms(self) -> float | None:
        """When `on_time` is due, None while the relay owes an answer."""
        return self._reading.wakes_at_ms()

    def finish(self, session: Session) -> None:
        """Forget every question."""
        self._reading.finish(session)
