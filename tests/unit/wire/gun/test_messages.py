"""Frames: the captured ones are understood, hostile ones cost a named error and little else."""

from __future__ import annotations

import contextlib
import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.gun import Field, FrameMalformed, Graph, Limits, Link
from maskbot.wire.gun.json_text import parse_json
from maskbot.wire.gun.messages import FRAME_CHARS, Control, ForeignGet, Message, Push, Reply, pack_frames, put_text
from maskbot.wire.gun.messages import read_frame as read_bounded_frame
from maskbot.wire.gun.nodes import read_graph, split_graph, write_graph
from tests.unit.wire.gun import vectors

LIMITS = Limits()

names = st.text(min_size=1, max_size=12).filter(lambda name: name != "_")
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.none() | st.booleans() | numbers | st.text(max_size=20) | st.builds(Link, names)
graphs = st.dictionaries(
    names, st.dictionaries(names, st.builds(Field, values, st.floats(0, 1e13)), min_size=1, max_size=5), max_size=5
)


def read_frame(text: str) -> list[Message]:
    return read_bounded_frame(text, limits=LIMITS)


@pytest.mark.parametrize("frame", vectors.frames())
def test_every_captured_frame_is_understood(frame: str) -> None:
    raw = json.loads(frame)
    expected = raw if isinstance(raw, list) else [raw]
    messages = read_frame(frame)

    assert len(messages) == len(expected)
    for message, source in zip(messages, expected, strict=True):
        match message:
            case Control(kind):
                assert kind == source["dam"]
            case Reply(to, graph):
                assert to == source["@"]
                assert graph.keys() == source.get("put", {}).keys()
            case Push(graph):
                assert graph.keys() == source["put"].keys()
            case ForeignGet():
                assert "get" in source


def test_messages_may_come_as_texts_inside_an_array() -> None:
    inner = json.dumps({"#": "a", "@": "b", "ok": True})
    assert read_frame(json.dumps([inner, {"@": "c"}])) == [Reply("b", {}, is_stored=True), Reply("c")]


def test_the_heartbeat_is_an_empty_frame() -> None:
    assert read_frame("[]") == []


@given(graphs)
def test_a_written_graph_reads_back(graph: Graph) -> None:
    raw = parse_json(write_graph(graph), limits=LIMITS)
    back = read_graph(raw, limits=LIMITS)
    assert {soul: dict(node) for soul, node in graph.items()} == back


@given(graphs, st.integers(60, 400))
def test_a_split_graph_loses_nothing_and_no_part_is_too_long(graph: Graph, chars: int) -> None:
    parts = split_graph(graph, chars=chars)
    joined: Graph = {}
    for part in parts:
        for soul, node in part.items():
            joined.setdefault(soul, {}).update(node)
        assert len(write_graph(part)) <= chars or sum(len(node) for node in part.values()) == 1
    assert joined == graph


def test_frames_stay_below_the_step_of_the_relays_parser() -> None:
    messages = [put_text("a" * 9, {f"soul{n}": {"key": Field("x" * 400, 1.0)}}) for n in range(300)]
    frames = list(pack_frames(messages))

    assert max(map(len, frames)) <= FRAME_CHARS < 32_768
    assert len(frames) == 6
    assert sum(len(json.loads(frame)) for frame in frames) == 300


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "5",
        '"text"',
        "nonsense",
        "{'single': 1}",
        '{"a":NaN}',
        '{"a":' + "9" * 5000 + "}",
        "[" * 100 + "]" * 100,
        "[" * 500_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        "[" + "{}," * 90_000 + "{}]",
        "[" + "1," * 200_000 + "1]",
        "[" + ",".join(['{"get":1}'] * 5_000) + "]",
        '{"a":"' + "x" * (1 << 19) + '"}',
        '"' * 100_000,
        '"' + '\\"' * 200_000,
        "\\" * 100_000,
    ],
)
def test_hostile_frames_are_malformed_within_the_budget(text: str) -> None:
    tracemalloc.start()
    began_s = time.process_time()
    with pytest.raises(FrameMalformed):
        read_frame(text)
    spent_s = time.process_time() - began_s
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 16 << 20
    assert spent_s < 0.5  # 20 ms without the tracer and without a neighbour on the core; a hang is what this finds


@pytest.mark.parametrize(
    "node",
    [
        {"k": 1},
        {"_": 1, "k": 1},
        {"_": {"#": "other", ">": {"k": 1}}, "k": 1},
        {"_": {"#": "s"}, "k": 1},
        {"_": {"#": "s", ">": {}}, "k": 1},
        {"_": {"#": "s", ">": {"k": "1"}}, "k": 1},
        {"_": {"#": "s", ">": {"k": True}}, "k": 1},
        {"_": {"#": "s", ">": {"k": 1}}, "k": [1]},
        {"_": {"#": "s", ">": {"k": 1}}, "k": {"#": "a", "b": 1}},
        {"_": {"#": "s", ">": {"k": 1}}, "k": {"#": 5}},
        {"_": {"#": "s", ">": {"k": 1}}, "k": "x" * 8193},
        {"_": {"#": "s", ">": {"": 1}}, "": 1},
        {"_": {"#": "s", ">": {"k": 1}}},
        5,
        [],
        None,
    ],
)
def test_a_node_that_breaks_the_rules_costs_only_itself(node: object) -> None:
    good = {"_": {"#": "good", ">": {"k": 2}}, "k": "v"}
    frame = json.dumps({"@": "id", "put": {"s": node, "good": good}})
    assert read_frame(frame) == [Reply("id", {"good": {"k": Field("v", 2.0)}})]


def test_numbers_beyond_a_double_are_no_values_and_no_states() -> None:
    frame = '{"@":"id","put":{"s":{"_":{"#":"s",">":{"a":1e999,"b":1,"c":1}},"a":1,"b":-1e999,"c":1}}}'
    assert read_frame(frame) == [Reply("id", {"s": {"c": Field(1, 1.0)}})]


@given(st.sampled_from(vectors.frames()), st.data())
def test_every_truncation_and_changed_character_is_malformed_or_a_list(frame: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(frame)))
    changed = data.draw(st.sampled_from([frame[:position], frame[:position] + '\x00{"' + frame[position + 1 :]]))
    with contextlib.suppress(FrameMalformed):
        assert isinstance(read_frame(changed), list)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["#", "@", "put", "get", "dam", "_", ">"]), inner)
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_malformed_or_a_list(value: object) -> None:
    with contextlib.suppress(FrameMalformed):
        assert isinstance(read_frame(json.dumps(value)), list)
