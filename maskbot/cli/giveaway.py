"""`maskbot giveaway`: open, watch, close, draw, pay, refund and verify giveaways. `verify` needs nothing, the others the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maskbot.adapters.store.ids import new_id
from maskbot.cli.broadcast import SilentBell, read_slot
from maskbot.cli.giveaway_entry import enter
from maskbot.cli.giveaway_rules import RulesText, read_rules
from maskbot.cli.giveaway_shown import (
    beacon_verdict,
    dry_run,
    find_giveaway,
    find_wallet,
    giveaway_fields,
    packet_way,
    show_plan,
    winner_rows,
)
from maskbot.cli.local_file import read_input, write_output
from maskbot.cli.lookup import find_account
from maskbot.cli.noun import make_noun
from maskbot.cli.safe_payer import safe_payer
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of
from maskbot.cli.show import show_fields, show_rows
from maskbot.cli.who import operator
from maskbot.domain.delivery_plan import Means
from maskbot.domain.giveaway import books_of
from maskbot.flows.act.fetch_beacon import fetch_beacon
from maskbot.flows.act.fetch_funds import fetch_funds
from maskbot.flows.decide.giveaway import (
    GiveawayOrder,
    PayOrder,
    book_giveaway,
    close_giveaway,
    draw_giveaway,
    open_giveaway,
    owed_of,
    pay_giveaway,
    personas_of,
    proof_of,
    refund_giveaway,
)
from maskbot.wire.crypto import address_text, parse_address
from maskbot.wire.draw import __path__ as draw_path
from maskbot.wire.draw import check_proof

app = make_noun("Giveaways: one set of entrants over both platforms, a draw with a proof, prizes paid once.")
app.command("enter")(enter)

WhichArgument = Annotated[str, typer.Argument(help="The giveaway's code or id, from `maskbot giveaway list`.")]
PlanOption = Annotated[bool, typer.Option("--plan", help="Only show ways, gas, costs and the worst case.")]
PROOF_LIMIT_BYTES = 200 << 20


@app.command("open")
def open_(
    code: Annotated[str, typer.Argument(help="The word people name it by: a-z, 0-9 and -.")],
    wallet: Annotated[str, typer.Option("--wallet", "-w", help="Who pays: a wallet's name or id.")],
    prize: Annotated[list[str], typer.Option("--prize", help="An amount, or `0.5x10` for ten. Can be repeated.")],
    until: Annotated[str, typer.Option("--until", help="The end: `+3d`, or a time such as 2026-12-01T18:00+01:00.")],
    account: Annotated[list[str], typer.Option("--account", "-a", help="Where it runs. Can be repeated.")],
    title: Annotated[str, typer.Option(help="How it is called in posts.")] = "",
    token: Annotated[str | None, typer.Option(help="0xADDRESS:SYMBOL:DECIMALS; the chain's coin without it.")] = None,
    beacon: Annotated[str, typer.Option(help="What decides: drand, block, or none (first come).")] = "drand",
    word: Annotated[str, typer.Option(help="A word that an entry has to contain.")] = "",
    age: Annotated[int, typer.Option(help="How many days old an account has to be.")] = 0,
    holds: Annotated[str | None, typer.Option(help="0xCONTRACT:LEAST:BLOCK that an address held.")] = None,
    follows: Annotated[bool, typer.Option("--follows", help="Only who follows the account they mention.")] = False,
    boosted: Annotated[
        list[str] | None, typer.Option("--boosted", help="URL of a post that has to be boosted; one for each account.")
    ] = None,
    refund_to: Annotated[
        str | None, typer.Option(help="Where the rest goes; it stays in the wallet without it.")
    ] = None,
    plan: PlanOption = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Fix the rules, reserve the prizes in the wallet, publish the hash of the rules, and take entries until the end."""
    with opened() as parts:
        tenant_id = tenant_id_of(parts, tenant)
        payer = find_wallet(parts, wallet, tenant_id=tenant_id)
        closes_at_ms = read_slot(until, now_ms=parts.clock.now_ms())
        named = tuple(boosted or ())
        typed = RulesText(code, title, tuple(prize), token, closes_at_ms, beacon, word, age, holds, follows, named)
        rules = read_rules(typed, giveaway_id=new_id(), wallet=payer, parts=parts)
        funds = fetch_funds(rules.token, owner=payer.address, chain=parts.chain_of(payer.chain_id))
        if plan:
            show_plan(dry_run(rules, rules.prizes, payer, funds, personas=0, parts=parts), funds, as_json=as_json)
            return
        order = GiveawayOrder(
            tenant_id=tenant_id,
            rules=rules,
            account_ids=tuple(find_account(parts, name, tenant_id=tenant_id).id for name in account),
            wallet_id=payer.id,
            available=funds.available,
            refund_to=None if refund_to is None else parse_address(refund_to),
            waits=parts.giveaway_waits,
        )
        giveaway = open_giveaway(order, store=parts.store, now_ms=parts.clock.now_ms())
    show_fields(giveaway_fields(giveaway), as_json=as_json)


@app.command("list")
def list_(tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """List the newest 1,000 giveaways, newest first; `show` finds every one by its code."""
    with opened() as parts, parts.store.read() as work:
        rows = [giveaway_fields(each) for each in work.giveaways.of_tenant(tenant_id_of(parts, tenant))]
    columns = ("code", "state", "prizes", "total", "closes_at_ms", "entrants", "id")
    show_rows(rows, columns, as_json=as_json, empty="no giveaways yet; open one with: maskbot giveaway open")


@app.command()
def show(which: WhichArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Show rules, entrants, refusals, prizes and books of a giveaway."""
    with opened() as parts:
        giveaway = find_giveaway(parts, which, tenant=tenant)
        with parts.store.read() as work:
            entrants, prizes = work.entrants.load(giveaway.id), work.prizes.load(giveaway.id)
            refusals = dict(work.entrants.refusals(giveaway.id))
            refund = work.treasury.intents.load([giveaway.refund_id or ""]).get(giveaway.refund_id or "")
    books = books_of(giveaway, prizes)
    fields = giveaway_fields(giveaway) | {
        "entrants": len(entrants),
        "refused": refusals,
        **{name: str(giveaway.amount(getattr(books, name))) for name in ("funded", "paid", "refunded", "owed")},
        "remainder": str(giveaway.amount(books.remainder)),
        "refund": "" if refund is None else " ".join(filter(None, (refund.state, refund.error_kind))),
        "rules": giveaway.rules.text,
    }
    handles = {entrant.id: entrant.handle for entrant in entrants}
    won = [
        {
            "rank": prize.rank,
            "winner": handles.get(prize.entrant_id, ""),
            "address": address_text(prize.address),
            "amount": str(giveaway.amount(prize.base_units)),
            "state": prize.state,
            "transaction": "" if prize.tx_hash is None else f"0x{prize.tx_hash.hex()}",
        }
        for prize in prizes
    ]
    if as_json:
        show_fields(fields | {"prizes": won}, as_json=True)
        return
    show_fields(fields, as_json=False)
    print()
    show_rows(won, ("rank", "winner", "amount", "state", "address"), as_json=False, empty="nothing is drawn yet")


@app.command()
def close(which: WhichArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Close a giveaway whose time is over and publish the root of its entrants. The service does it by itself."""
    with opened() as parts:
        giveaway = find_giveaway(parts, which, tenant=tenant)
        closed = close_giveaway(giveaway.id, store=parts.store, now_ms=parts.clock.now_ms())
    show_fields(giveaway_fields(closed), as_json=as_json)


@app.command()
def draw(which: WhichArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Ask the beacon and draw a closed giveaway. The service does it by itself."""
    with opened() as parts:
        giveaway = find_giveaway(parts, which, tenant=tenant)
        if giveaway.rules.beacon and giveaway.entrant_count:
            fetch_beacon(giveaway.id, store=parts.store, beacons=parts.beacons, clock=parts.clock, notice=SilentBell())
        drawn, _ = draw_giveaway(giveaway.id, store=parts.store, now_ms=parts.clock.now_ms())
    show_fields(giveaway_fields(drawn), as_json=as_json)


@app.command()
def pay(
    which: WhichArgument,
    means: Annotated[
        Means | None, typer.Option("--means", help="The way of delivery; the cheapest possible one without it.")
    ] = None,
    safe: Annotated[str | None, typer.Option("--safe", help="Propose to the owners of this Safe, who pay.")] = None,
    wallet: Annotated[str | None, typer.Option("--wallet", "-w", help="With --safe: who proposes.")] = None,
    persona: Annotated[
        str | None, typer.Option("--persona", "-p", help="Who posts a red packet, if that is the way.")
    ] = None,
    lasts: Annotated[str, typer.Option("--for", help="How long its shares can be taken: +60s to +90d.")] = "+7d",
    plan: PlanOption = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Plan payments for every prize that is owed. Policy and approvals decide on each; repeating it pays nobody twice."""
    with opened(with_vault=persona is not None and not plan) as parts:
        giveaway = find_giveaway(parts, which, tenant=tenant)
        packet = None if persona is None else packet_way(parts, persona, lasts=lasts, tenant_id=giveaway.tenant_id)
        if plan:
            payer = find_wallet(parts, giveaway.wallet_id, tenant_id=giveaway.tenant_id)
            with parts.store.read() as work:
                owed = owed_of(giveaway, work=work)
                personas = personas_of(giveaway, owed, work=work)
            funds = fetch_funds(giveaway.rules.token, owner=payer.address, chain=parts.chain_of(payer.chain_id))
            amounts = tuple(prize.base_units for prize in owed)
            ways = dry_run(giveaway.rules, amounts, payer, funds, personas=personas, parts=parts, packet=packet)
            show_plan(ways, funds, means=means, as_json=as_json)
            return
        disperse = parts.disperse_of(giveaway.rules.token.chain_id)
        from_safe = None if safe is None else safe_payer(parts, giveaway, safe=safe, wallet=wallet)
        order = PayOrder(giveaway.id, operator(), means, disperse, safe=from_safe, packet=packet)
        payout = pay_giveaway(order, store=parts.store, now_ms=parts.clock.now_ms())
        booked = book_giveaway(giveaway.id, store=parts.store, now_ms=parts.clock.now_ms())
    planned = {"means": payout.means or "", "planned": payout.prizes, "payments": payout.payments}
    show_fields(giveaway_fields(booked) | planned, as_json=as_json)


@app.command()
def refund(which: WhichArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Plan the payment that takes back what nobody won."""
    with opened() as parts:
        giveaway = find_giveaway(parts, which, tenant=tenant)
        refunding = refund_giveaway(
            giveaway.id, requested_by=operator(), store=parts.store, now_ms=parts.clock.now_ms()
        )
    show_fields(giveaway_fields(refunding), as_json=as_json)


@app.command()
def proof(
    which: WhichArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="A new file, `-` for standard output.")] = Path("-"),
    tenant: TenantOption = DEFAULT_TENANT,
) -> None:
    """Write the proof of a draw, to be published."""
    with opened() as parts:
        giveaway = find_giveaway(parts, which, tenant=tenant)
        with parts.store.read() as work:
            text = proof_of(giveaway.id, work=work)
    write_output(output, text.encode())


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="proof.json ('-': standard input).")],
    offline: Annotated[
        bool, typer.Option("--no-beacon", help="Leave the signature of a drand round unchecked.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check every step of a proof again: rules, entrants, root, beacon, seed, winners. Needs no service and no network."""
    checked = check_proof(read_input(file, limit_bytes=PROOF_LIMIT_BYTES).decode("utf-8", "replace"))
    beacon = "not checked" if offline else beacon_verdict(checked)
    winners = winner_rows(checked)
    head = {"holds": True, "entrants": len(checked.entrants), "root": checked.root.hex(), "beacon": beacon}
    if as_json:
        show_fields(head | {"winners": winners}, as_json=True)
        return
    show_fields(head, as_json=False)
    show_rows(winners, ("rank", "entrant", "address"), as_json=False, empty="nobody entered")


@app.command()
def verifier() -> None:
    """Print the same checks in JavaScript, under a hundred lines: node verify.mjs proof.json."""
    print((Path(draw_path[0]) / "verify.mjs").read_text(encoding="utf-8"), end="")
