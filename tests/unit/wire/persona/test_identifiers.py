"""Identifiers have one form, and only that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.persona import (
    InvalidIdentifier,
    normalised_persona,
    normalised_profile,
    persona_identifier,
    post_identifier,
    post_iv_identifier,
    profile_identifier,
    public_key_of_identifier,
)
from maskbot.wire.persona.identifiers import normalised_post_iv

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[3] / "vectors" / "persona.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_a_persona_identifier_names_its_key_with_bar_or_slash(case: dict[str, Any]) -> None:
    key = bytes.fromhex(case["public_compressed_hex"])
    assert persona_identifier(key) == case["identifier"]
    assert public_key_of_identifier(case["identifier"]) == key
    assert public_key_of_identifier("ec_key:secp256k1/" + case["public_compressed_base64"]) == key
    assert normalised_persona("ec_key:secp256k1/" + case["public_compressed_base64"]) == case["identifier"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ec_key:secp256k1/",
        "ec_key:p256/A7dg",
        "ec_key:secp256k1/ignored",
        "ec_key:secp256k1/" + "A" * 44,
        "A" * 5000,
    ],
)
def test_other_texts_name_no_persona(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        public_key_of_identifier(text)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("person:twitter.com/Alice", "person:twitter.com/Alice"),
        ("person:X.com/Alice", "person:twitter.com/Alice"),
        ("person:Mastodon.Social/a.b", "person:mastodon.social/a.b"),
        ("person:a/b/c/d", "person:a/b"),
        ("person:localhost/alice", "person:localhost/alice"),
    ],
)
def test_a_profile_is_written_in_its_one_form(text: str, normalised: str) -> None:
    assert normalised_profile(text) == normalised


@pytest.mark.parametrize(
    "text",
    ["", "person:", "person:a", "person:/b", "person:a/", "person:a//b", "person:a\nb/c", "person:a/b\nc", "Person:a/b",
     "person:localhost/$unknown", "post:a/b", "person:a/" + "b" * 5000],
)  # fmt: skip
def test_other_texts_name_no_profile(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        normalised_profile(text)


def test_a_slash_inside_a_part_is_refused_not_dropped() -> None:
    with pytest.raises(InvalidIdentifier):
        profile_identifier("a", "b/c")


def test_posts_are_named_by_id_or_by_iv() -> None:
    assert post_identifier("17", profile="person:x.com/A") == "post:17/person:twitter.com/A"
    iv = bytes.fromhex("fbffffffffffffffffffffffffffffff")
    assert post_iv_identifier("x.com", post_iv=iv) == "post_iv:twitter.com/+||||||||||||||||||||w=="
    assert normalised_post_iv("post_iv:Minds.com/a/b") == "post_iv:Minds.com/a|b"


@pytest.mark.parametrize(
    "text", ["", "post_iv:", "post_iv:a", "post_iv:/b", "post_iv:a\n/b", "post:a/b", "post_iv:a/" + "b" * 5000]
)
def test_other_texts_name_no_post(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        normalised_post_iv(text)


def test_an_iv_or_post_id_of_the_wrong_form_is_refused() -> None:
    with pytest.raises(InvalidIdentifier):
        post_iv_identifier("twitter.com", post_iv=bytes(12))
    with pytest.raises(InvalidIdentifier):
        post_identifier("1/2", profile="person:a/b")


@given(st.text(max_size=40))
def test_what_is_normalised_stays_so(text: str) -> None:
    try:
        once = normalised_profile("person:" + text)
    except InvalidIdentifier:
        return
    assert normalised_profile(once) == once
