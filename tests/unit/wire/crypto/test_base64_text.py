"""Base64 by the forgiving rule of the protocol."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.crypto import (
    InvalidBase64,
    decode_base64_forgiving,
    decode_base64url,
    encode_base64,
    encode_base64url,
)


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("QQ", b"A"),
        ("QQ==", b"A"),
        ("QUI=\t", b"AB"),
        ("QR", b"A"),
        ("QUI", b"AB"),
        ("", b""),
        (" \t\n\f\r", b""),
        ("Q Q\n=\f=", b"A"),
        ("QUJD", b"ABC"),
    ],
)
def test_what_the_rule_forgives_is_read(text: str, raw: bytes) -> None:
    assert decode_base64_forgiving(text) == raw


@pytest.mark.parametrize(
    "text",
    [
        "QQ=",
        "QUJD=",
        "QUJD====",
        "QUJD==",
        "QUJDQQ=",
        "QUJDQQ===",
        "Q",
        "-_==",
        "QQ==QQ==",
        "=",
        "====",
        "Q===",
        "QU=I",
        "QUJD\0",
        "é",
        "\ud800",
        "QU\x0bI",
        "QUJ\xa0",
    ],
)
def test_what_the_rule_does_not_forgive_is_refused(text: str) -> None:
    with pytest.raises(InvalidBase64):
        decode_base64_forgiving(text)


@given(st.binary(max_size=200), st.booleans())
def test_both_alphabets_round_trip(raw: bytes, is_padded: bool) -> None:
    text = encode_base64(raw)
    assert text == base64.b64encode(raw).decode()
    assert decode_base64_forgiving(text if is_padded else text.rstrip("=")) == raw
    assert decode_base64url(encode_base64url(raw)) == raw


@given(st.text(max_size=40))
def test_any_text_gives_bytes_or_the_named_error(text: str) -> None:
    for decode in (decode_base64_forgiving, decode_base64url):
        try:
            assert isinstance(decode(text), bytes)
        except InvalidBase64:
            continue


@pytest.mark.parametrize("text", ["QQ==", "Q+==", "Q/", "A", "Q!", "é", " QQ"])
def test_base64url_has_no_padding_and_its_own_alphabet(text: str) -> None:
    with pytest.raises(InvalidBase64):
        decode_base64url(text)


def reference(text: str) -> bytes | None:
    """The rule of the WHATWG Infra standard, step by step."""
    packed = "".join(character for character in text if character not in "\t\n\f\r ")
    if len(packed) % 4 == 0:
        packed = packed[:-2] if packed.endswith("==") else packed.removesuffix("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    if len(packed) % 4 == 1 or any(character not in alphabet for character in packed):
        return None
    bits = "".join(f"{alphabet.index(character):06b}" for character in packed)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - len(bits) % 8, 8))


@given(st.text(alphabet="AQRUz9+/==== \n-é", max_size=14))
def test_the_rule_is_followed_step_by_step(text: str) -> None:
    expected = reference(text)
    if expected is None:
        with pytest.raises(InvalidBase64):
            decode_base64_forgiving(text)
    else:
        assert decode_base64_forgiving(text) == expected
