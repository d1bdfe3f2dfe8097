"""Values, fields, nodes and graphs of GUN, and their JSON form.

Source: `spec/gun-personas-backup.md` B.1. A node is a mapping from key to field; a field is a value with its state (the
writer's clock in milliseconds, a double). What breaks the rules is left out on reading, field by field: a peer that
sends junk costs only its junk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from maskbot.wire.gun.json_text import Json, Limits, is_finite_number, number_text, text_of

META = "_"


@dataclass(frozen=True, slots=True)
class Link:
    """A value that points to another node by its soul."""

    soul: str


Value: TypeAlias = "bool | int | float | str | Link | None"


class Field(NamedTuple):
    """One value of a node and its state in milliseconds."""

    value: Value
    state: float


Node: TypeAlias = dict[str, Field]
Graph: TypeAlias = dict[str, Node]


def value_text(value: Value) -> str:
    """Return the JSON text by which values of equal state are compared."""
    if isinstance(value, Link):
        return f'{{"#":{text_of(value.soul)}}}'
    return text_of(value)


def read_graph(raw: Json, *, limits: Limits) -> Graph:
    """Return the valid part of a `put` member; empty when nothing in it is valid."""
    graph: Graph = {}
    if not isinstance(raw, dict):
        return graph
    for soul, raw_node in raw.items():
        if len(soul) <= limits.name_chars and isinstance(raw_node, dict):
            node = _read_node(soul, raw_node, limits)
            if node:
                graph[soul] = node
    return graph


def write_graph(graph: Mapping[str, Mapping[str, Field]]) -> str:
    """Return the compact JSON text of a graph, pure ASCII."""
    return "{" + ",".join(f"{_quote(soul)}:{_node_text(soul, node)}" for soul, node in graph.items()) + "}"


def split_graph(graph: Mapping[str, Mapping[str, Field]], *, chars: int) -> list[Graph]:
    """Split a graph by fields into graphs whose JSON text has at most `chars` characters (a longer single field stays
    whole)."""
    parts: list[Graph] = [{}]
    size = 2
    for soul, node in graph.items():
        soul_size = 2 * len(_quote(soul)) + 24
        for key, field in node.items():
            field_size = 2 * len(_quote(key)) + len(_field_text(field.value)) + 24
            needed = field_size + (0 if soul in parts[-1] else soul_size)
            if size + needed > chars and parts[-1]:
                parts.append({})
                size, needed = 2, field_size + soul_size
            parts[-1].setdefault(soul, {})[key] = field
            size += needed
    return [part for part in parts if part]


def plain_node(node: Mapping[str, Field]) -> dict[str, Value]:
    """Return the values of a node without their states."""
    return {key: field.value for key, field in node.items()}


def _read_node(soul: str, raw: dict[str, Json], limits: Limits) -> Node:
    meta = raw.get(META)
    if not isinstance(meta, dict) or meta.get("#") != soul:
        return {}
    states = meta.get(">")
    if not isinstance(states, dict):
        return {}
    node: Node = {}
    for key, raw_value in raw.items():
        state = states.get(key)
        if key == META or not key or len(key) > limits.name_chars or not is_finite_number(state):
            continue
        if isinstance(raw_value, str):
            if len(raw_value) <= limits.value_chars:
                node[key] = Field(raw_value, float(state))
        elif isinstance(raw_value, dict):
            target = raw_value.get("#")
            if len(raw_value) == 1 and isinstance(target, str) and 0 < len(target) <= limits.name_chars:
                node[key] = Field(Link(target), float(state))
        elif raw_value is None or isinstance(raw_value, bool | int) or is_finite_number(raw_value):
            node[key] = Field(raw_value, float(state))
    return node


def _node_text(soul: str, node: Mapping[str, Field]) -> str:
    states = ",".join(f"{_quote(key)}:{number_text(field.state)}" for key, field in node.items())
    values = "".join(f",{_quote(key)}:{_field_text(field.value)}" for key, field in node.items())
    return f'{{"_":{{"#":{_quote(soul)},">":{{{states}}}}}{values}}}'


def _field_text(value: Value) -> str:
    if isinstance(value, Link):
        return f'{{"#":{_quote(value.soul)}}}'
    return _quote(value) if isinstance(value, str) else text_of(value)


_quote = json.encoder.encode_basestring_ascii
