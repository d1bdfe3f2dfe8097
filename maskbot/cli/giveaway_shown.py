"""Giveaways and their dry runs as operators see them, and how they are found by name."""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.assembly import App
from maskbot.cli.broadcast import read_slot
from maskbot.cli.lookup import NotFound, find_persona
from maskbot.cli.session import tenant_id_of
from maskbot.cli.show import Row, show_fields, show_json, show_rows
from maskbot.domain.delivery_plan import DeliveryPlan, Means, Route
from maskbot.domain.giveaway import Giveaway, Rules
from maskbot.domain.money import Amount
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.fetch_funds import Funds
from maskbot.flows.decide.giveaway import PacketWay, plan_delivery
from maskbot.settings import load_settings
from maskbot.wire.crypto import address_text
from maskbot.wire.draw import BlockPromise, Proof, ProofWrong


def find_giveaway(parts: App, name: str, *, tenant: str) -> Giveaway:
    """The tenant's giveaway with this code or id. Raises NotFound."""
    tenant_id = tenant_id_of(parts, tenant)
    with parts.store.read() as work:
        by_code, by_id = work.giveaways.of_tenant(tenant_id, codes={name}), work.giveaways.load(name)
    if by_code:
        return by_code[0]
    if by_id is not None and by_id.tenant_id == tenant_id:
        return by_id
    raise NotFound(f"no giveaway {name} in this tenant; see `maskbot giveaway list`")


def find_wallet(parts: App, name: str, *, tenant_id: str) -> Wallet:
    """The tenant's wallet with this name, id or address. Raises NotFound."""
    with parts.store.read() as work:
        wallets = work.treasury.wallets.load(tenant_id=tenant_id)
    found = [each for each in wallets if name in (each.id, each.name) or name.lower() == f"0x{each.address.hex()}"]
    if len(found) != 1:
        raise NotFound(f"{len(found) or 'no'} wallets are called {name}; see `maskbot wallet list`")
    return found[0]


def packet_way(parts: App, persona: str, *, lasts: str, tenant_id: str) -> PacketWay:
    """How a packet of prizes would be posted. Raises NotFound, Malformed."""
    found, now_ms = find_persona(parts, persona, tenant_id=tenant_id), parts.clock.now_ms()
    duration_s = (read_slot(lasts, now_ms=now_ms) - now_ms) // 1000
    return PacketWay(found.id, found.name, duration_s, parts.packet_maker)


def giveaway_fields(giveaway: Giveaway) -> dict[str, object]:
    """What is told of a giveaway in one line or screen."""
    rules = giveaway.rules
    return {
        "id": giveaway.id,
        "code": rules.code,
        "title": rules.title,
        "state": giveaway.state,
        "total": str(giveaway.amount(rules.total)),
        "prizes": len(rules.prizes),
        "opens_at_ms": rules.opens_at_ms,
        "closes_at_ms": rules.closes_at_ms,
        "beacon": rules.beacon or "first come, first served",
        "rules_hash": rules.hash.hex(),
        "entrants": giveaway.entrant_count,
        "root": "" if giveaway.root is None else giveaway.root.hex(),
    }


def dry_run(
    rules: Rules,
    prizes: Sequence[int],
    wallet: Wallet,
    funds: Funds,
    *,
    personas: int,
    parts: App,
    packet: PacketWay | None = None,
) -> DeliveryPlan:
    """How these prizes could be delivered from this wallet now."""
    with parts.store.read() as work:
        return plan_delivery(
            rules.token,
            prizes=prizes,
            personas=personas,
            wallet_id=wallet.id,
            disperse=parts.disperse_of(wallet.chain_id),
            packet=packet,
            gas_price_wei=funds.gas_price_wei,
            work=work,
        )


def show_plan(plan: DeliveryPlan, funds: Funds, *, means: Means | None = None, as_json: bool) -> None:
    """Print the dry run: what is to be paid, each way with its cost, the choice (`means` if it was asked for) and why, the worst
    case."""
    coin = plan.token if plan.token.is_native else None
    chosen = plan.chosen if means is None else plan.route_of(means)
    rows = [_route(plan, route, is_chosen=route is chosen) for route in plan.routes]
    worst_wei = plan.worst_case_wei(chosen)
    head = {
        "winners": plan.winners,
        "to_pay": str(Amount(plan.token, plan.total)),
        "in_wallet": str(Amount(plan.token, funds.available)),
        "gas_price_wei": plan.gas_price_wei,
        "chosen": chosen.means.value,
        "cost_wei": plan.cost_wei(chosen),
        "worst_case": str(Amount(coin, worst_wei)) if coin is not None else f"{worst_wei} wei and the prizes",
        "enough": funds.coins_wei >= worst_wei and funds.available >= plan.total,
    }
    if as_json:
        show_json(head | {"ways": rows})
        return
    show_fields(head, as_json=False)
    print()
    show_rows(rows, ("way", "transactions", "gas", "cost_wei", "gas_of_a_claim", "obstacle"), as_json=False, empty="")


def beacon_verdict(proof: Proof) -> str:
    """What can be said of the beacon of a proof without a network. Raises ProofWrong for a drand signature that is not genuine."""
    promise = proof.beacon.promise
    if isinstance(promise, BlockPromise):
        return f"compare block {promise.number} of chain {promise.chain_id} with a node: 0x{proof.beacon.value.hex()}"
    from maskbot.adapters.drand import is_genuine
    from maskbot.assembly.beacons import drand_chain
    from maskbot.wire.draw import QUICKNET

    known = {chain.hash: chain for chain in (QUICKNET, drand_chain(load_settings().drand_chain))}
    chain = known.get(promise.chain)
    if chain is None:
        return "the drand chain is not known here, so its signature is not checked"
    if not is_genuine(proof.beacon.value, round_number=promise.round, public_key=chain.public_key):
        raise ProofWrong("beacon: the chain did not make this signature")
    return f"drand round {promise.round} of {'quicknet' if chain is QUICKNET else 'your own chain'}: genuine"


def _route(plan: DeliveryPlan, route: Route, *, is_chosen: bool) -> Row:
    return {
        "way": route.means.value,
        "transactions": route.transactions,
        "gas": route.gas,
        "cost_wei": plan.cost_wei(route),
        "gas_of_a_claim": route.claim_gas,
        "obstacle": route.obstacle or ("chosen" if is_chosen else ""),
    }


def winner_rows(proof: Proof) -> list[Row]:
    """The winners of a proof by rank."""
    return [
        {"rank": rank, "entrant": one.id.hex(), "address": address_text(one.address)}
        for rank, one in enumerate(proof.winners, 1)
    ]
