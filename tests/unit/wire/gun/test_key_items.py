"""Key records in items: round trips, and everything that anyone may have put there instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.gun import EphemeralKey, ItemMalformed, KeyRecord, item_soul, read_item, v37_item, v38_item

sealed_keys = st.binary(min_size=1, max_size=1024)
junk = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text("ABCDabcd01+/=", max_size=64)


@given(sealed_keys, st.binary(min_size=16, max_size=16))
def test_a_v38_record_comes_back(sealed: bytes, iv: bytes) -> None:
    item = v38_item(sealed=sealed, iv=iv)
    for version in (-38, -39, -40):
        assert read_item(version, item) == KeyRecord(sealed, iv=iv)


@given(sealed_keys, st.sampled_from([1, 2]), st.binary(min_size=65, max_size=65))
def test_a_v37_record_comes_back_with_and_without_its_ephemeral_key(sealed: bytes, curve: int, raw: bytes) -> None:
    ephemeral = EphemeralKey(curve, raw)
    assert read_item(-37, v37_item(sealed=sealed, ephemeral=ephemeral)) == KeyRecord(sealed, ephemeral=ephemeral)
    assert read_item(-37, v37_item(sealed=sealed, ephemeral=None)) == KeyRecord(sealed)


@pytest.mark.parametrize(
    ("version", "item"),
    [
        (-37, {}),
        (-37, {"e": 5}),
        (-37, {"e": "AAAA", "c": 3}),
        (-37, {"e": "AAAA", "c": None}),
        (-37, {"e": "AAAA", "c": True}),
        (-37, {"e": "AAAA", "k": 7}),
        (-37, {"e": "not base64!"}),
        (-37, {"e": ""}),
        (-38, {"encryptedKey": "AAAA"}),
        (-38, {"encryptedKey": "AAAA", "salt": "AAAA"}),
        (-38, {"encryptedKey": "A" * 9000, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        (-38, {"encryptedKey": {"#": "link"}, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        (-40, {"e": "AAAA"}),
    ],
)
def test_what_the_extension_would_not_use_is_malformed(version: int, item: dict[str, object]) -> None:
    with pytest.raises(ItemMalformed):
        read_item(version, item)


@given(
    st.sampled_from([-37, -38, -39, -40]),
    st.dictionaries(st.sampled_from(["e", "c", "k", "encryptedKey", "salt"]), junk),
)
def test_junk_is_malformed_or_a_record_within_bounds(version: int, item: dict[str, object]) -> None:
    try:
        record = read_item(version, item)
    except ItemMalformed:
        return
    assert 1 <= len(record.sealed) <= 1024


def test_a_curve_without_a_key_is_no_ephemeral_key() -> None:
    assert read_item(-37, {"e": "AAAA", "c": 2}) == KeyRecord(b"\x00\x00\x00")
    assert read_item(-37, {"e": "AAAA", "k": "AAAA"}) == KeyRecord(b"\x00\x00\x00")


def test_a_fresh_soul_is_the_time_in_base_36_and_twelve_random_marks() -> None:
    assert item_soul(now_ms=1795399178297, random_bytes=bytes(12)) == "mwsmbc55" + "0" * 12
    assert len(item_soul(now_ms=1795399178297, random_bytes=bytes(range(12)))) == 20
