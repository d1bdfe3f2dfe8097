"""Percent-encoding agrees with JavaScript's encodeURI and decodeURI (examples computed in Node)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.picture.uri_text import decode_uri, encode_uri


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("a b", "a%20b"),
        ("100%", "100%25"),
        ("%20", "%2520"),
        ("🎼4/4|", "%F0%9F%8E%BC4/4%7C"),
        ("-_.!~*'();,/?:@&=+$#", "-_.!~*'();,/?:@&=+$#"),
        ('"<>\\^`{}[]', "%22%3C%3E%5C%5E%60%7B%7D%5B%5D"),
    ],
)
def test_text_is_encoded_as_in_javascript(text: str, encoded: str) -> None:
    assert encode_uri(text) == encoded
    assert decode_uri(encoded) == text


@pytest.mark.parametrize("escape", ["%23", "%2F", "%2f", "%3B", "%3F", "%3A", "%40", "%26", "%3D", "%2B", "%24", "%2C"])
def test_escapes_of_reserved_characters_stay(escape: str) -> None:
    assert decode_uri(f"a{escape}b") == f"a{escape}b"


@pytest.mark.parametrize("text", ["%", "%4", "%zz", "%ff", "%F0%9F", "%ED%A0%80", "é"])
def test_what_encode_uri_never_gives_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_uri(text)


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert decode_uri(encode_uri(text)) == text
