"""The flow itself; see the package's docstring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from maskbot.domain.account import Account
from maskbot.domain.identity import PublicKey
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.mention import Mention, Outcome
from maskbot.domain.policy import PolicyBook
from maskbot.domain.request import Applet, Fact, HostPersona, Need, PersonaNeed, Request
from maskbot.flows.decide.answer_mentions.decision import Decision, decide_mention, persona_id_of
from maskbot.flows.decide.answer_mentions.limits import Limits
from maskbot.flows.decide.answer_mentions.reading import request_of
from maskbot.ports.inside import Clock, KeySource, Notice, PersonaKeys
from maskbot.ports.store import Store, Work

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is read before the write transaction."""

    mentions: Mapping[str, Mention]
    accounts: Mapping[str, Account]
    requests: Mapping[str, Request | None]
    keys: dict[str, PublicKey] = field(default_factory=dict)


def answer_mentions(
    jobs: Sequence[Job],
    *,
    store: Store,
    keys: PersonaKeys,
    clock: Clock,
    notice: Notice,
    applets: Sequence[Applet],
    policies: PolicyBook,
) -> None:
    """Decide and record these claimed jobs of kind ANSWER_MENTION.

    Raises: Refused (StaleLease) when another worker took them over; nothing is recorded then.
    """
    clean = [job for job in jobs if job.crashes == 0]
    groups = ([clean] if clean else []) + [[job] for job in jobs if job.crashes > 0]
    for group in groups:
        batch = _read(group, store=store)
        _make_keys(batch, keys=keys, applets=applets)
        with store.write() as work:
            due = _record(group, batch, work=work, clock=clock, applets=applets, policies=policies)
        notice.ring(due)


def _read(jobs: Sequence[Job], *, store: Store) -> _Batch:
    with store.read() as work:
        mentions = work.mentions.load([job.target_id for job in jobs])
        accounts = work.accounts.load(sorted({mention.account_id for mention in mentions.values()}))
    requests: dict[str, Request | None] = {}
    for mention in mentions.values():
        handle = accounts[mention.account_id].profile.handle
        try:
            requests[mention.id] = request_of(mention.post, bot_handle=handle)
        except Exception as error:  # one unreadable post must not stop its batch; it is parked and named
            log.error("mention.unreadable", mention_id=mention.id, error=type(error).__name__)
            requests[mention.id] = None
    return _Batch(mentions=mentions, accounts=accounts, requests=requests)


def _make_keys(batch: _Batch, *, keys: PersonaKeys, applets: Sequence[Applet]) -> None:
    """Make the key of a persona that may join, before the transaction: the vault has its own. Repeating it gives the same key."""
    for mention_id, request in batch.requests.items():
        if request is None or batch.mentions[mention_id].state not in {"new", "waiting"}:
            continue
        applet = next((applet for applet in applets if request.verb in applet.verbs), None)
        if applet is None or applet.needs(request) != (PersonaNeed(),):
            continue
        if any(isinstance(effect, HostPersona) for effect in applet.decide(request, {}).effects):
            mention = batch.mentions[mention_id]
            batch.keys[mention_id] = keys.create(
                persona_id=persona_id_of(mention), tenant_id=mention.tenant_id, source=KeySource()
            )


def _record(
    jobs: Sequence[Job],
    batch: _Batch,
    *,
    work: Work,
    clock: Clock,
    applets: Sequence[Applet],
    policies: PolicyBook,
) -> Mapping[str, int]:
    now_ms = clock.now_ms()
    mentions = work.mentions.load(list(batch.mentions))
    found: Mapping[str, Mapping[Need, Fact]] = work.facts.load(
        [mention.id for mention in mentions.values() if mention.state == "waiting"]
    )
    off = work.switches.off()
    held = [job for job in jobs if _is_paused(mentions.get(job.target_id), off)]
    for job in held:
        work.jobs.postpone(job, due_at_ms=now_ms + 3_000, error_kind="paused")
    live = [job for job in jobs if job not in held]
    open_mentions = [
        mention
        for job in live
        if (mention := mentions.get(job.target_id)) is not None and mention.state in {"new", "waiting"}
    ]
    limits = Limits(
        (
            (
                (mention.account_id, mention.post.author.person, mention.post.conversation_id),
                policies.of(batch.accounts[mention.account_id].profile.instance),
            )
            for mention in open_mentions
        ),
        work=work,
        now_ms=now_ms,
    )
    decisions: list[Decision] = []
    for mention in open_mentions:
        request = batch.requests.get(mention.id)
        if request is None:
            decisions.append(Decision(mention, Outcome(mention.id, "parked", "unreadable")))
            continue
        decisions.append(
            decide_mention(
                mention,
                request,
                account=batch.accounts[mention.account_id],
                policy=policies.of(batch.accounts[mention.account_id].profile.instance),
                facts=found.get(mention.id, {}),
                off=off,
                key=batch.keys.get(mention.id),
                limits=limits,
                work=work,
                applets=applets,
                now_ms=now_ms,
            )
        )
    due = _write(decisions, orphans=batch.keys, work=work, now_ms=now_ms)
    limits.write()
    work.jobs.finish(live)
    return due


def _is_paused(mention: Mention | None, off: frozenset[str]) -> bool:
    return mention is not None and bool(off & {"global", f"tenant:{mention.tenant_id}"})


def _write(
    decisions: Sequence[Decision], *, orphans: Mapping[str, PublicKey], work: Work, now_ms: int
) -> Mapping[str, int]:
    drafts = [decision for decision in decisions if decision.delivery is not None]
    ids = work.deliveries.add(
        [decision.delivery for decision in drafts if decision.delivery is not None], now_ms=now_ms
    )
    jobs = [
        NewJob(JobKind.DELIVER_POST, delivery_id, decision.mention.tenant_id, now_ms)
        for delivery_id, decision in zip(ids, drafts, strict=True)
        if delivery_id
    ]
    for decision in decisions:
        jobs.extend(decision.jobs)
        if decision.persona is None and decision.mention.id in orphans:  # a key was made, and then joining was refused
            jobs.append(NewJob(JobKind.ERASE_KEY, persona_id_of(decision.mention), decision.mention.tenant_id, now_ms))
    work.jobs.add(jobs)
    work.mentions.settle([decision.outcome for decision in decisions], now_ms=now_ms)
    due: dict[str, int] = {}
    for job in jobs:
        due[job.kind.queue] = due.get(job.kind.queue, 0) + 1
    return due
