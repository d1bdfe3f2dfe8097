"""Everything the reference was seen to do, through the room's own functions."""

from __future__ import annotations

import pytest

from maskbot.domain.errors import MaskbotError
from maskbot.wire.crypto import ecdh_x
from maskbot.wire.payload import (
    EndToEndEncryption,
    FieldError,
    MessageMalformed,
    PayloadMalformed,
    SealRefused,
    UnsealFailed,
    add_recipients,
    author_from_text,
    decode_binary,
    decode_text,
    encode_binary,
    encode_text,
    parse_payload,
    post_identifier,
    read_record,
    record_of,
    seal,
    unseal,
)
from maskbot.wire.payload.sealed_key import derive_v38
from tests.unit.wire.payload.vectors import (
    ALL,
    BY_ID,
    CASES,
    Json,
    author_of,
    key_of,
    message_of,
    raw_payload,
    reader_of,
    record_of_entry,
    secrets_of,
)

SEALED = [case for case in CASES if case["kind"] in ("encrypt", "append") and not case.get("encrypt_error")]
REFUSED = [case for case in CASES if case.get("encrypt_error")]
APPENDED = [case for case in CASES if case["kind"] == "append"]
ATTEMPTS = [(case, attempt) for case in CASES for attempt in case.get("attempts", ())]


def name_of(case: Json) -> str:
    return str(case["id"])


def test_the_vectors_are_all_there() -> None:
    assert (len(CASES), len(SEALED), len(REFUSED), len(ATTEMPTS)) == (102, 28, 4, 254)


@pytest.mark.parametrize("case", SEALED, ids=name_of)
def test_sealing_gives_the_bytes_of_the_reference(case: Json) -> None:
    is_public = case["encrypt_request"]["target"] == "public"
    sealed = seal(
        message_of(case["message"]),
        version=case["version"],
        author=author_of(case),
        audience=None if is_public else [key_of(key) for key in case["recipients"]],
        secrets=secrets_of(case["random"]),
        key_text=None if is_public else case["post_key_jwk_json"].encode(),
    )
    assert sealed.payload == raw_payload(case)
    assert sealed.keys == tuple(record_of_entry(entry) for entry in case["e2e"] or ())
    author = author_from_text(case["author"]) if case["author"] else None
    assert post_identifier(sealed.post_iv, author=author, network=case["network"]) == case["post_identifier"]


@pytest.mark.parametrize("case", SEALED, ids=name_of)
def test_messages_are_written_and_read_as_the_reference_does(case: Json) -> None:
    message, plaintext = message_of(case["message"]), bytes.fromhex(case["plaintext_hex"])
    written = encode_binary(message) if case["version"] == -37 else encode_text(message)
    assert written == plaintext


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_what_cannot_be_sealed_is_refused(case: Json) -> None:
    audience = None if case["encrypt_request"]["target"] == "public" else [key_of(key) for key in case["recipients"]]
    with pytest.raises(SealRefused) as refusal:
        seal(
            message_of(case["message"]),
            version=case["version"],
            author=author_of(case),
            audience=audience,
            secrets=secrets_of(case["random"]),
        )
    expected = case["encrypt_error"]["error"]
    assert refusal.value.kind == ("PayloadException.EncodeFailed" if expected.startswith("THROW:") else expected)


@pytest.mark.parametrize("case", APPENDED, ids=name_of)
def test_recipients_are_added_later(case: Json) -> None:
    request = case["append"]["request"]
    keys = add_recipients(
        version=case["version"],
        author=author_of(case),
        audience=[key_of(key) for key in case["append"]["recipients"]],
        secrets=secrets_of(request["random"], post_iv=request["post_iv"], post_key=request["post_key"]),
        key_text=case["post_key_jwk_json"].encode(),
    )
    assert keys == tuple(record_of_entry(entry) for entry in case["append"]["e2e"])


@pytest.mark.parametrize("case", [case for case in SEALED if case["e2e"]], ids=name_of)
def test_key_records_are_the_objects_of_the_reference(case: Json) -> None:
    for entry in (*case["e2e"], *case.get("append", {}).get("e2e", ())):
        key = record_of_entry(entry)
        assert record_of(key) == entry["gun"]
        assert read_record(entry["gun"], version=case["version"]) == key


@pytest.mark.parametrize("case", [case for case in SEALED if case["version"] == -38 and case["e2e"]], ids=name_of)
def test_the_derivation_of_v38_goes_through_the_same_steps(case: Json) -> None:
    private_key = bytes.fromhex(case["author_key"]["priv_hex"])
    for entry in case["e2e"]:
        shared_x = ecdh_x(private_key, bytes.fromhex(entry["pub_hex"]))
        derived = derive_v38(shared_x, bytes.fromhex(entry["iv_to_be_published"]))
        assert (shared_x.hex(), *(part.hex() for part in derived)) == (
            entry["ecdh_x"],
            entry["derived_key"],
            entry["derived_iv"],
        )


def label(item: Json) -> str:
    return str(item.get("id") or item["as"])


@pytest.mark.parametrize(("case", "attempt"), [item for item in ATTEMPTS if item[1]["expect"]["ok"]], ids=label)
def test_unsealing_gives_the_message_the_reference_gives(case: Json, attempt: Json) -> None:
    expected = attempt["expect"]
    reader, records = reader_of(attempt["io"])
    unsealed = unseal(parse_payload(raw_payload(case)), reader=reader, records=records)
    wanted = message_of(expected["content"])
    assert unsealed.message == wanted or repr(unsealed.message) == repr(wanted)  # NaN equals nothing, not even itself
    kept = unsealed.found_post_key
    assert (None if kept is None else kept.hex()) == expected["post_key_cached"]


@pytest.mark.parametrize(
    ("case", "attempt"),
    [
        (case, attempt)
        for case, attempt in ATTEMPTS
        if not str(attempt["expect"].get("error", "THROW:")).startswith("THROW:")
    ],
    ids=label,
)
def test_unsealing_fails_for_the_reason_the_reference_gives(case: Json, attempt: Json) -> None:
    expected = attempt["expect"]
    reader, records = reader_of(attempt["io"])
    with pytest.raises((PayloadMalformed, UnsealFailed, MessageMalformed)) as failure:
        unseal(parse_payload(raw_payload(case)), reader=reader, records=records)
    assert failure.value.kind == expected["error"]
    if str(expected.get("cause")).startswith(("PayloadException.", "CryptoException.")):
        assert getattr(failure.value, "cause", expected["cause"]) == expected["cause"]


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] == "typed-message"], ids=name_of)
def test_hand_made_plaintexts_are_read_as_in_the_reference(case: Json) -> None:
    expected, plaintext = case["attempts"][0]["expect"], bytes.fromhex(case["plaintext_hex"])
    try:
        version = case["version"]
        message = decode_binary(plaintext) if version == -37 else decode_text(plaintext, version=version)
    except MessageMalformed:
        assert not expected["ok"]
        return
    assert message == message_of(expected["content"])


@pytest.mark.parametrize("suffix", ["badpoint", "badprefix", "empty"])
def test_a_key_that_is_no_point_is_an_error_of_its_field_alone(suffix: str) -> None:
    payload = parse_payload(raw_payload(BY_ID[f"dev-c-v37-authorkey-{suffix}"]))
    assert payload.author_key == FieldError("CryptoException.InvalidCryptoKey")
    assert unseal(payload).message == message_of(BY_ID["dev-v37-public-text"]["message"])


def test_an_ephemeral_key_that_is_no_point_makes_nobody_a_recipient_but_spares_the_kept_post_key() -> None:
    case = BY_ID["dev-c-v37e-eph-badpoint"]
    payload = parse_payload(raw_payload(case))
    assert isinstance(payload.encryption, EndToEndEncryption)
    assert payload.encryption.ephemeral_keys == {"2": FieldError("CryptoException.InvalidCryptoKey")}
    for attempt in case["attempts"]:
        reader, records = reader_of(attempt["io"])
        if reader.post_key is not None:
            assert unseal(payload, reader=reader).message == message_of(BY_ID["dev-v37-e2e-1"]["message"])
            continue
        with pytest.raises(UnsealFailed) as failure:
            unseal(payload, reader=reader, records=records)
        assert failure.value.kind == "DecryptErrorReasons.NotShareTarget"


def test_metadata_null_is_a_broken_message() -> None:
    with pytest.raises(MessageMalformed):
        unseal(parse_payload(raw_payload(BY_ID["dev-tm38-null-json"])))


@pytest.mark.parametrize("case", ALL["identifiers"], ids=lambda case: repr(case["input"]))
def test_profile_texts_have_one_normal_form(case: Json) -> None:
    assert author_from_text(case["input"]) == case["text"]


def test_every_error_of_the_room_belongs_to_a_family() -> None:
    for error in (PayloadMalformed, UnsealFailed, MessageMalformed, SealRefused):
        assert sum(family in error.__mro__ for family in MaskbotError.__subclasses__()) == 1
