"""Typed messages in both encodings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.payload import (
    AnchorMessage,
    ImageMessage,
    Message,
    MessageMalformed,
    SealRefused,
    TextMessage,
    TupleMessage,
    UnknownMessage,
    decode_binary,
    decode_text,
    encode_binary,
    encode_text,
    plain_text,
    survives_text_form,
)
from maskbot.wire.payload.msgpack_writer import pack
from maskbot.wire.payload.values import UNDEFINED, Instant

PUZZLE = "\U0001f9e9"
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)
names = st.text(alphabet="abc.:é", min_size=1, max_size=8)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
metas = st.none() | st.dictionaries(names, json_values, min_size=1, max_size=4)
text_messages = st.builds(TextMessage, texts, metas)
messages: st.SearchStrategy[Message] = st.recursive(
    text_messages, lambda inner: st.builds(TupleMessage, st.lists(inner, max_size=4).map(tuple), metas), max_leaves=8
)


@given(messages)
def test_the_binary_form_gives_every_message_back(message: Message) -> None:
    assert decode_binary(encode_binary(message)) == message


@given(text_messages)
def test_the_text_form_gives_back_what_it_can_carry(message: TextMessage) -> None:
    if survives_text_form(message):
        assert decode_text(encode_text(message), version=-38) == message
    else:
        assert PUZZLE in str(message.content) or str(message.content).startswith("\ufeff") or message.meta


@given(texts)
def test_plain_content_without_a_puzzle_piece_or_mark_always_survives(content: str) -> None:
    message = TextMessage(content.replace(PUZZLE, "").lstrip("\ufeff"))
    assert survives_text_form(message)


@pytest.mark.parametrize(
    ("text", "content", "meta"),
    [
        (f"{PUZZLE}x", f"{PUZZLE}x", None),
        (f"{{}}{PUZZLE}a{PUZZLE}b", "b", {}),
        (f" {{}} {PUZZLE}b", "b", {}),
        (f"[1]{PUZZLE}b", "b", {}),
        (f'"x"{PUZZLE}b', "b", {}),
        (f"true{PUZZLE}b", "b", {}),
        (f"no json{PUZZLE}b", f"no json{PUZZLE}b", None),
        (f"NaN{PUZZLE}b", f"NaN{PUZZLE}b", None),
        (f'{{"a":\n1}}{PUZZLE}b', '{"a":\nb', {"a": 1}),
        (f'{{"a":"\u2028"}}{PUZZLE}b', '{"a":"\u2028b', {"a": "\u2028"}),
        (f"{{}}{PUZZLE}a\nb{PUZZLE}c", f"a\nb{PUZZLE}c", {}),
        (f"1\n{PUZZLE}\nx{PUZZLE}y", f"1\n{PUZZLE}\ny", {}),
        (f"1{PUZZLE}{PUZZLE}", "", {}),
    ],
)
def test_a_json_head_is_cut_as_the_reference_cuts_it(text: str, content: str, meta: object) -> None:
    assert decode_text(text.encode(), version=-38) == TextMessage(content, meta)  # type: ignore[arg-type]  # table
    assert decode_text(text.encode(), version=-39) == TextMessage(text)


@pytest.mark.parametrize("text", [f"null{PUZZLE}x", "[" * 33 + "]" * 33 + PUZZLE, "x" * (256 * 1024 + 1)])
def test_text_that_would_crash_or_exhaust_a_reader_is_a_broken_message(text: str) -> None:
    with pytest.raises(MessageMalformed):
        decode_text(text.encode(), version=-38)


def test_a_long_line_before_the_puzzle_piece_is_no_burden() -> None:
    text = "1" + PUZZLE + "x" * 100_000 + "\n" + "y" * 100_000
    assert decode_text(text.encode(), version=-38).content == "x" * 100_000 + "\n" + "y" * 100_000


def test_metadata_is_written_in_javascripts_spelling() -> None:
    meta = {"z": 1e21, "1": [UNDEFINED, Instant(0), b"\x01"], "gone": UNDEFINED, "nan": float("nan")}
    written = encode_text(TextMessage("x\ud83d", meta))
    head = '{"1":[null,"1970-01-01T00:00:00.000Z",{"0":1}],"z":1e+21,"nan":null}'
    assert written == (head + PUZZLE + "x\ufffd").encode()


@pytest.mark.parametrize(
    "message", [TupleMessage(()), AnchorMessage("normal", "h", "c"), ImageMessage("i"), TextMessage(5)]
)
def test_v38_carries_nothing_but_one_text(message: Message) -> None:
    with pytest.raises(SealRefused) as refusal:
        encode_text(message)
    assert refusal.value.kind.endswith("ComplexTypedMessageNotSupportedInPayload38")


@pytest.mark.parametrize(
    "message", [ImageMessage("i"), UnknownMessage([7]), TextMessage(None), TupleMessage((ImageMessage("i"),))]
)
def test_v37_refuses_what_has_no_form(message: Message) -> None:
    with pytest.raises(SealRefused) as refusal:
        encode_binary(message)
    assert refusal.value.kind == "PayloadException.EncodeFailed"


def tuples(levels: int) -> Message:
    message: Message = TextMessage("x")
    for _ in range(levels):
        message = TupleMessage((message,))
    return message


def lists(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "message",
    [tuples(49), TextMessage("x", {"deep": lists(98)}), TupleMessage((TextMessage("x", {"deep": lists(96)}),))],
)
def test_documents_of_100_levels_go_both_ways(message: Message) -> None:
    assert decode_binary(encode_binary(message)) == message


@pytest.mark.parametrize(
    "message",
    [tuples(50), TextMessage("x", {"deep": lists(99)}), TupleMessage((TextMessage("x", {"deep": lists(97)}),))],
)
def test_documents_beyond_100_levels_are_refused(message: Message) -> None:
    with pytest.raises(SealRefused):
        encode_binary(message)


def test_an_anchor_is_written_as_its_text() -> None:
    anchor = AnchorMessage("normal", "https://example.com", "words", {"m": 1})
    assert decode_binary(encode_binary(anchor)) == TextMessage("[words](https://example.com)", {"m": 1})
    assert plain_text(TupleMessage((anchor, TextMessage("x"), ImageMessage("i"), UnknownMessage(1)))) == (
        "[words](https://example.com)\nx"
    )


def test_members_without_a_form_are_dropped_whole() -> None:
    meta = {"kept": 1, "gone": UNDEFINED, "foreign": [{"a": object()}], "inner": [UNDEFINED]}
    assert decode_binary(encode_binary(TextMessage("x", meta))) == TextMessage("x", {"kept": 1, "inner": [None]})
    assert encode_binary(TextMessage("x", {"gone": UNDEFINED})) == encode_binary(TextMessage("x", {}))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([0, "x", None, 1, "more"], TextMessage("x")),
        ([0, None, {}], TextMessage(None, {})),
        ([0, b"x", None], TextMessage(b"x")),
        ([1, 1, 7.5, None, "x", "more"], TextMessage("x")),
        ([1, 0, 1, {"a": 1}, []], TupleMessage((), {"a": 1})),
        ([1, 2, None, "whatever"], UnknownMessage([2, None, "whatever"])),
        ([1, "image", 1], UnknownMessage(["image", 1])),
        ([1, 0, 1, None, ["ab", ["x"]]], TupleMessage((UnknownMessage("ab"), UnknownMessage(["x"])))),
    ],
)
def test_tolerated_documents_are_read(document: list[object], message: Message) -> None:
    assert decode_binary(pack(document)) == message


@pytest.mark.parametrize(
    "document",
    [
        None,
        "x",
        {},
        [],
        [None],
        ["0", "x", None],
        [True, "x", None],
        [0],
        [0, "x"],
        [0, "x", "meta"],
        [0, "x", []],
        [2, 1, 1, None, "x"],
        [0.5, "x", None],
        [1],
        [1, None, 1, None, "x"],
        [1, True, 1, None, "x"],
        [1, [], 1, None, "x"],
        [1, 1, "1", None, "x"],
        [1, 1, 1, None, 5],
        [1, 1, 1, None],
        [1, 1, 1, 0, "x"],
        [1, 0, 1, None, "x"],
        [1, 0, 1, None, {}],
        [1, 0, 1, None, [""]],
        [1, 0, 1, None, [None]],
        [1, 0, 1, None, [5]],
        [1, 0, 1, None, [[]]],
        [1, 0, 1, None, [[1, 1, None, 5]]],
    ],
)
def test_other_documents_are_broken(document: object) -> None:
    with pytest.raises(MessageMalformed):
        decode_binary(pack(document))


@given(st.binary(max_size=60))
def test_any_plaintext_is_a_message_or_broken(plaintext: bytes) -> None:
    for decode in (decode_binary, lambda raw: decode_text(raw, version=-38), lambda raw: decode_text(raw, version=-40)):
        try:
            decode(plaintext)
        except MessageMalformed:
            continue


@given(st.text(max_size=300))
def test_the_short_way_reads_a_plain_document_like_the_long_way(content: str) -> None:
    short = encode_binary(TextMessage(content))
    long = short[:1].replace(b"\x93", b"\x94") + short[1:] + b"\x01"  # an extra item is ignored, and no plain document
    assert decode_binary(short) == decode_binary(long)
