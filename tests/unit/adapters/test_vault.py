"""The vault's persona keys: one suite, in process and behind its socket (E14, R31, R32)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import KeySource, SealedKey
from maskbot.wire.crypto import aes_gcm_seal, encode_base64url, public_key_of, sha256
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    Reader,
    TextMessage,
    audience_of,
    draw_secrets,
    parse_payload,
    read_record,
    seal,
    unseal,
)
from maskbot.wire.payload import SealedKey as WireKey
from maskbot.wire.persona import import_private_key, recover_signer
from tests.unit.adapters.vault_stage import LOCAL, PLACE, PRIVATE, PUBLIC, WORDS, VaultStage, make_alice, vault_stage


@pytest.fixture(params=["in process", "on a socket"])
def stage(request: pytest.FixtureRequest) -> Iterator[VaultStage]:
    with vault_stage(is_remote=request.param == "on a socket") as made:
        yield made


def drawn(start: int):  # type: ignore[no-untyped-def]  # a counted source of bytes
    state = [start]

    def draw(size: int) -> bytes:
        state[0] += 1
        return (sha256(state[0].to_bytes(8, "big")) * 2)[:size]

    return draw


def sealed_for_alice(version: int) -> tuple[SealedKey, bytes]:
    """What a foreign client seals for alice, as one try, and the post key it seals."""
    author_private = sha256(b"bob")
    author_key = CurveKey(Curve.K256, public_key_of(author_private))
    author = Author("person:twitter.com/bob", key=author_key, private_key=author_private, local_key=sha256(b"bob's"))
    secrets = draw_secrets(drawn(version + 1000), recipients=1)
    sealed = seal(TextMessage("gm"), version=version, author=author, audience=audience_of([PUBLIC]), secrets=secrets)
    (record,) = sealed.keys
    assert isinstance(record, WireKey)
    if version == -38:
        return SealedKey(-38, PublicKey(author_key.point), record.salt or b"", record.sealed), sealed.post_key
    ephemeral = public_key_of(secrets.ephemeral[Curve.K256])
    return SealedKey(-37, PublicKey(ephemeral), sealed.post_iv, record.sealed), sealed.post_key


def test_a_fresh_persona_has_a_key_and_keeps_it(stage: VaultStage) -> None:
    first = stage.vault.create(persona_id="p1", tenant_id="t1", source=KeySource())
    assert stage.vault.create(persona_id="p1", tenant_id="t1", source=KeySource()) == first
    assert stage.restarted().create(persona_id="p1", tenant_id="t1", source=KeySource()) == first
    assert stage.vault.create(persona_id="p2", tenant_id="t1", source=KeySource()) != first


def test_a_mnemonic_gives_the_key_of_the_first_ethereum_account(stage: VaultStage) -> None:
    source = KeySource(mnemonic=WORDS)
    public_key = stage.vault.create(persona_id="p", tenant_id="t", source=source)
    assert base64.b64encode(public_key) == b"Ajewu3qCiNOO1JpSS13JjP8+tcqCTJ+dwN/bPZzWAPKZ"
    assert stage.vault.create(persona_id="p", tenant_id="t", source=source) == public_key


def test_another_key_or_tenant_under_the_same_persona_is_refused(stage: VaultStage) -> None:
    make_alice(stage)
    for tenant_id, source in (
        ("t1", KeySource(mnemonic=WORDS)),
        ("t2", KeySource(private_key=PRIVATE, local_key=LOCAL)),
        ("t2", KeySource()),
    ):
        with pytest.raises(Refused) as refusal:
            stage.vault.create(persona_id="alice", tenant_id=tenant_id, source=source)
        assert refusal.value.kind == "OtherKey"
    assert make_alice(stage) == PUBLIC


@pytest.mark.parametrize(
    "source",
    [
        KeySource(mnemonic="abandon " * 12),
        KeySource(private_key=bytes(32)),
        KeySource(private_key=b"short"),
        KeySource(private_key=PRIVATE, local_key=b"short"),
        KeySource(private_key=PRIVATE, mnemonic=WORDS),
    ],
)
def test_what_is_no_key_is_malformed(stage: VaultStage, source: KeySource) -> None:
    with pytest.raises(Malformed):
        stage.vault.create(persona_id="p", tenant_id="t", source=source)


@pytest.mark.parametrize("version", [-37, -38])
def test_a_post_key_sealed_by_a_foreign_client_is_unsealed(stage: VaultStage, version: int) -> None:
    make_alice(stage)
    one, post_key = sealed_for_alice(version)
    damaged = replace(one, sealed=one.sealed[:-1] + bytes([one.sealed[-1] ^ 1]))
    others = [damaged, replace(one, iv=bytes(16)), replace(one, peer=PUBLIC), replace(one, payload_version=-41)]
    nonsense = [
        replace(one, peer=PublicKey(b"\x02" + b"\xff" * 32)),
        replace(one, iv=b""),
        replace(one, sealed=b"x" * 2000),
    ]
    tries = [*others, one, *nonsense, one]
    assert stage.vault.unseal(persona_id="alice", tries=tries) == (None,) * 4 + (post_key,) + (None,) * 3 + (post_key,)
    assert stage.vault.unseal(persona_id="alice", tries=[]) == ()


def test_the_author_opens_a_v38_post_by_the_local_key(stage: VaultStage) -> None:
    make_alice(stage)
    post_key = sha256(b"post key")
    text = json.dumps({"k": encode_base64url(post_key), "key_ops": ["encrypt"], "kty": "oct"}).encode()
    iv = bytes(range(16))
    own = SealedKey(-38, None, iv, aes_gcm_seal(LOCAL, iv, text))
    no_key = replace(own, sealed=aes_gcm_seal(LOCAL, iv, b'{"kty":"oct"}'))
    assert stage.vault.unseal(persona_id="alice", tries=[own, no_key, replace(own, payload_version=-37)]) == (
        post_key,
        None,
        None,
    )


def test_too_many_tries_and_unknown_personas_are_refused(stage: VaultStage) -> None:
    make_alice(stage)
    one, _ = sealed_for_alice(-37)
    assert len(stage.vault.unseal(persona_id="alice", tries=[one] * 2_000)) == 2_000
    with pytest.raises(Malformed, match="2,000"):
        stage.vault.unseal(persona_id="alice", tries=[one] * 2_001)
    for call in (
        lambda: stage.vault.unseal(persona_id="nobody", tries=[one]),
        lambda: stage.vault.sign(persona_id="nobody", message=b""),
        lambda: stage.restarted().export(persona_id="nobody", reader=None),
    ):
        with pytest.raises(Refused) as refusal:
            call()
        assert refusal.value.kind == "NoSuchKey"


def test_a_signature_is_the_personas(stage: VaultStage) -> None:
    make_alice(stage)
    signature = stage.vault.sign(persona_id="alice", message="gm ☀".encode())
    assert recover_signer(signature, text="gm ☀") == PUBLIC
    assert signature[64] in (27, 28)
    assert len(stage.vault.sign(persona_id="alice", message=bytes(65_536))) == 65
    with pytest.raises(Malformed):
        stage.vault.sign(persona_id="alice", message=bytes(65_537))


def test_the_operator_gets_the_key_text_and_the_audit_tells(stage: VaultStage) -> None:
    make_alice(stage)
    exported = stage.restarted().export(persona_id="alice", reader=None)
    assert import_private_key(exported.decode()) == PRIVATE
    with stage.store.snapshot() as connection:
        assert tuple(connection.exec_driver_sql("SELECT action, persona_id, detail FROM vault_audit").one()) == (
            "export",
            "alice",
            "plain",
        )


def test_an_export_sealed_to_a_reader_opens_with_the_readers_key_alone(stage: VaultStage) -> None:
    make_alice(stage)
    reader_private = sha256(b"reader")
    exported = stage.restarted().export(persona_id="alice", reader=PublicKey(public_key_of(reader_private)))
    bundle = json.loads(exported)
    assert bundle["format"] == "maskbot-persona-export-1"
    payload = parse_payload(base64.b64decode(bundle["payload"]))
    records = [read_record(record, version=-37) for record in bundle["keys"]]
    message = unseal(payload, reader=Reader((reader_private,)), records=records).message
    assert isinstance(message, TextMessage)
    assert import_private_key(str(message.content)) == PRIVATE
    with pytest.raises(Malformed):
        unseal(payload, reader=Reader((sha256(b"eve"),)), records=records)
    with pytest.raises(Malformed):
        stage.restarted().export(persona_id="alice", reader=PublicKey(b"\x02" + b"\xff" * 32))


def test_an_erased_key_is_gone_for_good(stage: VaultStage) -> None:
    make_alice(stage)
    row = stage.rows.load("persona:alice")
    assert row is not None
    stage.vault.erase(persona_id="alice")
    stage.vault.erase(persona_id="alice")
    with pytest.raises(Refused):
        stage.vault.sign(persona_id="alice", message=b"")
    on_disk = stage.bytes_on_disk()
    assert row.wrapped_key not in on_disk
    assert row.sealed not in on_disk


def test_many_threads_share_a_vault(stage: VaultStage) -> None:
    make_alice(stage)
    one, post_key = sealed_for_alice(-37)
    found: list[bytes | None] = []

    def work() -> None:
        for _ in range(10):
            found.extend(stage.vault.unseal(persona_id="alice", tries=[one, one]))
            found.extend(stage.vault.reveal([(PLACE, stage.vault.protect([(PLACE, post_key)])[0])]))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [post_key] * 240
