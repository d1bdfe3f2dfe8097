"""Fetch the missing facts of a waiting mention; when the last one is there, the mention is due for its answer again.

Prices, and what chains and platforms say about an entry, are fetched here; opening a payload is `open_post`. When no source
answers, that is the fact: nobody waits for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from maskbot.domain.entry import AddressNeed, HoldingNeed
from maskbot.domain.errors import Misconfigured, Unavailable
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.packet_fact import PacketNeed
from maskbot.domain.post import ParentNeed
from maskbot.domain.request import Fact, FetchedNeed, NoFact, PriceNeed
from maskbot.flows.act.chain_facts import ChainOf, fetch_chain_fact
from maskbot.flows.act.packet_facts import NodeOf, fetch_packet_fact
from maskbot.flows.act.refresh_market import next_refresh
from maskbot.flows.act.social_facts import FeedOf, GraphOf, Purse, fetch_parent, fetch_standing
from maskbot.ports.inside import Clock, Notice
from maskbot.ports.outside import MarketData
from maskbot.ports.store import Store
from maskbot.wire.red_packet import ContractBook

_MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class FactSources:
    """Whom to ask. Without `chain_of`, chains are unavailable, and without `graph_of` and `feed_of` what platforms show.
    `x_budget_musd` is the daily X budget in thousandths of a US dollar (0: none). `contracts` are the red packet contracts that are
    trusted."""

    market: MarketData
    chain_of: ChainOf | None = None
    graph_of: GraphOf | None = None
    feed_of: FeedOf | None = None
    x_budget_musd: int = 0
    node_of: NodeOf | None = None
    contracts: ContractBook = field(default_factory=ContractBook)


def fetch_facts(job: Job, *, store: Store, sources: FactSources, clock: Clock, notice: Notice) -> None:
    """Fetch what the mention `job.target_id` still needs.

    Raises: Unavailable while tries are left; the worker then tries again. Refused (StaleLease) if the job was taken over.
    """
    with store.read() as work:
        needs = work.facts.load_needs(job.target_id)
        mentions = work.mentions.load([job.target_id])
    account_id = mentions[job.target_id].account_id if mentions else ""
    for need in needs:
        if not isinstance(need, FetchedNeed):
            continue
        is_last_try = job.tries >= _MOST_TRIES
        fact = _fetch(need, sources, account_id=account_id, store=store, clock=clock, is_last_try=is_last_try)
        with store.write() as work:
            work.facts.save(job.target_id, facts={need: fact})
    now_ms = clock.now_ms()
    with store.write() as work:
        work.jobs.add([NewJob(JobKind.ANSWER_MENTION, job.target_id, job.tenant_id, now_ms)])
        if any(isinstance(need, PriceNeed) for need in needs):
            work.jobs.add([next_refresh(tenant_id=job.tenant_id, now_ms=now_ms)])
        work.jobs.finish([job])
    notice.ring({JobKind.ANSWER_MENTION.queue: 1})


def _fetch(
    need: FetchedNeed, sources: FactSources, *, account_id: str, store: Store, clock: Clock, is_last_try: bool
) -> Fact:
    try:
        if isinstance(need, PriceNeed):
            return sources.market.fetch_price(need)
        if isinstance(need, PacketNeed):
            if sources.node_of is None:
                return NoFact("unavailable")
            return fetch_packet_fact(need, node_of=sources.node_of, contracts=sources.contracts)
        if isinstance(need, AddressNeed | HoldingNeed):
            return (
                NoFact("unavailable") if sources.chain_of is None else fetch_chain_fact(need, chain_of=sources.chain_of)
            )
        purse = Purse(store, clock, sources.x_budget_musd)
        if isinstance(need, ParentNeed):
            if sources.feed_of is None:
                return NoFact("unavailable")
            return fetch_parent(need, account_id=account_id, feed_of=sources.feed_of, purse=purse)
        if sources.graph_of is None:
            return NoFact("unavailable")
        return fetch_standing(need, graph_of=sources.graph_of, purse=purse)
    except Misconfigured:
        return NoFact("unavailable")
    except Unavailable:
        if is_last_try:
            return NoFact("unavailable")
        raise
