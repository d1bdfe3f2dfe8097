"""Posts that others sealed for a hosted persona, and the jobs that open them."""

from __future__ import annotations

from collections.abc import Mapping

from maskbot.domain.account import FeedKind
from maskbot.domain.identity import Persona, Platform, PublicKey
from maskbot.domain.inbox import InboxItem
from maskbot.domain.job import JobKind
from maskbot.flows.act.fetch_picture import fetch_picture
from maskbot.flows.act.open_post import open_post
from maskbot.flows.decide.broadcast.key_items import key_items
from maskbot.ports.inside import KeySource
from maskbot.ports.outside import KeyGraph, PictureSource
from maskbot.wire.crypto import public_key_of
from maskbot.wire.gun import post_bucket, recipient_bucket, write_path_of
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    SealSecrets,
    TextMessage,
    audience_of,
    draw_secrets,
    seal,
)
from tests.fakes.house import House
from tests.fakes.key_graph import FakeKeyGraph

WRITER = bytes([5]) * 32
WRITER_KEY = CurveKey(Curve.K256, public_key_of(WRITER))


def hosted_persona(house: House, name: str = "reader", *, watches: Platform | None = Platform.MASTODON) -> Persona:
    """A persona with a key in the vault; it watches the home feed of our account there."""
    key = house.vault.create(persona_id=name, tenant_id=house.tenant_id, source=KeySource())
    persona = Persona(name, house.tenant_id, name, key)
    with house.store.write() as work:
        work.personas.add(persona, now_ms=house.clock.ms)
        if watches is not None:
            work.links.watch(name, feed_id=house.feed(watches, FeedKind.HOME).id)
    return persona


def sealed_post(
    house: House,
    graph: FakeKeyGraph,
    *,
    reader: PublicKey,
    text: str = "gm",
    post_iv: bytes | None = None,
    meta: Mapping[str, object] | None = None,
) -> bytes:
    """A v37 payload for one reader, whose key record lies on the first relay."""
    drawn = draw_secrets(house.entropy.take, recipients=0)
    secrets = drawn if post_iv is None else SealSecrets(post_iv, drawn.post_key, ephemeral=drawn.ephemeral)
    author = Author(key=WRITER_KEY)
    sealed = seal(TextMessage(text, meta), version=-37, author=author, audience=audience_of([reader]), secrets=secrets)
    bucket = recipient_bucket(reader, version=-37)
    items = key_items(
        [reader],
        sealed.keys,
        buckets={reader: bucket},
        post_iv=sealed.post_iv,
        now_ms=house.clock.ms,
        entropy=house.entropy,
    )
    assert items[0].path == write_path_of(-37, network="twitter.com", post=post_bucket(sealed.post_iv), owner=bucket)
    graph.put_items(items, relay=graph.relays[0])
    assert isinstance(sealed.payload, bytes)
    return sealed.payload


def open_all(house: House, graph: KeyGraph, pictures: PictureSource, *, most: int = 30) -> int:
    """Do what is due of opening posts and fetching pictures, one job at a time; how many jobs were done."""
    done = 0
    while done < most:
        with house.store.write() as work:
            jobs = [
                job
                for queue in ("keys", "pictures")
                for job in work.jobs.claim(queue=queue, owner="test", limit=100, now_ms=house.clock.ms, lease_ms=60_000)
            ]
        opening = [job for job in jobs if job.kind is JobKind.OPEN_POST]
        fetching = [job for job in jobs if job.kind is JobKind.FETCH_PICTURE]
        if not jobs:
            return done
        for job in opening:
            open_post(job, store=house.store, graph=graph, vault=house.vault, clock=house.clock, notice=house.notice)
        for job in fetching:
            fetch_picture(job, store=house.store, pictures=pictures, clock=house.clock, notice=house.notice)
        done += len(jobs)
    raise AssertionError("the jobs never end")


def inbox(house: House, persona: Persona) -> list[InboxItem]:
    """What the persona has received, newest first."""
    with house.store.read() as work:
        return [item for item, _ in work.inbox.load(tenant_id=house.tenant_id, persona_id=persona.id)]
