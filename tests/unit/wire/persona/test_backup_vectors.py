"""Backup files of the reference open as it opens them, and what we write opens again."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import msgpack
import pytest

from maskbot.cli.backup_json import normalised_json, plain_json, summary_json
from maskbot.wire.persona import (
    Backup,
    BackupBadChecksum,
    BackupPersona,
    BackupPost,
    BackupProfile,
    BackupRecipient,
    BackupRelation,
    BackupUnknownFormat,
    BackupWallet,
    BackupWrongPassword,
    open_backup,
    persona_from_mnemonic,
    read_backup,
    stored_aes_key,
    stored_private_key,
    stored_public_key,
    write_backup,
)
from maskbot.wire.persona.backup_container import open_container, password_material

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[3] / "vectors" / "backup.json").read_text()
)
WORDS = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
random_bytes = random.Random(3).randbytes


def by_note(case: dict[str, Any]) -> str:
    return str(case["note"])


@pytest.mark.parametrize("case", VECTORS["encrypted"], ids=by_note)
def test_an_encrypted_file_opens_as_in_the_reference(case: dict[str, Any]) -> None:
    account = case.get("account")
    opened = open_backup(base64.b64decode(case["file_base64"]), password=case["password"], account=account)
    assert password_material(case["password"], account=account).hex() == case["password_key_material_hex"]
    assert opened.was_encrypted
    assert plain_json(opened.document) == case["decoded_json"]
    assert normalised_json(opened.backup) == case["normalized"]
    summary, expected = summary_json(opened.backup), dict(case["summary"])
    assert sorted(map(str, summary.pop("personas"))) == sorted(expected.pop("personas"))  # type: ignore[call-overload]  # a list
    assert summary == expected


@pytest.mark.parametrize("case", VECTORS["plain"], ids=by_note)
def test_a_plain_file_opens_as_in_the_reference(case: dict[str, Any]) -> None:
    opened = open_backup(json.dumps(case["json"]).encode(), password=None, account=None)
    assert not opened.was_encrypted
    assert normalised_json(opened.backup) == case["normalized"]


@pytest.mark.parametrize("case", VECTORS["reject"], ids=by_note)
def test_a_damaged_file_or_wrong_password_is_refused_by_name(case: dict[str, Any]) -> None:
    expected = {
        "wrong password": BackupWrongPassword,
        "bad magic": BackupUnknownFormat,
    }.get(case["note"], BackupBadChecksum)
    with pytest.raises(expected):
        open_backup(base64.b64decode(case["file_base64"]), password=case["password"], account=None)


def test_what_the_import_leaves_out_is_listed() -> None:
    odd = next(case["json"] for case in VECTORS["plain"] if case["normalized"]["meta2"]["version"] == 2)
    listed = {(entry.place, entry.reason.split(":")[0]) for entry in read_backup(odd).skipped}
    assert ("personas[0]", "linked profile person") in listed
    assert ("relations[1]", "relation without profile, persona or favor") in listed
    assert ("grantedHostPermissions[2]", "not a host pattern") in listed


@pytest.mark.parametrize("case", [*VECTORS["encrypted"], *VECTORS["plain"]], ids=by_note)
@pytest.mark.parametrize("account", [None, "someone@example.com"])
def test_a_backup_written_again_holds_the_same(case: dict[str, Any], account: str | None) -> None:
    source = case.get("json") or case["decoded_json"]
    backup = read_backup(source)
    file = write_backup(backup, password="пароль🔒", account=account, now_ms=5, random_bytes=random_bytes)
    again = open_backup(file, password="пароль🔒", account=account)
    assert again.document["_meta_"] == {
        "version": 2,
        "type": "maskbook-backup",
        "maskbookVersion": backup.mask_version or ">=2.5.0",
        "createdAt": 5 if backup.created_at_ms is None else backup.created_at_ms,
    }
    assert again.backup.skipped == ()
    before, after = normalised_json(backup), normalised_json(again.backup)
    if backup.version == 2:
        assert after == before
        assert again.backup.posts == backup.posts
        assert again.backup.wallets == backup.wallets
        return
    for old, new in zip(backup.personas, again.backup.personas, strict=True):
        assert (new.public, new.private, new.local, new.linked_profiles) == (
            old.public, old.private, old.local, old.linked_profiles
        )  # fmt: skip


def test_a_persona_of_ours_goes_into_a_file_whole() -> None:
    keys = persona_from_mnemonic(WORDS, password="")
    assert keys.local_key is not None
    friend = stored_public_key(bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"))
    persona = BackupPersona(
        public=stored_public_key(keys.public_key),
        private=stored_private_key(keys.private_key),
        local=stored_aes_key(keys.local_key),
        nickname="Ours",
        mnemonic=keys.mnemonic,
        linked_profiles=("person:twitter.com/maskbot",),
        created_at_ms=1,
        updated_at_ms=2,
    )
    contact = BackupPersona(
        public=friend, linked_profiles=("person:twitter.com/friend",), created_at_ms=1, updated_at_ms=1
    )
    post = BackupPost(
        identifier="post_iv:twitter.com/AAAAAAAAAAAAAAAAAAAAAA==",
        author="person:twitter.com/maskbot",
        post_key=stored_aes_key(bytes(32)),
        recipients=(BackupRecipient("person:twitter.com/friend"),),
        meta={"com.maskbook.red_packet:1": {"rpid": "0x1"}},
        found_at_ms=7,
        encrypted_by=keys.identifier,
    )
    backup = Backup(
        version=2,
        personas=(persona, contact),
        posts=(post,),
        relations=(BackupRelation("person:twitter.com/friend", keys.identifier, 1),),
    )
    file = write_backup(backup, password="long enough", account=None, now_ms=9, random_bytes=random_bytes)
    read = open_backup(file, password="long enough", account=None).backup
    assert read.personas == backup.personas
    assert [profile.identifier for profile in read.contacts] == ["person:twitter.com/friend"]
    assert read.posts[0].recipients == (BackupRecipient("person:twitter.com/friend", (7,)),)
    assert read.posts[0].meta == post.meta
    assert read.relations == backup.relations


def test_two_files_of_one_backup_share_no_salt_and_no_iv() -> None:
    first, second = (
        write_backup(Backup(version=2), password="p", account=None, now_ms=1, random_bytes=random_bytes)
        for _ in range(2)
    )
    parts = [msgpack.unpackb(file[16:-32]) for file in (first, second)]
    assert parts[0][0] != parts[1][0]
    assert parts[0][1] != parts[1][1]


def test_a_file_without_password_is_never_written() -> None:
    with pytest.raises(BackupWrongPassword):
        write_backup(Backup(version=2), password="", account=None, now_ms=1, random_bytes=random_bytes)


def test_a_cloud_file_needs_its_account() -> None:
    case = next(case for case in VECTORS["encrypted"] if case["kind"] == "cloud")
    file = base64.b64decode(case["file_base64"])
    for account in (None, "someone@example.org"):
        with pytest.raises(BackupWrongPassword):
            open_backup(file, password=case["password"], account=account)


def test_the_account_is_simply_joined_with_the_password() -> None:
    case = next(case for case in VECTORS["encrypted"] if case["kind"] == "cloud")
    file = base64.b64decode(case["file_base64"])
    assert open_container(file, password=case["account"] + case["password"], account=None)


def test_a_wallet_with_a_bare_private_key_gets_its_point() -> None:
    wallet = {
        "address": "0x1",
        "name": "w",
        "privateKey": {"d": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE", "kty": "EC"},
    }
    document = {"_meta_": {"version": 2}, "wallets": [wallet]}
    (read,) = read_backup(document).wallets
    assert isinstance(read, BackupWallet)
    private = read.record["privateKey"]
    assert isinstance(private, dict)
    assert private["x"] == "eb5mfvncu6xVoGKVzocLBwKb_NstzijZWfKBWxb4F5g"


def test_no_repr_shows_a_secret() -> None:
    case = VECTORS["encrypted"][0]
    opened = open_backup(base64.b64decode(case["file_base64"]), password=case["password"], account=None)
    shown = repr(opened)
    persona = case["decoded_json"]["personas"][0]
    for secret in (persona["mnemonic"]["words"], persona["privateKey"]["d"], persona["localKey"]["k"], "hello"):
        assert secret not in shown
    assert isinstance(opened.backup.profiles[0], BackupProfile)
