"""What becomes of one mention: manners, applet, facts, answer, effects. Called inside the write transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from maskbot.applets.identity import key_text
from maskbot.domain.account import Account, FeedKind
from maskbot.domain.approval import ApprovalNeed, GiveApproval
from maskbot.domain.delivery import NewDelivery
from maskbot.domain.entry import EnterGiveaway, GiveawayNeed, RefuseEntry
from maskbot.domain.identity import Persona, Platform, PublicKey
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.mention import Mention, Outcome
from maskbot.domain.policy import AccountPolicy
from maskbot.domain.request import (
    Answer,
    Applet,
    DeleteReply,
    ErasePersona,
    Fact,
    FetchedNeed,
    HostPersona,
    Need,
    OpenedFact,
    OpenedNeed,
    OptIn,
    OptOut,
    PersonaFact,
    PersonaNeed,
    ReplyFact,
    ReplyNeed,
    Request,
)
from maskbot.flows.decide.answer_mentions.approvals import approval_fact, give_approval
from maskbot.flows.decide.answer_mentions.giveaways import giveaway_fact, record_entry
from maskbot.flows.decide.answer_mentions.limits import Limits
from maskbot.flows.decide.answer_mentions.manners import reason_to_hold_back, reason_to_ignore, reason_to_reject
from maskbot.flows.decide.answer_mentions.reading import inner_request, with_parent
from maskbot.flows.decide.answer_mentions.reply import draft_of
from maskbot.ports.giveaways import EntrantsFixed
from maskbot.ports.store import Allowance, Work

log = structlog.get_logger()
_DAY_MS = 86_400_000
_PRICE_DEADLINE_MS = 120_000
_NAMESPACE = uuid.UUID("6d61736b-626f-4000-8000-706572736f6e")


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be recorded for one mention."""

    mention: Mention
    outcome: Outcome
    delivery: NewDelivery | None = None
    jobs: tuple[NewJob, ...] = ()
    persona: Persona | None = field(default=None)


def persona_id_of(mention: Mention) -> str:
    """The id of the persona that this mention may make."""
    return str(uuid.uuid5(_NAMESPACE, mention.id))


def decide_mention(
    mention: Mention,
    request: Request,
    *,
    account: Account,
    policy: AccountPolicy,
    facts: Mapping[Need, Fact],
    off: frozenset[str],
    key: PublicKey | None,
    limits: Limits,
    work: Work,
    applets: Sequence[Applet],
    now_ms: int,
) -> Decision:
    """The decision. An applet that fails (a bug, or a third party's) parks its mention and nothing else."""
    if (reason := reason_to_ignore(mention.post)) is not None:
        return Decision(mention, Outcome(mention.id, "ignored", reason))
    asked = (account.id, request.person, mention.post.conversation_id)
    allowance = limits.of(asked)
    if (
        rejection := reason_to_reject(request, account=account, policy=policy, allowance=allowance, off=off)
    ) is not None:
        return Decision(mention, Outcome(mention.id, "ignored", rejection, request.verb))
    try:
        applet, request = _choose(with_parent(request, facts), facts, applets)
        needs = applet.needs(request)
        found, further = _inside(needs, mention, facts=facts, policy=policy, account=account, work=work, now_ms=now_ms)
        known = {**facts, **found}
        missing = tuple(need for need in (*needs, *further) if need not in known)
        if missing:
            return _wait(mention, request, missing, work=work, allowance=allowance, now_ms=now_ms)
        answer = applet.decide(request, known)
        return _carry_out(
            mention,
            request,
            answer,
            account=account,
            policy=policy,
            limits=limits,
            key=key,
            work=work,
            now_ms=now_ms,
        )
    except EntrantsFixed:  # the giveaway closed after its state was read, and nothing is recorded: now it is too late
        return decide_mention(
            mention,
            request,
            account=account,
            policy=policy,
            facts=facts,
            off=off,
            key=key,
            limits=limits,
            work=work,
            applets=applets,
            now_ms=now_ms,
        )
    except Exception as error:  # an applet's bug must not stop the batch
        log.error("mention.applet_failed", mention_id=mention.id, verb=request.verb, error=type(error).__name__)
        return Decision(mention, Outcome(mention.id, "parked", f"applet_failed:{type(error).__name__}", request.verb))


def _choose(request: Request, facts: Mapping[Need, Fact], applets: Sequence[Applet]) -> tuple[Applet, Request]:
    """The applet by verb, else the first that accepts. An opened private post may hold the request itself."""
    by_verb = _by_verb(request, applets)
    if by_verb is not None:
        return by_verb, request
    opened = facts.get(OpenedNeed())
    if isinstance(opened, OpenedFact) and opened.is_opened and not opened.is_public:
        inner = inner_request(request, text=opened.text or "")
        by_inner_verb = None if inner is None else _by_verb(inner, applets)
        if inner is not None and by_inner_verb is not None:
            return by_inner_verb, inner
    return next(applet for applet in applets if applet.accepts(request)), request


def _by_verb(request: Request, applets: Sequence[Applet]) -> Applet | None:
    return next((applet for applet in applets if request.verb in applet.verbs), None)


def _inside(
    needs: Sequence[Need],
    mention: Mention,
    *,
    facts: Mapping[Need, Fact],
    policy: AccountPolicy,
    account: Account,
    work: Work,
    now_ms: int,
) -> tuple[dict[Need, Fact], tuple[Need, ...]]:
    """The facts that lie in our own store, and what they show to be needed besides."""
    found: dict[Need, Fact] = {}
    further: list[Need] = []
    for need in needs:
        if isinstance(need, PersonaNeed):
            own = [
                persona
                for persona in work.personas.linked_to(tenant_id=mention.tenant_id, person=mention.post.author.person)
                if persona.owner == mention.post.author.person
            ]
            refusal = None if own else _join_refusal(policy, account, work=work, now_ms=now_ms)
            found[need] = PersonaFact(own[0] if own else None, refusal)
        elif isinstance(need, ReplyNeed):
            parent = mention.post.in_reply_to_id
            found[need] = ReplyFact(
                None
                if parent is None
                else work.deliveries.reply_to(
                    account_id=account.id, person=mention.post.author.person, remote_id=parent
                )
            )
        elif isinstance(need, ApprovalNeed):
            found[need] = approval_fact(need, mention, work=work)
        elif isinstance(need, GiveawayNeed):
            found[need], wanted = giveaway_fact(need, mention, facts=facts, work=work)
            further += wanted
    return found, tuple(further)


def _join_refusal(policy: AccountPolicy, account: Account, *, work: Work, now_ms: int) -> str | None:
    if not policy.allows_join:
        return "This account does not keep keys for people."
    if work.links.count_joins(account_id=account.id, since_ms=now_ms - now_ms % _DAY_MS) >= policy.joins_per_day:
        return "So many people joined today that I take no more. Please try again tomorrow."
    if work.links.count_joins(account_id=account.id, since_ms=0) >= policy.joins_in_all:
        return "I keep as many keys as I may. Please ask this account's operator."
    return None


def _wait(
    mention: Mention, request: Request, missing: tuple[Need, ...], *, work: Work, allowance: Allowance, now_ms: int
) -> Decision:
    """Have the missing facts fetched; the mention waits. A person over the limit costs no fetch."""
    if allowance.answers < 1:
        return Decision(mention, Outcome(mention.id, "ignored", "limited", request.verb))
    jobs = []
    outside = [need for need in missing if isinstance(need, FetchedNeed)]
    if outside:
        work.facts.missing(mention.id, outside)
        jobs.append(NewJob(JobKind.FETCH_FACTS, mention.id, mention.tenant_id, now_ms))
    if any(isinstance(need, OpenedNeed) for need in missing):
        jobs.append(NewJob(JobKind.OPEN_POST, mention.id, mention.tenant_id, now_ms))
    return Decision(mention, Outcome(mention.id, "waiting", None, request.verb), jobs=tuple(jobs))


def _carry_out(
    mention: Mention,
    request: Request,
    answer: Answer,
    *,
    account: Account,
    policy: AccountPolicy,
    limits: Limits,
    key: PublicKey | None,
    work: Work,
    now_ms: int,
) -> Decision:
    """Apply the effects, keep the limits, and make the delivery."""
    if request.is_private and request.platform is Platform.X:  # X has no private place for the answer
        answer = replace(answer, words=None)
    asked = (account.id, request.person, mention.post.conversation_id)
    held_back = reason_to_hold_back(request, answer=answer, policy=policy, allowance=limits.of(asked), now_ms=now_ms)
    if held_back is not None:
        return Decision(mention, Outcome(mention.id, "ignored", held_back, request.verb))
    persona, jobs = _apply(answer, mention, key=key, work=work, now_ms=now_ms)
    if persona is not None and answer.words is not None:
        answer = replace(answer, words=answer.words.replace("{key}", key_text(persona.public_key)))
    outcome = Outcome(mention.id, "answered" if answer.words is not None else "ignored", answer.reason, request.verb)
    if answer.words is None:
        return Decision(mention, outcome, jobs=jobs, persona=persona)
    limits.spend(asked, is_help=request.verb is None and answer.reason == "helped")
    delivery = NewDelivery(
        account_id=account.id,
        tenant_id=mention.tenant_id,
        cause_id=mention.post.root_id,
        draft=draft_of(answer, request=request, policy=policy),
        mention_id=mention.id,
        expires_at_ms=mention.received_at_ms + _PRICE_DEADLINE_MS if answer.reason == "priced" else None,
    )
    return Decision(mention, outcome, delivery=delivery, jobs=jobs, persona=persona)


def _apply(
    answer: Answer, mention: Mention, *, key: PublicKey | None, work: Work, now_ms: int
) -> tuple[Persona | None, tuple[NewJob, ...]]:
    persona: Persona | None = None
    jobs: list[NewJob] = []
    person = mention.post.author.person
    for effect in answer.effects:
        match effect:
            case OptOut():
                work.people.opt_out(mention.tenant_id, person, now_ms=now_ms)
            case OptIn():
                work.people.opt_in(mention.tenant_id, person)
            case HostPersona():
                if key is None:
                    raise RuntimeError("a persona is hosted only with a key made before the transaction")
                persona = Persona(
                    id=persona_id_of(mention),
                    tenant_id=mention.tenant_id,
                    name=mention.post.author.handle,
                    public_key=key,
                    owner=person,
                )
                _host(persona, mention, work=work, now_ms=now_ms)
            case ErasePersona():
                for owned in work.personas.linked_to(tenant_id=mention.tenant_id, person=person):
                    if owned.owner == person:
                        work.personas.erase(owned.id)
                        jobs.append(NewJob(JobKind.ERASE_KEY, owned.id, mention.tenant_id, now_ms))
            case EnterGiveaway() | RefuseEntry():
                record_entry(effect, mention, work=work, now_ms=now_ms)
            case GiveApproval(approval=approval):
                give_approval(approval, work=work, now_ms=now_ms)
            case DeleteReply(post_id=post_id):
                jobs.append(NewJob(JobKind.DELETE_POST, f"{mention.account_id}/{post_id}", mention.tenant_id, now_ms))
    return persona, tuple(jobs)


def _host(persona: Persona, mention: Mention, *, work: Work, now_ms: int) -> None:
    """Record the persona at once, so that the next mention of the batch sees it; it watches the account's home timeline."""
    work.personas.add(persona, now_ms=now_ms)
    work.links.link(persona.id, person=mention.post.author.person)
    for feed in work.accounts.feeds(mention.account_id):
        if feed.kind is FeedKind.HOME:
            work.links.watch(persona.id, feed_id=feed.id)
    work.links.note_join(account_id=mention.account_id, persona_id=persona.id, now_ms=now_ms)
