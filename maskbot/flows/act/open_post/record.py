"""What an opened post leaves behind: inbox items, webhooks, the author's key, and what the mention learns, in one transaction.

A post whose IV an inbox item of another payload has already is flagged `iv_reused`: AES-GCM keeps nothing it promises then, and
somebody may be replaying a key record (reliability.md E10). One payload on two platforms, or posted again, is no reuse.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from maskbot.domain.identity import PublicKey
from maskbot.domain.inbox import InboxItem
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.mention import Mention, Outcome
from maskbot.domain.request import Fact, Need, OpenedFact, OpenedNeed
from maskbot.flows.act.open_post.keys import Opened
from maskbot.flows.decide.packet_claim import Found, record_found, with_sealed_keys
from maskbot.ports.inside import Clock, Notice, Place, Vault
from maskbot.ports.store import Contact, Store, Work
from maskbot.wire.payload import Curve, CurveKey, Payload, js_json

log = structlog.get_logger()
NO_ANSWER_BEFORE_MS = 10_000
"""A mention that could not be opened is answered at a whole multiple of this after it came: longer than patience and one fetch."""
_MOST_CONTENT_BYTES = 200 * 1024
"""Of one inbox item; the vault takes 256 KiB."""
_NAMESPACE = uuid.UUID("6d61736b-626f-4000-8000-00000069626f")


@dataclass(frozen=True, slots=True)
class Source:
    """The payload of a post, and the SHA-256 of it as it was carried (32 bytes)."""

    payload: Payload
    payload_hash: bytes


def record(
    job: Job,
    mention: Mention,
    source: Source | None,
    opened: Sequence[Opened],
    fact: OpenedFact,
    found: Sequence[Found],
    *,
    store: Store,
    vault: Vault,
    clock: Clock,
    notice: Notice,
) -> None:
    """Record the outcome and finish the job. `source` is None when the post carried nothing readable; `found` are red packets to
    claim, whose keys are sealed before anything else is done with them.

    Raises: Unavailable if the vault is away; Refused (StaleLease).
    """
    now_ms = clock.now_ms()
    items = [] if source is None else [_item(mention, source, each, now_ms=now_ms) for each in opened]
    contents = [_content(each) for each in opened]
    sealed = vault.protect(
        [
            (Place("inbox", item.id, item.tenant_id, "text"), content)
            for item, content in zip(items, contents, strict=True)
        ]
    )
    claims = with_sealed_keys(found, secrets=vault)
    jobs: list[NewJob] = []
    with store.write() as work:
        for item, each in zip(items, sealed, strict=True):
            if (
                work.inbox.add(_judged(item, work=work), sealed=each)
                and work.inbox.webhook(item.persona_id) is not None
            ):
                jobs.append(NewJob(JobKind.DELIVER_WEBHOOK, item.id, item.tenant_id, now_ms))
        jobs += record_found(claims, work=work, now_ms=now_ms)
        if source is not None and opened:
            _learn(source.payload, mention, work=work, now_ms=now_ms)
        if items:
            work.mentions.mark_opened(mention.id, inbox_id=items[0].id)
        if mention.is_watched:
            outcome = Outcome(mention.id, "answered" if opened else "ignored", "opened" if opened else "not_opened")
            work.mentions.settle([outcome], now_ms=now_ms)
        else:
            facts: dict[Need, Fact] = {OpenedNeed(): fact}
            work.facts.save(mention.id, facts=facts)
            answer_at_ms = now_ms if fact.is_opened else _end_of_interval(mention, now_ms=now_ms)
            jobs.append(NewJob(JobKind.ANSWER_MENTION, mention.id, mention.tenant_id, answer_at_ms))
        work.jobs.add(jobs)
        work.jobs.finish([job])
    notice.ring({new.kind.queue: 1 for new in jobs if new.due_at_ms <= now_ms})


def _end_of_interval(mention: Mention, *, now_ms: int) -> int:
    """When every failure is answered, however long it took to fail."""
    waited_ms = max(0, now_ms - mention.received_at_ms)
    return now_ms - waited_ms + (waited_ms // NO_ANSWER_BEFORE_MS + 1) * NO_ANSWER_BEFORE_MS


def _content(opened: Opened) -> bytes:
    """The inbox content as JSON. Where escapes would swell it beyond what the vault takes, the metadata go, then half the text."""
    half = opened.text[: len(opened.text) // 2]
    for text, meta in ((opened.text, _plain(opened.meta)), (opened.text, None), (half, None)):
        content = json.dumps({"text": text, "meta": meta}, ensure_ascii=False).encode("utf-8", "replace")
        if len(content) <= _MOST_CONTENT_BYTES:
            break
    return content


def _plain(meta: Mapping[str, object] | None) -> object:
    """Metadata with plain values only: bytes, dates and numbers that JSON has no word for as JavaScript writes them."""
    try:
        return None if meta is None else json.loads(js_json.write(dict(meta)))
    except ValueError:
        return None


def _item(mention: Mention, source: Source, opened: Opened, *, now_ms: int) -> InboxItem:
    claimed = source.payload.author if isinstance(source.payload.author, str) else None
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
        post_iv=source.payload.post_iv,
        payload_hash=source.payload_hash,
    )


def _judged(item: InboxItem, *, work: Work) -> InboxItem:
    """The item, flagged when another payload with its IV came before."""
    if item.post_iv is None or item.payload_hash is None:
        return item
    if not work.inbox.is_iv_reused(item.persona_id, post_iv=item.post_iv, payload_hash=item.payload_hash):
        return item
    log.warning("inbox.iv_reused", inbox_id=item.id)
    return replace(item, flags=(*item.flags, "iv_reused"))


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
