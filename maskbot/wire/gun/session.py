"""One connection to a relay as a state machine: texts in, events and texts out, no socket (in the manner of wsproto).

Source: `spec/gun-personas-backup.md` B. The caller opens a socket, sends what `take_frames` gives, and passes every
received text to `receive`:

    session.ask("37-tw-bl-VG")            -> a handle
    for frame in session.take_frames(): socket.send(frame)
    for event in session.receive(text):   Answer(handle, graph), Stored(handle), Pushed(graph), ...

A handle stays valid over reconnects: after `disconnected` every open question and every unconfirmed put is queued
again under a new message id (the relay drops a repeated id for nine seconds without a word). A question also
subscribes: while it is open, the relay pushes later writes to its node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from maskbot.wire.gun.errors import FrameMalformed
from maskbot.wire.gun.json_text import Limits
from maskbot.wire.gun.messages import (
    Control,
    ForeignGet,
    Push,
    Reply,
    get_text,
    pack_frames,
    put_text,
    read_frame,
    who_text,
)
from maskbot.wire.gun.nodes import Graph

_ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Answer:
    """A (further) answer to a question. An empty graph says "not found"; more answers may follow, there is no last
    one."""

    handle: int
    graph: Graph


@dataclass(frozen=True, slots=True)
class Stored:
    """The relay acknowledged a put."""

    handle: int


@dataclass(frozen=True, slots=True)
class NotStored:
    """The relay reported an error for a put."""

    handle: int
    error: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """A write by another peer, to a node we asked for (or, from a relay without routing, to any node)."""

    graph: Graph


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that was not understood and has no effect; `reason` is safe to log."""

    reason: str


Event: TypeAlias = Answer | Stored | NotStored | Pushed | Dropped


def text_id(random_bytes: bytes) -> str:
    """Return a message id (9 random bytes) or any other random name of GUN: one letter or digit per byte."""
    return "".join(_ID_ALPHABET[byte % len(_ID_ALPHABET)] for byte in random_bytes)


@dataclass(frozen=True, slots=True)
class _Ask:
    soul: str
    key: str | None


class Session:
    """The questions and puts under way with one relay. `entropy` gives random bytes, for message ids and the peer
    id."""

    def __init__(self, *, entropy: Callable[[int], bytes], limits: Limits | None = None) -> None:
        self._entropy = entropy
        self._limits = limits or Limits()
        self._pid = text_id(entropy(9))
        self._under_way: dict[int, _Ask | Graph] = {}
        self._handle_of: dict[str, int] = {}
        self._id_of: dict[int, str] = {}
        self._outbox: list[str] = []
        self._next_handle = 1
        self._has_introduced_itself = False

    def ask(self, soul: str, key: str | None = None) -> int:
        """Queue a question for a node or one key of it, and return its handle."""
        return self._begin(_Ask(soul, key))

    def put(self, graph: Graph) -> int:
        """Queue a write and return its handle. The graph's text should fit `FRAME_CHARS`; `split_graph` sees to
        that."""
        return self._begin(graph)

    def repeat(self, handle: int) -> None:
        """Send a question or put again, under a new id. A stored put is never acknowledged twice."""
        if handle in self._under_way:
            self._queue(handle)

    def forget(self, handle: int) -> None:
        """End a question or put: later answers are dropped, and it is not repeated after a reconnect."""
        self._under_way.pop(handle, None)
        self._handle_of.pop(self._id_of.pop(handle, ""), None)

    def disconnected(self) -> None:
        """Queue everything under way again, for the next connection."""
        self._outbox.clear()
        self._has_introduced_itself = False
        for handle in list(self._under_way):
            self._queue(handle)

    def take_frames(self) -> list[str]:
        """Return the frames to send now, in order, and empty the queue."""
        frames = list(pack_frames(self._outbox))
        self._outbox.clear()
        return frames

    def receive(self, text: str) -> list[Event]:
        """Return what a received frame means. Hostile frames cost a `Dropped`, never an exception."""
        try:
            messages = read_frame(text, limits=self._limits)
        except FrameMalformed as error:
            return [Dropped(str(error))]
        return [event for message in messages if (event := self._event_of(message)) is not None]

    def _begin(self, subject: _Ask | Graph) -> int:
        handle = self._next_handle
        self._next_handle += 1
        self._under_way[handle] = subject
        self._queue(handle)
        return handle

    def _queue(self, handle: int) -> None:
        self._handle_of.pop(self._id_of.pop(handle, ""), None)
        message_id = self._fresh_id()
        self._handle_of[message_id] = handle
        self._id_of[handle] = message_id
        subject = self._under_way[handle]
        if isinstance(subject, _Ask):
            self._outbox.append(get_text(message_id, soul=subject.soul, key=subject.key))
        else:
            self._outbox.append(put_text(message_id, subject))

    def _event_of(self, message: Reply | Push | Control | ForeignGet) -> Event | None:
        match message:
            case Reply():
                return self._reply(message)
            case Push(graph):
                return Pushed(graph) if graph else Dropped("a push without a valid node")
            case Control("?", message_id, _):
                self._introduce(message_id)
            case Control("!", _, error):
                return Dropped(f"the relay notes an error: {error or 'without a text'}")
            case Control() | ForeignGet():
                pass
        return None

    def _reply(self, message: Reply) -> Event | None:
        handle = self._handle_of.get(message.to)
        if handle is None:
            return None  # late, or for a question that was asked again or forgotten
        if isinstance(self._under_way[handle], _Ask):
            return Answer(handle, message.graph)
        if message.is_stored:
            return Stored(handle)
        return NotStored(handle, message.error) if message.error is not None else None

    def _introduce(self, asked_in: str) -> None:
        if not self._has_introduced_itself:  # one answer per connection: a relay that keeps asking gets no more
            self._has_introduced_itself = True
            self._outbox.append(who_text(self._fresh_id(), to=asked_in[:99], pid=self._pid))

    def _fresh_id(self) -> str:
        return text_id(self._entropy(9))
