"""`maskbot redpacket claim | claims`: take a share of somebody's packet by hand, and see what became of every share."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from maskbot.assembly import App
from maskbot.cli.redpacket_source import Named, read_source
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of, working
from maskbot.cli.show import show_fields, show_rows
from maskbot.cli.wallet_claims import wallet_for
from maskbot.cli.who import operator
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.packet_claim import PACKET_CLAIM, PacketClaim, PersonaWallet
from maskbot.domain.red_packet import PacketVersion
from maskbot.flows.act.packet_claim.check import Judged, judge_claim, know_of
from maskbot.flows.act.packet_claim.notice import amount_text
from maskbot.flows.decide.packet_claim import ask_again, claim_id_of, key_place
from maskbot.wire.crypto import address_text


def claim(
    source: Annotated[
        str, typer.Argument(help="A mask.io link, a file with a post ('-': stdin), or the id of a packet seen before.")
    ],
    *,
    wallet: Annotated[str | None, typer.Option("--wallet", "-w", help="Who takes it: a wallet's name or id.")] = None,
    persona: Annotated[str | None, typer.Option("--persona", "-p", help="Who takes it: a persona's wallet.")] = None,
    chain: Annotated[int | None, typer.Option("--chain", help="Chain id, where the post does not say.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what it would bring and cost.")] = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Take a share of a packet: looked at now, then paid for by the service under the wallet's policy. Never at a loss."""
    named = read_source(source, chain_id=chain, version=None)
    if not named.version.is_creatable:
        raise Refused(f"{named.version.warning}: such packets are shown, never claimed", kind="OldVersion")
    with opened(with_vault=True) as parts, working("looking at the packet"):
        asked = _asked(named, wallet=wallet, persona=persona, tenant_id=tenant_id_of(parts, tenant), parts=parts)
        with parts.store.read() as work:
            known = know_of(asked, work=work)
        judged = judge_claim(known, parts=parts.claims)
        fields = _judged_fields(asked, judged, parts=parts)
        if not plan:
            _raise_if_hopeless(judged)
            asked = _record(asked, parts=parts)
            fields |= {"claim": asked.id, "state": asked.state}
    show_fields(fields, as_json=as_json)


def claims(
    state: Annotated[str | None, typer.Option("--state", help=f"Only: {', '.join(PACKET_CLAIM.moves)}.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many.")] = 50,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """List shares that were found, taken, lost and left, newest first, with the reasons."""
    if state is not None and state not in PACKET_CLAIM.moves:
        raise Malformed(f"--state is one of {', '.join(PACKET_CLAIM.moves)}")
    with opened() as parts:
        tenant_id = tenant_id_of(parts, tenant)
        with parts.store.read() as work:
            found = work.claims.of_tenant(tenant_id, states=None if state is None else {state}, limit=limit)
            names = {one.id: one.name for one in work.treasury.wallets.load(tenant_id=tenant_id)}
        rows = [_row(each, names, parts=parts) for each in found]
    columns = ("found_at_ms", "state", "reason", "chain", "packet", "wallet", "amount", "received", "cost_wei")
    show_rows(rows, columns, as_json=as_json, empty="no packets were found yet")


def _asked(named: Named, *, wallet: str | None, persona: str | None, tenant_id: str, parts: App) -> PacketClaim:
    """The claim to look at: with the post's key, or one that was recorded before."""
    if named.post is None and named.nft_post is None:
        return _seen_before(named, wallet=wallet, persona=persona, tenant_id=tenant_id, parts=parts)
    if named.chain_id is None:
        raise Malformed("the post does not say on which chain: name it with --chain")
    post = named.nft_post or named.post
    assert post is not None
    packet_key = post.packet_key
    link = wallet_for(parts, wallet=wallet, persona=persona, chain_id=named.chain_id, tenant_id=tenant_id)
    new = PacketClaim(
        id=claim_id_of(
            chain_id=named.chain_id, version=named.version, packet_id=named.packet_id, wallet_id=link.wallet_id
        ),
        tenant_id=tenant_id,
        wallet_id=link.wallet_id,
        chain_id=named.chain_id,
        version=named.version,
        packet_id=named.packet_id,
        requested_by=operator(),
        found_at_ms=parts.clock.now_ms(),
        persona_id=link.persona_id or None,
        recipient=link.recipient,
        tx_hash=named.tx_hash,
        created_at_s=named.created_at_s,
    )
    (sealed,) = parts.vault.protect([(key_place(new), packet_key)])
    return replace(new, sealed_key=sealed)


def _seen_before(named: Named, *, wallet: str | None, persona: str | None, tenant_id: str, parts: App) -> PacketClaim:
    with parts.store.read() as work:
        every = work.claims.of_tenant(tenant_id, limit=1000)
    there = [one for one in every if one.packet_id == named.packet_id and one.sealed_key is not None]
    links: list[tuple[PacketClaim, PersonaWallet]] = []
    for one in there:
        try:
            link = wallet_for(parts, wallet=wallet, persona=persona, chain_id=one.chain_id, tenant_id=tenant_id)
        except Refused:
            continue
        if link.wallet_id == one.wallet_id:
            links.append((one, link))
    if not links:
        raise Refused("a bare id has no key: claim the packet by its link or its post", kind="NoKey")
    found, link = links[0]
    return replace(found, requested_by=operator(), recipient=link.recipient)


def _raise_if_hopeless(judged: Judged) -> None:
    hindrance = judged.hindrance
    if hindrance is not None and hindrance.then != "later":
        raise Refused(hindrance.message, kind=hindrance.kind)


def _record(asked: PacketClaim, *, parts: App) -> PacketClaim:
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        if not work.claims.add(asked, now_ms=now_ms):
            there = work.claims.load(asked.id, is_locked=True)
            assert there is not None
            if there.state not in ("left", "failed"):
                return there
            again = replace(
                there,
                requested_by=asked.requested_by,
                sealed_key=asked.sealed_key,
                recipient=asked.recipient,
            )
            asked = ask_again(again, work=work, now_ms=now_ms)
        work.jobs.add([NewJob(JobKind.CHECK_CLAIM, asked.id, asked.tenant_id, now_ms)])
    return asked


def _judged_fields(asked: PacketClaim, judged: Judged, *, parts: App) -> dict[str, object]:
    fields: dict[str, object] = {
        "packet": "0x" + asked.packet_id.hex(),
        "chain": asked.chain_id,
        "hindrance": None if judged.hindrance is None else judged.hindrance.kind,
        "why": None if judged.hindrance is None else judged.hindrance.message,
    }
    prospect = judged.prospect
    if prospect is not None:
        shown = replace(asked, token=prospect.token, decimals=prospect.decimals)
        share = (
            "1 token" if asked.version is PacketVersion.NFT else amount_text(shown, prospect.share, parts=parts.claims)
        )
        fields |= {
            "share": share,
            "gas": prospect.needed_gas,
            "gas_asked_wei": prospect.asked_wei,
            "gas_at_most_wei": judged.max_fee_wei,
            "cost_at_most_wei": str(prospect.needed_gas * judged.max_fee_wei),
            "open_for_s": prospect.seconds_left,
        }
    return fields


def _row(claim: PacketClaim, names: dict[str, str], *, parts: App) -> dict[str, object]:
    is_nft = claim.version is PacketVersion.NFT
    amount = claim.value if claim.value is not None else claim.expected
    return {
        "id": claim.id,
        "found_at_ms": claim.found_at_ms,
        "state": claim.state,
        "reason": claim.reason,
        "chain": claim.chain_id,
        "version": claim.version.value,
        "packet": "0x" + claim.packet_id.hex(),
        "wallet": names.get(claim.wallet_id, ""),
        "persona_id": claim.persona_id,
        "requested_by": claim.requested_by,
        "token": None if claim.token is None else address_text(claim.token),
        "amount": None
        if amount is None
        else f"token {amount}"
        if is_nft
        else amount_text(claim, amount, parts=parts.claims),
        "received": None
        if claim.received is None or is_nft
        else amount_text(claim, claim.received, parts=parts.claims),
        "cost_wei": str(claim.cost_wei),
        "tries": claim.tries,
        "transaction": None if claim.claim_tx is None else "0x" + claim.claim_tx.hex(),
    }
