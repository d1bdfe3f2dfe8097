"""Next.ID proof posts and the public keys in old profile descriptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.crypto import encode_base64, public_key_of
from maskbot.wire.persona import (
    InvalidProof,
    KeyClaim,
    ProofPost,
    keys_in_bio,
    personal_sign,
    proven_key,
    read_proof_post,
    reserialised,
    sign_payload,
    write_proof_post,
)
from maskbot.wire.persona.bio_key import check_character

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[3] / "vectors" / "persona.json").read_text())["cases"]
KEY = bytes(31) + b"\x05"
UUID = "11111111-2222-4333-8444-555555555555"
SIGNATURE = personal_sign(KEY, text="x")


def proof(identity: str = "Some_User", previous: str | None = None) -> ProofPost:
    payload = sign_payload(
        action="create", created_at="1700000000", identity=identity, platform="twitter", previous=previous, uuid=UUID
    )
    return ProofPost(identity, personal_sign(KEY, text=payload), UUID, "1700000000", previous)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_text_to_sign_is_the_services(case: dict[str, Any]) -> None:
    text = sign_payload(
        action="create", created_at="1700000000", identity="Some_User", platform="twitter", previous=None, uuid=UUID
    )
    assert text == case["nextid"]["sign_payload"] == reserialised(text)


def test_the_text_to_sign_for_an_account_names_the_persona() -> None:
    text = sign_payload(
        action="create", created_at="1", identity="0xAB", platform="ethereum", previous="p", uuid="u", persona="0x02"
    )
    assert text == (
        '{"action":"create","created_at":"1","identity":"0xab","persona":"0x02","platform":"ethereum","prev":"p","uuid":"u"}'
    )


def test_the_escapes_of_the_service_are_written_out_before_signing() -> None:
    assert reserialised('{"b": "\\u003c\\u00e9", "a":1}') == '{"b":"<é","a":1}'


@pytest.mark.parametrize("payload", ["", "[]", "nonsense", "[" * 100_000, "1" * 19_000])
def test_what_is_no_object_is_never_signed(payload: str) -> None:
    with pytest.raises(InvalidProof):
        reserialised(payload)


@pytest.mark.parametrize("previous", [None, encode_base64(SIGNATURE)])
def test_a_proof_post_comes_back_and_names_the_key(previous: str | None) -> None:
    post = proof(previous=previous)
    text = write_proof_post(post)
    assert text.splitlines()[0] == "🎭 Verify @Some_User with @NextDotID."
    assert read_proof_post(text) == post
    assert proven_key(post, platform="twitter", identity="some_user") == public_key_of(KEY)


def test_a_proof_names_another_key_for_another_profile() -> None:
    assert proven_key(proof(), platform="twitter", identity="mallory") != public_key_of(KEY)


def test_blanks_of_the_platform_and_other_languages_do_not_matter() -> None:
    english, signature, misc = write_proof_post(proof()).splitlines()
    scraped = f" 🎭  Verify  @Some_User  with  @NextDotID .\r\n{signature}\r\n{misc}\r\n\nmore"
    assert read_proof_post(scraped) == proof()
    foreign = read_proof_post(f"🎭 正在通过 @NextDotID 验证\n{signature}\n{misc}")
    assert isinstance(foreign, ProofPost)
    assert foreign.identity is None
    assert english


def test_a_post_of_2022_is_read_as_a_claim() -> None:
    text = f"Prove myself: I'm 0x{public_key_of(KEY).hex()} on NextID. Signature: {encode_base64(SIGNATURE)}"
    assert read_proof_post(text) == KeyClaim(public_key=public_key_of(KEY), signature=SIGNATURE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sig: 😀😁😂\nMisc: u|1|",
        "Sig: AAAA\nMisc: u|1|",
        f"Sig: {encode_base64(SIGNATURE)}",
        f"Sig: {encode_base64(SIGNATURE)}\nMisc: u|x|",
        f"Prove myself: I'm 0x{'02' + 'ff' * 32} on NextID. Signature: {encode_base64(SIGNATURE)}",
        "Sig: " + "A" * 1_000_000,
        "Misc: a|1|" * 100_000,
    ],
)
def test_other_posts_are_no_proof(text: str) -> None:
    with pytest.raises(InvalidProof):
        read_proof_post(text)


def test_a_signature_of_no_key_proves_nothing() -> None:
    post = ProofPost("a", bytes(64) + b"\x1b", UUID, "1", None)
    with pytest.raises(InvalidProof):
        proven_key(post, platform="twitter", identity="a")


def test_a_proof_without_identity_cannot_be_written() -> None:
    with pytest.raises(InvalidProof):
        write_proof_post(ProofPost(None, SIGNATURE, UUID, "1", None))


@given(st.text(max_size=300))
def test_any_text_is_a_proof_or_refused(text: str) -> None:
    try:
        read_proof_post("Sig: " + text + "\nMisc: u|1|")
    except InvalidProof:
        return


def test_keys_between_locks_and_with_a_check_character_are_found() -> None:
    locked, masked = public_key_of(KEY), public_key_of(bytes(31) + b"\x09")
    text = encode_base64(masked)
    bio = f"Hi! 🔒{encode_base64(locked)}🔒 and 🎭{text}{check_character(text)}🎭 🔒{encode_base64(locked)}🔒"
    assert keys_in_bio(bio) == (locked, masked)


def test_a_wrong_check_character_hides_the_key() -> None:
    text = encode_base64(public_key_of(KEY))
    wrong = next(c for c in "0123456789ABCDEFGHI" if c != check_character(text))
    assert keys_in_bio(f"🎭{text}{wrong}🎭") == ()


def test_the_check_character_weighs_base_36_digits() -> None:
    # digits z=35, 1, +=0, A=10 with weights 7, 3, 1, 7 sum to 318 = 16 * 19 + 14; 14 is written E
    assert check_character("z1+A") == "E"


@given(st.text(alphabet="🔒🎭AZaz09+/= \n", max_size=400))
def test_any_description_is_read_without_error(text: str) -> None:
    for key in keys_in_bio(text):
        assert len(key) == 33
