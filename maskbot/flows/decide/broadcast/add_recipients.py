"""Let more people read a broadcast that is sealed already: the payload stays, new key records go to the relays.

Source: mask-payload.md 8. A new ephemeral key is drawn; the record carries it.
"""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.domain.errors import Refused
from maskbot.domain.identity import PublicKey
from maskbot.domain.job import JobKind
from maskbot.flows.decide.broadcast.buckets import Progress, buckets_of, no_progress
from maskbot.flows.decide.broadcast.key_items import key_items, record_publications
from maskbot.ports.inside import Clock, Entropy, Notice, Place, SecretBox
from maskbot.ports.store import Store
from maskbot.wire.payload import Author, SealSecrets, audience_of, draw_secrets
from maskbot.wire.payload import add_recipients as seal_for


def add_recipients(
    broadcast_id: str,
    recipients: Sequence[PublicKey],
    *,
    tenant_id: str,
    relays: Sequence[str],
    store: Store,
    secrets: SecretBox,
    clock: Clock,
    entropy: Entropy,
    notice: Notice,
    on_progress: Progress = no_progress,
) -> int:
    """Add the recipients that are new; how many were. Repeating it adds nobody twice.

    Raises: Refused if there is no such broadcast in this tenant, it is public, or a key is unusable.
    """
    with store.read() as work:
        found = work.broadcasts.load(broadcast_id)
    if found is None or found[0].tenant_id != tenant_id:
        raise Refused(f"there is no broadcast {broadcast_id}; see `maskbot broadcast list`")
    broadcast, sealed_post_key = found
    if broadcast.is_public or broadcast.state == "cancelled":
        raise Refused("only an encrypted broadcast that was not cancelled takes more recipients")
    (post_key,) = secrets.reveal([(Place("broadcast", broadcast_id, tenant_id, "post_key"), sealed_post_key)])
    drawn = draw_secrets(entropy.take, recipients=0)
    kept = SealSecrets(post_iv=broadcast.post_iv, post_key=post_key, ephemeral=drawn.ephemeral)
    audience = audience_of(recipients)
    keys = seal_for(version=-37, author=Author(), audience=audience, secrets=kept)
    sealed = dict(zip((PublicKey(key.point) for key in audience), keys, strict=True))
    buckets = buckets_of(tuple(sealed), store=store, on_progress=on_progress)
    now_ms = clock.now_ms()
    with store.write() as work:
        new = work.broadcasts.add_recipients(broadcast_id, tuple(sealed))
        items = key_items(
            new,
            [sealed[each] for each in new],
            buckets=buckets,
            post_iv=broadcast.post_iv,
            now_ms=now_ms,
            entropy=entropy,
        )
        record_publications(broadcast_id, items, tenant_id=tenant_id, relays=relays, work=work, now_ms=now_ms)
    notice.ring({JobKind.PUBLISH_KEYS.queue: 1})
    return len(new)
