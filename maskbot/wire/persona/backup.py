"""What a backup holds, whatever its container and generation.

Texts of identifiers are in their one form (`identifiers`), times are milliseconds since 1970 or None. Personas without
a private key are contacts: recipients, never identities.

Source: spec `gun-personas-backup.md` D.2, E.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from maskbot.wire.persona.derivation import MnemonicRecord
from maskbot.wire.persona.identifiers import persona_identifier
from maskbot.wire.persona.stored_key import StoredKey


@dataclass(frozen=True, slots=True)
class BackupPersona:
    """A persona with the profiles linked to it (texts `person:...`)."""

    public: StoredKey
    private: StoredKey | None = None
    local: StoredKey | None = None
    nickname: str | None = None
    mnemonic: MnemonicRecord | None = None
    address: str | None = None
    created_at_ms: int | None = None
    updated_at_ms: int | None = None
    linked_profiles: tuple[str, ...] = ()

    @property
    def identifier(self) -> str:
        """`ec_key:secp256k1/...`, from the public key."""
        return persona_identifier(self.public.key)


@dataclass(frozen=True, slots=True)
class BackupProfile:
    """A profile; `linked_persona` is a persona identifier."""

    identifier: str
    nickname: str | None = None
    linked_persona: str | None = None
    local: StoredKey | None = None
    created_at_ms: int | None = None
    updated_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class BackupRecipient:
    """A profile that may read a post, and when it was added (once per reason; may be empty)."""

    profile: str
    added_at_ms: tuple[int, ...] = ()


Recipients: TypeAlias = Literal["everyone"] | tuple[BackupRecipient, ...]


@dataclass(frozen=True, slots=True)
class BackupPost:
    """A post by IV with its post key; `meta` is the post's metadata. The repr hides what the post says."""

    identifier: str
    author: str | None
    post_key: StoredKey | None
    recipients: Recipients
    meta: Mapping[str, object] = field(repr=False)
    found_at_ms: int | None = None
    encrypted_by: str | None = None
    url: str | None = None
    summary: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class BackupRelation:
    """A profile that a persona follows; `favor` is the extension's number for it."""

    profile: str
    persona: str
    favor: int | float


@dataclass(frozen=True, slots=True)
class BackupWallet:
    """A wallet, kept as it came (it may hold private keys) so that writing the backup again loses nothing."""

    address: str
    record: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that was left out: `place` such as `personas[3]`, and why, in words for the user."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Backup:
    """Everything in a backup. `version` is the generation it was read from (0, 1 or 2)."""

    version: int
    mask_version: str | None = None
    created_at_ms: int | None = None
    personas: tuple[BackupPersona, ...] = ()
    profiles: tuple[BackupProfile, ...] = ()
    posts: tuple[BackupPost, ...] = ()
    relations: tuple[BackupRelation, ...] = ()
    wallets: tuple[BackupWallet, ...] = ()
    host_permissions: tuple[str, ...] = ()
    plugins: Mapping[str, object] = field(default_factory=dict, repr=False)
    skipped: tuple[Skipped, ...] = ()

    @property
    def own_personas(self) -> tuple[BackupPersona, ...]:
        """The personas whose private key the backup holds."""
        return tuple(persona for persona in self.personas if persona.private is not None)

    @property
    def contacts(self) -> tuple[BackupProfile, ...]:
        """Profiles with a persona that are not linked to one of our own personas: people we can write to."""
        own = {profile for persona in self.own_personas for profile in persona.linked_profiles}
        return tuple(p for p in self.profiles if p.linked_persona is not None and p.identifier not in own)
