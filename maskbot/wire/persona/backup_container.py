"""The encrypted container of a backup file: magic, one MessagePack array of salt, IV and ciphertext, checksum.

The password that is stretched is the MessagePack encoding of the password text, header byte included; for cloud files account and
password are joined first. A weakness of the format, kept because the extension must read our files: only 10,000 rounds of PBKDF2.
Use a long password.

Source: spec `gun-personas-backup.md` D.1.
"""

from __future__ import annotations

from typing import Final

from maskbot.wire.crypto import (
    DecryptFailed,
    aes_gcm_seal,
    aes_gcm_unseal,
    is_equal_in_constant_time,
    pbkdf2_sha256,
    sha256,
)
from maskbot.wire.persona.errors import BackupBadChecksum, BackupUnknownFormat, BackupWrongPassword
from maskbot.wire.persona.msgpack_document import decode_document, encode_document

MAGIC: Final = b"MASK-BACKUP-V000"
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
SALT_BYTES: Final = 16
IV_BYTES: Final = 16

_CHECKSUM_BYTES: Final = 32
_ITERATIONS: Final = 10_000
_PARTS: Final = 3


def is_container(file: bytes) -> bool:
    """Tells an encrypted file from a plain one by its first 16 bytes; file names and types are not trusted."""
    return file.startswith(MAGIC)


def open_container(file: bytes, *, password: str, account: str | None) -> bytes:
    """Decrypts a container; `account` is the e-mail address or phone number of a cloud file, None for a local one.

    Raises, in this order:
        BackupUnknownFormat: another magic, or longer than `MAX_FILE_BYTES`.
        BackupBadChecksum: damaged or incomplete.
        BackupUnknownFormat: the body is not an array of three byte strings.
        BackupWrongPassword: the password (or account) is another.
    """
    if not is_container(file) or len(file) > MAX_FILE_BYTES:
        raise BackupUnknownFormat(f"a backup file of at most {MAX_FILE_BYTES} bytes was expected")
    body, checksum = file[len(MAGIC) : -_CHECKSUM_BYTES], file[-_CHECKSUM_BYTES:]
    if len(file) < len(MAGIC) + _CHECKSUM_BYTES or not is_equal_in_constant_time(sha256(body), checksum):
        raise BackupBadChecksum("the backup file is damaged or incomplete")
    salt, iv, sealed = _parts(body)
    try:
        return aes_gcm_unseal(_key(password, account, salt), iv, sealed)
    except DecryptFailed as error:
        raise BackupWrongPassword("the password does not open this backup") from error


def seal_container(plaintext: bytes, *, password: str, account: str | None, salt: bytes, iv: bytes) -> bytes:
    """Encrypts the plaintext of a backup; `salt` and `iv` are 16 fresh random bytes each.

    Raises:
        ValueError: salt or IV of another length.
    """
    if len(salt) != SALT_BYTES or len(iv) != IV_BYTES:
        raise ValueError("salt and IV of 16 bytes each were expected")
    sealed = aes_gcm_seal(_key(password, account, salt), iv, plaintext)
    body = encode_document([salt, iv, sealed])
    return MAGIC + body + sha256(body)


def password_material(password: str, *, account: str | None) -> bytes:
    """The bytes that PBKDF2 stretches."""
    return encode_document((account or "") + password)


def _key(password: str, account: str | None, salt: bytes) -> bytes:
    material = password_material(password, account=account)
    return pbkdf2_sha256(material, salt, iterations=_ITERATIONS, length=32)


def _parts(body: bytes) -> tuple[bytes, bytes, bytes]:
    try:
        parts = decode_document(body, max_items=_PARTS)
    except ValueError:
        parts = None
    match parts:
        case [bytes() as salt, bytes() as iv, bytes() as sealed] if len(iv) == IV_BYTES:
            return salt, iv, sealed
        case _:
            raise BackupUnknownFormat("the body of the backup file is not an array of salt, IV and ciphertext")
