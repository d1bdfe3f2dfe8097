"""Plan a broadcast: seal it, and record payload, key records and deliveries in one transaction.

The text is sealed here and now; neither it nor the post key is kept in clear. Posts go out at the slot, and only after the relays
hold the keys (`act/publish_keys`). Source: mask-payload.md 7.4 (v37), 11.1 (carriers); social-platforms.md 6.4 (which carrier).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from maskbot.domain.account import Account
from maskbot.domain.broadcast import NewBroadcast
from maskbot.domain.delivery import NewDelivery
from maskbot.domain.errors import Refused
from maskbot.domain.identity import Persona, Platform, PublicKey
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.post import PostLimits, Visibility
from maskbot.flows.decide.broadcast.buckets import Progress, buckets_of, no_progress
from maskbot.flows.decide.broadcast.drafts import drafts_of
from maskbot.flows.decide.broadcast.key_items import key_items, record_publications
from maskbot.ports.inside import Clock, Entropy, Notice, Place, SecretBox
from maskbot.ports.store import Store, Work
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    Sentence,
    TextMessage,
    audience_of,
    draw_secrets,
    seal,
)

MAX_TEXT = 20_000
"""Characters in one broadcast: the link that carries it must stay one a browser and X accept."""


@dataclass(frozen=True, slots=True)
class BroadcastPlan:
    """What an operator orders. `recipients` None means everybody. `title` is the operator's label; it is not published.
    With `is_picture` the payload travels in a picture instead of a link. `meta` are applets' entries of the sealed message, and
    `sentence` the words around it that everybody sees, None for those that say no more than who may read."""

    text: str
    persona: Persona
    accounts: Sequence[Account]
    recipients: Sequence[PublicKey] | None
    slot_at_ms: int
    title: str = ""
    visibility: Visibility = Visibility.PUBLIC
    is_picture: bool = False
    meta: Mapping[str, object] | None = field(default=None, repr=False)
    sentence: Sentence | None = None

    def __post_init__(self) -> None:
        if not self.text or len(self.text) > MAX_TEXT:
            raise Refused(f"a broadcast has 1 to {MAX_TEXT:,} characters; this one has {len(self.text):,}")
        if not self.accounts:
            raise Refused("name at least one account to publish on")
        if self.recipients is not None and not self.recipients:
            raise Refused("name at least one recipient, or make the broadcast public")
        if any(account.tenant_id != self.persona.tenant_id for account in self.accounts):
            raise Refused("the persona and the accounts belong to different tenants")


def nothing_more(_broadcast_id: str, _work: Work) -> None:
    """Records nothing besides."""


def plan_broadcast(
    plan: BroadcastPlan,
    *,
    relays: Sequence[str],
    limits: Mapping[str, PostLimits],
    store: Store,
    secrets: SecretBox,
    clock: Clock,
    entropy: Entropy,
    notice: Notice,
    on_progress: Progress = no_progress,
    also: Callable[[str, Work], None] = nothing_more,
) -> str:
    """Seal and record the broadcast; its id. `limits` are the post limits of each account, by account id. `on_progress` hears of
    the slow part: the hashes of recipients that were never written to before. `also` records, with the broadcast's id and in its
    transaction, what must not be without it; what it raises leaves nothing recorded.

    Raises: Refused if a recipient's key is unusable or a post would not fit its platform.
    """
    now_ms = clock.now_ms()
    audience = None if plan.recipients is None else audience_of(plan.recipients)
    fresh = draw_secrets(entropy.take, recipients=0)
    author = Author(profile=_author_text(plan.accounts), key=CurveKey(Curve.K256, plan.persona.public_key))
    sealed = seal(
        TextMessage(content=plan.text, meta=plan.meta), version=-37, author=author, audience=audience, secrets=fresh
    )
    assert isinstance(sealed.payload, bytes)
    drafts = drafts_of(
        sealed.payload,
        post_iv=sealed.post_iv,
        accounts=plan.accounts,
        limits=limits,
        visibility=plan.visibility,
        sentence=plan.sentence or (Sentence.PUBLIC if audience is None else Sentence.SEALED),
        is_picture=plan.is_picture,
        entropy=entropy,
    )
    recipients = tuple(PublicKey(key.point) for key in audience or ())
    buckets = buckets_of(recipients, store=store, on_progress=on_progress)
    items = key_items(recipients, sealed.keys, buckets=buckets, post_iv=sealed.post_iv, now_ms=now_ms, entropy=entropy)
    broadcast_id = str(uuid.UUID(bytes=entropy.take(16), version=4))
    tenant_id = plan.persona.tenant_id
    (sealed_post_key,) = secrets.protect([(Place("broadcast", broadcast_id, tenant_id, "post_key"), sealed.post_key)])
    with store.write() as work:
        work.broadcasts.add(
            NewBroadcast(
                tenant_id=tenant_id,
                persona_id=plan.persona.id,
                title=plan.title,
                slot_at_ms=plan.slot_at_ms,
                payload=sealed.payload,
                post_iv=sealed.post_iv,
                account_ids=tuple(drafts),
                recipients=recipients,
                is_public=audience is None,
            ),
            broadcast_id=broadcast_id,
            sealed_post_key=sealed_post_key,
            now_ms=now_ms,
        )
        work.broadcasts.add_recipients(broadcast_id, recipients)
        delivery_ids = work.deliveries.add(
            [
                NewDelivery(account_id, tenant_id, broadcast_id, draft, broadcast_id=broadcast_id)
                for account_id, draft in drafts.items()
            ],
            now_ms=now_ms,
        )
        if audience is None:
            due_at_ms = max(plan.slot_at_ms, now_ms)
            work.broadcasts.move(broadcast_id, after="published")
            work.jobs.add([NewJob(JobKind.DELIVER_POST, each, tenant_id, due_at_ms) for each in delivery_ids])
        else:
            record_publications(broadcast_id, items, tenant_id=tenant_id, relays=relays, work=work, now_ms=now_ms)
        also(broadcast_id, work)
    notice.ring({JobKind.PUBLISH_KEYS.queue: 1})
    return broadcast_id


def _author_text(accounts: Sequence[Account]) -> str:
    """The X account's author text if there is one, since the extension knows X; else the first account's own."""
    on_x = [account for account in accounts if account.profile.platform is Platform.X]
    return (on_x or list(accounts))[0].profile.wire_author
