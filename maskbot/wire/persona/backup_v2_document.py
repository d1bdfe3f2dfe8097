"""Writing the backup object of version 2, so that the extension restores all of it.

Differs from the extension's own writer where that loses something: every reason of a recipient is kept, a recipient
without a reason gets one, and `address` and unknown plugin data stay.

Source: spec `gun-personas-backup.md` D.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maskbot.wire.crypto import encode_base64
from maskbot.wire.persona.backup import Backup, BackupPersona, BackupPost, BackupProfile, BackupRecipient
from maskbot.wire.persona.identifiers import NOBODY
from maskbot.wire.persona.msgpack_document import encode_document
from maskbot.wire.persona.stored_key import StoredKey

_UNKNOWN_VERSION: Final = ">=2.5.0"


def version_2_document(backup: Backup, *, now_ms: int) -> dict[str, object]:
    """Builds the object; `now_ms` stands in for missing times. Profiles that a persona links get a record that links back."""
    return {
        "_meta_": {
            "maskbookVersion": backup.mask_version or _UNKNOWN_VERSION,
            "createdAt": _time(backup.created_at_ms, now_ms),
            "type": "maskbook-backup",
            "version": 2,
        },
        "grantedHostPermissions": list(backup.host_permissions),
        "plugin": dict(backup.plugins),
        "personas": [_persona(persona, now_ms) for persona in backup.personas],
        "posts": [_post(post, now_ms) for post in backup.posts],
        "profiles": [_profile(profile, now_ms) for profile in _linked_back(backup)],
        "relations": [{"profile": r.profile, "persona": r.persona, "favor": r.favor} for r in backup.relations],
        "wallets": [dict(wallet.record) for wallet in backup.wallets],
        "userGroups": [],
    }


def _linked_back(backup: Backup) -> list[BackupProfile]:
    """Adds the profile records that versions 0 and 1 lack: without them the extension would drop the links."""
    profiles = {profile.identifier: profile for profile in backup.profiles}
    for persona in backup.personas:
        for linked in persona.linked_profiles:
            profiles.setdefault(linked, BackupProfile(identifier=linked, linked_persona=persona.identifier))
    return list(profiles.values())


def _persona(persona: BackupPersona, now_ms: int) -> dict[str, object]:
    mnemonic = persona.mnemonic
    return _without_absent(
        {
            "identifier": persona.identifier,
            "mnemonic": mnemonic
            and {
                "words": mnemonic.words,
                "parameter": {"path": mnemonic.path, "withPassword": mnemonic.has_password},
            },
            "publicKey": dict(persona.public.jwk),
            "privateKey": _jwk(persona.private),
            "localKey": _jwk(persona.local),
            "nickname": persona.nickname,
            "linkedProfiles": [[text, {"connectionConfirmState": "confirmed"}] for text in persona.linked_profiles],
            "createdAt": _time(persona.created_at_ms, now_ms),
            "updatedAt": _time(persona.updated_at_ms, now_ms),
            "address": persona.address,
        }
    )


def _profile(profile: BackupProfile, now_ms: int) -> dict[str, object]:
    return _without_absent(
        {
            "identifier": profile.identifier,
            "nickname": profile.nickname,
            "localKey": _jwk(profile.local),
            "linkedPersona": profile.linked_persona,
            "createdAt": _time(profile.created_at_ms, now_ms),
            "updatedAt": _time(profile.updated_at_ms, now_ms),
        }
    )


def _post(post: BackupPost, now_ms: int) -> dict[str, object]:
    recipients = post.recipients
    found_at_ms = _time(post.found_at_ms, now_ms)
    return _without_absent(
        {
            "postBy": post.author or NOBODY,
            "identifier": post.identifier,
            "postCryptoKey": _jwk(post.post_key),
            "recipients": recipients
            if isinstance(recipients, str)
            else [_recipient(recipient, found_at_ms) for recipient in recipients],
            "recipientGroups": [],
            "foundAt": found_at_ms,
            "encryptBy": post.encrypted_by,
            "url": post.url,
            "summary": post.summary,
            "interestedMeta": encode_base64(encode_document(dict(post.meta))),
        }
    )


def _recipient(recipient: BackupRecipient, found_at_ms: int) -> list[object]:
    times = recipient.added_at_ms or (found_at_ms,)
    return [recipient.profile, {"reason": [{"type": "direct", "at": at_ms} for at_ms in times]}]


def _jwk(key: StoredKey | None) -> dict[str, object] | None:
    return None if key is None else dict(key.jwk)


def _time(time_ms: int | None, now_ms: int) -> int:
    return now_ms if time_ms is None else time_ms


def _without_absent(record: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in record.items() if value is not None}
