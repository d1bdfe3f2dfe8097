"""The vault's messages: what is sent comes through, and anything else is malformed."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.adapters.vault.errors import BadFrame, UnknownRequest
from maskbot.adapters.vault.protocol import (
    Create,
    Erase,
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
from maskbot.adapters.vault.wallet_requests import SignPayments, do_wallet_request, read_answers
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.gas import GasOffer
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import KeySource, Place, SealedKey
from maskbot.ports.treasury import SignOrder

PLACE = Place("inbox", "i", "t", "item")
REQUESTS: list[Request] = [
    Create("p", "t", KeySource()),
    Create("p", "t", KeySource(mnemonic="a b", password="ü", private_key=b"1", local_key=b"2")),
    Unseal("p", (SealedKey(-37, PublicKey(b"\x02" * 33), b"iv", b"sealed"), SealedKey(-38, None, b"", b""))),
    Sign("p", b"\x00\xff"),
    Erase("p"),
    Protect(((PLACE, b"x"), (PLACE, b""))),
    Reveal(()),
    Rewrap(True),
    Ping(),
    SignPayments(()),
    SignPayments(
        (SignOrder("i", GasOffer(2**100, 7, is_legacy=False)), SignOrder("j", GasOffer(5, 5, is_legacy=True)))
    ),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: type(one).__name__)
def test_every_request_comes_through_as_it_was_sent(request_: Request) -> None:
    body = encode_request(request_)[4:]
    assert decode_request(body) == request_
    for cut in range(len(body)):
        with pytest.raises(Malformed):
            decode_request(body[:cut])


@pytest.mark.parametrize("words", [["export", "p", None], ["exportwallet", "k"]])
def test_no_request_gives_a_key_out(words: list[object]) -> None:
    with pytest.raises(UnknownRequest):
        decode_request(msgpack.packb([1, *words]))


def test_the_answers_to_many_payments_come_through_each_as_what_it_was() -> None:
    answers: list[bytes | MaskbotError] = [
        b"h" * 32,
        Refused("m", kind="Paused"),
        Malformed("n", kind="InvalidCall"),
        b"k" * 32,
    ]

    class Keys:
        def sign_payments(self, orders: object) -> list[bytes | MaskbotError]:
            return answers

    result = do_wallet_request(Keys(), SignPayments(()))  # type: ignore[arg-type]  # only this method is asked
    heard = read_answers(decode_answer(encode_result(result)[4:]), count=4)
    assert [(type(one), str(one)) for one in heard] == [(type(one), str(one)) for one in answers]
    assert [getattr(one, "kind", None) for one in heard] == [None, "Paused", "InvalidCall", None]


@pytest.mark.parametrize(
    "answer",
    [b"", [], [[b"h"]], [[1], [b"h"]], [["Refused", "k"], [b"h"]], [["Nobody", "k", "m"], [b"h"]], [None, [b"h"]]],
)
def test_other_answers_to_two_payments_are_malformed(answer: object) -> None:
    with pytest.raises(BadFrame):
        read_answers(answer, count=2)


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
