"""The key-encryption key: file, variable, passphrase, and the keys before."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from maskbot.adapters.vault.errors import KekUnusable
from maskbot.adapters.vault.kek import Kek, KekSource

KEY = bytes(range(32))


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_key_file_is_made_at_the_first_start_private_and_kept(tmp_path: Path) -> None:
    source = KekSource(path=tmp_path / "kek")
    first = source.load(may_create=True)
    assert stat.S_IMODE((tmp_path / "kek").stat().st_mode) == 0o600
    assert source.load(may_create=False).current.id == first.current.id
    assert [path.name for path in tmp_path.iterdir()] == ["kek"]


def test_a_lost_key_file_is_never_replaced_while_secrets_are_stored(tmp_path: Path) -> None:
    with pytest.raises(KekUnusable, match="restore it from your backup"):
        KekSource(path=tmp_path / "kek").load(may_create=False)
    assert not (tmp_path / "kek").exists()


@pytest.mark.parametrize("text", [KEY.hex(), KEY.hex().upper() + "\n", base64.b64encode(KEY).decode()])
def test_a_key_is_64_hex_digits_or_base64(tmp_path: Path, text: str) -> None:
    by_file = KekSource(path=private(tmp_path / "kek", text)).load(may_create=False)
    by_variable = KekSource(path=tmp_path / "none", value=text).load(may_create=False)
    assert by_file.current.id == by_variable.current.id == Kek(KEY).id


@pytest.mark.parametrize("text", ["", "5eed", KEY.hex()[:-1], KEY.hex() + "00", "z" * 64, "ü" * 32, "A" * 5000])
def test_what_is_no_key_is_named_without_being_shown(tmp_path: Path, text: str) -> None:
    for source in (KekSource(path=private(tmp_path / "kek", text)), KekSource(path=tmp_path / "none", value=text)):
        with pytest.raises(KekUnusable) as refusal:
            source.load(may_create=False)
        assert not text or text not in str(refusal.value)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path / "kek", KEY.hex())
    path.chmod(0o640)
    with pytest.raises(KekUnusable, match="chmod 600"):
        KekSource(path=path).load(may_create=False)


def test_a_passphrase_gives_the_same_key_with_its_salt_and_no_other(tmp_path: Path) -> None:
    source = KekSource(path=tmp_path / "kek", passphrase="correct horse battery staple")
    first = source.load(may_create=True).current.id
    assert source.load(may_create=False).current.id == first
    assert KekSource(path=tmp_path / "kek", passphrase="wrong").load(may_create=False).current.id != first
    assert not (tmp_path / "kek").exists()
    (tmp_path / "kek.salt").unlink()
    with pytest.raises(KekUnusable, match="salt"):
        source.load(may_create=False)


def test_a_rotation_keeps_every_key_before(tmp_path: Path) -> None:
    source = KekSource(path=tmp_path / "kek")
    ids = [source.load(may_create=True).current.id]
    for _ in range(2):
        keks = source.rotate()
        ids.append(keks.current.id)
        assert set(keks.by_id) == set(ids)
    assert len(set(ids)) == 3
    assert stat.S_IMODE((tmp_path / "kek.former").stat().st_mode) == 0o600


def test_a_rotation_cut_before_the_new_key_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    """The former key is noted first: a crash between the two writes changes nothing."""
    path = private(tmp_path / "kek", KEY.hex())
    private(tmp_path / "kek.former", KEY.hex() + "\n")
    private(tmp_path / "kek.new", "torn")
    keks = KekSource(path=path).load(may_create=False)
    assert keks.current.id == Kek(KEY).id
    rotated = KekSource(path=path).rotate()
    assert set(rotated.by_id) == {Kek(KEY).id, rotated.current.id}


def test_a_key_of_the_operators_is_changed_by_the_operator_alone(tmp_path: Path) -> None:
    with pytest.raises(KekUnusable, match=r"kek\.former"):
        KekSource(path=tmp_path / "kek", value=KEY.hex()).rotate()
    private(tmp_path / "kek.former", f"{KEY.hex()}\npassphrase:old words\n")
    KekSource(path=tmp_path / "kek", passphrase="old words").load(may_create=True)
    keks = KekSource(path=tmp_path / "kek", value="11" * 32).load(may_create=False)
    assert len(keks.by_id) == 3
