"""Damaged, twisted and oversized backups: always a named refusal or a backup, never anything else."""

from __future__ import annotations

import base64
import copy
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.cli.backup_json import normalised_json, plain_json, summary_json
from maskbot.wire.crypto import sha256
from maskbot.wire.persona import (
    MAX_FILE_BYTES,
    Backup,
    BackupBadChecksum,
    BackupUnknownFormat,
    BackupWrongPassword,
    open_backup,
    read_backup,
    version_2_document,
    write_backup,
)
from maskbot.wire.persona.backup_container import MAGIC, seal_container
from maskbot.wire.persona.backup_fields import MAX_SKIPPED_LISTED
from maskbot.wire.persona.msgpack_document import decode_document

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[3] / "vectors" / "backup.json").read_text()
)
CASE = VECTORS["encrypted"][0]
FILE = base64.b64decode(CASE["file_base64"])
DOCUMENTS: list[dict[str, Any]] = [CASE["decoded_json"], *(case["json"] for case in VECTORS["plain"])]


def sealed(plaintext: bytes) -> bytes:
    return seal_container(plaintext, password="p", account=None, salt=bytes(16), iv=bytes(16))


def container(body: bytes) -> bytes:
    return MAGIC + body + sha256(body)


def test_every_truncation_is_a_bad_checksum_or_an_unknown_format() -> None:
    for length in range(len(FILE)):
        expected = BackupUnknownFormat if length < len(MAGIC) else BackupBadChecksum
        with pytest.raises(expected):
            open_backup(FILE[:length], password=CASE["password"], account=None)


def test_every_flipped_bit_is_a_bad_checksum_or_an_unknown_format() -> None:
    for place in range(len(FILE)):
        damaged = bytearray(FILE)
        damaged[place] ^= 1 << place % 8
        expected = BackupUnknownFormat if place < len(MAGIC) else BackupBadChecksum
        with pytest.raises(expected):
            open_backup(bytes(damaged), password=CASE["password"], account=None)


@pytest.mark.parametrize("password", [None, "", "abc1234", "abc12345 ", "ABC12345"])
def test_a_wrong_password_is_named(password: str | None) -> None:
    with pytest.raises(BackupWrongPassword) as caught:
        open_backup(FILE, password=password, account=None)
    assert caught.value.kind == "BackupException.WrongPassword"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc0",
        b"\x90",
        b"\xff" * 40,
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x91" * 5000,
        b"\xdd\x00\x0f\x42\x3f" * 500,
        msgpack.packb([b"s" * 16, b"i" * 16]),
        msgpack.packb([b"s" * 16, b"i" * 16, b"c" * 32, b"more"]),
        msgpack.packb([b"s" * 16, b"i" * 12, b"c" * 32]),
        msgpack.packb([b"s" * 16, "i" * 16, b"c" * 32]),
        msgpack.packb([b"s" * 16, b"i" * 16, 7]),
        msgpack.packb({"salt": b"s" * 16}),
        msgpack.packb([b"s" * 16, b"i" * 16, b"c" * 32]) + b"\xc0",
    ],
)
def test_a_body_of_another_shape_is_an_unknown_format(body: bytes) -> None:
    with pytest.raises(BackupUnknownFormat):
        open_backup(container(body), password="p", account=None)


def test_a_ciphertext_shorter_than_its_tag_is_a_wrong_password() -> None:
    with pytest.raises(BackupWrongPassword):
        open_backup(container(msgpack.packb([b"", b"i" * 16, b""])), password="p", account=None)


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"\xc1",
        b"\xc0",
        b"{}",
        b"\x91" * 300 + b"\xc0",
        b"\x81\xa1a" * 100 + b"\xc0",
        b"\xdf\x00\xff\xff\xff",
        b"\x81\x91\xc0\xc0",
    ],
)
def test_a_plaintext_that_is_no_backup_is_an_unknown_format(plaintext: bytes) -> None:
    with pytest.raises(BackupUnknownFormat):
        open_backup(sealed(plaintext), password="p", account=None)


@pytest.mark.parametrize(
    "file",
    [b"", b"null", b"[]", b"{}", b"\xff\xfe", b"{" * 100_000, b"[" * 100_000, b'{"a":' * 90 + b"1" + b"}" * 90,
     b'{"_meta_":{"version":NaN}}', b'{"_meta_":{"version":3}}', b'{"_meta_":{"version":true}}', b'{"version":1}',
     b'{"version":true,"whoami":[]}', b'{"a":' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_a_plain_file_that_is_no_backup_is_an_unknown_format(file: bytes) -> None:
    with pytest.raises(BackupUnknownFormat):
        open_backup(file, password=None, account=None)


def test_an_oversized_file_is_not_even_hashed() -> None:
    with pytest.raises(BackupUnknownFormat):
        open_backup(MAGIC.ljust(MAX_FILE_BYTES + 1, b"\0"), password="p", account=None)


def test_an_almost_empty_version_2_object_is_an_empty_backup() -> None:
    assert read_backup({"_meta_": {"version": 2}}) == Backup(version=2)
    assert read_backup({"_meta_": {"version": 2.0}, "personas": None}) == Backup(version=2)


def test_a_byte_order_mark_before_json_does_no_harm() -> None:
    file = b"\xef\xbb\xbf" + json.dumps({"_meta_": {"version": 2}}).encode()
    assert open_backup(file, password=None, account=None).backup == Backup(version=2)


def persona_of(**changes: object) -> dict[str, Any]:
    document = copy.deepcopy(CASE["decoded_json"])
    document["personas"][0].update(changes)
    return dict(document)


PUBLIC = CASE["decoded_json"]["personas"][0]["publicKey"]
OTHER_PRIVATE = VECTORS["encrypted"][1]["decoded_json"]["personas"][0]["privateKey"]


def test_a_private_key_of_another_public_key_is_left_out_and_listed() -> None:
    for stranger in (OTHER_PRIVATE, {**PUBLIC, "d": OTHER_PRIVATE["d"]}, {**OTHER_PRIVATE, "crv": "P-256"}):
        backup = read_backup(persona_of(privateKey=stranger))
        assert backup.own_personas == ()
        assert backup.personas[0].identifier == CASE["decoded_json"]["personas"][0]["identifier"]
        assert [entry.place for entry in backup.skipped] == ["personas[0]"]


@pytest.mark.parametrize(
    "public",
    [
        None,
        5,
        {},
        {**PUBLIC, "d": "x"},
        *({k: v for k, v in PUBLIC.items() if k != name} for name in ("crv", "x", "y", "kty", "key_ops")),
    ],
)
def test_a_persona_without_a_public_key_is_skipped(public: object) -> None:
    backup = read_backup(persona_of(publicKey=public))
    assert backup.personas == ()
    assert "personas[0]" in {entry.place for entry in backup.skipped}


@pytest.mark.parametrize(
    "public",
    [
        {**PUBLIC, "crv": "P-256"},
        {**PUBLIC, "crv": "secp256k1"},
        {**PUBLIC, "x": PUBLIC["y"]},
        {**PUBLIC, "x": "AA"},
        {**PUBLIC, "x": 5},
    ],
)
def test_a_public_key_off_the_curve_aborts_the_import(public: object) -> None:
    with pytest.raises(BackupUnknownFormat):
        read_backup(persona_of(publicKey=public))


@pytest.mark.parametrize("name", ["personas", "profiles", "posts", "relations", "wallets", "grantedHostPermissions"])
@pytest.mark.parametrize("value", [5, "text", {}, True])
def test_a_list_that_is_none_aborts_the_import(name: str, value: object) -> None:
    with pytest.raises(BackupUnknownFormat):
        read_backup({"_meta_": {"version": 2}, name: value})


def test_the_list_of_what_was_skipped_is_bounded() -> None:
    skipped = read_backup({"_meta_": {"version": 2}, "posts": [{}] * (MAX_SKIPPED_LISTED + 5)}).skipped
    assert len(skipped) == MAX_SKIPPED_LISTED + 1
    assert skipped[-1].reason == "and 5 more"


@pytest.mark.parametrize(
    "entry", [{"network": "", "userId": "a"}, {"network": "a", "userId": "b/c"}, {"network": 5, "userId": "x"}, {}]
)
def test_an_invalid_profile_aborts_the_import_of_version_1(entry: dict[str, object]) -> None:
    with pytest.raises(BackupUnknownFormat):
        read_backup({"version": 1, "whoami": [entry]})


@pytest.mark.parametrize(
    ("members", "version"),
    [
        ({}, "<=1.5.2"),
        ({"maskbookVersion": "1.7"}, "<=1.5.2"),
        ({"grantedHostPermissions": []}, "<=1.6.0"),
        ({"grantedHostPermissions": [], "maskbookVersion": "1.7"}, None),
    ],
)
def test_version_1_guesses_its_age(members: dict[str, object], version: str | None) -> None:
    assert read_backup({"version": 1, "whoami": [], **members}).mask_version == version


def test_version_1_collects_the_profiles_of_one_key() -> None:
    who = VECTORS["plain"][1]["json"]["whoami"][0]
    second = {"network": "X.com", "userId": "Alice", "publicKey": who["publicKey"]}
    (persona,) = read_backup({"version": 1, "whoami": [second], "people": [who]}).personas
    assert persona.linked_profiles == ("person:twitter.com/Alice", "person:facebook.com/alice")
    assert persona.private is not None
    assert persona.local is not None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place inside a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in inner for found in paths(child, (*path, key)))]


PLACES = [(number, path) for number, document in enumerate(DOCUMENTS) for path in paths(document) if path]


@given(place=st.sampled_from(PLACES), value=JSON_VALUES)
@settings(max_examples=400, deadline=None)
def test_any_value_at_any_place_is_imported_or_refused_by_name(
    place: tuple[int, tuple[Any, ...]], value: object
) -> None:
    number, path = place
    document = copy.deepcopy(DOCUMENTS[number])
    node: Any = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    try:
        backup = read_backup(document)
    except BackupUnknownFormat:
        return
    json.dumps([normalised_json(backup), summary_json(backup), plain_json(document)], allow_nan=False)
    again = read_backup(version_2_document(backup, now_ms=1))
    assert [persona.identifier for persona in again.personas] == [persona.identifier for persona in backup.personas]


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_plaintext_in_a_sealed_file_is_an_unknown_format(plaintext: bytes) -> None:
    with pytest.raises(BackupUnknownFormat):
        open_backup(sealed(plaintext), password="p", account=None)


@given(st.binary(max_size=300))
def test_any_body_with_a_right_checksum_is_refused_by_name(body: bytes) -> None:
    with pytest.raises((BackupUnknownFormat, BackupWrongPassword)):
        open_backup(container(body), password="p", account=None)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_by_name(file: bytes) -> None:
    expected = BackupBadChecksum if file.startswith(b"MASK-BACKUP-V000") else BackupUnknownFormat
    with pytest.raises(expected):
        open_backup(file, password=None, account=None)


def test_announced_lists_make_no_room_beyond_the_size_of_the_input() -> None:
    hostile = b"\xdd\x00\x02\xff\xff" * 400
    tracemalloc.start()
    try:
        for packed in (hostile, hostile + b"\xc0" * 100_000):
            with pytest.raises(ValueError, match="MessagePack"):
                decode_document(packed)
        with pytest.raises(BackupUnknownFormat):
            open_backup(container(hostile), password="p", account=None)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 16_000_000


KEY = CASE["decoded_json"]["personas"][0]["publicKey"]
IDENTIFIER = CASE["decoded_json"]["personas"][0]["identifier"]


def many_links_of_version_1(count: int) -> dict[str, object]:
    entries = [{"network": "facebook.com", "userId": f"u{i}", "publicKey": KEY} for i in range(count)]
    return {"version": 1, "whoami": entries}


def many_links_of_version_2(count: int) -> dict[str, object]:
    names = [f"person:twitter.com/u{i}" for i in range(count)]
    profiles = [{"identifier": name, "linkedPersona": IDENTIFIER} for name in names]
    personas = [{"publicKey": KEY, "linkedProfiles": [[name, {}] for name in names]}]
    return {"_meta_": {"version": 2}, "profiles": profiles, "personas": personas}


@pytest.mark.parametrize("make", [many_links_of_version_1, many_links_of_version_2])
def test_four_times_as_many_links_of_one_persona_take_about_four_times_as_long(
    make: Callable[[int], dict[str, object]],
) -> None:
    def cpu_s(count: int) -> float:
        document, times = make(count), []
        for _ in range(3):
            begin = time.process_time()
            (persona,) = read_backup(document).personas
            times.append(time.process_time() - begin)
            assert len(persona.linked_profiles) == count
        return min(times)

    assert cpu_s(8_000) < 9 * cpu_s(2_000)  # sixteen times, were each compared with all others


def test_a_number_beyond_doubles_is_written_as_the_nearest_double() -> None:
    wallet = {"address": "0x1", "n": 2**70, "m": 2**53 - 1}
    file = json.dumps({"_meta_": {"version": 2}, "wallets": [wallet]}).encode()
    backup = open_backup(file, password=None, account=None).backup
    written = write_backup(backup, password="p", account=None, now_ms=0, random_bytes=bytes)
    (read,) = open_backup(written, password="p", account=None).backup.wallets
    assert dict(read.record) == {"address": "0x1", "n": 2.0**70, "m": 2**53 - 1}
