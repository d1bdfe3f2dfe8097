"""Sealed post keys as items for the key graph: fresh souls and states, fixed once, so that writing again changes nothing.

Key records always go under the `twitter.com` hints, whatever platform the post is on (our convention; docs/protocol.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskbot.domain.broadcast import KeyItem
from maskbot.domain.identity import PublicKey
from maskbot.domain.job import JobKind, NewJob
from maskbot.ports.inside import Entropy
from maskbot.ports.store import Work
from maskbot.wire.gun.key_items import STATE_LAG_MS, item_soul
from maskbot.wire.gun.key_paths import V37, post_bucket, write_path_of
from maskbot.wire.payload import FieldError, SealedKey, record_of

CHUNK = 2_000
"""Recipients in one batch, which is one put graph and one wait for the relay's flush."""
_NETWORK = "twitter.com"


def key_items(
    recipients: Sequence[PublicKey],
    keys: Sequence[SealedKey | FieldError],
    *,
    buckets: Mapping[PublicKey, str],
    post_iv: bytes,
    now_ms: int,
    entropy: Entropy,
) -> tuple[KeyItem, ...]:
    """One item for each recipient whose key was sealed. `buckets` holds the v37 bucket of every recipient."""
    items = []
    post = post_bucket(post_iv)
    for recipient, key in zip(recipients, keys, strict=True):
        if isinstance(key, FieldError):
            continue
        data = {name: value for name, value in record_of(key).items() if isinstance(value, str | int)}
        path = write_path_of(V37, network=_NETWORK, post=post, owner=buckets[recipient])
        soul = item_soul(now_ms=now_ms, random_bytes=entropy.take(12))
        items.append(KeyItem(path=path, soul=soul, data=data, state_ms=float(now_ms - STATE_LAG_MS)))
    return tuple(items)


def record_publications(
    broadcast_id: str, items: Sequence[KeyItem], *, tenant_id: str, relays: Sequence[str], work: Work, now_ms: int
) -> None:
    """A batch and its job for each relay and each chunk of items."""
    for start in range(0, len(items), CHUNK):
        for relay in relays:
            publication_id = work.publications.add(
                broadcast_id, tenant_id=tenant_id, relay=relay, items=items[start : start + CHUNK]
            )
            work.jobs.add([NewJob(JobKind.PUBLISH_KEYS, publication_id, tenant_id, now_ms)])
