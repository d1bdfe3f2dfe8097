"""The key-encryption key (KEK): 32 bytes kept apart from the database (reliability.md C.5, E14).

It comes from one of three places: a variable, a passphrase (scrypt, with a salt in a file), or a file of mode 0600 that is made at
the first start. Former keys stand in `<file>.former`, one per line, and still open what they wrapped; a line is a key (64 hex
digits or base64) or `passphrase:` and a former passphrase.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from maskbot.adapters.vault.errors import KekUnusable
from maskbot.wire.crypto import sha256

KEK_BYTES = 32
SALT_BYTES = 16
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 1
FILE_BYTES_MAX = 4096
_PASSPHRASE = "passphrase:"  # noqa: S105 - how a line of the file begins


class Kek:
    """One key-encryption key; `id` (16 hex digits) names it in the rows it wrapped. Its repr hides the key."""

    __slots__ = ("cipher", "id")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEK_BYTES:
            raise KekUnusable(f"expected a key-encryption key of {KEK_BYTES} bytes, got {len(key)}")
        self.id = sha256(b"maskbot kek id" + key)[:8].hex()
        self.cipher = AESGCM(key)

    def __repr__(self) -> str:
        return f"Kek({self.id}, ***)"


@dataclass(frozen=True, slots=True)
class Keks:
    """The key that wraps now, and every key that opens, by id."""

    current: Kek
    by_id: Mapping[str, Kek]


@dataclass(frozen=True, slots=True)
class KekSource:
    """Where the key comes from: `value` (text), else `passphrase`, else the file at `path`."""

    path: Path
    value: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)

    def load(self, *, may_create: bool) -> Keks:
        """The present and the former keys. `may_create` only while no secret is stored: a lost file must not be replaced.

        Raises:
            KekUnusable: missing, malformed, or readable by others.
        """
        current = self._current(may_create=may_create)
        former = [self._key_of(line) for line in self._former_lines()]
        return Keks(current, {kek.id: kek for kek in (*former, current)})

    def rotate(self) -> Keks:
        """Make a new key file; the key before goes to `<file>.former`, first. A crash leaves either the old or the new state, and
        both keys always open.

        Raises:
            KekUnusable: the key comes from a variable or a passphrase, which only the operator can change.
        """
        if self.value is not None or self.passphrase is not None:
            raise KekUnusable(
                f"the key-encryption key is set by a variable: write the present one as a line of {self._former_path} "
                "(mode 0600), set the new one, restart the vault and repeat the command"
            )
        present = self._read(self.path)
        lines = self._former_lines()
        if present not in lines:
            _write_private(self._former_path, "".join(f"{line}\n" for line in (present, *lines)))
        _write_private(self.path, os.urandom(KEK_BYTES).hex() + "\n")
        return self.load(may_create=False)

    @property
    def _former_path(self) -> Path:
        return self.path.with_name(self.path.name + ".former")

    def _current(self, *, may_create: bool) -> Kek:
        if self.value is not None:
            return Kek(_parse_key(self.value, where="MASKBOT_KEK"))
        if self.passphrase is not None:
            return Kek(self._stretched(self.passphrase, may_create=may_create))
        if not self.path.exists():
            if not may_create:
                raise KekUnusable(
                    f"the key file {self.path} is gone, but secrets are stored: restore it from your backup"
                )
            _write_private(self.path, os.urandom(KEK_BYTES).hex() + "\n")
        return Kek(_parse_key(self._read(self.path), where=str(self.path)))

    def _key_of(self, line: str) -> Kek:
        if line.startswith(_PASSPHRASE):
            return Kek(self._stretched(line.removeprefix(_PASSPHRASE), may_create=False))
        return Kek(_parse_key(line, where=str(self._former_path)))

    def _former_lines(self) -> list[str]:
        if not self._former_path.exists():
            return []
        return [line for line in self._read(self._former_path).splitlines() if line.strip()]

    def _stretched(self, passphrase: str, *, may_create: bool) -> bytes:
        salt_path = self.path.with_name(self.path.name + ".salt")
        if not salt_path.exists():
            if not may_create:
                raise KekUnusable(f"the salt {salt_path} is gone, but secrets are stored: restore it from your backup")
            _write_private(salt_path, os.urandom(SALT_BYTES).hex() + "\n")
        try:
            salt = bytes.fromhex(self._read(salt_path))
        except ValueError as error:
            raise KekUnusable(f"{salt_path} is no salt: restore it from your backup") from error
        return Scrypt(salt=salt, length=KEK_BYTES, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase.encode())

    @staticmethod
    def _read(path: Path) -> str:
        try:
            found = path.stat()
            if found.st_mode & 0o077:
                raise KekUnusable(f"others can read {path}; run: chmod 600 {path}")
            if found.st_uid != os.getuid():
                raise KekUnusable(f"{path} belongs to another user; the vault's own user has to own it")
            if found.st_size > FILE_BYTES_MAX:
                raise KekUnusable(f"{path} is too large for a key file")
            return path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise KekUnusable(f"the key file {path} cannot be read: check its path and rights") from error


def _parse_key(text: str, *, where: str) -> bytes:
    """32 bytes of 64 hex digits or base64."""
    stripped = text.strip()
    try:
        key = bytes.fromhex(stripped) if len(stripped) == 2 * KEK_BYTES else base64.b64decode(stripped, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEK_BYTES:
        raise KekUnusable(f"expected 32 bytes as 64 hex digits or base64 in {where}")
    return key


def _write_private(path: Path, content: str) -> None:
    """Write the file with mode 0600 so that it is either the old or the new one after a crash."""
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise KekUnusable(f"the key file {path} cannot be written: check the folder and its rights") from error
