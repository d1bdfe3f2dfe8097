"""The items of a v37 payload: the fast reader says what the exact one says, or leaves it to that."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.payload.errors import PayloadMalformed
from maskbot.wire.payload.msgpack_reader import Undecodable, unpack
from maskbot.wire.payload.v37_items import read_items

_USUAL = (b"\xa2ab", b"\xa3bob", b"\x02", b"\xc4\x02kk", b"\x94\x01\xc4\x01o\xc4\x01i\x81\xa12\xc4\x01k", b"\xc4\x02dd")
_extensions = st.builds(
    lambda code, data: b"\xc7" + bytes([len(data), code]) + data,
    st.sampled_from([0, 5, 0x62, 0x72, 0x80, 0xFE, 0xFF]) | st.integers(0, 255),
    st.binary(max_size=12),
)
_lists = st.builds(
    lambda head, claimed, members: head + bytes([0, claimed]) + b"\xa1k" * members,
    st.sampled_from([b"\xdc", b"\xde"]),
    st.integers(15, 40),
    st.integers(15, 60),
)
_pieces = (
    st.sampled_from([b"\xc0", b"\xc3", b"\x80", b"\x81\x90\xc0", b"\x93\x00\xc4\x01k\xc4\x01i"])
    | _extensions
    | _lists
    | st.binary(max_size=4)
)


@given(st.dictionaries(st.integers(0, 5), _pieces, max_size=3), st.integers(0, 3))
def test_the_library_and_the_exact_reader_agree_on_any_seven_items(strange: dict[int, bytes], cut: int) -> None:
    items = b"".join(strange.get(place, usual) for place, usual in enumerate(_USUAL))
    body = b"\x97\x00" + items[: len(items) - cut]
    try:
        exact: object = unpack(body)
    except Undecodable:
        exact = None
    try:
        read: object = read_items(body)
    except PayloadMalformed:
        read = None
    assert read == exact
