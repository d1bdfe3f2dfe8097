"""Reading the plain JSON backups of 2019 and 2020 (versions 0 and 1).

The version texts in the result are the extension's own guesses; it does not take over the stored one. Version 1 loses its profile
records and nicknames in the extension; linked profiles of the personas are kept.

Source: spec `gun-personas-backup.md` D.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from maskbot.wire.persona.backup import Backup, BackupPersona, BackupProfile
from maskbot.wire.persona.backup_fields import SkippedLog, entries
from maskbot.wire.persona.errors import BackupUnknownFormat, InvalidIdentifier
from maskbot.wire.persona.identifiers import profile_identifier
from maskbot.wire.persona.stored_key import read_aes_key, read_private_key, read_public_key


def is_version_1(document: Mapping[str, object]) -> bool:
    """Recognises the object by `version` 1 and a list `whoami`."""
    version = document.get("version")
    return version == 1 and not isinstance(version, bool) and isinstance(document.get("whoami"), list)


def read_version_1(document: Mapping[str, object]) -> Backup:
    """Imports a version 1 object.

    Raises:
        BackupUnknownFormat: a public key off the curve, a network or user id that is invalid, or a list that is none.
    """
    log = SkippedLog()
    personas: dict[str, BackupPersona] = {}
    linked: dict[str, dict[str, None]] = {}
    for name in ("whoami", "people"):
        for place, record in entries(document, name, log=log):
            _collect(place, record, personas, linked, log)
    permissions = document.get("grantedHostPermissions")
    return Backup(
        version=1,
        mask_version=_guessed_version(document),
        personas=tuple(replace(each, linked_profiles=tuple(linked[key])) for key, each in personas.items()),
        host_permissions=tuple(p for p in permissions if isinstance(p, str)) if isinstance(permissions, list) else (),
        skipped=log.listed(),
    )


def is_version_0(document: Mapping[str, object]) -> bool:
    """Recognises the object by a local key and both halves of the persona key."""
    pair = _version_0_pair(document)
    return bool(document.get("local")) and bool(pair.get("privateKey")) and bool(pair.get("publicKey"))


def read_version_0(document: Mapping[str, object]) -> Backup:
    """Imports a version 0 object: one persona of one Facebook profile.

    Raises:
        BackupUnknownFormat: a public key that is none or off the curve, or a user name that is invalid.
    """
    log = SkippedLog()
    outer = document["key"]
    assert isinstance(outer, dict)
    pair = _version_0_pair(document)
    public = read_public_key(pair.get("publicKey"))
    if public is None:
        raise BackupUnknownFormat("the backup's public key is none")
    private = read_private_key(pair.get("privateKey"), public_key=public.key)
    if private is None:
        log.add("key.key.privateKey", "private key left out: it does not belong to the public key, or is none")
    profile = _profile("facebook.com", outer.get("username"))
    local = read_aes_key(document.get("local"))
    persona = BackupPersona(public=public, private=private, local=local, linked_profiles=(profile,))
    return Backup(
        version=0,
        mask_version="<=1.3.2",
        personas=(persona,),
        profiles=(BackupProfile(identifier=profile, linked_persona=persona.identifier, local=local),),
        skipped=log.listed(),
    )


def _collect(
    place: str,
    record: Mapping[str, object],
    personas: dict[str, BackupPersona],
    linked: dict[str, dict[str, None]],
    log: SkippedLog,
) -> None:
    profile = _profile(record.get("network"), record.get("userId"))
    public = read_public_key(record.get("publicKey"))
    if public is None:
        log.add(place, "no usable public key")
        return
    fresh = BackupPersona(public=public)
    persona = personas.get(fresh.identifier, fresh)
    private = read_private_key(record.get("privateKey"), public_key=public.key)
    if private is None and record.get("privateKey") is not None:
        log.add(place, "private key left out: it does not belong to the public key, or is none")
    log.add(place, "profile record and nickname left out, as in the extension; the link to the persona is kept")
    personas[fresh.identifier] = replace(
        persona, private=private or persona.private, local=read_aes_key(record.get("localKey")) or persona.local
    )
    linked.setdefault(fresh.identifier, {})[profile] = None


def _profile(network: object, user_id: object) -> str:
    try:
        if not isinstance(network, str) or not isinstance(user_id, str):
            raise InvalidIdentifier("network and user id must be texts")
        return profile_identifier(network, user_id)
    except InvalidIdentifier as error:
        raise BackupUnknownFormat("an entry of the backup names no valid profile") from error


def _guessed_version(document: Mapping[str, object]) -> str | None:
    if not _is_given(document.get("grantedHostPermissions")):
        return "<=1.5.2"
    return None if document.get("maskbookVersion") else "<=1.6.0"


def _is_given(value: object) -> bool:
    return bool(value) or isinstance(value, list | dict)  # empty lists are true in JavaScript


def _version_0_pair(document: Mapping[str, object]) -> Mapping[str, object]:
    outer = document.get("key")
    pair = outer.get("key") if isinstance(outer, dict) else None
    return pair if isinstance(pair, dict) else {}
