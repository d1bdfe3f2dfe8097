"""`maskbot backup`: backup files of the Mask extension, offline.

`show` tells what is inside and holds no secret. `open` writes everything out, private keys included, to a file only its owner can
read. `write` makes an encrypted file that the extension restores, from any other backup or from a mnemonic.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from maskbot.adapters.system import SystemClock, SystemEntropy
from maskbot.cli.backup_json import normalised_json, plain_json, summary_json
from maskbot.cli.local_file import read_input, write_output
from maskbot.cli.noun import make_noun
from maskbot.cli.persona_derive import (
    MnemonicFile,
    MnemonicPasswordFile,
    MnemonicPasswordVariable,
    MnemonicVariable,
    read_persona,
)
from maskbot.cli.secret_input import read_secret, write_secret
from maskbot.cli.show import printable
from maskbot.domain.errors import Malformed
from maskbot.wire.persona import (
    MAX_FILE_BYTES,
    Backup,
    BackupPersona,
    OpenedBackup,
    PersonaKeys,
    is_container,
    normalised_profile,
    open_backup,
    stored_aes_key,
    stored_private_key,
    stored_public_key,
    write_backup,
)

app = make_noun("Backup files of the Mask extension, offline.")

Source = Annotated[Path, typer.Argument(help="A backup file of any age; - reads standard input.")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", help="File with the backup's password.")]
PasswordVariable = Annotated[str | None, typer.Option("--password-env", help="Environment variable with the password.")]
NoPassword = Annotated[bool, typer.Option("--no-password", help="The file was encrypted with an empty password.")]
Account = Annotated[str | None, typer.Option("--account", help="For cloud files: the e-mail address or phone number.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def show(
    source: Source,
    *,
    password_file: PasswordFile = None,
    password_env: PasswordVariable = None,
    no_password: NoPassword = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a backup holds and what an import leaves out. Shows no secret."""
    backup = _opened(source, password_file, password_env, no_password=no_password, account=account).backup
    overview = {
        "version": backup.version,
        "mask_version": backup.mask_version,
        **summary_json(backup),
        "own_personas": [_line_of(persona) for persona in backup.own_personas],
        "contact_personas": [_line_of(persona) for persona in backup.personas if persona.private is None],
        "contacts": [profile.identifier for profile in backup.contacts],
        "skipped": [{"place": entry.place, "reason": entry.reason} for entry in backup.skipped],
    }
    if as_json:
        print(json.dumps(overview, indent=2))
        return
    print("\n".join(_shown(overview)))


@app.command(name="open")
def open_(
    source: Source,
    *,
    out: Annotated[Path, typer.Option("--out", help="New file for the decrypted JSON; - writes to standard output.")],
    normalised: Annotated[bool, typer.Option("--normalised", help="After all import rules, not as it stands.")] = False,
    password_file: PasswordFile = None,
    password_env: PasswordVariable = None,
    no_password: NoPassword = False,
    account: Account = None,
) -> None:
    """Decrypt a backup to plain JSON. The result holds private keys: keep it as you keep them."""
    opened = _opened(source, password_file, password_env, no_password=no_password, account=account)
    content = normalised_json(opened.backup) if normalised else plain_json(opened.document)
    _put_secret(out, json.dumps(content, indent=2).encode("ascii") + b"\n")


@app.command()
def write(
    source: Annotated[
        Path | None, typer.Argument(help="A backup to write anew, of any age; without it the backup of one mnemonic.")
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="The new backup file; - writes to standard output.")],
    password_file: PasswordFile = None,
    password_env: PasswordVariable = None,
    account: Account = None,
    source_password_file: Annotated[
        Path | None, typer.Option("--source-password-file", help="File with the source's password.")
    ] = None,
    source_password_env: Annotated[
        str | None, typer.Option("--source-password-env", help="Environment variable with the source's password.")
    ] = None,
    source_account: Annotated[str | None, typer.Option("--source-account", help="Account of a cloud source.")] = None,
    mnemonic_file: MnemonicFile = None,
    mnemonic_env: MnemonicVariable = None,
    mnemonic_password_file: MnemonicPasswordFile = None,
    mnemonic_password_env: MnemonicPasswordVariable = None,
    nickname: Annotated[str | None, typer.Option("--nickname", help="Name of the mnemonic's persona.")] = None,
    profile: Annotated[
        list[str] | None, typer.Option("--profile", help="person:<network>/<user id> linked to it; may be repeated.")
    ] = None,
) -> None:
    """Write an encrypted backup that the extension restores."""
    if source is not None:
        opened = _opened(source, source_password_file, source_password_env, no_password=False, account=source_account)
        backup = opened.backup
    else:
        persona = read_persona(
            mnemonic_file=mnemonic_file,
            mnemonic_env=mnemonic_env,
            mnemonic_password_file=mnemonic_password_file,
            mnemonic_password_env=mnemonic_password_env,
        )
        backup = _backup_of(persona, nickname=nickname, profiles=profile or [])
    password = read_secret(what="password of the new backup", file=password_file, variable=password_env)
    file = write_backup(
        backup,
        password=password,
        account=account,
        now_ms=SystemClock().now_ms(),
        random_bytes=SystemEntropy().take,
    )
    _put_secret(out, file)


def _opened(
    source: Path, password_file: Path | None, password_env: str | None, *, no_password: bool, account: str | None
) -> OpenedBackup:
    if str(source) == "-" and str(password_file) == "-":
        raise Malformed("standard input can hold the backup or the password, not both")
    file = read_input(source, limit_bytes=MAX_FILE_BYTES)
    password = None
    if is_container(file) and not no_password:
        password = read_secret(what="backup password", file=password_file, variable=password_env)
    return open_backup(file, password=password, account=account)


def _backup_of(keys: PersonaKeys, *, nickname: str | None, profiles: list[str]) -> Backup:
    persona = BackupPersona(
        public=stored_public_key(keys.public_key),
        private=stored_private_key(keys.private_key),
        local=None if keys.local_key is None else stored_aes_key(keys.local_key),
        nickname=nickname,
        mnemonic=keys.mnemonic,
        linked_profiles=tuple(dict.fromkeys(normalised_profile(text) for text in profiles)),
    )
    return Backup(version=2, personas=(persona,))


def _put_secret(out: Path, content: bytes) -> None:
    if str(out) == "-":
        write_output(out, content)
    else:
        write_secret(out, content)


def _line_of(persona: BackupPersona) -> str:
    linked = ", ".join(persona.linked_profiles) or "no profile"
    return f"{persona.identifier} ({persona.nickname or 'no name'}; {linked})"


def _shown(overview: dict[str, object]) -> list[str]:
    lines = []
    for name, value in overview.items():
        if name in ("personas", "countOfWallets"):
            continue
        entries = value if isinstance(value, list) else None
        lines.append(f"{name.replace('_', ' ')}: {printable(str(value)) if entries is None else len(entries)}")
        for entry in entries or ():
            text = f"{entry['place']}: {entry['reason']}" if isinstance(entry, dict) else str(entry)
            lines.append("  " + printable(text))
    return lines
