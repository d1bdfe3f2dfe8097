"""`maskbot wallet link | unlink | links | worth`: which wallet takes shares of red packets for which persona, and what is worth
it."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from maskbot.assembly import App
from maskbot.cli.giveaway_shown import find_wallet
from maskbot.cli.lookup import find_persona
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of
from maskbot.cli.show import show_fields, show_rows
from maskbot.cli.who import operator
from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.money import MOST_BASE_UNITS, NATIVE, Address, Amount, parse_amount
from maskbot.domain.packet_claim import ClaimFloor, PersonaWallet
from maskbot.wire.crypto import address_text, parse_address

WalletArgument = Annotated[str, typer.Argument(help="A wallet's name or id.")]
PersonaOption = Annotated[str, typer.Option("--persona", "-p", help="A persona's name, id or identifier.")]
_BASE_UNITS = re.compile(r"[0-9]{1,78}", re.ASCII)


def link(
    wallet: WalletArgument,
    persona: PersonaOption,
    claims: Annotated[bool, typer.Option("--claims/--no-claims", help="Take shares of packets by itself.")] = True,
    recipient: Annotated[
        str | None, typer.Option(help="Who gets the shares, if not the wallet; its policy has to list the address.")
    ] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Let a wallet take shares of red packets for a persona, on the wallet's chain. One wallet a persona and chain."""
    with opened() as parts:
        tenant_id = tenant_id_of(parts, tenant)
        found = find_wallet(parts, wallet, tenant_id=tenant_id)
        owner = find_persona(parts, persona, tenant_id=tenant_id)
        made = PersonaWallet(
            persona_id=owner.id,
            wallet_id=found.id,
            chain_id=found.chain_id,
            is_claiming=claims,
            recipient=None if recipient is None else parse_address(recipient),
        )
        with parts.store.write() as work:
            work.claim_rules.link(made)
            work.treasury.audit.append(NewEntry(operator(), "wallet.linked", found.id), now_ms=parts.clock.now_ms())
    show_fields(_link_row(made, persona=owner.name, wallet=found.name), as_json=as_json)


def unlink(
    wallet: WalletArgument, persona: PersonaOption, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False
) -> None:
    """Take the wallet away from the persona. Shares that are on their way still come."""
    with opened() as parts:
        tenant_id = tenant_id_of(parts, tenant)
        found = find_wallet(parts, wallet, tenant_id=tenant_id)
        owner = find_persona(parts, persona, tenant_id=tenant_id)
        with parts.store.write() as work:
            if not work.claim_rules.unlink(owner.id, wallet_id=found.id):
                raise Refused(
                    f"{found.name} is no wallet of {owner.name}; see `maskbot wallet links`", kind="NotLinked"
                )
    show_fields({"wallet": found.name, "persona": owner.name, "state": "unlinked"}, as_json=as_json)


def links(tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """List which wallets take shares for which personas, and what was said to be worth it."""
    with opened() as parts:
        tenant_id = tenant_id_of(parts, tenant)
        with parts.store.read() as work:
            personas = {one.id: one.name for one in work.personas.load(tenant_id=tenant_id)}
            wallets = {one.id: one.name for one in work.treasury.wallets.load(tenant_id=tenant_id)}
            rows = []
            for one in work.claim_rules.wallets_of(sorted(personas)):
                row = _link_row(one, persona=personas[one.persona_id], wallet=wallets[one.wallet_id])
                floors = work.claim_rules.floors(one.wallet_id).values()
                rows.append(row | {"worth": [f"{_token(floor.token)} >= {floor.least}" for floor in floors]})
    columns = ("persona", "wallet", "chain", "claims", "recipient", "worth")
    show_rows(rows, columns, as_json=as_json, empty="no wallet takes shares; link one with: maskbot wallet link")


def worth(
    wallet: WalletArgument,
    token: Annotated[str, typer.Argument(help="native, or the address of a token or collection.")],
    least: Annotated[str, typer.Option(help="Shares of fewer base units are left (a collection: 1).")],
    cost: Annotated[str, typer.Option(help="What gas for a share may cost at most, in the chain's coin: 0.001")],
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Say which shares of a token are worth taking, and at which cost. Without it, only coins and tokens with a price are taken."""
    if _BASE_UNITS.fullmatch(least) is None or int(least) > MOST_BASE_UNITS:
        raise Malformed("--least is a whole number of base units, such as 1000000")
    address = NATIVE if token == "native" else parse_address(token)  # noqa: S105 - a token of money
    with opened() as parts:
        found = find_wallet(parts, wallet, tenant_id=tenant_id_of(parts, tenant))
        coin = parts.chain_of(found.chain_id).chain.coin
        floor = ClaimFloor(address, int(least), parse_amount(cost, token=coin).base_units)
        with parts.store.write() as work:
            work.claim_rules.set_floor(found.id, floor)
            work.treasury.audit.append(NewEntry(operator(), "wallet.worth_set", found.id), now_ms=parts.clock.now_ms())
    show_fields(
        {
            "wallet": found.name,
            "token": _token(address),
            "least": str(floor.least),
            "most_cost": str(Amount(coin, floor.most_cost_wei)),
        },
        as_json=as_json,
    )


def wallet_for(parts: App, *, wallet: str | None, persona: str | None, chain_id: int, tenant_id: str) -> PersonaWallet:
    """The wallet that an operator names, by itself or by its persona, on this chain. Raises Malformed, NotFound, Refused."""
    if (wallet is None) == (persona is None):
        raise Malformed("name either the wallet (--wallet) or the persona (--persona) that takes the share")
    if wallet is not None:
        found = find_wallet(parts, wallet, tenant_id=tenant_id)
        if found.chain_id != chain_id:
            raise Refused(f"the packet is on chain {chain_id}, the wallet on {found.chain_id}", kind="WrongChain")
        return PersonaWallet("", found.id, chain_id)
    owner = find_persona(parts, persona or "", tenant_id=tenant_id)
    with parts.store.read() as work:
        links_there = work.claim_rules.wallets_of([owner.id])
    on_chain = next((one for one in links_there if one.chain_id == chain_id), None)
    if on_chain is None:
        raise Refused(f"{owner.name} has no wallet on chain {chain_id}: maskbot wallet link", kind="NoWalletOnChain")
    return on_chain


def _link_row(link: PersonaWallet, *, persona: str, wallet: str) -> dict[str, object]:
    return {
        "persona": persona,
        "wallet": wallet,
        "chain": link.chain_id,
        "claims": link.is_claiming,
        "recipient": None if link.recipient is None else address_text(link.recipient),
    }


def _token(address: Address) -> str:
    return "native" if address == NATIVE else address_text(address)
