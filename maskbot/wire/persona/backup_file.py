"""Backup files as a whole: bytes in, `Backup` out, and back.

Source: spec `gun-personas-backup.md` D.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from maskbot.wire.persona.backup import Backup
from maskbot.wire.persona.backup_container import (
    IV_BYTES,
    MAX_FILE_BYTES,
    SALT_BYTES,
    is_container,
    open_container,
    seal_container,
)
from maskbot.wire.persona.backup_v0_v1 import is_version_0, is_version_1, read_version_0, read_version_1
from maskbot.wire.persona.backup_v2 import is_version_2, read_version_2
from maskbot.wire.persona.backup_v2_document import version_2_document
from maskbot.wire.persona.errors import BackupUnknownFormat, BackupWrongPassword
from maskbot.wire.persona.msgpack_document import decode_document, encode_document, is_shallow

_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """A backup, the object it was read from (it holds secrets), and whether the file was an encrypted container."""

    backup: Backup
    document: Mapping[str, object] = field(repr=False)
    was_encrypted: bool


def open_backup(file: bytes, *, password: str | None, account: str | None) -> OpenedBackup:
    """Opens any backup file: an encrypted container (`account` for cloud files), or plain JSON of version 0, 1 or 2.

    Raises, in this order:
        BackupUnknownFormat: longer than 64 MiB, or neither container nor JSON.
        BackupBadChecksum: a damaged or incomplete container.
        BackupWrongPassword: a container, and the password is None or another.
        BackupUnknownFormat: no backup object of a known version, or one that cannot be imported.
    """
    if len(file) > MAX_FILE_BYTES:
        raise BackupUnknownFormat(f"a backup file of at most {MAX_FILE_BYTES} bytes was expected")
    if not is_container(file):
        document = _plain_document(file)
        return OpenedBackup(backup=read_backup(document), document=document, was_encrypted=False)
    plaintext = open_container(file, password=password or "", account=account)
    document = _document(_decoded(plaintext))
    return OpenedBackup(backup=read_backup(document), document=document, was_encrypted=True)


def read_backup(document: Mapping[str, object]) -> Backup:
    """Imports a decoded backup object; versions are tried in the order 2, 1, 0.

    Raises:
        BackupUnknownFormat: none of them, nested too deeply, or one that cannot be imported.
    """
    if not is_shallow(document):
        raise BackupUnknownFormat("the backup object is nested too deeply")
    if is_version_2(document):
        return read_version_2(document)
    if is_version_1(document):
        return read_version_1(document)
    if is_version_0(document):
        return read_version_0(document)
    raise BackupUnknownFormat("a backup object of version 0, 1 or 2 was expected")


def write_backup(
    backup: Backup,
    *,
    password: str,
    account: str | None,
    now_ms: int,
    random_bytes: Callable[[int], bytes],
) -> bytes:
    """Writes an encrypted file that the extension restores; `now_ms` stands in for times that are missing.

    Raises:
        BackupWrongPassword: the password is empty; the extension could read such a file, and so could anybody.
    """
    if not password:
        raise BackupWrongPassword("a backup needs a password")
    plaintext = encode_document(version_2_document(backup, now_ms=now_ms))
    salt, iv = random_bytes(SALT_BYTES), random_bytes(IV_BYTES)
    return seal_container(plaintext, password=password, account=account, salt=salt, iv=iv)


def _plain_document(file: bytes) -> Mapping[str, object]:
    try:
        return _document(json.loads(file.decode("utf-8-sig"), parse_int=_number, parse_constant=_no_constant))
    except (ValueError, RecursionError) as error:
        raise BackupUnknownFormat("neither a backup container nor a plain JSON backup") from error


def _decoded(plaintext: bytes) -> object:
    try:
        return decode_document(plaintext)
    except ValueError as error:
        raise BackupUnknownFormat("the decrypted backup is no MessagePack document") from error


def _document(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BackupUnknownFormat("a backup object of version 0, 1 or 2 was expected")
    return value


def _number(digits: str) -> float:
    """As JavaScript reads it: what a double cannot hold exactly becomes the nearest one, and is written so."""
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
