"""`maskbot persona import`: a mnemonic, a private key text, or a backup file of the Mask extension."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maskbot.cli.noun import make_noun
from maskbot.cli.persona_record import record_persona, shown
from maskbot.cli.secret_input import read_secret, read_secret_bytes
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of, working
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.errors import Malformed, Refused
from maskbot.ports.inside import KeySource
from maskbot.wire.persona import BackupPersona, import_private_key, open_backup

app = make_noun("Bring a persona in. Secrets come by file, environment variable or hidden prompt.")

NameArgument = Annotated[str, typer.Argument(help="A name of your own for it.")]
FileOption = Annotated[Path | None, typer.Option("--file", help="A file with the secret ('-': standard input).")]
EnvOption = Annotated[str | None, typer.Option("--env", help="An environment variable with the secret.")]


@app.command("mnemonic")
def import_mnemonic(
    name: NameArgument,
    file: FileOption = None,
    env: EnvOption = None,
    with_password: Annotated[bool, typer.Option(help="Ask for the mnemonic's own password, too.")] = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Import from 12 to 24 words."""
    words = read_secret(what="mnemonic", file=file, variable=env)
    password = read_secret(what="mnemonic's password", file=None, variable=None) if with_password else ""
    source = KeySource(mnemonic=words, password=password)
    with opened(with_vault=True) as parts:
        persona = record_persona(parts, name, tenant_id=tenant_id_of(parts, tenant), source=source)
    show_fields(shown(persona), as_json=as_json)


@app.command("private-key")
def import_key(
    name: NameArgument,
    file: FileOption = None,
    env: EnvOption = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Import from the extension's private key text, or from 64 hex digits."""
    source = KeySource(private_key=read_private_key(read_secret(what="private key", file=file, variable=env)))
    with opened(with_vault=True) as parts:
        persona = record_persona(parts, name, tenant_id=tenant_id_of(parts, tenant), source=source)
    show_fields(shown(persona), as_json=as_json)


@app.command("backup")
def import_backup(
    file: Annotated[Path, typer.Argument(help="A backup file of the extension (.bin or .json).")],
    password_file: Annotated[Path | None, typer.Option(help="A file with the backup's password.")] = None,
    password_env: Annotated[str | None, typer.Option(help="An environment variable with it.")] = None,
    cloud_account: Annotated[
        str | None, typer.Option(help="The e-mail address or phone number a cloud backup was made with.")
    ] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Import every persona with a private key from a backup; those the tenant has already are left as they are."""
    content = read_secret_bytes(what="backup", file=file)
    password = None
    if content.lstrip()[:1] != b"{":
        password = read_secret(what="backup's password", file=password_file, variable=password_env)
    with working("opening the backup"):
        opened_backup = open_backup(content, password=password, account=cloud_account)
    rows: list[dict[str, str | None]] = []
    with opened(with_vault=True) as parts:
        tenant_id = tenant_id_of(parts, tenant)
        for number, each in enumerate(opened_backup.backup.personas, start=1):
            name = (each.nickname or f"{file.stem} {number}").strip()[:64] or f"persona {number}"
            source = source_of(each)
            if source is None:
                rows.append({"name": name, "identifier": each.identifier, "result": "no private key in the backup"})
                continue
            try:
                record_persona(parts, name, tenant_id=tenant_id, source=source)
            except Refused as error:
                rows.append({"name": name, "identifier": each.identifier, "result": str(error)})
            else:
                rows.append({"name": name, "identifier": each.identifier, "result": "imported"})
    rows += [{"name": None, "identifier": one.place, "result": one.reason} for one in opened_backup.backup.skipped]
    show_rows(rows, ("name", "identifier", "result"), as_json=as_json, empty="the backup holds no personas")


def read_private_key(text: str) -> bytes:
    """32 bytes from the extension's text or from hex. Raises Malformed; never shows the text."""
    plain = text.strip().removeprefix("0x")
    if len(plain) == 64:
        try:
            return bytes.fromhex(plain)
        except ValueError:
            raise Malformed("a private key in hex has 64 hex digits") from None
    return import_private_key(text.strip())


def source_of(persona: BackupPersona) -> KeySource | None:
    """Where the vault gets this persona's keys from, None without a private key. A local key of its own is kept."""
    if persona.private is None:
        return None
    local = persona.local.key if persona.local is not None else None
    return KeySource(private_key=persona.private.key, local_key=local)
