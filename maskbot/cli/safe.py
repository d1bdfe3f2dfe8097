"""`maskbot safe`: Safes of a DAO, and payments proposed to their owners. What is signed cannot be taken back by us."""

from __future__ import annotations

from typing import Annotated

import typer

from maskbot.adapters.store.ids import new_id
from maskbot.cli.giveaway_rules import read_token
from maskbot.cli.giveaway_shown import find_wallet
from maskbot.cli.noun import make_noun
from maskbot.cli.safe_payer import check_proposer, look_at, queued_nonce
from maskbot.cli.safe_shown import exported, find_proposal, find_safe, look_fields, proposal_row, safe_row
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of
from maskbot.cli.show import show_fields, show_json, show_rows
from maskbot.cli.who import operator
from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Malformed
from maskbot.domain.money import Token, parse_amount
from maskbot.domain.safe import OPEN_STATES, ProposalGone, ProposalOrder, Safe
from maskbot.domain.states import PROPOSAL
from maskbot.domain.transaction import ContractCall
from maskbot.flows.act.fetch_safe import fetch_safe
from maskbot.flows.act.simulate_safe import simulate_calls
from maskbot.flows.decide.safe import cancel_proposal, plan_proposal, retry_proposal, safe_call, take_payment
from maskbot.wire.crypto import parse_address
from maskbot.wire.transaction import transfer_call

app = make_noun("Safes of a DAO: its owners decide, we only propose.")

PURPOSE = "safe-proposal"
SafeArgument = Annotated[str, typer.Argument(help="A Safe's name, id or address.")]
ProposalArgument = Annotated[str, typer.Argument(help="A proposal's id, from `maskbot safe proposals`.")]


@app.command("add")
def add(
    address: Annotated[str, typer.Argument(help="The Safe's address.")],
    chain: Annotated[int, typer.Option("--chain", help="The chain id, as in the chains file.")],
    name: Annotated[str, typer.Option("--name", "-n", help="A name of your own for it.")],
    singleton: Annotated[
        str | None, typer.Option(help="A singleton you trust that is none of the published ones of 1.3.0 and 1.4.1.")
    ] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Look at a Safe on its chain, and remember it if its code is genuine."""
    trusted = None if singleton is None else parse_address(singleton)
    with opened() as parts:
        found = parse_address(address)
        look = fetch_safe(found, chain=parts.chain_of(chain), singleton=trusted)
        safe = Safe(new_id(), tenant_id_of(parts, tenant), chain, found, name, look.version, look.singleton)
        with parts.store.write() as work:
            work.treasury.safes.add(safe, now_ms=parts.clock.now_ms())
            work.treasury.audit.append(NewEntry(operator(), "safe.added", safe.id), now_ms=parts.clock.now_ms())
    show_fields(safe_row(safe) | look_fields(look), as_json=as_json)


@app.command("list")
def list_safes(tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """List the Safes we may propose to."""
    with opened() as parts, parts.store.read() as work:
        rows = [safe_row(one) for one in work.treasury.safes.load(tenant_id=tenant_id_of(parts, tenant))]
    columns = ("name", "chain", "address", "version", "id")
    show_rows(rows, columns, as_json=as_json, empty="no Safes yet; add one with: maskbot safe add")


@app.command("show")
def show(safe: SafeArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Ask the chain who owns a Safe, how many have to sign, and what its next nonce is."""
    with opened() as parts:
        found = find_safe(parts, safe, tenant_id=tenant_id_of(parts, tenant))
        look = look_at(found, parts=parts)
        with parts.store.read() as work:
            still_open = work.treasury.proposals.in_states(OPEN_STATES, safe_id=found.id)
    row = safe_row(found) | look_fields(look) | {"open_proposals": len(still_open)}
    show_fields(row, as_json=as_json)


@app.command("propose")
def propose(
    safe: SafeArgument,
    wallet: Annotated[str, typer.Option("--wallet", "-w", help="Who signs first: an owner, or a delegate of one.")],
    pay: Annotated[list[str], typer.Option("--pay", help="0xADDRESS=AMOUNT. Several become one batch.")],
    token: Annotated[str | None, typer.Option(help="0xADDRESS:SYMBOL:DECIMALS; the chain's coin without it.")] = None,
    name: Annotated[str, typer.Option("--id", help="A name of yours; proposing it twice is one proposal.")] = "",
    delegate: Annotated[
        bool, typer.Option("--delegate", help="The wallet is no owner, but a delegate that the queue service knows.")
    ] = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Propose a payment, or several as one, to the owners of a Safe. Nothing is paid before enough of them have signed."""
    with opened() as parts:
        found = find_safe(parts, safe, tenant_id=tenant_id_of(parts, tenant))
        proposer = find_wallet(parts, wallet, tenant_id=found.tenant_id)
        money = read_token(token, chain_id=found.chain_id, parts=parts)
        look = look_at(found, parts=parts)
        check_proposer(proposer, look, is_delegate=delegate)
        calls = [_payment(one, token=money) for one in pay]
        call, is_batch = safe_call(calls, look=look)
        order = ProposalOrder(
            safe_id=found.id,
            wallet_id=proposer.id,
            purpose=PURPOSE,
            purpose_id=f"{found.tenant_id}:{name or new_id()}",
            call=call,
            is_delegate=is_batch,
            requested_by=operator(),
        )
        simulate_calls(calls, safe=found.address, chain=parts.chain_of(found.chain_id), at=look.block)
        queued = queued_nonce(found, parts=parts)
        with parts.store.write() as work:
            made = plan_proposal(order, look=look, queued_nonce=queued, work=work, now_ms=parts.clock.now_ms())
    show_fields(proposal_row(made), as_json=as_json)


@app.command("take")
def take(
    payment: Annotated[str, typer.Argument(help="A payment that is not signed, from `maskbot approval list`.")],
    safe: Annotated[str, typer.Option("--safe", help="The Safe that is to pay it.")],
    wallet: Annotated[str, typer.Option("--wallet", "-w", help="Who signs first: an owner of the Safe.")],
    delegate: Annotated[bool, typer.Option("--delegate", help="The wallet is a delegate, no owner.")] = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Propose a payment that waits, or is above the policy, to a Safe: it is rejected here for good."""
    with opened() as parts:
        found = find_safe(parts, safe, tenant_id=tenant_id_of(parts, tenant))
        proposer = find_wallet(parts, wallet, tenant_id=found.tenant_id)
        look = look_at(found, parts=parts)
        check_proposer(proposer, look, is_delegate=delegate)
        with parts.store.read() as work:
            waiting = work.treasury.intents.load([payment]).values()
        simulate_calls(
            [one.call for one in waiting], safe=found.address, chain=parts.chain_of(found.chain_id), at=look.block
        )
        queued = queued_nonce(found, parts=parts)
        with parts.store.write() as work:
            made = take_payment(
                payment,
                safe_id=found.id,
                wallet_id=proposer.id,
                look=look,
                queued_nonce=queued,
                requested_by=operator(),
                work=work,
                now_ms=parts.clock.now_ms(),
            )
    show_fields(proposal_row(made), as_json=as_json)


@app.command("proposals")
def proposals(
    every: Annotated[bool, typer.Option("--all", help="Ended ones too.")] = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """List proposals with what became of them."""
    with opened() as parts, parts.store.read() as work:
        states = frozenset(PROPOSAL.moves) if every else OPEN_STATES
        found = work.treasury.proposals.in_states(states, tenant_id=tenant_id_of(parts, tenant))
        rows = [proposal_row(one) for one in found]
    columns = ("id", "safe", "nonce", "state", "error", "confirmed", "pays", "purpose", "hash")
    show_rows(rows, columns, as_json=as_json, empty="no open proposals")


@app.command("export")
def export(proposal: ProposalArgument, tenant: TenantOption = DEFAULT_TENANT) -> None:
    """Print a proposal as JSON for its owners: what to sign (EIP-712), its hash, our signature, and where the queue is."""
    with opened() as parts:
        found = find_proposal(parts, proposal, tenant_id=tenant_id_of(parts, tenant))
    if found.signature is None:  # it may be cancelled, or its hash may be wrong: nobody else is to sign before us
        raise ProposalGone(
            f"the proposal is {found.state} and not signed by our wallet: there is nothing to hand to owners"
        )
    show_json(exported(found))


@app.command("cancel")
def cancel(proposal: ProposalArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Forget a proposal that is not signed yet. What is signed is ended on the chain only."""
    with opened() as parts:
        found = find_proposal(parts, proposal, tenant_id=tenant_id_of(parts, tenant))
        with parts.store.write() as work:
            ended = cancel_proposal(found.id, actor=operator(), work=work, now_ms=parts.clock.now_ms())
    show_fields(proposal_row(ended), as_json=as_json)


@app.command("retry")
def retry(proposal: ProposalArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Try again what the vault or the queue service refused, once you have changed why."""
    with opened() as parts:
        found = find_proposal(parts, proposal, tenant_id=tenant_id_of(parts, tenant))
        with parts.store.write() as work:
            again = retry_proposal(found.id, work=work, now_ms=parts.clock.now_ms())
    show_fields(proposal_row(again), as_json=as_json)


def _payment(text: str, *, token: Token) -> ContractCall:
    address, is_there, amount = text.partition("=")
    if not is_there:
        raise Malformed(
            "--pay is written as 0xADDRESS=AMOUNT, for example 0x52908400098527886E0F7030069857D2E4169EE7=1.5"
        )
    return transfer_call(parse_amount(amount, token=token), to=parse_address(address))
