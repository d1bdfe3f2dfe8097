"""The sealed post keys of one post: fetched from the relays, tried by the vault.

Records are anybody's: what cannot be read is left out, and what opens must open the post too.
Source: mask-payload.md 9, gun-personas-backup.md A.3, A.4; our convention: key records lie under the `twitter.com` hints always.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.identity import Persona, PublicKey
from maskbot.domain.mention import Mention
from maskbot.ports.inside import SealedKey, Vault
from maskbot.ports.outside import KeyGraph
from maskbot.ports.store import Store
from maskbot.wire.gun.key_paths import Path, old_read_paths, read_paths, v40_path
from maskbot.wire.payload import (
    Curve,
    CurveKey,
    EndToEndEncryption,
    Payload,
    Reader,
    plain_text,
    read_record,
    unseal,
)

Records = Sequence[Mapping[str, object]]
_NETWORK = "twitter.com"
_V37, _V40 = -37, -40
_MOST_TEXT = 64 * 1024
_MOST_TRIES = 2_000
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Opened:
    """What a persona could read."""

    persona: Persona
    text: str
    meta: Mapping[str, object] | None


def open_for(
    personas: Sequence[Persona], payload: Payload, mention: Mention, *, store: Store, graph: KeyGraph, vault: Vault
) -> list[Opened]:
    """What each of these personas reads in the end-to-end payload; those that cannot are left out.

    Raises: Unavailable if no relay answers or the vault is away.
    """
    post_iv = payload.post_iv
    if post_iv is None or not personas:
        return []
    author = _author_key(payload, mention, store=store)
    if payload.version == _V40:
        records = _v40_records(personas, mention, post_iv=post_iv, store=store, graph=graph)
    else:
        records = _records(personas, version=payload.version, post_iv=post_iv, graph=graph)
    opened = []
    for persona in personas:
        tries = list(_tries(payload, records[persona.id], author=author, post_iv=post_iv))[:_MOST_TRIES]
        try:
            post_keys = vault.unseal(persona_id=persona.id, tries=tries)
        except Refused:  # the persona left meanwhile
            continue
        for post_key in post_keys:
            if post_key is None:
                continue
            try:
                opened.append(Opened(persona, *read_message(payload, post_key)))
            except (Malformed, Refused):  # a key that opens, of another post in the same bucket
                continue
            break
    return opened


def read_message(payload: Payload, post_key: bytes | None) -> tuple[str, Mapping[str, object] | None]:
    """The text (at most 64 Ki characters) and the metadata. Raises: Malformed, Refused of the payload room."""
    message = unseal(payload, reader=Reader(post_key=post_key)).message
    meta = getattr(message, "meta", None)
    return plain_text(message)[:_MOST_TEXT], meta


def _records(
    personas: Sequence[Persona], *, version: int, post_iv: bytes, graph: KeyGraph
) -> dict[str, list[Mapping[str, object]]]:
    """By persona id: the records of every set where its key may lie."""
    paths = {persona.id: _paths_for(persona, version, post_iv) for persona in personas}
    items = graph.fetch_items(sorted({path for each in paths.values() for path in each}))
    return {
        persona_id: [record for path in each for record in items.get(path, ())] for persona_id, each in paths.items()
    }


def _v40_records(
    personas: Sequence[Persona], mention: Mention, *, post_iv: bytes, store: Store, graph: KeyGraph
) -> dict[str, list[Mapping[str, object]]]:
    """By persona id: the one node of its reader. In 2019 it went by the reader's user name, so the names that we know are looked
    up: the asker's own, else the hosting account's and the persona's."""
    with store.read() as work:
        account = work.accounts.load([mention.account_id]).get(mention.account_id)
    host = () if account is None else (account.profile.handle,)
    nodes: dict[str, Mapping[str, object] | None] = {}
    records: dict[str, list[Mapping[str, object]]] = {}
    for persona in personas:
        names = (persona.name, *host) if mention.is_watched else (mention.post.author.handle, persona.name)
        known = [name for name in dict.fromkeys(name.partition("@")[0] for name in names) if name]
        for name in known:
            if name not in nodes and len(nodes) < _MOST_NAMES:
                nodes[name] = graph.fetch_node(v40_path(post_iv=post_iv, user_id=name))
        records[persona.id] = [node for name in known if (node := nodes.get(name)) is not None]
    return records


def _paths_for(persona: Persona, version: int, post_iv: bytes) -> tuple[Path, ...]:
    now = read_paths(version, network=_NETWORK, post_iv=post_iv, recipient=persona.public_key)
    return now + old_read_paths(version, network=_NETWORK, post_iv=post_iv, recipient=persona.public_key)


def _author_key(payload: Payload, mention: Mention, *, store: Store) -> PublicKey | None:
    key = payload.author_key
    if isinstance(key, CurveKey):
        return PublicKey(key.point) if key.curve is Curve.K256 else None
    with store.read() as work:
        known = work.contacts.find(tenant_id=mention.tenant_id, author=mention.post.author.wire_author)
    return known.public_key if known is not None else None


def _tries(payload: Payload, records: Records, *, author: PublicKey | None, post_iv: bytes) -> Iterator[SealedKey]:
    """What the vault is to try, in order: as the author first, then each record."""
    inlined: list[PublicKey] = []
    if isinstance(payload.encryption, EndToEndEncryption):
        inlined = [
            PublicKey(key.point)
            for key in payload.encryption.ephemeral_keys.values()
            if isinstance(key, CurveKey) and key.curve is Curve.K256
        ]
        if isinstance(own := payload.encryption.owner_key, bytes):
            if payload.version == _V37:
                for peer in inlined:
                    yield SealedKey(payload.version, peer, post_iv, own)
            else:  # sealed with the author's local key
                yield SealedKey(payload.version, None, post_iv, own)
    for record in records:
        try:
            key = read_record(record, version=payload.version)
        except Malformed:
            continue
        if payload.version != _V37:
            if author is not None:
                yield SealedKey(payload.version, author, key.salt or post_iv, key.sealed)
        elif key.ephemeral_key is None:
            for peer in inlined:
                yield SealedKey(payload.version, peer, post_iv, key.sealed)
        elif key.ephemeral_key.curve is Curve.K256:
            yield SealedKey(payload.version, PublicKey(key.ephemeral_key.point), post_iv, key.sealed)
