"""Small secrets in the vault, what lies on the disk, and key rotation: one suite, in process and behind the socket."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

import pytest

from maskbot.adapters.vault.errors import KekUnusable
from maskbot.adapters.vault.keyring import Keyring
from maskbot.domain.errors import Malformed, Misconfigured
from maskbot.ports.inside import KeySource
from maskbot.wire.crypto import ecdh_x, sha256
from tests.unit.adapters.vault_stage import LOCAL, PLACE, PRIVATE, PUBLIC, WORDS, VaultStage, make_alice, vault_stage


@pytest.fixture(params=["in process", "on a socket"])
def stage(request: pytest.FixtureRequest) -> Iterator[VaultStage]:
    with vault_stage(is_remote=request.param == "on a socket") as made:
        yield made


@pytest.fixture
def local() -> Iterator[VaultStage]:
    with vault_stage(is_remote=False) as made:
        yield made


def test_small_secrets_come_back_and_are_never_the_same_twice(stage: VaultStage) -> None:
    secrets = [(PLACE, b"token"), (PLACE, b""), (replace(PLACE, row_id="a2"), bytes(256 * 1024))]
    sealed = stage.vault.protect(secrets)
    assert stage.vault.reveal([(place, one) for (place, _), one in zip(secrets, sealed, strict=True)]) == tuple(
        s for _, s in secrets
    )
    assert stage.restarted().reveal([(PLACE, sealed[0])]) == (b"token",)
    assert stage.vault.protect(secrets)[0] != sealed[0]
    assert stage.vault.protect([]) == stage.vault.reveal([]) == ()
    with pytest.raises(Malformed):
        stage.vault.protect([(PLACE, bytes(256 * 1024 + 1))])


def test_more_secrets_than_a_frame_holds_are_protected_all_the_same(stage: VaultStage) -> None:
    secrets = [(replace(PLACE, row_id=str(n)), bytes([n]) * 256 * 1024) for n in range(40)]
    sealed = stage.vault.protect(secrets)
    assert (
        stage.vault.reveal([(place, one) for (place, _), one in zip(secrets, sealed, strict=True)])[39]
        == secrets[39][1]
    )


@pytest.mark.parametrize("moved", [{"table": "x"}, {"row_id": "x"}, {"tenant_id": "x"}, {"purpose": "x"}])
def test_a_small_secret_opens_in_its_own_place_only(stage: VaultStage, moved: dict[str, str]) -> None:
    (sealed,) = stage.vault.protect([(PLACE, b"token")])
    with pytest.raises(Misconfigured):
        stage.vault.reveal([(replace(PLACE, **moved), sealed)])


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x01" + bytes(16), b"\x02" + bytes(60), bytes(300)])
def test_what_is_no_sealed_secret_is_misconfigured(stage: VaultStage, damage: bytes) -> None:
    with pytest.raises(Misconfigured):
        stage.vault.reveal([(PLACE, damage)])


def test_swapped_rows_do_not_open(stage: VaultStage) -> None:
    make_alice(stage)
    stage.vault.create(persona_id="bob", tenant_id="t1", source=KeySource())
    taken = ", ".join(
        f"{name} = (SELECT {name} FROM secret WHERE id = 'persona:bob')" for name in ("wrapped_key", "sealed")
    )
    with stage.store.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE secret SET {taken} WHERE id = 'persona:alice'")
    with pytest.raises(Misconfigured):
        stage.vault.sign(persona_id="alice", message=b"")
    assert len(stage.vault.sign(persona_id="bob", message=b"")) == 65


def test_a_public_key_changed_in_the_row_does_not_open(stage: VaultStage) -> None:
    make_alice(stage)
    with stage.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE secret SET public_key = x'0202' WHERE id = 'persona:alice'")
    with pytest.raises(Misconfigured):
        stage.vault.sign(persona_id="alice", message=b"")


def test_no_secret_lies_on_the_disk_in_any_spelling(stage: VaultStage) -> None:
    make_alice(stage)
    stage.vault.create(persona_id="words", tenant_id="t1", source=KeySource(mnemonic=WORDS, password="correct horse"))
    (sealed,) = stage.vault.protect([(PLACE, b"very-secret-token")])
    with stage.store.write() as work:
        work.bells.beat(name=sealed.hex(), now_ms=1)
    stage.restarted().export(persona_id="alice", reader=None)
    kek = bytes.fromhex((stage.folder / "kek").read_text().strip())
    on_disk = stage.bytes_on_disk().lower()
    for secret in (PRIVATE, LOCAL, kek, WORDS.encode(), b"abandon abandon", b"correct horse", b"very-secret-token"):
        for spelling in (
            secret,
            secret.hex().encode(),
            base64.b64encode(secret),
            str(int.from_bytes(secret, "big")).encode(),
        ):
            assert spelling.lower() not in on_disk


def test_a_new_key_wraps_everything_anew_and_old_secrets_still_open(stage: VaultStage) -> None:
    make_alice(stage)
    (sealed,) = stage.vault.protect([(PLACE, b"token")])
    before = (stage.folder / "kek").read_text()
    assert stage.vault.rewrap(rotate=True) == 2
    assert (stage.folder / "kek").read_text() != before
    (stage.folder / "kek.former").unlink()
    fresh = stage.restarted()
    assert fresh.reveal([(PLACE, sealed)]) == stage.vault.reveal([(PLACE, sealed)]) == (b"token",)
    assert len(fresh.sign(persona_id="alice", message=b"")) == 65
    (later,) = fresh.protect([(PLACE, b"token")])
    assert later[1:17] != sealed[1:17], "a fresh box key"


def test_a_rotation_killed_midway_is_finished_by_the_next_one(local: VaultStage) -> None:
    for n in range(30):
        local.vault.create(persona_id=f"p{n}", tenant_id="t", source=KeySource(private_key=sha256(bytes([n]))))

    class KilledRows(type(local.rows)):  # type: ignore[misc]  # the rows of a process that dies in the middle
        left = 2

        def not_under(self, kek_id: str, *, limit: int):  # type: ignore[no-untyped-def]
            return super().not_under(kek_id, limit=min(limit, 7))

        def rewrap(self, rows):  # type: ignore[no-untyped-def]
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            super().rewrap(rows)

    with pytest.raises(KeyboardInterrupt):
        Keyring(KilledRows(local.store), source=local.source).rewrap(rotate=True)
    assert len(local.rows.kek_ids()) == 2
    resumed = local.restarted()
    kek = (local.folder / "kek").read_text()
    assert all(len(resumed.sign(persona_id=f"p{n}", message=b"")) == 65 for n in range(30)), "both keys open meanwhile"
    assert resumed.rewrap(rotate=True) == 30 - 2 * 7
    assert (local.folder / "kek").read_text() == kek, "the rotation was finished, not begun again"
    assert len(local.rows.kek_ids()) == 1
    assert all(len(local.vault.sign(persona_id=f"p{n}", message=b"")) == 65 for n in range(30)), (
        "a vault that ran on meanwhile"
    )


def test_a_wrong_or_lost_key_is_named_before_anything_is_served(local: VaultStage) -> None:
    make_alice(local)
    (local.folder / "kek").rename(local.folder / "elsewhere")
    with pytest.raises(KekUnusable, match="restore it from your backup"):
        local.restarted()
    (local.folder / "kek").write_text("ab" * 32)
    (local.folder / "kek").chmod(0o600)
    with pytest.raises(KekUnusable, match="neither the present key nor a former one"):
        local.restarted()
    (local.folder / "elsewhere").rename(local.folder / "kek.former")
    assert len(local.restarted().sign(persona_id="alice", message=b"")) == 65


def test_no_repr_shows_a_secret() -> None:
    source = KeySource(mnemonic=WORDS, password="pw", private_key=PRIVATE, local_key=LOCAL)
    with vault_stage(is_remote=False) as made:
        shown = repr([source, made.source.load(may_create=True), made.source, made.vault])
    for secret in ("abandon", "pw'", repr(PRIVATE), repr(LOCAL)):
        assert secret not in shown
    assert ecdh_x(PRIVATE, PUBLIC)
