"""A backup as JSON: the form that vectors compare (`normalized`, `summary`), and plain JSON of any decoded value.

The normalised form holds secrets, the summary none.

Source: spec `gun-personas-backup.md` E.5, `conformance.md` 1 (wrappers for what JSON cannot say).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from maskbot.wire.persona import (
    Backup,
    BackupPersona,
    BackupPost,
    BackupProfile,
    StoredKey,
)

_FILES_PLUGIN = "com.maskbook.fileservice"


def normalised_json(backup: Backup) -> dict[str, object]:
    """The backup after all import rules; absent members are null. Holds private keys."""
    return {
        "personas": [_persona(persona) for persona in backup.personas],
        "profiles": [_profile(profile) for profile in backup.profiles],
        "posts": [_post(post) for post in backup.posts],
        "relations": [
            {"profile": r.profile, "persona": r.persona, "favor": plain_json(r.favor)} for r in backup.relations
        ],
        "grantedHostPermissions": list(backup.host_permissions),
        "meta2": {
            "version": backup.version,
            "maskVersion": backup.mask_version,
            "createdAt": backup.created_at_ms,
        },
    }


def summary_json(backup: Backup) -> dict[str, object]:
    """What a person sees before restoring: names and counts, no secrets."""
    files = backup.plugins.get(_FILES_PLUGIN)
    return {
        "personas": [persona.nickname or _plain_key(persona) for persona in backup.own_personas],
        "accounts": sum(len(persona.linked_profiles) for persona in backup.own_personas),
        "posts": len(backup.posts),
        "contacts": len(backup.contacts),
        "relations": len(backup.relations),
        "files": len(files) if isinstance(files, list) else 0,
        "wallets": [wallet.address for wallet in backup.wallets],
        "createdAt": backup.created_at_ms,
        "countOfWallets": 0,
    }


def plain_json(value: object) -> object:
    """Rewrites a decoded value so that JSON can say it; the depth of the value was bounded when it was decoded."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else {"$number": _not_finite(value)}
        case bytes():
            return {"$bytes": value.hex()}
        case datetime():
            return {"$date": _date(value)}
        case Mapping():
            return {str(key): plain_json(entry) for key, entry in value.items()}
        case list():
            return [plain_json(entry) for entry in value]
        case _:
            return {"$undefined": True}


def _persona(persona: BackupPersona) -> dict[str, object]:
    mnemonic = persona.mnemonic
    return {
        "identifier": persona.identifier,
        "publicKey": _jwk(persona.public),
        "privateKey": _jwk(persona.private),
        "localKey": _jwk(persona.local),
        "nickname": persona.nickname,
        "mnemonic": mnemonic and {"words": mnemonic.words, "hasPassword": mnemonic.has_password, "path": mnemonic.path},
        "address": persona.address,
        "createdAt": persona.created_at_ms,
        "updatedAt": persona.updated_at_ms,
        "linkedProfiles": list(persona.linked_profiles),
    }


def _profile(profile: BackupProfile) -> dict[str, object]:
    return {
        "identifier": profile.identifier,
        "nickname": profile.nickname,
        "linkedPersona": profile.linked_persona,
        "localKey": _jwk(profile.local),
    }


def _post(post: BackupPost) -> dict[str, object]:
    recipients = post.recipients
    return {
        "identifier": post.identifier,
        "postBy": post.author,
        "postCryptoKey": _jwk(post.post_key),
        "recipients": recipients if isinstance(recipients, str) else [recipient.profile for recipient in recipients],
        "interestedMeta": plain_json(post.meta),
    }


def _jwk(key: StoredKey | None) -> object:
    return None if key is None else plain_json(key.jwk)


def _plain_key(persona: BackupPersona) -> str:
    return persona.identifier.partition("/")[2].replace("|", "/")


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _date(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
