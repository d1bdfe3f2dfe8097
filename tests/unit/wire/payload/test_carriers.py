"""Payloads in texts and links: what the reference finds, and where we are stricter or more lenient on purpose."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.crypto import InvalidBase64, decode_base64_forgiving
from maskbot.wire.payload import (
    Sentence,
    decode_carriers,
    encode_carrier,
    encode_link,
    find_payloads,
    seal_comment,
    sentence_around,
    unseal_comment,
)
from maskbot.wire.payload.carriers import MAX_CARRIERS, MAX_TEXT
from maskbot.wire.payload.errors import UnsealFailed
from tests.unit.wire.payload.vectors import ALL, BY_ID, CASES, Json, raw_payload

FORMS = [(case, network, form) for case in CASES for network, form in case.get("network_forms", {}).items()]
TEXT = str(raw_payload(BY_ID["dev-v38-public-text"]))
BYTES = bytes.fromhex(BY_ID["dev-v37-public-text"]["payload_hex"])

LENIENT = {
    "dev-net-tw-v1-x-cjk2": TEXT,
    "dev-net-tw-v2-x-cjk2": BYTES,
    "dev-net-tw-v1-x-kana": TEXT,
    "dev-net-tw-v2-x-kana": BYTES,
    "dev-net-tw-v1-x-arabic": TEXT,
    "dev-net-tw-v2-x-arabic": BYTES,
    "dev-net-tw-v1-x-cyrillic": TEXT,
    "dev-net-tw-v2-x-cyrillic": BYTES,
    "dev-net-tw-v1-x-latin": TEXT,
    "dev-net-tw-v1-x-slash": TEXT,
    "dev-net-tw-v1-x-amp": TEXT,
    "dev-net-tw-v1-x-two-same": TEXT,
    "dev-net-tw-v1-x-otherurl": TEXT,
    "dev-net-tw-v1-x-otherurl2": TEXT,
}
"""Texts in which the reference finds nothing or garbage, and we the payload that stands in them."""

STRICT = {"dev-net-tw-v1-otherhost", "dev-net-tw-v1-x-www"}
"""Links of hosts that are not Mask's: nothing for us."""


def expected_of(decoded: list[Json]) -> tuple[str | bytes, ...]:
    return tuple(bytes.fromhex(item["hex"]) if "hex" in item else item["text"] for item in decoded)


@pytest.mark.parametrize(
    ("case", "network", "form"), FORMS, ids=lambda item: item.get("id") if isinstance(item, dict) else item
)
def test_every_payload_goes_through_every_network_and_back(case: Json, network: str, form: Json) -> None:
    assert encode_carrier(raw_payload(case), network=network) == form["text"]
    assert decode_carriers(form["text"], network=network) == expected_of(form["decoded"])


@pytest.mark.parametrize("case", ALL["network_texts"], ids=lambda case: case["id"])
def test_texts_are_read_as_in_the_reference_or_better(case: Json) -> None:
    found = decode_carriers(case["text"], network=case["network"])
    if case["id"] in STRICT:
        assert found == ()
    elif case["id"] in LENIENT:
        assert found == (LENIENT[case["id"]],)
    else:
        assert found == expected_of(case["decoded"])


@pytest.mark.parametrize("sentence", Sentence)
@pytest.mark.parametrize("payload", [TEXT, BYTES])
def test_our_sentences_carry_a_payload_that_the_reference_rules_find(sentence: Sentence, payload: str | bytes) -> None:
    post = sentence_around(encode_link(payload), sentence=sentence)
    assert f" {encode_link(payload)} " in post
    assert decode_carriers(post, network="x.com") == find_payloads(post) == (payload,)


@pytest.mark.parametrize(
    "url",
    [
        encode_link(TEXT).replace("https", "http", 1),
        encode_link(TEXT).replace("mask.io", "mask.io.evil.example", 1),
        encode_link(TEXT).replace("mask.io", "www.mask.io", 1),
        encode_link(TEXT).replace("mask.io", "evil.example/mask.io", 1),
        encode_link(TEXT).replace("mask.io", "u@mask.io", 1),
        encode_link(TEXT).replace("mask.io", "mask.io:443", 1),
        encode_link(BYTES).replace("mask.io", "maskbook.com", 1),
        encode_link(BYTES).replace("mask.io", "MASK.io", 1),
        encode_link(BYTES).replace("PostData_v2=", "PostData_v2=A&PostData_v2=", 1),
    ],
)
def test_only_exact_mask_links_are_searched_in_platform_posts(url: str) -> None:
    assert find_payloads("see", urls=[url]) == ()


def test_both_places_are_searched_and_repeats_dropped() -> None:
    text = f"one {encode_link(TEXT)} two {TEXT} three {encode_carrier(BYTES, network='minds.com')}"
    assert find_payloads(text, urls=[encode_link(BYTES), encode_link(TEXT)]) == (TEXT, BYTES)
    assert find_payloads("see mask.io/?Post…", urls=["https://example.com/", encode_link(BYTES)]) == (BYTES,)
    assert find_payloads(encode_link(BYTES) + " " + encode_link(TEXT)) == (BYTES, TEXT)


def test_old_links_with_the_payload_in_the_path_and_the_old_host_are_found() -> None:
    link = encode_link(TEXT)
    assert find_payloads(link.replace("mask.io/?PostData_v1=", "maskbook.com/", 1)) == (TEXT,)


def test_no_text_has_more_than_16_payloads_and_none_may_be_huge() -> None:
    many = " ".join(encode_link(bytes([number])) for number in range(40))
    assert len(find_payloads(many)) == MAX_CARRIERS
    assert len(decode_carriers("🎼4/4|A:||" * 40, network="minds.com")) == MAX_CARRIERS
    assert find_payloads(" " * MAX_TEXT + encode_link(BYTES)) == ()
    assert decode_carriers(" " * MAX_TEXT + encode_link(BYTES), network="twitter.com") == ()


@given(st.binary(min_size=1, max_size=200), st.text(max_size=30), st.text(max_size=30))
def test_any_bytes_survive_a_link_between_blanks(payload: bytes, before: str, after: str) -> None:
    text = f"{before.replace('mask', '')} {encode_link(payload)} {after}"
    assert decode_carriers(text, network="twitter.com") == find_payloads(text)[:1] == (payload,)


PIECES = [
    "https://mask.io/?PostData_v1=%20",
    "https://mask.io/?PostData_v2=",
    "https://maskbook.com/%20",
    "https://mask",
]
PIECES += [
    "%40",
    "%20",
    "%2B",
    "%3D",
    "%",
    "=",
    "==",
    "+",
    ".",
    "_",
    "-",
    "|",
    "QUJD",
    "QQ",
    " ",
    "\n",
    "\u00a0",
    "\u017f",
    "é",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_the_only_link_of_a_text_is_read_as_it_would_be_beside_another(text: str) -> None:
    assert find_payloads(text) == find_payloads(f"{text} https://mask")


QUOTED = ["%2B", "%2f", "%3D", "%3D%3D", "%", "%%", "%4", "%zz", "+", "=", "AJcA", "QUI", "QQ"]


@given(st.lists(st.sampled_from(QUOTED), min_size=1, max_size=8).map("".join))
def test_a_link_of_bytes_is_read_as_a_url_is(value: str) -> None:
    def read(quoted: str) -> tuple[bytes, ...]:
        try:
            return tuple(filter(None, [decode_base64_forgiving(unquote(quoted))]))
        except InvalidBase64:
            return ()

    link = "https://mask.io/?PostData_v2=" + value
    assert find_payloads(link) == read(value)
    found = decode_carriers(link, network="twitter.com")
    assert tuple(filter(None, found)) == read(value.rstrip("=").replace("+", " "))


@given(st.text(max_size=300))
def test_any_text_has_payloads_or_none(text: str) -> None:
    for network in ("twitter.com", "facebook.com"):
        assert isinstance(decode_carriers(text, network=network), tuple)
    assert isinstance(find_payloads(text, urls=[text]), tuple)


@pytest.mark.parametrize("case", ALL["comments"], ids=lambda case: case["id"])
def test_replies_are_sealed_and_unsealed(case: Json) -> None:
    post_iv, post_text = bytes.fromhex(case["post_iv"]), case["post_content"]
    assert seal_comment(case["comment"], post_iv=post_iv, post_text=post_text) == case["encrypted"]
    assert unseal_comment(case["wrapped"], post_iv=post_iv, post_text=post_text) == case["decrypted"]


@pytest.mark.parametrize(
    "text", ["", "hello", "🎶2/4|", "🎶2/4|QQ==", "🎶2/4|?:||", "🎶2/4|QUJDREVGR0hJSktMTU5PUFFSUw==:||"]
)
def test_a_text_without_a_reply_of_this_post_is_a_named_failure(text: str) -> None:
    with pytest.raises(UnsealFailed):
        unseal_comment(text, post_iv=bytes(16), post_text="post")
