"""MessagePack by JavaScript's rules: beside the msgpack library where both agree, by hand where they do not."""

from __future__ import annotations

import math
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.payload.msgpack_reader import MAX_BYTES, Undecodable, unpack
from maskbot.wire.payload.msgpack_writer import TooDeep, Unwritable, pack
from maskbot.wire.payload.values import UNDEFINED, Instant

plain_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False).filter(lambda number: not number.is_integer())
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=50)
    | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.dictionaries(st.text(alphabet="abcdefé_", min_size=1, max_size=6), inner, max_size=20)
    ),
    max_leaves=30,
)


@given(plain_values)
def test_plain_values_are_what_the_library_writes_and_reads(value: object) -> None:
    packed = pack(value)
    assert packed == msgpack.packb(value)
    assert unpack(packed) == value


@pytest.mark.parametrize("length", [0, 15, 16, 31, 32, 255, 256, 65535, 65536])
def test_headers_change_at_the_right_lengths(length: int) -> None:
    for value in ("x" * length, b"x" * length, [None] * length, {f"k{n}": None for n in range(length)}):
        assert pack(value) == msgpack.packb(value)


@pytest.mark.parametrize(
    ("value", "packed"),
    [
        (-0.0, "00"),
        (1.0, "01"),
        (2**53, "cb4340000000000000"),
        (2**53 - 1, "cf001fffffffffffff"),
        (-(2**53), "cbc340000000000000"),
        (math.nan, "cb7ff8000000000000"),
        (math.inf, "cb7ff0000000000000"),
        (UNDEFINED, "c0"),
        ([UNDEFINED], "91c0"),
        ("\ud83d", "a3eda0bd"),
        ("\ud83d" * 50, "d996" + "eda0bd" * 50),
        ("\ud83d" * 51, "d999" + "efbfbd" * 51),
        ("\ud83d\ude00", "a4f09f9880"),
        ({"b": 1, "10": 2, "9": 3}, "83a13903a2313002a16201"),
        ({"a": {"2": 0, "1": 0}}, "81a16182a13100a13200"),
        (Instant(1000), "d6ff00000001"),
        (Instant(1001), "d7ff003d090000000001"),
        (Instant(-1), "c70cff3b8b87c0ffffffffffffffff"),
    ],
)
def test_quirks_are_written_as_the_reference_does(value: object, packed: str) -> None:
    assert pack(value).hex() == packed


@pytest.mark.parametrize("value", [object(), {1: 2}, [{"a": {1}}], Instant(None)])
def test_foreign_values_cannot_be_written(value: object) -> None:
    with pytest.raises(Unwritable):
        pack(value)


def nested(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels):
        value = [value]
    return value


def test_writing_stops_at_100_levels() -> None:
    assert unpack(pack(nested(99))) == nested(99)
    with pytest.raises(TooDeep):
        pack(nested(100))


@pytest.mark.parametrize(
    ("packed", "value"),
    [
        ("ca3fc00000", 1.5),
        ("cf0020000000000001", 2.0**53),
        ("d3ffdfffffffffffff", -(2.0**53)),
        ("8101a178", {"1": "x"}),
        ("81cb3ff8000000000000a178", {"1.5": "x"}),
        ("82a161" + "01" + "a161" + "02", {"a": 2}),
        ("d40501", {"type": 5, "data": b"\x01"}),
        ("d6ff00000001", Instant(1000)),
        ("a3efbbbf", "\ufeff"),
        ("a180", "\x80"),
        ("a1ff", "\xff"),
        ("a2c141", "A"),
        ("92a2e28201", ["₁", 1]),
        ("a1f0", "\x00"),
        ("a4f7bfbfbf", "\U000fffff"),
        ("d9c9" + "ff" + "61" * 200, "\ufffd" + "a" * 200),
        ("d9cb" + "efbbbf" + "61" * 200, "a" * 200),
        ("d9c8" + "efbbbf" + "61" * 197, "\ufeff" + "a" * 197),
    ],
)
def test_quirks_are_read_as_the_reference_does(packed: str, value: object) -> None:
    raw = bytes.fromhex(packed)
    read = unpack(raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xc1",
        b"\x01\x02",
        b"\x81\xc4\x01a\x01",
        b"\x81\xc0\x01",
        b"\x81\xc3\x01",
        b"\x81\x90\x01",
        b"\x81\xa9__proto__\x01",
        b"\xd5\xff\x00\x00",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
        b"\x91" * 101 + b"\x01",
        b"\x91" * MAX_BYTES,
        b"\xdc\x30\x00" + b"\x80" * 0x3000,
        bytes(MAX_BYTES + 1),
    ],
)
def test_damage_and_bombs_are_refused(packed: bytes) -> None:
    with pytest.raises(Undecodable):
        unpack(packed)


@given(st.binary(max_size=60))
def test_any_bytes_are_one_value_or_refused(raw: bytes) -> None:
    try:
        value = unpack(raw)
    except Undecodable:
        return
    try:
        again = pack(value)
    except (Unwritable, TooDeep):
        return
    assert pack(unpack(again)) == again
