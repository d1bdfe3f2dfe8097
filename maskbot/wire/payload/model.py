"""A payload as read: five fields, each present, absent (None) or broken (`FieldError`), independently of the others.

A broken field does not spoil the rest (mask-payload.md, 4.4). Author and author key are read when asked for, because
most readers never ask.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Curve(IntEnum):
    """Algorithm numbers of the protocol."""

    P256 = 1
    K256 = 2


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why one field is broken: a kind of mask-payload.md, section 14."""

    kind: str


@dataclass(frozen=True, slots=True)
class CurveKey:
    """A public key: its curve and its point, compressed (33 bytes, of either curve)."""

    curve: Curve
    point: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, which nobody verifies, and the bytes it is over."""

    signature: bytes
    signee: bytes


@dataclass(frozen=True, slots=True)
class PublicEncryption:
    """The post key (16, 24 or 32 bytes) stands in the payload itself. `post_iv`: 16 bytes."""

    post_iv: bytes | FieldError
    post_key: bytes | FieldError


@dataclass(frozen=True, slots=True)
class EndToEndEncryption:
    """`owner_key` is the post key sealed for the author; `ephemeral_keys` (v37) go by the name the reader understands."""

    post_iv: bytes | FieldError
    owner_key: bytes | FieldError
    ephemeral_keys: Mapping[str, CurveKey | FieldError]


Encryption = PublicEncryption | EndToEndEncryption


@dataclass(frozen=True, slots=True)
class Payload(ABC):
    """`version` is -37 to -40; `ciphertext` the sealed typed message with its 16-byte tag."""

    version: int
    signature: Signature | FieldError | None
    encryption: Encryption | FieldError
    ciphertext: bytes | FieldError

    @property
    @abstractmethod
    def author(self) -> str | FieldError | None:
        """The profile text of the author, in normal form. Nothing proves it."""

    @property
    @abstractmethod
    def author_key(self) -> CurveKey | FieldError | None:
        """The author's public key, checked to be a point of its curve."""

    @property
    def post_iv(self) -> bytes | None:
        """The 16 bytes that name the post, or None if they cannot be read."""
        if isinstance(self.encryption, FieldError) or isinstance(self.encryption.post_iv, FieldError):
            return None
        return self.encryption.post_iv
