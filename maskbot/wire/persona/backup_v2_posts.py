"""Reading the posts of a version 2 backup: post keys, recipients, metadata.

Source: spec `gun-personas-backup.md` D.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from maskbot.wire.crypto import InvalidBase64, decode_base64_forgiving
from maskbot.wire.persona.backup import BackupPost, BackupRecipient, Recipients
from maskbot.wire.persona.backup_fields import (
    SkippedLog,
    entries,
    persona_or_none,
    profile_or_none,
    text_or_none,
    time_or_none,
)
from maskbot.wire.persona.errors import InvalidIdentifier
from maskbot.wire.persona.identifiers import normalised_post_iv
from maskbot.wire.persona.msgpack_document import decode_document
from maskbot.wire.persona.stored_key import read_aes_key

EVERYONE: Final = "everyone"


def read_posts(document: Mapping[str, object], *, log: SkippedLog) -> tuple[BackupPost, ...]:
    """Imports the list `posts`: posts by IV, each with its post key, author and recipients.

    Raises:
        BackupUnknownFormat: there is something else than a list.
    """
    posts: dict[str, BackupPost] = {}
    for place, record in entries(document, "posts", log=log):
        identifier = _identifier(record.get("identifier"))
        if identifier is None:
            log.add(place, "post without a usable identifier")
            continue
        post_key = read_aes_key(record.get("postCryptoKey"))
        if post_key is None and record.get("postCryptoKey") is not None:
            log.add(place, "post key left out: not an AES-256 key")
        posts[identifier] = BackupPost(
            identifier=identifier,
            author=profile_or_none(record.get("postBy")),
            post_key=post_key,
            recipients=_recipients(place, record.get("recipients"), log),
            meta=_meta(place, record.get("interestedMeta"), log),
            found_at_ms=time_or_none(record.get("foundAt")),
            encrypted_by=persona_or_none(record.get("encryptBy")),
            url=text_or_none(record.get("url")),
            summary=text_or_none(record.get("summary")),
        )
    return tuple(posts.values())


def _identifier(value: object) -> str | None:
    try:
        return normalised_post_iv(value) if isinstance(value, str) else None
    except InvalidIdentifier:
        return None


def _recipients(place: str, value: object, log: SkippedLog) -> Recipients:
    if value == EVERYONE:
        return EVERYONE
    recipients: dict[str, BackupRecipient] = {}
    for entry in value if isinstance(value, list) else ():
        profile = profile_or_none(entry[0]) if isinstance(entry, list) and entry else None
        if profile is None:
            log.add(place, "recipient left out: not a profile")
            continue
        recipients[profile] = BackupRecipient(profile=profile, added_at_ms=tuple(_reason_times(entry[1:2])))
    return tuple(recipients.values())


def _reason_times(details: list[object]) -> Iterable[int]:
    """The times of all reasons; their types (`direct`, `auto-share`, `group`) all count as direct today."""
    reasons = details[0].get("reason") if details and isinstance(details[0], dict) else None
    for reason in reasons if isinstance(reasons, list) else ():
        added_at_ms = time_or_none(reason.get("at")) if isinstance(reason, dict) else None
        if added_at_ms is not None:
            yield added_at_ms


def _meta(place: str, value: object, log: SkippedLog) -> dict[str, object]:
    if value is None or value == "":
        return {}
    try:
        meta = decode_document(decode_base64_forgiving(value)) if isinstance(value, str) else None
    except (InvalidBase64, ValueError):
        meta = None
    if not isinstance(meta, dict):
        log.add(place, "metadata left out: not understood")
        return {}
    return {str(key): entry for key, entry in meta.items()}
