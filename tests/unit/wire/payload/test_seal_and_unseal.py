"""Round trips between our own writer and reader, recipients in every encoding, and what each party can and cannot open."""

from __future__ import annotations

import random
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.wire.crypto import InvalidIv, InvalidKey, ecdh_x, jwk_of_aes_key, public_key_of, uncompress
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    FieldError,
    Reader,
    RecordMalformed,
    Sealed,
    SealedKey,
    SealRefused,
    SealSecrets,
    TextMessage,
    UnsealFailed,
    add_recipients,
    audience_of,
    draw_secrets,
    encode_link,
    find_payloads,
    parse_payload,
    post_identifier,
    read_record,
    record_of,
    seal,
    unseal,
)
from maskbot.wire.payload.parties import MAX_RECIPIENTS
from maskbot.wire.payload.post_key_text import post_key_text, public_post_key_text, read_post_key_text

PEOPLE = [bytes(31) + bytes([number]) for number in range(1, 8)]
ALICE, BOB, CAROL, MALLORY = PEOPLE[:4]
LOCAL = bytes(range(32))
AUTHOR = Author("person:twitter.com/alice", CurveKey(Curve.K256, public_key_of(ALICE)), True, ALICE, LOCAL)
MESSAGE = TextMessage("gm", {"com.maskbook.red_packet:1": {"rpid": "0x1"}})


def drawn(recipients: int = 4, seed: int = 1) -> SealSecrets:
    return draw_secrets(random.Random(seed).randbytes, recipients=recipients)


def keys_of(sealed: Sealed) -> tuple[SealedKey, ...]:
    return tuple(key for key in sealed.keys if isinstance(key, SealedKey))


def reading(sealed: Sealed, reader: Reader, records: tuple[SealedKey, ...]) -> object:
    (payload,) = find_payloads(f"see {encode_link(sealed.payload)} now")
    return unseal(parse_payload(payload), reader=reader, records=records).message


@settings(max_examples=20)
@given(
    st.sampled_from([-37, -38]),
    st.text(max_size=60).map(lambda text: text.replace("\U0001f9e9", "")),
    st.integers(0, 2**32),
)
def test_recipients_and_author_read_what_was_sealed(version: int, content: str, seed: int) -> None:
    message = TextMessage(content.lstrip("\ufeff"))
    audience = audience_of([public_key_of(BOB), public_key_of(CAROL)])
    sealed = seal(message, version=version, author=AUTHOR, audience=audience, secrets=drawn(2, seed))
    records = tuple(read_record(record_of(key), version=version) for key in keys_of(sealed))
    for private_key in (BOB, CAROL):
        assert reading(sealed, Reader(private_keys=(MALLORY, private_key)), records) == message
    owner = Reader(local_key=LOCAL) if version == -38 else Reader(private_keys=(ALICE,))
    assert reading(sealed, owner, ()) == message
    with pytest.raises(UnsealFailed):
        reading(sealed, Reader(private_keys=(MALLORY,)), records)


@pytest.mark.parametrize("version", [-37, -38])
def test_everyone_reads_a_public_post(version: int) -> None:
    sealed = seal(MESSAGE, version=version, author=Author(), audience=None, secrets=drawn())
    assert reading(sealed, Reader(), ()) == MESSAGE
    assert sealed.keys == ()


@pytest.mark.parametrize("version", [-37, -38])
def test_recipients_added_later_read_too_and_only_with_their_own_record(version: int) -> None:
    first = seal(MESSAGE, version=version, author=AUTHOR, audience=audience_of([public_key_of(BOB)]), secrets=drawn())
    fresh = drawn(seed=2)
    again = SealSecrets(first.post_iv, first.post_key, fresh.salts, fresh.ephemeral)
    added = add_recipients(version=version, author=AUTHOR, audience=audience_of([public_key_of(CAROL)]), secrets=again)
    assert isinstance(added[0], SealedKey)
    record = read_record(record_of(added[0]), version=version)
    assert (record.ephemeral_key is not None) == (version == -37)
    assert reading(first, Reader(private_keys=(CAROL,)), (*keys_of(first), record)) == MESSAGE
    with pytest.raises(UnsealFailed):
        reading(first, Reader(private_keys=(CAROL,)), keys_of(first))


@pytest.mark.parametrize("version", [-37, -38])
def test_one_unusable_recipient_does_not_fail_the_others(version: int) -> None:
    audience = [CurveKey(Curve.K256, b"\x02" + b"\xff" * 32), CurveKey(Curve.K256, public_key_of(BOB))]
    sealed = seal(MESSAGE, version=version, author=AUTHOR, audience=audience, secrets=drawn())
    assert sealed.keys[0] == FieldError("CryptoException.InvalidCryptoKey")
    assert reading(sealed, Reader(private_keys=(BOB,)), keys_of(sealed)) == MESSAGE


def test_one_person_in_two_encodings_is_one_recipient_and_hybrid_keys_are_refused() -> None:
    point = public_key_of(BOB)
    whole = uncompress(point)
    assert audience_of([point, whole, point]) == (CurveKey(Curve.K256, point),)
    with pytest.raises(InvalidKey):
        audience_of([bytes([6 | whole[-1] & 1]) + whole[1:]])


def test_an_audience_has_at_most_2000_recipients() -> None:
    points = [public_key_of(number.to_bytes(32, "big")) for number in range(1, MAX_RECIPIENTS + 2)]
    assert len(audience_of(points[:-1])) == MAX_RECIPIENTS
    with pytest.raises(SealRefused):
        audience_of(points)


@pytest.mark.parametrize(
    ("version", "author", "kind"),
    [
        (-38, Author(key=AUTHOR.key, private_key=ALICE), "EncryptErrorReasons.AESKeyUsageError"),
        (-38, Author(key=AUTHOR.key, local_key=LOCAL), "EncryptErrorReasons.PublicKeyNotFound"),
        (-37, Author(), "EncryptErrorReasons.PublicKeyNotFound"),
        (-36, AUTHOR, "PayloadException.EncodeFailed"),
    ],
)
def test_keys_that_a_version_needs_are_demanded(version: int, author: Author, kind: str) -> None:
    with pytest.raises(SealRefused) as refusal:
        seal(MESSAGE, version=version, author=author, audience=audience_of([public_key_of(BOB)]), secrets=drawn())
    assert refusal.value.kind == kind


def test_adding_recipients_knows_two_versions_and_needs_salts() -> None:
    audience = audience_of([public_key_of(BOB), public_key_of(CAROL)])
    for version, secrets in ((-40, drawn()), (-38, drawn(1))):
        with pytest.raises(SealRefused):
            add_recipients(version=version, author=AUTHOR, audience=audience, secrets=secrets)
    with pytest.raises(SealRefused):
        add_recipients(version=-37, author=AUTHOR, audience=audience, secrets=SealSecrets(bytes(16), bytes(32)))


def test_secrets_have_their_lengths_and_never_show() -> None:
    with pytest.raises(InvalidIv):
        SealSecrets(bytes(12), bytes(32))
    with pytest.raises(InvalidKey):
        SealSecrets(bytes(16), bytes(16))
    sealed = seal(MESSAGE, version=-38, author=AUTHOR, audience=None, secrets=drawn())
    shown = f"{AUTHOR!r} {drawn()!r} {sealed!r} {Reader(private_keys=(BOB,), local_key=LOCAL)!r}"
    for secret in (ALICE, BOB, LOCAL, drawn().post_key):
        assert repr(secret) not in shown
        assert secret.hex() not in shown


def test_a_damaged_key_of_the_owner_is_told_to_the_owner_alone() -> None:
    sealed = seal(MESSAGE, version=-38, author=AUTHOR, audience=audience_of([public_key_of(BOB)]), secrets=drawn())
    with pytest.raises(UnsealFailed) as failure:
        reading(sealed, Reader(local_key=bytes(32)), keys_of(sealed))
    assert failure.value.kind == "DecryptErrorReasons.CannotDecryptAsAuthor"
    with pytest.raises(UnsealFailed) as failure:
        reading(sealed, Reader(local_key=bytes(32), owns_author=False), keys_of(sealed))
    assert failure.value.kind == "DecryptErrorReasons.NotShareTarget"
    assert reading(sealed, Reader((BOB,), bytes(32), owns_author=False), keys_of(sealed)) == MESSAGE


def test_records_after_the_five_thousandth_are_not_tried() -> None:
    sealed = seal(MESSAGE, version=-37, author=AUTHOR, audience=audience_of([public_key_of(BOB)]), secrets=drawn())
    noise = SealedKey(bytes(48))
    payload = parse_payload(sealed.payload)
    assert unseal(payload, reader=Reader((BOB,)), records=[noise] * 4999 + list(keys_of(sealed))).message == MESSAGE
    with pytest.raises(UnsealFailed):
        unseal(payload, reader=Reader((BOB,)), records=[noise] * 5000 + list(keys_of(sealed)))


def test_a_reader_may_remember_the_static_secrets_of_v38() -> None:
    asked: list[bytes] = []

    @lru_cache(8)
    def remembering(private_key: bytes, point: bytes) -> bytes:
        asked.append(point)
        return ecdh_x(private_key, point)

    reader = Reader(private_keys=(BOB,), agree_static=remembering)
    for version in (-38, -38, -37, -37):
        audience = audience_of([public_key_of(BOB)])
        sealed = seal(MESSAGE, version=version, author=AUTHOR, audience=audience, secrets=drawn(seed=version))
        assert reading(sealed, reader, keys_of(sealed)) == MESSAGE
    assert asked == [public_key_of(ALICE)]  # once for two posts of v38; never for v37, whose secrets are used once


@pytest.mark.parametrize("version", [-37, -38])
def test_invalid_private_keys_are_passed_over(version: int) -> None:
    sealed = seal(MESSAGE, version=version, author=AUTHOR, audience=audience_of([public_key_of(BOB)]), secrets=drawn())
    assert reading(sealed, Reader(private_keys=(bytes(32), b"", BOB)), keys_of(sealed)) == MESSAGE


def test_a_draw_gives_scalars_valid_on_both_curves() -> None:
    bad_first = iter([bytes(16), bytes(32), bytes(32), b"\xff" * 32, ALICE, BOB])
    secrets = draw_secrets(lambda _: next(bad_first), recipients=0)
    assert secrets.ephemeral == {Curve.P256: ALICE, Curve.K256: BOB}


KEY = bytes(range(32))


@pytest.mark.parametrize("is_public", [False, True])
def test_post_key_texts_are_122_bytes_and_read_back(is_public: bool) -> None:
    for text in (post_key_text(KEY), public_post_key_text(KEY)):
        assert len(text) == 122
        assert read_post_key_text(text, is_public=is_public) == KEY


K = str(jwk_of_aes_key(KEY)["k"])


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        (f'{{"kty":"oct","k":"{K}","key_ops":["encrypt"]}}', (True, False)),
        (f'{{"kty":"oct","k":"{K}","key_ops":["decrypt"]}}', (False, False)),
        (f'{{"kty":"oct","k":"{K}"}}', (False, True)),
        (f'{{"kty":"oct","k":"{K}","key_ops":["encrypt","decrypt","wrapKey"],"use":"enc"}}', (True, True)),
        (f'{{"kty":"oct","k":"{K}","key_ops":["encrypt","decrypt"],"ext":false}}', (False, False)),
        (f'{{"kty":"oct","k":"{K}","key_ops":["encrypt","decrypt"],"use":"sig"}}', (False, False)),
        (f'{{"kty":"oct","k":"{K}","key_ops":["encrypt","decrypt"],"alg":"A128GCM"}}', (False, False)),
        (f'{{"kty":"oct","k":"{K}","key_ops":"encrypt"}}', (False, False)),
        ('{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA","alg":"A128GCM","key_ops":["encrypt","decrypt"]}', (True, True)),
        ('{"kty":"EC","k":"AAAAAAAAAAAAAAAAAAAAAA","key_ops":["encrypt","decrypt"]}', (False, False)),
        ("[]", (False, False)),
        ("null", (False, False)),
        ("{", (False, False)),
        ("[" * 4000, (False, False)),
        (" " * 5000 + "{}", (False, False)),
    ],
)
def test_the_import_rule_for_post_keys(text: str, reads: tuple[bool, bool]) -> None:
    for is_public, is_read in zip((False, True), reads, strict=True):
        try:
            read_post_key_text(text.encode(), is_public=is_public)
        except InvalidKey:
            assert not is_read
        else:
            assert is_read


@pytest.mark.parametrize(
    ("record", "version"),
    [
        ({}, -37),
        ({}, -38),
        ({"e": 5}, -37),
        ({"e": "?"}, -37),
        ({"e": "QQ==", "c": 3}, -37),
        ({"e": "QQ==", "c": True}, -37),
        ({"e": "QQ==", "c": "2"}, -37),
        ({"e": "QQ==", "k": 5}, -37),
        ({"e": "QQ==", "c": 2, "k": "QQ=="}, -37),
        ({"e": "A" * 10_000}, -37),
        ({"encryptedKey": "QQ==", "salt": 5}, -38),
        ({"encryptedKey": None, "salt": "QQ=="}, -38),
        ({"encryptedKey": "QQ==", "salt": "A" * 10_000}, -40),
    ],
)
def test_records_that_are_none_are_malformed(record: dict[str, object], version: int) -> None:
    with pytest.raises(RecordMalformed):
        read_record(record, version=version)


def test_records_with_half_an_ephemeral_key_use_the_payloads() -> None:
    for half in ({"c": 2}, {"k": "x" * 88}, {"c": 2, "k": ""}, {"c": None, "k": None}):
        assert read_record({"e": "QQ==", **half}, version=-37) == SealedKey(b"A")
    assert read_record({"encryptedKey": "QQ=="}, version=-40) == SealedKey(b"A")


@pytest.mark.parametrize(
    ("author", "network", "expected"),
    [
        (None, "x.com", "twitter.com"),
        (None, "twitter.com", "twitter.com"),
        (None, "mastodon.social", "localhost"),
        ("person:mastodon.social/bob", "twitter.com", "mastodon.social"),
    ],
)
def test_a_post_is_named_by_its_iv_and_its_authors_site(author: str | None, network: str, expected: str) -> None:
    assert post_identifier(b"\xff" * 16, author=author, network=network) == f"post_iv:{expected}/" + "|" * 21 + "w=="
