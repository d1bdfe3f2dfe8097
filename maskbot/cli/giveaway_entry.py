"""`maskbot giveaway enter`: the operator enters a hosted persona, with the persona's wallet, under the giveaway's rules."""

from __future__ import annotations

from typing import Annotated

import typer

from maskbot.assembly import App
from maskbot.cli.giveaway_shown import find_giveaway
from maskbot.cli.lookup import find_persona
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of
from maskbot.cli.show import show_fields
from maskbot.domain.entry import HoldingFact, HoldingNeed
from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Giveaway
from maskbot.domain.money import Address
from maskbot.flows.act.chain_facts import fetch_chain_fact
from maskbot.flows.decide.giveaway import PersonaEntry, enter_persona
from maskbot.flows.decide.packet_claim import wallet_of_persona
from maskbot.wire.crypto import address_text


def enter(
    which: Annotated[str, typer.Argument(help="The giveaway's code or id, from `maskbot giveaway list`.")],
    persona: Annotated[str, typer.Option("--persona", "-p", help="A persona's name, id or identifier.")],
    word: Annotated[str, typer.Option(help="The entry word, where the rules ask for one.")] = "",
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Enter a hosted persona with its wallet (`maskbot wallet link`). It counts as its owner: one person enters once."""
    with opened() as parts:
        giveaway = find_giveaway(parts, which, tenant=tenant)
        chain_id = giveaway.rules.token.chain_id
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
        with parts.store.read() as work:
            address = wallet_of_persona(found.id, chain_id=chain_id, work=work)
        if address is None:
            raise Refused(
                f"{found.name} has no wallet on chain {chain_id}: link one with `maskbot wallet link`",
                kind="NoWalletOnChain",
            )
        entry = PersonaEntry(
            giveaway_id=giveaway.id,
            persona=found,
            address=address,
            words=word,
            held=_held(giveaway, address, parts=parts),
        )
        entrant = enter_persona(entry, store=parts.store, now_ms=parts.clock.now_ms())
    show_fields(
        {
            "giveaway": giveaway.rules.code,
            "entrant": entrant.id.hex(),
            "persona": found.name,
            "address": address_text(entrant.address),
            "state": "entered",
        },
        as_json=as_json,
    )


def _held(giveaway: Giveaway, address: Address, *, parts: App) -> int | None:
    holding = giveaway.rules.holding
    if holding is None:
        return None
    need = HoldingNeed(giveaway.rules.token.chain_id, holding.contract, holding.block, address)
    fact = fetch_chain_fact(need, chain_of=parts.chain_of)
    return fact.held if isinstance(fact, HoldingFact) else None
