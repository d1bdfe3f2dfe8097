"""Fuzzes what GUN peers may send: frames, whole conversations with a reading and a writing, key records, HAM.

The first byte picks the decoder, the rest is its input. FUZZ_SECONDS=60 python -m tests.fuzz.fuzz_gun
"""

from __future__ import annotations

import json
from importlib import import_module
from itertools import count
from pathlib import Path

try:
    import atheris

    with atheris.instrument_imports(include=["maskbot.wire.gun"]):
        import_module("maskbot.wire.gun")
except ImportError:
    pass

from maskbot.domain.broadcast import KeyItem
from maskbot.domain.errors import Malformed
from maskbot.wire.gun import MAX_ITEMS, Field, Limits, Reading, Replica, Session, Writing, merge, read_item
from maskbot.wire.gun.json_text import number_text, parse_json
from maskbot.wire.gun.messages import read_frame
from maskbot.wire.gun.nodes import read_graph, write_graph
from tests.fuzz.drive import drive

VECTORS = Path(__file__).parents[1] / "vectors"
LIMITS = Limits()
ITEM = KeyItem(path=("twitter-bl", "T3"), soul="mine", data={"salt": "AAAA"}, state_ms=1.0)
MAX_BYTES = 8192


def target(data: bytes) -> None:
    """Anything but a result or a refusal of ours is a finding."""
    kind, text = data[:1], data[1:].decode("utf-8", "replace")
    try:
        match kind:
            case b"c":
                _converse(text)
            case b"i":
                _item(text)
            case b"g":
                _graph(text)
            case _:
                read_frame(text, limits=LIMITS)
    except Malformed:
        return


def _converse(text: str) -> None:
    """Each line is a frame to a session with a reading and a writing; ids are guessable, so answers can match."""
    numbers = count()
    session = Session(entropy=lambda size: next(numbers).to_bytes(size, "big"))
    operations = (Reading(("twitter-bl", "T3"), has_members=True, is_live=False), Writing([ITEM]))
    for operation in operations:
        operation.start(session, now_ms=0)
    for now_ms, line in enumerate(text.split("\n")):
        for event in session.receive(line):
            for operation in operations:
                operation.on_event(session, event, now_ms=now_ms)
        for operation in operations:
            operation.on_time(session, now_ms=now_ms * 500)
        assert all(json.loads(frame) for frame in session.take_frames())
    assert len(operations[0].items) <= MAX_ITEMS


def _item(text: str) -> None:
    data = parse_json(text, limits=LIMITS)
    if isinstance(data, dict):
        for version in (-37, -38):
            assert len(read_item(version, data).sealed) <= 1024


def _graph(text: str) -> None:
    """What was read is written and read again without a change; merging it in either order gives the same."""
    graph = read_graph(parse_json(text, limits=LIMITS), limits=LIMITS)
    assert read_graph(parse_json(write_graph(graph), limits=LIMITS), limits=LIMITS).keys() == graph.keys()
    replica = Replica(max_fields=100)
    replica.merge(graph, clock_ms=1e12)
    replica.settle(clock_ms=1e13)
    fields = [field for node in graph.values() for field in node.values()][:8]
    for left in fields:
        assert float(number_text(left.state)) == left.state
        for right in fields:
            same = Field(right.value, left.state)
            assert merge(left, same, clock_ms=1e300).field is not None


def seeds() -> list[bytes]:
    """The captured frames, conversations made of them, and one of each other form."""
    exchanges = json.loads((VECTORS / "gun-frames.json").read_text("utf-8"))["exchanges"]
    found = [b"f" + frame["raw"].encode() for exchange in exchanges for frame in exchange["frames"]]
    found += [b"c" + "\n".join(frame["raw"] for frame in exchange["frames"]).encode() for exchange in exchanges]
    graph = (
        '{"twitter-bl":{"_":{"#":"twitter-bl",">":{"T3":1}},"T3":{"#":"s"}},"s":{"_":{"#":"s",">":{"e":2.5}},"e":"x"}}'
    )
    found += [b"c" + f'{{"@":"00000000{mark}","put":{graph}}}'.encode() for mark in "12345"]
    found += [
        b"g" + graph.encode(),
        b'i{"e":"AAAA","c":2,"k":"BAAA"}',
        b'i{"encryptedKey":"AAAA","salt":"AAAAAAAAAAAAAAAAAAAAAA=="}',
    ]
    return [seed for seed in found if len(seed) <= MAX_BYTES]


if __name__ == "__main__":
    drive(target, seeds=seeds(), max_bytes=MAX_BYTES)
