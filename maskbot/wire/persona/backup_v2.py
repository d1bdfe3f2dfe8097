"""Reading the backup object of today (version 2), by the extension's import rules.

Where the extension would stumble over one broken entry and lose everything, the entry is skipped and listed; only what the
specification names aborts the import (a public key off the curve, a list that is none).

Not copied: restoring stores "everyone" for every post and invents relations when the list is missing. Here recipients stay, and a
missing list is an empty one.

Source: spec `gun-personas-backup.md` D.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from maskbot.wire.persona.backup import (
    Backup,
    BackupPersona,
    BackupProfile,
    BackupRelation,
    BackupWallet,
)
from maskbot.wire.persona.backup_fields import (
    SkippedLog,
    entries,
    persona_or_none,
    profile_or_none,
    text_or_none,
    time_or_none,
)
from maskbot.wire.persona.backup_v2_posts import read_posts
from maskbot.wire.persona.derivation import MnemonicRecord
from maskbot.wire.persona.errors import BackupUnknownFormat
from maskbot.wire.persona.stored_key import completed_wallet, read_aes_key, read_private_key, read_public_key

_HOST_PREFIXES: Final = ("http", "<all_urls>")


def is_version_2(document: Mapping[str, object]) -> bool:
    """Recognises the object by `_meta_.version` alone, as the extension does."""
    meta = document.get("_meta_")
    return isinstance(meta, dict) and meta.get("version") == 2 and not isinstance(meta.get("version"), bool)


def read_version_2(document: Mapping[str, object]) -> Backup:
    """Imports a version 2 object.

    Raises:
        BackupUnknownFormat: a persona's public key off the curve or on another one, or a list that is none.
    """
    log = SkippedLog()
    meta = document["_meta_"]
    assert isinstance(meta, dict)
    profiles = _profiles(document, log)
    plugins = document.get("plugin")
    return Backup(
        version=2,
        mask_version=text_or_none(meta.get("maskbookVersion")),
        created_at_ms=time_or_none(meta.get("createdAt")),
        personas=_personas(document, profiles, log),
        profiles=tuple(profiles.values()),
        posts=read_posts(document, log=log),
        relations=_relations(document, log),
        wallets=_wallets(document, log),
        host_permissions=_host_permissions(document, log),
        plugins=plugins if isinstance(plugins, dict) else {},
        skipped=log.listed(),
    )


def _personas(
    document: Mapping[str, object], profiles: Mapping[str, BackupProfile], log: SkippedLog
) -> tuple[BackupPersona, ...]:
    personas: dict[str, BackupPersona] = {}
    for place, record in entries(document, "personas", log=log):
        persona = _persona(place, record, log)
        if persona is None:
            continue
        identifier = persona.identifier
        linked = []
        for text in persona.linked_profiles:
            if _links_back(profiles.get(text), identifier):
                linked.append(text)
            else:
                log.add(place, f"linked profile {text}: no profile record links back to this persona")
        personas[identifier] = replace(persona, linked_profiles=tuple(linked))
    return tuple(personas.values())


def _persona(place: str, record: Mapping[str, object], log: SkippedLog) -> BackupPersona | None:
    public = read_public_key(record.get("publicKey"))
    if public is None:
        log.add(place, "persona without a usable public key")
        return None
    private = read_private_key(record.get("privateKey"), public_key=public.key)
    if private is None and record.get("privateKey") is not None:
        log.add(place, "private key left out: it does not belong to the public key, or is none")
    local = read_aes_key(record.get("localKey"))
    if local is None and record.get("localKey") is not None:
        log.add(place, "local key left out: not an AES-256 key")
    mnemonic = _mnemonic(record.get("mnemonic"))
    if mnemonic is None and record.get("mnemonic") is not None:
        log.add(place, "mnemonic left out: not understood")
    return BackupPersona(
        public=public,
        private=private,
        local=local,
        nickname=text_or_none(record.get("nickname")),
        mnemonic=mnemonic,
        address=text_or_none(record.get("address")),
        created_at_ms=time_or_none(record.get("createdAt")),
        updated_at_ms=time_or_none(record.get("updatedAt")),
        linked_profiles=_linked_profiles(place, record.get("linkedProfiles"), log),
    )


def _linked_profiles(place: str, value: object, log: SkippedLog) -> tuple[str, ...]:
    linked: dict[str, None] = {}
    for entry in value if isinstance(value, list) else ():
        profile = profile_or_none(entry[0]) if isinstance(entry, list) and entry else None
        if profile is None:
            log.add(place, "linked profile left out: not a profile")
        else:
            linked[profile] = None
    return tuple(linked)


def _links_back(profile: BackupProfile | None, persona: str) -> bool:
    return profile is not None and profile.linked_persona == persona


def _mnemonic(value: object) -> MnemonicRecord | None:
    match value:
        case {"words": str() as words, "parameter": {"path": str() as path, "withPassword": has_password}}:
            return MnemonicRecord(words=words, has_password=bool(has_password), path=path)
        case _:
            return None


def _profiles(document: Mapping[str, object], log: SkippedLog) -> dict[str, BackupProfile]:
    profiles: dict[str, BackupProfile] = {}
    for place, record in entries(document, "profiles", log=log):
        identifier = profile_or_none(record.get("identifier"))
        if identifier is None:
            log.add(place, "profile without a usable identifier")
            continue
        profiles[identifier] = BackupProfile(
            identifier=identifier,
            nickname=text_or_none(record.get("nickname")),
            linked_persona=persona_or_none(record.get("linkedPersona")),
            local=read_aes_key(record.get("localKey")),
            created_at_ms=time_or_none(record.get("createdAt")),
            updated_at_ms=time_or_none(record.get("updatedAt")),
        )
    return profiles


def _relations(document: Mapping[str, object], log: SkippedLog) -> tuple[BackupRelation, ...]:
    relations = []
    for place, record in entries(document, "relations", log=log):
        profile, persona = profile_or_none(record.get("profile")), persona_or_none(record.get("persona"))
        favor = record.get("favor")
        if profile is None or persona is None or isinstance(favor, bool) or not isinstance(favor, int | float):
            log.add(place, "relation without profile, persona or favor")
        else:
            relations.append(BackupRelation(profile=profile, persona=persona, favor=favor))
    return tuple(relations)


def _wallets(document: Mapping[str, object], log: SkippedLog) -> tuple[BackupWallet, ...]:
    wallets = []
    for place, record in entries(document, "wallets", log=log):
        address = text_or_none(record.get("address"))
        if address is None:
            log.add(place, "wallet without an address")
        else:
            wallets.append(BackupWallet(address=address, record=completed_wallet(record)))
    return tuple(wallets)


def _host_permissions(document: Mapping[str, object], log: SkippedLog) -> tuple[str, ...]:
    value = document.get("grantedHostPermissions")
    if value is not None and not isinstance(value, list):
        raise BackupUnknownFormat("grantedHostPermissions must be a list")
    kept = []
    for position, entry in enumerate(value or ()):
        if isinstance(entry, str) and entry.startswith(_HOST_PREFIXES):
            kept.append(entry)
        else:
            log.add(f"grantedHostPermissions[{position}]", "not a host pattern")
    return tuple(kept)
