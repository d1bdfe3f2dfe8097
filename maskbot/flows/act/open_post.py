"""Open a collected post that carries a Mask payload: fetch the sealed keys from the relays, have the vault try them, record.

No confused deputy: a payload in a mention is tried only with personas linked to its author, a payload in a watched post only with
personas that watch that feed. Plaintext goes to the inbox (and the owner's webhook); a mention learns only whether it opened, and
a direct answer may repeat the text. Every failure looks the same from outside (reliability.md E10).
Source: mask-payload.md 9, gun-personas-backup.md A.4; our convention: key records lie under the `twitter.com` hints always.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog

from maskbot.domain.errors import Malformed
from maskbot.domain.identity import Persona, PublicKey
from maskbot.domain.inbox import InboxItem
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.mention import Mention, Outcome
from maskbot.domain.post import Post
from maskbot.domain.request import Fact, Need, OpenedFact, OpenedNeed
from maskbot.ports.inside import Clock, Notice, Place, SealedKey, Vault
from maskbot.ports.outside import KeyGraph
from maskbot.ports.store import Contact, Store, Work
from maskbot.wire.gun.key_paths import Path, old_read_paths, read_paths
from maskbot.wire.payload import (
    Curve,
    CurveKey,
    EndToEndEncryption,
    Payload,
    PublicEncryption,
    Reader,
    find_payloads,
    parse_payload,
    plain_text,
    read_record,
    unseal,
)

log = structlog.get_logger()
_NAMESPACE = uuid.UUID("6d61736b-626f-4000-8000-00000069626f")
_NETWORK = "twitter.com"
_PATIENCE_MS = {False: 6 * 3_600_000, True: 5_000}
"""How long keys may still arrive: for a watched post, and for a mention (whose asker waits)."""
_MOST_TEXT = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a persona could read."""

    persona: Persona
    text: str
    meta: Mapping[str, object] | None


def open_post(job: Job, *, store: Store, graph: KeyGraph, vault: Vault, clock: Clock, notice: Notice) -> None:
    """Open the post of the mention `job.target_id` for the personas that may.

    Raises: Unavailable if no relay answers or the vault is away (tried again); Refused (StaleLease).
    """
    with store.read() as work:
        mention = work.mentions.load([job.target_id]).get(job.target_id)
        personas = () if mention is None else _personas_for(mention, work=work)
    if mention is None or mention.state not in {"new", "waiting"}:
        _finish(job, store=store)
        return
    try:
        payload = _payload_of(mention.post)
        if isinstance(payload.encryption, PublicEncryption):
            fact = OpenedFact(is_opened=True, is_public=True, text=_read(payload, None)[0])
            _record(job, mention, payload, [], fact, store=store, vault=vault, clock=clock, notice=notice)
            return
        opened = _open_for(personas, payload, mention, store=store, graph=graph, vault=vault)
    except Malformed as error:
        log.info("post.malformed", mention_id=mention.id, error=error.kind)
        _record(
            job, mention, None, [], OpenedFact(is_opened=False), store=store, vault=vault, clock=clock, notice=notice
        )
        return
    if not opened and personas and clock.now_ms() - mention.received_at_ms < _PATIENCE_MS[not mention.is_watched]:
        wait_ms = min(1_000 * 2 ** min(job.tries, 10), 600_000) if mention.is_watched else 1_000
        with store.write() as work:
            work.jobs.postpone(job, due_at_ms=clock.now_ms() + wait_ms, error_kind="NoKeyYet")
        return
    fact = OpenedFact(is_opened=bool(opened), text=opened[0].text if opened else None)
    _record(job, mention, payload, opened, fact, store=store, vault=vault, clock=clock, notice=notice)


def _personas_for(mention: Mention, *, work: Work) -> tuple[Persona, ...]:
    if mention.is_watched:
        return work.personas.watching(mention.feed_id)
    return work.personas.linked_to(tenant_id=mention.tenant_id, person=mention.post.author.person)


def _payload_of(post: Post) -> Payload:
    found = find_payloads(post.text, urls=post.links)
    if not found and post.quoted is not None:
        found = find_payloads(post.quoted.text, urls=post.quoted.links)
    if not found:
        raise Malformed("no payload in this post", kind="NoPayload")
    return parse_payload(found[0])


def _read(payload: Payload, post_key: bytes | None) -> tuple[str, Mapping[str, object] | None]:
    message = unseal(payload, reader=Reader(post_key=post_key)).message
    meta = getattr(message, "meta", None)
    return plain_text(message)[:_MOST_TEXT], meta


def _open_for(
    personas: Sequence[Persona],
    payload: Payload,
    mention: Mention,
    *,
    store: Store,
    graph: KeyGraph,
    vault: Vault,
) -> list[_Opened]:
    post_iv = payload.post_iv
    if post_iv is None or not personas:
        return []
    author = _author_key(payload, mention, store=store)
    paths = {persona.id: _paths_for(persona, payload.version, post_iv) for persona in personas}
    items = graph.fetch_items(sorted({path for each in paths.values() for path in each}))
    opened = []
    for persona in personas:
        records = [record for path in paths[persona.id] for record in items.get(path, ())]
        tries = list(_tries(payload, records, author=author, post_iv=post_iv))[:2_000]
        for post_key in vault.unseal(persona_id=persona.id, tries=tries):
            if post_key is None:
                continue
            try:
                opened.append(_Opened(persona, *_read(payload, post_key)))
            except Malformed:  # a key that opens, of another post in the same bucket
                continue
            break
    return opened


def _paths_for(persona: Persona, version: int, post_iv: bytes) -> tuple[Path, ...]:
    if version == -40:
        return ()
    where = {"network": _NETWORK, "post_iv": post_iv, "recipient": persona.public_key}
    return read_paths(version, **where) + old_read_paths(version, **where)  # type: ignore[arg-type]  # same keywords


def _author_key(payload: Payload, mention: Mention, *, store: Store) -> PublicKey | None:
    key = payload.author_key
    if isinstance(key, CurveKey):
        return PublicKey(key.point) if key.curve is Curve.K256 else None
    with store.read() as work:
        known = work.contacts.find(tenant_id=mention.tenant_id, author=mention.post.author.wire_author)
    return known.public_key if known is not None else None


def _tries(
    payload: Payload, records: Sequence[Mapping[str, object]], *, author: PublicKey | None, post_iv: bytes
) -> Iterator[SealedKey]:
    """What the vault is to try, in order. Records are anybody's: what cannot be read is left out."""
    inlined: list[PublicKey] = []
    if isinstance(payload.encryption, EndToEndEncryption):
        inlined = [
            PublicKey(key.point)
            for key in payload.encryption.ephemeral_keys.values()
            if isinstance(key, CurveKey) and key.curve is Curve.K256
        ]
        if payload.version == -37 and isinstance(payload.encryption.owner_key, bytes):
            for peer in inlined:  # our own post
                yield SealedKey(payload.version, peer, post_iv, payload.encryption.owner_key)
    for record in records:
        try:
            key = read_record(record, version=payload.version)
        except Malformed:
            continue
        if payload.version != -37:
            if author is not None:
                yield SealedKey(payload.version, author, key.salt or post_iv, key.sealed)
        elif key.ephemeral_key is None:
            for peer in inlined:
                yield SealedKey(payload.version, peer, post_iv, key.sealed)
        elif key.ephemeral_key.curve is Curve.K256:
            yield SealedKey(payload.version, PublicKey(key.ephemeral_key.point), post_iv, key.sealed)


def _finish(job: Job, *, store: Store) -> None:
    with store.write() as work:
        work.jobs.finish([job])


def _record(
    job: Job,
    mention: Mention,
    payload: Payload | None,
    opened: Sequence[_Opened],
    fact: OpenedFact,
    *,
    store: Store,
    vault: Vault,
    clock: Clock,
    notice: Notice,
) -> None:
    """Inbox items, webhooks, the author's key, and what the mention learns: one transaction."""
    now_ms = clock.now_ms()
    items = [_item(mention, payload, each, now_ms=now_ms) for each in opened]
    contents = [
        json.dumps({"text": each.text, "meta": each.meta}, default=str, ensure_ascii=False).encode("utf-8", "replace")
        for each in opened
    ]
    sealed = vault.protect(
        [
            (Place("inbox", item.id, item.tenant_id, "text"), content)
            for item, content in zip(items, contents, strict=True)
        ]
    )
    jobs: list[NewJob] = []
    with store.write() as work:
        for item, each in zip(items, sealed, strict=True):
            if work.inbox.add(item, sealed=each) and work.inbox.webhook(item.persona_id) is not None:
                jobs.append(NewJob(JobKind.DELIVER_WEBHOOK, item.id, item.tenant_id, now_ms))
        if payload is not None and opened:
            _learn(payload, mention, work=work, now_ms=now_ms)
        if items:
            work.mentions.mark_opened(mention.id, inbox_id=items[0].id)
        if mention.is_watched:
            outcome = Outcome(mention.id, "answered" if opened else "ignored", "opened" if opened else "not_opened")
            work.mentions.settle([outcome], now_ms=now_ms)
        else:
            facts: dict[Need, Fact] = {OpenedNeed(): fact}
            work.facts.save(mention.id, facts=facts)
            jobs.append(NewJob(JobKind.ANSWER_MENTION, mention.id, mention.tenant_id, now_ms))
        work.jobs.add(jobs)
        work.jobs.finish([job])
    notice.ring({new.kind.queue: 1 for new in jobs})


def _item(mention: Mention, payload: Payload | None, opened: _Opened, *, now_ms: int) -> InboxItem:
    claimed = payload.author if payload is not None and isinstance(payload.author, str) else None
    actual = mention.post.author.wire_author
    is_other = claimed is not None and claimed.lower() != actual.lower()
    return InboxItem(
        id=str(uuid.uuid5(_NAMESPACE, f"{opened.persona.id}|{mention.account_id}|{mention.post.root_id}")),
        tenant_id=opened.persona.tenant_id,
        persona_id=opened.persona.id,
        platform=mention.post.platform.value,
        post_id=mention.post.post_id,
        author=mention.post.author.handle,
        claimed_author=claimed,
        text=opened.text,
        meta_json=None,
        received_at_ms=now_ms,
        flags=("author_differs",) if is_other else (),
    )


def _learn(payload: Payload, mention: Mention, *, work: Work, now_ms: int) -> None:
    """The author's key, trusted on first use, if the payload names the author of the page it stands on (C.6)."""
    key, author = payload.author_key, payload.author
    if not isinstance(key, CurveKey) or key.curve is not Curve.K256 or not isinstance(author, str):
        return
    if author.lower() != mention.post.author.wire_author.lower():
        return
    contact = work.contacts.learn(
        Contact(mention.tenant_id, author, PublicKey(key.point), source="payload"), now_ms=now_ms
    )
    if contact.is_changed:
        log.warning("contact.key_changed", mention_id=mention.id)
