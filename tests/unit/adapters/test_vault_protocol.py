"""The vault's messages: what is sent comes through, and anything else is malformed."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.adapters.vault.errors import BadFrame
from maskbot.adapters.vault.protocol import (
    Create,
    Erase,
    Export,
    Ping,
    Protect,
    Request,
    Reveal,
    Rewrap,
    Sign,
    Unseal,
    decode_answer,
    decode_request,
    encode_error,
    encode_request,
    encode_result,
)
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import KeySource, Place, SealedKey

PLACE = Place("inbox", "i", "t", "item")
REQUESTS: list[Request] = [
    Create("p", "t", KeySource()),
    Create("p", "t", KeySource(mnemonic="a b", password="ü", private_key=b"1", local_key=b"2")),
    Unseal("p", (SealedKey(-37, PublicKey(b"\x02" * 33), b"iv", b"sealed"), SealedKey(-38, None, b"", b""))),
    Sign("p", b"\x00\xff"),
    Export("p", None),
    Export("p", PublicKey(b"\x03" * 33)),
    Erase("p"),
    Protect(((PLACE, b"x"), (PLACE, b""))),
    Reveal(()),
    Rewrap(True),
    Ping(),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: type(one).__name__)
def test_every_request_comes_through_as_it_was_sent(request_: Request) -> None:
    body = encode_request(request_)[4:]
    assert decode_request(body) == request_
    for cut in range(len(body)):
        with pytest.raises(Malformed):
            decode_request(body[:cut])


@pytest.mark.parametrize("family", [Malformed, Refused, Unavailable, Unconfirmed, Misconfigured])
def test_every_family_of_error_comes_through(family: type[MaskbotError]) -> None:
    error = Unavailable("m", retry_after_s=2.5, kind="K") if family is Unavailable else family("m", kind="K")
    with pytest.raises(family, match="m") as raised:
        decode_answer(encode_error(error)[4:])
    assert raised.value.kind == "K"
    if isinstance(raised.value, Unavailable):
        assert raised.value.retry_after_s == 2.5


def test_an_answer_too_large_for_a_frame_is_refused() -> None:
    with pytest.raises(BadFrame):
        encode_result([bytes(1024 * 1024)] * 9)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.binary() | st.text()
       | st.floats(), lambda inner: st.lists(inner), max_leaves=8).map(lambda value: bytes(msgpack.packb([1, value]))))  # fmt: skip
def test_any_bytes_are_a_request_or_malformed(body: bytes) -> None:
    for decode in (decode_request, decode_answer):
        try:
            decode(body)
        except MaskbotError:
            continue
