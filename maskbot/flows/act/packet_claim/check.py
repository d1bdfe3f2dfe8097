"""Look at the packet of a claim and decide: plan the payment that takes the share, wait, or leave it (red-packets.md 3.2).

The only outside here is the chain. The payment engine simulates the call once more on the pending block before it is signed, and
the vault looks at it again. A token whose worth nobody has said is priced first, by a job of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import structlog

from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.money import Address
from maskbot.domain.packet_claim import ClaimFloor, Hindrance, PacketClaim, Prospect, weigh_share
from maskbot.domain.spending import SpendingPolicy
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.packet_claim.look import look_at
from maskbot.flows.act.packet_claim.parts import ClaimParts
from maskbot.flows.act.packet_claim.price import can_be_priced, is_fresh
from maskbot.flows.decide.packet_claim import hinder, key_place, plan_claim
from maskbot.ports.store import Work

log = structlog.get_logger()
LOOK_FOR_MS = 24 * 3_600_000
_MOST_LOOKS = {"UnknownPacket": 10, "TokenGone": 20}
_FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 4_000, 300_000
_PAUSED_MS = 15_000
PRICE_WANTED = "PriceWanted"


@dataclass(frozen=True, slots=True)
class Known:
    """What the store says about a claim."""

    claim: PacketClaim
    wallet: Wallet
    policy: SpendingPolicy | None
    floors: dict[Address, ClaimFloor]
    off: frozenset[str]
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What the chain offers, as far as it was seen, and either what stands against taking it or the highest fee in wei to offer
    for a unit of gas."""

    prospect: Prospect | None
    hindrance: Hindrance | None
    max_fee_wei: int = 0


def check_claim(job: Job, *, parts: ClaimParts) -> None:
    """Look at the claim `job.target_id` and record what follows. Safe to repeat: a claim that has a payment is left alone.

    Raises: Unavailable, Malformed (nothing is known: asked again later), Misconfigured (wrong chain).
    """
    with parts.store.read() as work:
        known = know(job.target_id, work=work)
    if known is None:
        with parts.store.write() as work:
            work.jobs.finish([job])
        return
    if known.off & (known.wallet.signing_switches | {"claims"}):
        with parts.store.write() as work:
            work.jobs.postpone(job, due_at_ms=parts.clock.now_ms() + _PAUSED_MS, error_kind="paused")
        return
    parts.reach("claim.begun")
    judged = judge_claim(known, parts=parts)
    parts.reach("claim.looked")
    _record(job, known, judged, parts=parts)
    parts.reach("claim.recorded")


def know(claim_id: str, *, work: Work) -> Known | None:
    """What there is to know of a claim that waits to be looked at; None for one that does not."""
    claim = work.claims.load(claim_id)
    if claim is None or claim.state != "found" or not claim.wallet_id:
        return None
    return know_of(claim, work=work)


def know_of(claim: PacketClaim, *, work: Work) -> Known:
    """What the store says about a claim with a wallet, which need not be recorded."""
    (wallet,) = work.treasury.wallets.load([claim.wallet_id])
    links = () if claim.persona_id is None else work.claim_rules.wallets_of([claim.persona_id])
    is_by_itself = claim.requested_by.startswith("persona:")
    return Known(
        claim=claim,
        wallet=wallet,
        policy=work.treasury.rules.load_policy(claim.wallet_id),
        floors=work.claim_rules.floors(claim.wallet_id),
        off=work.switches.off(),
        is_wanted=not is_by_itself or any(one.wallet_id == claim.wallet_id and one.is_claiming for one in links),
    )


def judge_claim(known: Known, *, parts: ClaimParts) -> Judged:
    """What claiming would bring now, and whether it is worth it.

    Raises: Unavailable, NodeAnswerMalformed, WrongChain.
    """
    claim = known.claim
    if not known.is_wanted:
        return _hindered("SwitchedOff", "claiming was switched off for this persona")
    if known.policy is None:
        return _hindered("NoPolicy", "the wallet has no policy, so nothing may be paid from it")
    if claim.sealed_key is None:
        return _hindered("NoKey", "the packet's key is not here: claim it by its link or post")
    (packet_key,) = parts.secrets.reveal([(key_place(claim), claim.sealed_key)])
    node = parts.chain_of(claim.chain_id)
    prospect = look_at(claim, known.wallet, packet_key=packet_key, node=node, contracts=parts.contracts)
    if isinstance(prospect, Hindrance):
        return Judged(None, prospect)
    now_ms = parts.clock.now_ms()
    weighed = weigh_share(
        prospect,
        floor=known.floors.get(prospect.token),
        worth_wei=_worth_wei(claim, prospect, now_ms=now_ms),
        policy_cap_wei=known.policy.max_fee_wei,
    )
    if isinstance(weighed, int):
        return Judged(prospect, None, weighed)
    if weighed.kind == "WorthUnknown" and can_be_priced(claim, prospect) and not is_fresh(claim, now_ms=now_ms):
        return Judged(prospect, Hindrance(PRICE_WANTED, "later", "the token's price is being asked for"))
    return Judged(prospect, weighed)


def _hindered(kind: str, message: str) -> Judged:
    return Judged(None, Hindrance(kind, "left", message))


def _worth_wei(claim: PacketClaim, prospect: Prospect, *, now_ms: int) -> int | None:
    if claim.coin_price is None or claim.token != prospect.token or not is_fresh(claim, now_ms=now_ms):
        return None
    return int(Decimal(prospect.share) * claim.coin_price)


def _record(job: Job, known: Known, judged: Judged, *, parts: ClaimParts) -> None:
    now_ms = parts.clock.now_ms()
    prospect, hindrance = judged.prospect, judged.hindrance
    with parts.store.write() as work:
        claim = work.claims.load(known.claim.id, is_locked=True)
        if claim is None or claim.state != "found":
            work.jobs.finish([job])
        elif hindrance is None:
            assert prospect is not None
            plan_claim(claim, prospect, max_fee_wei=judged.max_fee_wei, work=work, now_ms=now_ms)
            parts.reach("claim.planned")
            work.jobs.finish([job])
        elif hindrance.kind == PRICE_WANTED and prospect is not None:
            hinder(
                replace(claim, token=prospect.token, decimals=prospect.decimals), hindrance, work=work, now_ms=now_ms
            )
            work.jobs.add([NewJob(JobKind.PRICE_CLAIM, claim.id, claim.tenant_id, now_ms)])
            work.jobs.finish([job])
        elif hindrance.then == "later" and not _is_too_late(job, claim, hindrance, now_ms=now_ms):
            hinder(claim, hindrance, work=work, now_ms=now_ms)
            pause_ms = min(_LONGEST_PAUSE_MS, _FIRST_PAUSE_MS * 2 ** min(job.tries, 10))
            work.jobs.postpone(job, due_at_ms=now_ms + pause_ms, error_kind=hindrance.kind)
        else:
            is_given_up = hindrance.then == "later"
            hinder(claim, replace(hindrance, then="left") if is_given_up else hindrance, work=work, now_ms=now_ms)
            work.jobs.finish([job])
    log.info("claim.checked", claim_id=known.claim.id, hindrance=None if hindrance is None else hindrance.kind)


def _is_too_late(job: Job, claim: PacketClaim, finding: Hindrance, *, now_ms: int) -> bool:
    most_looks = _MOST_LOOKS.get(finding.kind)
    return now_ms - claim.found_at_ms > LOOK_FOR_MS or (most_looks is not None and job.tries >= most_looks)
