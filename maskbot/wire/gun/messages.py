"""Frames and messages of the GUN wire protocol.

Source: `spec/gun-personas-backup.md` B.1, B.2; shapes in `vectors/gun-frames.json`. A frame is one message object or
an array of them; elements of the array may be texts that hold the JSON of a message. `[]` is the relay's heartbeat.

A frame we build never exceeds `FRAME_CHARS`. The relay of npm `gun` 0.2020.1241 parses a frame in steps of 32,768
characters and forgets the current member name at the end of a step, so a longer frame loses a field now and then,
without an error and without an acknowledgement (measured: half of the puts of 130,000 characters).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from maskbot.wire.gun.errors import FrameMalformed
from maskbot.wire.gun.json_text import Json, Limits, parse_json
from maskbot.wire.gun.nodes import Graph, read_graph, write_graph

FRAME_CHARS = 30_000


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a message of ours. `graph` is empty for "not found" and for acknowledgements; `is_stored` is the
    relay's word that a put lies on its disk; `error` is its error text, None when there is none."""

    to: str
    graph: Graph = field(default_factory=dict)
    is_stored: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """A write by another peer."""

    graph: Graph


@dataclass(frozen=True, slots=True)
class Control:
    """A peer-to-peer note (DAM): `?` asks who we are, `!` is an error note, `hi` a greeting; others are ignored."""

    kind: str
    id: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignGet:
    """A question that the relay passes on to its other peers; a client may leave it unanswered."""


Message: TypeAlias = Reply | Push | Control | ForeignGet


def read_frame(text: str, *, limits: Limits) -> list[Message]:
    """Return the messages of a frame in order; what is no message is left out, an empty list is a heartbeat.

    Raises:
        FrameMalformed: the frame as a whole is no JSON, neither object nor array, or beyond the limits.
    """
    raw = parse_json(text, limits=limits)
    if isinstance(raw, dict):
        raw = [raw]
    if not isinstance(raw, list):
        raise FrameMalformed("a frame is an object or an array")
    if len(raw) > limits.messages:
        raise FrameMalformed(f"a frame of {len(raw)} messages; at most {limits.messages} are read")
    return [message for element in raw for message in _read_element(element, limits)]


def get_text(message_id: str, *, soul: str, key: str | None) -> str:
    """Return the message that asks for a whole node, or for one key of it."""
    one_key = f',".":{_quote(key)}' if key is not None else ""
    return f'{{"#":{_quote(message_id)},"get":{{"#":{_quote(soul)}{one_key}}}}}'


def put_text(message_id: str, graph: Graph) -> str:
    """Return the message that writes a graph and asks for an acknowledgement."""
    return f'{{"#":{_quote(message_id)},"put":{write_graph(graph)},"ok":{{"@":9,"/":1}}}}'


def who_text(message_id: str, *, to: str, pid: str) -> str:
    """Return the answer to the relay's question who we are."""
    return f'{{"#":{_quote(message_id)},"@":{_quote(to)},"dam":"?","pid":{_quote(pid)}}}'


def pack_frames(messages: Iterable[str]) -> Iterator[str]:
    """Join message texts into as few frames as `FRAME_CHARS` allows; a longer message travels alone."""
    batch: list[str] = []
    size = 2
    for message in messages:
        if batch and size + len(message) + 1 > FRAME_CHARS:
            yield _frame(batch)
            batch, size = [], 2
        batch.append(message)
        size += len(message) + 1
    if batch:
        yield _frame(batch)


def _frame(batch: list[str]) -> str:
    return batch[0] if len(batch) == 1 else f"[{','.join(batch)}]"


def _read_element(element: Json, limits: Limits) -> Iterator[Message]:
    if isinstance(element, str):
        try:
            element = parse_json(element, limits=limits)
        except FrameMalformed:
            return  # one broken text costs only itself, like any other element that is no message
    if isinstance(element, dict):
        message = _read_message(element, limits)
        if message is not None:
            yield message


def _read_message(raw: dict[str, Json], limits: Limits) -> Message | None:
    kind, to, error = raw.get("dam"), raw.get("@"), raw.get("err")
    error_text = error[: limits.name_chars] if isinstance(error, str) else None
    if isinstance(kind, str):
        message_id = raw.get("#")
        return Control(kind, message_id if isinstance(message_id, str) else "", error_text)
    if isinstance(to, str):
        is_stored = bool(raw.get("ok")) and error is None
        return Reply(to, read_graph(raw.get("put"), limits=limits), is_stored, error_text)
    if "put" in raw:
        return Push(read_graph(raw["put"], limits=limits))
    if "get" in raw:
        return ForeignGet()
    return None


_quote = json.encoder.encode_basestring_ascii
