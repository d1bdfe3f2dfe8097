"""Mnemonic and password to keys: the reference's vectors, the standards' own examples, and every kind of wrong word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.wire.crypto import encode_base64, encode_base64url, jwk_of_aes_key, jwk_of_public
from maskbot.wire.persona import (
    ENTROPY_BYTES,
    InvalidMnemonic,
    InvalidPersonaKey,
    entropy_of,
    ethereum_address,
    export_private_key,
    import_private_key,
    mnemonic_of,
    persona_from_mnemonic,
    persona_from_private_key,
    personal_sign,
    private_jwk,
    public_key_hex,
    recover_signer,
)
from maskbot.wire.persona.mnemonic import seed_of
from maskbot.wire.persona.msgpack_document import encode_document

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[3] / "vectors" / "persona.json").read_text())["cases"]
WORDS = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_a_persona_is_derived_as_by_the_reference(case: dict[str, Any]) -> None:
    persona = persona_from_mnemonic(case["mnemonic"], password=case["password"])
    assert seed_of(case["mnemonic"], password=case["password"]).hex() == case["bip39_seed_hex"]
    assert persona.private_key.hex() == case["private_key_hex"]
    assert persona.public_key.hex() == case["public_compressed_hex"]
    assert persona.identifier == case["identifier"]
    assert public_key_hex(persona.public_key) == case["public_key_as_hex"]
    assert ethereum_address(persona.public_key) == case["eth_address"]
    assert jwk_of_public(persona.public_key) == case["public_jwk"]
    assert list(private_jwk(persona.private_key).items()) == list(case["private_jwk"].items())
    assert persona.local_key is not None
    assert jwk_of_aes_key(persona.local_key) == case["local_key_jwk"]
    record = persona.mnemonic
    assert record is not None
    assert {
        "words": record.words,
        "parameter": {"path": record.path, "withPassword": record.has_password},
    } == case["mnemonic_record"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_exported_key_is_the_references_text_and_comes_back(case: dict[str, Any]) -> None:
    private_key = bytes.fromhex(case["private_key_hex"])
    assert export_private_key(private_key) == case["exported_private_key"]
    assert import_private_key(case["exported_private_key"]) == private_key


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_a_personal_signature_is_the_references_and_names_its_signer(case: dict[str, Any]) -> None:
    private_key, text = bytes.fromhex(case["private_key_hex"]), case["nextid"]["sign_payload"]
    signature = personal_sign(private_key, text=text)
    assert "0x" + signature.hex() == case["nextid"]["signature_hex"]
    assert recover_signer(signature, text=text).hex() == case["public_compressed_hex"]
    raw_v = signature[:64] + bytes([signature[64] - 27])
    assert recover_signer(raw_v, text=text).hex() == case["public_compressed_hex"]


def test_the_well_known_test_mnemonic_gives_its_well_known_account() -> None:
    persona = persona_from_mnemonic(WORDS, password="")
    assert ethereum_address(persona.public_key) == "0x9858effd232b4033e47d90003d41ec34ecaeda94"


@pytest.mark.parametrize(
    ("entropy", "mnemonic", "seed_start"),
    [
        ("7f" * 16, "legal winner thank year wave sausage worth useful legal winner thank yellow", "2e8905819b8723fe"),
        ("ff" * 16, "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong", "ac27495480225222"),
        ("80" * 24, " ".join(["letter advice cage absurd amount doctor acoustic avoid"] * 2 + ["letter always"]),
         "107d7c02a5aa6f38"),
    ],
)  # fmt: skip
def test_the_examples_of_bip39_hold(entropy: str, mnemonic: str, seed_start: str) -> None:
    assert mnemonic_of(bytes.fromhex(entropy)) == mnemonic
    assert seed_of(mnemonic, password="TREZOR").hex().startswith(seed_start)


@given(st.sampled_from(ENTROPY_BYTES).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_any_entropy_comes_back_from_its_words(entropy: bytes) -> None:
    words = mnemonic_of(entropy)
    assert len(words.split()) == len(entropy) * 3 // 4
    assert entropy_of(words) == entropy


@pytest.mark.parametrize(
    "mnemonic",
    [
        "",
        " ",
        WORDS.upper(),
        WORDS + " ",
        " " + WORDS,
        WORDS.replace(" ", "  ", 1),
        WORDS.replace(" ", "\t"),
        WORDS.replace(" ", "\u3000"),
        WORDS.replace("about", "abandon"),
        WORDS.replace("about", "abou"),
        WORDS.replace("abandon ", "", 1),
        " ".join(["abandon"] * 13),
        "ａbandon " + WORDS[8:],
        "abandon " * 1_000_000,
        "\ud83c" * 12,
    ],
)
def test_wrong_words_numbers_or_checksums_are_refused(mnemonic: str) -> None:
    with pytest.raises(InvalidMnemonic) as caught:
        persona_from_mnemonic(mnemonic, password="")
    assert caught.value.kind == "PersonaException.InvalidMnemonic"
    assert "abou" not in str(caught.value)


def test_another_number_of_random_bytes_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="entropy"):
        mnemonic_of(bytes(15))


def test_the_same_password_in_another_unicode_form_gives_the_same_key() -> None:
    composed, decomposed = (persona_from_mnemonic(WORDS, password=text) for text in ("p\u00e4ss", "pa\u0308ss"))
    assert composed == decomposed


def test_a_persona_of_a_bare_key_has_no_local_key_and_the_same_identity() -> None:
    persona = persona_from_mnemonic(WORDS, password="")
    bare = persona_from_private_key(persona.private_key)
    assert (bare.identifier, bare.local_key, bare.mnemonic) == (persona.identifier, None, None)


def test_no_repr_shows_a_secret() -> None:
    persona = persona_from_mnemonic(WORDS, password="")
    assert persona.local_key is not None
    shown = repr(persona)
    for secret in ("abandon", repr(persona.private_key), repr(persona.local_key)):
        assert secret not in shown


JWK = private_jwk(bytes(31) + b"\x07")


def exported(**changes: object) -> str:
    return encode_base64(encode_document({k: v for k, v in {**JWK, **changes}.items() if v is not None}))


def test_a_key_whose_curve_has_its_registered_name_is_imported() -> None:
    assert import_private_key(exported(crv="secp256k1")) == bytes(31) + b"\x07"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "AAAA",
        "gA==",
        "A" * 100_000,
        exported(d=None),
        exported(d=5),
        exported(d="AA"),
        exported(d=encode_base64url(b"\xff" * 32)),
        exported(d=encode_base64url(bytes(31) + b"\x08")),
        exported(x="AA"),
        exported(x=[[[]]]),
        exported(crv="P-256"),
        exported(crv=None),
        exported(crv=["K-256"]),
        exported(kty="oct"),
    ],
)
def test_anything_else_is_no_exported_key(text: str) -> None:
    with pytest.raises(InvalidPersonaKey):
        import_private_key(text)


@given(st.binary(max_size=300))
@settings(max_examples=50)
def test_any_bytes_are_no_exported_key(packed: bytes) -> None:
    with pytest.raises(InvalidPersonaKey):
        import_private_key(encode_base64(packed))
