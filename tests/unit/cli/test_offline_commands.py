"""`maskbot persona derive`, `backup` and `picture`: offline, secrets by file, environment or standard input only."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from maskbot.cli.backup import app as backup_app
from maskbot.cli.persona_derive import derive
from maskbot.cli.picture import app as picture_app
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured
from maskbot.wire.persona import (
    MAX_FILE_BYTES,
    BackupBadChecksum,
    BackupWrongPassword,
    InvalidIdentifier,
    InvalidMnemonic,
    entropy_of,
)
from maskbot.wire.picture import NoPayloadInPicture, PictureUnreadable

VECTORS = Path(__file__).parents[2] / "vectors"
PERSONA: dict[str, Any] = json.loads((VECTORS / "persona.json").read_text())["cases"][1]
BACKUPS: dict[str, list[dict[str, Any]]] = json.loads((VECTORS / "backup.json").read_text())
LOCAL, CLOUD = BACKUPS["encrypted"][1], BACKUPS["encrypted"][3]
STEGO = VECTORS / "stego"

persona_app = typer.Typer()
persona_app.command()(derive)


def run(app: typer.Typer, *words: object, given: str | bytes | None = None) -> str:
    """What a command prints. An error of ours is raised as it is."""
    result = CliRunner().invoke(app, [str(word) for word in words], input=given)
    if isinstance(result.exception, MaskbotError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def words_file(tmp_path: Path) -> Path:
    path = tmp_path / "words"
    path.write_text(PERSONA["mnemonic"] + "\n")
    return path


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PERSONA["password"] + "\n")
    return path


def test_a_persona_is_derived_from_files(words_file: Path, password_file: Path) -> None:
    shown = json.loads(
        run(
            persona_app, "--mnemonic-file", words_file, "--mnemonic-password-file", password_file, "--json", "--secrets"
        )
    )
    assert shown == {
        "identifier": PERSONA["identifier"],
        "public_key": PERSONA["public_key_as_hex"],
        "eth_address": PERSONA["eth_address"],
        "public_jwk": PERSONA["public_jwk"],
        "exported_private_key": PERSONA["exported_private_key"],
        "private_jwk": PERSONA["private_jwk"],
        "local_key_jwk": PERSONA["local_key_jwk"],
    }


def test_a_persona_is_derived_from_the_environment_and_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDS", PERSONA["mnemonic"])
    monkeypatch.setenv("PASSWORD", PERSONA["password"])
    by_environment = run(persona_app, "--mnemonic-env", "WORDS", "--mnemonic-password-env", "PASSWORD")
    by_input = run(
        persona_app, "--mnemonic-file", "-", "--mnemonic-password-env", "PASSWORD", given=PERSONA["mnemonic"] + "\n"
    )
    assert by_environment == by_input
    assert PERSONA["identifier"] in by_input


def test_secrets_are_shown_only_when_asked_for(words_file: Path) -> None:
    shown = run(persona_app, "--mnemonic-file", words_file)
    assert "private" not in shown
    assert "local" not in shown
    assert PERSONA["mnemonic"] not in shown


def test_a_new_mnemonic_is_shown_and_valid() -> None:
    first, second = (json.loads(run(persona_app, "--new", "15", "--json"))["mnemonic"] for _ in range(2))
    assert len(entropy_of(first)) == 20
    assert first != second


def test_a_text_is_signed_as_the_extension_signs_it(words_file: Path, password_file: Path, tmp_path: Path) -> None:
    text = tmp_path / "payload"
    text.write_text(PERSONA["nextid"]["sign_payload"] + "\n")
    words = ("--mnemonic-file", words_file, "--mnemonic-password-file", password_file)
    assert (
        json.loads(run(persona_app, *words, "--sign-file", text, "--json"))["signature"]
        == (PERSONA["nextid"]["signature_base64"])
    )


def test_wrong_words_and_counts_are_said_plainly() -> None:
    with pytest.raises(InvalidMnemonic, match="words"):
        run(persona_app, "--mnemonic-file", "-", given="abandon")
    with pytest.raises(Malformed, match="12"):
        run(persona_app, "--new", "13")
    with pytest.raises(Misconfigured, match="terminal"):
        run(persona_app)


@pytest.fixture
def local_file(tmp_path: Path) -> Path:
    path = tmp_path / "backup.bin"
    path.write_bytes(base64.b64decode(LOCAL["file_base64"]))
    (tmp_path / "backup.password").write_text(LOCAL["password"])
    return path


def test_a_backup_is_shown_without_its_secrets(local_file: Path, tmp_path: Path) -> None:
    words = ("show", local_file, "--password-file", tmp_path / "backup.password")
    shown = json.loads(run(backup_app, *words, "--json"))
    assert sorted(shown["personas"]) == sorted(LOCAL["summary"]["personas"])
    assert shown["skipped"] == []
    assert len(shown["own_personas"]) == 3
    for text in (json.dumps(shown), run(backup_app, *words)):
        for persona in LOCAL["decoded_json"]["personas"]:
            assert persona["privateKey"]["d"] not in text
            assert persona["mnemonic"]["words"] not in text
            assert persona["localKey"]["k"] not in text


def test_what_an_import_leaves_out_is_shown() -> None:
    odd = json.dumps(BACKUPS["plain"][0]["json"])
    assert "grantedHostPermissions[2]: not a host pattern" in run(backup_app, "show", "-", given=odd)


def test_a_nickname_cannot_steer_the_terminal() -> None:
    odd = json.loads(json.dumps(BACKUPS["plain"][0]["json"]))
    odd["personas"][0]["nickname"] = "evil\x1b[2J\u202e"
    shown = run(backup_app, "show", "-", given=json.dumps(odd))
    assert "evil" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_backup_is_opened_into_a_file_of_its_owner(local_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "plain.json"
    words = ("--password-file", tmp_path / "backup.password")
    assert run(backup_app, "open", local_file, "--out", out, *words) == ""
    assert json.loads(out.read_text()) == LOCAL["decoded_json"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with pytest.raises(Misconfigured, match="exists"):
        run(backup_app, "open", local_file, "--out", out, *words)
    assert json.loads(run(backup_app, "open", local_file, "--out", "-", "--normalised", *words)) == LOCAL["normalized"]


def test_a_cloud_backup_needs_its_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", CLOUD["password"])
    file = base64.b64decode(CLOUD["file_base64"])
    words = ("show", "-", "--password-env", "PASSWORD", "--json")
    assert json.loads(run(backup_app, *words, "--account", CLOUD["account"], given=file))["posts"] == 2
    with pytest.raises(BackupWrongPassword):
        run(backup_app, *words, given=file)


def test_a_backup_without_password_is_opened_when_said_so() -> None:
    case = next(case for case in BACKUPS["encrypted"] if case["password"] == "")
    shown = run(backup_app, "show", "-", "--no-password", "--json", given=base64.b64decode(case["file_base64"]))
    assert json.loads(shown)["accounts"] == 1


@pytest.mark.parametrize("case", BACKUPS["plain"], ids=lambda case: case["note"])
def test_any_old_backup_is_written_anew(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "a long one")
    old, new = tmp_path / "old.json", tmp_path / "new.bin"
    old.write_text(json.dumps(case["json"]))
    run(backup_app, "write", old, "--out", new, "--password-env", "PASSWORD")
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    again = json.loads(run(backup_app, "open", new, "--out", "-", "--normalised", "--password-env", "PASSWORD"))
    assert [p["identifier"] for p in again["personas"]] == [p["identifier"] for p in case["normalized"]["personas"]]
    assert [p["linkedProfiles"] for p in again["personas"]] == [
        p["linkedProfiles"] for p in case["normalized"]["personas"]
    ]


def test_a_backup_is_changed_to_another_password_and_account(local_file: Path, tmp_path: Path) -> None:
    new, password = tmp_path / "new.bin", tmp_path / "new.password"
    password.write_text("another long one")
    run(
        backup_app, "write", local_file, "--out", new, "--password-file", password, "--account", "me@example.com",
        "--source-password-file", tmp_path / "backup.password",
    )  # fmt: skip
    words = ("--password-file", password, "--account", "me@example.com")
    again = run(backup_app, "open", new, "--out", "-", "--normalised", *words)
    assert json.loads(again) == LOCAL["normalized"]


def test_the_backup_of_a_mnemonic_holds_its_persona(words_file: Path, tmp_path: Path) -> None:
    new, password = tmp_path / "new.bin", tmp_path / "new.password"
    password.write_text("another long one")
    run(
        backup_app, "write", "--out", new, "--password-file", password, "--mnemonic-file", words_file,
        "--nickname", "Bot", "--profile", "person:x.com/maskbot",
    )  # fmt: skip
    shown = json.loads(run(backup_app, "show", new, "--password-file", password, "--json"))
    assert shown["personas"] == ["Bot"]
    assert shown["own_personas"][0].endswith("(Bot; person:twitter.com/maskbot)")
    with pytest.raises(InvalidIdentifier):
        run(
            backup_app, "write", "--out", tmp_path / "n", "--password-file", password, "--mnemonic-file", words_file,
            "--profile", "maskbot",
        )  # fmt: skip


def test_damaged_missing_and_oversized_backups_are_said_plainly(local_file: Path, tmp_path: Path) -> None:
    words = ("--password-file", tmp_path / "backup.password")
    with pytest.raises(BackupBadChecksum):
        run(backup_app, "show", "-", *words, given=local_file.read_bytes()[:-1])
    with pytest.raises(Misconfigured, match="cannot be read"):
        run(backup_app, "show", tmp_path / "nowhere", *words)
    with pytest.raises(Malformed, match="not both"):
        run(backup_app, "show", "-", "--password-file", "-")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(Malformed, match="larger"):
        run(backup_app, "show", large)


def test_a_picture_is_read_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    entries = {entry["file"]: entry for entry in json.loads((STEGO / "index.json").read_text())}
    text, raw, old = entries["stego-2022-q75.jpg"], entries["stego-2023-q75.jpg"], entries["stego-2021.png"]
    assert run(picture_app, "read", STEGO / text["file"]) == text["data"]["text"] + "\n"
    assert run(picture_app, "read", "-", given=(STEGO / raw["file"]).read_bytes()) == raw["data"]["hex"] + "\n"
    assert json.loads(run(picture_app, "read", STEGO / raw["file"], "--json")) == raw["data"]
    shown = run(picture_app, "read", STEGO / old["file"], "--author", old["password"], "--json")
    assert json.loads(shown) == old["data"]
    out = tmp_path / "payload"
    run(picture_app, "read", STEGO / raw["file"], "--out", out)
    assert out.read_bytes().hex() == raw["data"]["hex"]


def test_a_picture_is_written_on_the_template_or_a_cover(tmp_path: Path) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    about = run(picture_app, "write", "-", "--preset", "2022", "--out", first, "--json", given="hello\n")
    assert json.loads(about)["height"] == 682
    assert run(picture_app, "read", first) == "hello\n"
    cover = STEGO / "cover-2023.png"
    run(picture_app, "write", "-", "--preset", "2023", "--cover", cover, "--hex", "--out", second, given="00ff\n")
    assert run(picture_app, "read", second) == "00ff\n"


def test_what_is_no_picture_or_no_payload_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable):
        run(picture_app, "read", "-", given=b"nothing")
    with pytest.raises(NoPayloadInPicture):
        run(picture_app, "read", STEGO / "cover-2023.png")
    with pytest.raises(Malformed, match="preset"):
        run(picture_app, "write", "-", "--preset", "2021", "--out", tmp_path / "a", given="x")
    with pytest.raises(Malformed, match="hex"):
        run(picture_app, "write", "-", "--preset", "2023", "--hex", "--out", tmp_path / "a", given="xyz")
