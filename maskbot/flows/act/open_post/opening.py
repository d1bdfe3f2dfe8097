"""The flow: from a collected post to what it opens to.

No confused deputy: a payload in a mention is tried only with personas linked to its author, a payload in a watched post only with
personas that watch that feed. Plaintext goes to the inbox (and the owner's webhook); a mention learns only whether it opened, and
a direct answer may repeat the text. A red packet in a watched post becomes a claim of each persona that read it and claims.
Every failure looks the same from outside, in words and in time: whether a payload was broken, nobody's, or somebody's without a
key, the answer falls due at the end of the same interval (reliability.md E10). A post that carries no payload as text is handed
to `fetch_picture` first when it shows pictures of the right size. Source: mask-payload.md 9, 13; gun-personas-backup.md A.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import structlog

from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.identity import Persona
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.mention import Mention
from maskbot.domain.post import Post
from maskbot.domain.request import Fact, Need, OpenedFact
from maskbot.flows.act.open_post.claims import claims_in
from maskbot.flows.act.open_post.keys import Opened, open_for, read_message
from maskbot.flows.act.open_post.record import Source, record
from maskbot.flows.act.picture_parts import picture_state
from maskbot.ports.inside import Clock, Notice, Vault
from maskbot.ports.outside import KeyGraph
from maskbot.ports.store import Store, Work
from maskbot.wire.payload import Payload, PublicEncryption, find_payloads, parse_payload

log = structlog.get_logger()
_PATIENCE_MS = {False: 6 * 3_600_000, True: 5_000}
"""How long keys may still arrive: for a watched post, and for a mention (whose asker waits)."""


def open_post(job: Job, *, store: Store, graph: KeyGraph, vault: Vault, clock: Clock, notice: Notice) -> None:
    """Open the post of the mention `job.target_id` for the personas that may.

    Raises: Unavailable if no relay answers or the vault is away (tried again); Refused (StaleLease).
    """
    with store.read() as work:
        mention = work.mentions.load([job.target_id]).get(job.target_id)
        personas = () if mention is None else _personas_for(mention, work=work)
        facts: Mapping[Need, Fact] = {} if mention is None else work.facts.load([mention.id])[mention.id]
    if mention is None or mention.state not in {"new", "waiting"}:
        with store.write() as work:
            work.jobs.finish([job])
        return
    carried = _carried_text(mention.post)
    if carried is None:
        pictures = picture_state(mention, facts=facts)
        carried = pictures.payload
        if carried is None and pictures.unread:
            _have_picture_fetched(job, mention, store=store, clock=clock, notice=notice)
            return
    source, opened, fact = None, list[Opened](), OpenedFact(is_opened=False)
    readers: list[tuple[Persona, Mapping[str, object] | None]] = []
    try:
        source = Source(*_parsed(carried))
        if isinstance(source.payload.encryption, PublicEncryption):
            text, meta = read_message(source.payload, None)
            fact = OpenedFact(is_opened=True, is_public=True, text=text)
            readers = [(persona, meta) for persona in personas]
        else:
            opened = open_for(personas, source.payload, mention, store=store, graph=graph, vault=vault)
            fact = OpenedFact(is_opened=bool(opened), text=opened[0].text if opened else None)
            readers = [(each.persona, each.meta) for each in opened]
    except (Malformed, Refused) as error:
        log.info("post.malformed", mention_id=mention.id, error=error.kind)
        source = None
    patience_ms = _PATIENCE_MS[not mention.is_watched]
    if source is not None and not fact.is_opened and personas and clock.now_ms() - mention.received_at_ms < patience_ms:
        wait_ms = min(1_000 * 2 ** min(job.tries, 10), 600_000) if mention.is_watched else 1_000
        with store.write() as work:
            work.jobs.postpone(job, due_at_ms=clock.now_ms() + wait_ms, error_kind="NoKeyYet")
        return
    found = claims_in(readers, mention, store=store, now_ms=clock.now_ms()) if mention.is_watched else ()
    record(job, mention, source, opened, fact, found, store=store, vault=vault, clock=clock, notice=notice)


def _personas_for(mention: Mention, *, work: Work) -> tuple[Persona, ...]:
    if mention.is_watched:
        return work.personas.watching(mention.feed_id)
    return work.personas.linked_to(tenant_id=mention.tenant_id, person=mention.post.author.person)


def _carried_text(post: Post) -> str | bytes | None:
    found = find_payloads(post.text, urls=post.links)
    if not found and post.quoted is not None:
        found = find_payloads(post.quoted.text, urls=post.quoted.links)
    return found[0] if found else None


def _parsed(carried: str | bytes | None) -> tuple[Payload, bytes]:
    if carried is None:
        raise Malformed("no payload in this post", kind="NoPayload")
    raw = carried.encode("utf-8", "replace") if isinstance(carried, str) else carried
    return parse_payload(carried), hashlib.sha256(raw).digest()


def _have_picture_fetched(job: Job, mention: Mention, *, store: Store, clock: Clock, notice: Notice) -> None:
    """The download is a job of its own; it has this post opened again."""
    with store.write() as work:
        work.jobs.add([NewJob(JobKind.FETCH_PICTURE, mention.id, mention.tenant_id, clock.now_ms())])
        work.jobs.finish([job])
    notice.ring({JobKind.FETCH_PICTURE.queue: 1})
