"""`maskbot redpacket create | list | refund`: packets of our own, made once for an order, and what became of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from maskbot.adapters.store.ids import new_id
from maskbot.assembly import App
from maskbot.cli.broadcast import RecipientsFileOption, RecipientsOption, find_recipients, read_slot
from maskbot.cli.giveaway_rules import read_token
from maskbot.cli.giveaway_shown import find_wallet
from maskbot.cli.lookup import NotFound, find_account, find_persona
from maskbot.cli.redpacket_shown import packet_fields, plan_fields, share_rows
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of
from maskbot.cli.show import show_fields, show_json, show_rows
from maskbot.cli.who import operator
from maskbot.domain.errors import Malformed
from maskbot.domain.hosted_packet import HostedPacket, NftShares, PacketOrder, Publication, TokenShares
from maskbot.domain.money import parse_amount
from maskbot.domain.packet_plan import plan_packet
from maskbot.domain.post import Visibility
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.fetch_funds import Funds, fetch_funds
from maskbot.flows.decide.broadcast import BroadcastPlan
from maskbot.flows.decide.red_packet import ask_for_refund, order_packet
from maskbot.wire.crypto import parse_address

PacketArgument = Annotated[str, typer.Argument(help="The packet's row id from `list`, or its id on the chain (0x...).")]
_NFT = re.compile(r"(0x[0-9a-fA-F]{40}):(.{1,60})", re.ASCII)
_ID = re.compile(r"[0-9]{1,78}", re.ASCII)


def create(
    wallet: Annotated[str, typer.Option("--wallet", "-w", help="Who pays: a wallet's name or id.")],
    persona: Annotated[str, typer.Option("--persona", "-p", help="Who posts it: a persona's name or id.")],
    account: Annotated[list[str], typer.Option("--account", "-a", help="Where: a handle or id. Can be repeated.")],
    total: Annotated[str | None, typer.Option("--total", help="All shares together, such as 1.5.")] = None,
    shares: Annotated[int, typer.Option("--shares", "-n", help="In how many parts.")] = 1,
    token: Annotated[str | None, typer.Option(help="0xADDRESS:SYMBOL:DECIMALS; the chain's coin without it.")] = None,
    random: Annotated[bool, typer.Option("--random", help="Parts of different size. Foreseeable: no lottery.")] = False,
    nft: Annotated[str | None, typer.Option("--nft", help="0xCOLLECTION:NAME instead of an amount.")] = None,
    ids: Annotated[
        str | None, typer.Option("--ids", help="With --nft: the tokens, such as 3,5,7; one a share.")
    ] = None,
    lasts: Annotated[str, typer.Option("--for", help="How long shares can be taken: +60s to +90d.")] = "+1d",
    message: Annotated[
        str, typer.Option("--message", "-m", help="Written on the packet, for everybody.")
    ] = "Best wishes!",
    sender: Annotated[str | None, typer.Option("--from", help="Who gives it; the persona's name without it.")] = None,
    to: RecipientsOption = None,
    to_file: RecipientsFileOption = None,
    public: Annotated[bool, typer.Option("--public", help="Everybody may open it: the fastest takes all.")] = False,
    text: Annotated[str | None, typer.Option("--text", help="The words beside it; the message without it.")] = None,
    visibility: Annotated[Visibility, typer.Option(help="On Mastodon.")] = Visibility.PUBLIC,
    order: Annotated[
        str | None, typer.Option("--order", help="A word of your own: the same order is never made twice.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only show gas, costs and the worst case.")] = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Create a red packet, and post it when it is final: sealed for its recipients, or public."""
    with opened(with_vault=not plan) as parts:
        tenant_id = tenant_id_of(parts, tenant)
        payer = find_wallet(parts, wallet, tenant_id=tenant_id)
        giver = find_persona(parts, persona, tenant_id=tenant_id)
        recipients = find_recipients(parts, to, to_file, tenant_id=tenant_id)
        if public == bool(recipients):
            raise Malformed("name recipients with --to, or let everybody open it with --public; not both")
        accounts = [find_account(parts, name, tenant_id=tenant_id) for name in account]
        now_ms = parts.clock.now_ms()
        words = text or message or "A red packet"
        BroadcastPlan(
            words, giver, accounts, None if public else recipients, now_ms
        )  # what cannot be posted is not paid
        wanted = PacketOrder(
            key=f"operator:{order or new_id()}",
            tenant_id=tenant_id,
            wallet_id=payer.id,
            contents=read_contents(total, token, shares, nft, ids, is_random=random, wallet=payer, parts=parts),
            duration_s=(read_slot(lasts, now_ms=now_ms) - now_ms) // 1000,
            message=message,
            sender_name=sender or giver.name,
            requested_by=operator(),
            publication=Publication(
                giver.id, tuple(each.id for each in accounts), None if public else recipients, words, visibility
            ),
        )
        funds = funds_of(wanted, payer, parts=parts)
        if plan:
            show_fields(plan_of(wanted, payer, funds, parts=parts), as_json=as_json)
            return
        available = funds.available if isinstance(wanted.contents, TokenShares) else None
        packet = order_packet(wanted, maker=parts.packet_maker, store=parts.store, now_ms=now_ms, available=available)
    show_fields(packet_fields(packet, ()), as_json=as_json)


def list_(
    tenant: TenantOption = DEFAULT_TENANT,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many, newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List the packets that we made, newest first."""
    with opened() as parts, parts.store.read() as work:
        packets = work.packets.of_tenant(tenant_id_of(parts, tenant), limit=limit)
        rows = [packet_fields(packet, work.packet_shares.load(packet.id)) for packet in packets]
    columns = ("id", "state", "total", "shares", "taken", "claimed", "refunded", "rest", "expires_at_ms", "error")
    show_rows(rows, columns, as_json=as_json, empty="no packets yet; make one with: maskbot redpacket create")


def show_own(parts: App, packet: HostedPacket, *, as_json: bool) -> None:
    """Show one packet of ours: state, books, and who took what."""
    with parts.store.read() as work:
        taken = work.packet_shares.load(packet.id)
    fields, rows = packet_fields(packet, taken), share_rows(packet, taken)
    if as_json:
        show_json(fields | {"claims": rows})
        return
    show_fields(fields, as_json=False)
    print()
    show_rows(rows, ("to", "value", "final", "transaction"), as_json=False, empty="nobody has taken a share yet")


def refund(which: PacketArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Take back what is left of a packet whose time is over. The service does it by itself; this is for a refund that failed."""
    with opened() as parts:
        packet = own_packet(parts, which, tenant=tenant)
        if packet is None:
            raise NotFound(f"no red packet {which} of this tenant; see `maskbot redpacket list`")
        with parts.store.write() as work:
            asked = ask_for_refund(packet.id, work=work, now_ms=parts.clock.now_ms())
            taken = work.packet_shares.load(asked.id)
    show_fields(packet_fields(asked, taken), as_json=as_json)


def own_packet(parts: App, name: str, *, tenant: str) -> HostedPacket | None:
    """The tenant's packet with this row id or this id on the chain."""
    with parts.store.read() as work:
        for packet in work.packets.of_tenant(tenant_id_of(parts, tenant), limit=100_000):
            if packet.id == name or (packet.packet_id is not None and f"0x{packet.packet_id.hex()}" == name.lower()):
                return packet
    return None


def read_contents(
    total: str | None, token: str | None, shares: int, nft: str | None, ids: str | None, *,
    is_random: bool, wallet: Wallet, parts: App,
) -> TokenShares | NftShares:  # fmt: skip
    """What the packet is to hold. Raises Malformed, PacketRefused."""
    if nft is not None:
        found = _NFT.fullmatch(nft)
        if found is None or ids is None or total is not None or token is not None:
            raise Malformed("an ERC-721 packet is --nft 0xCOLLECTION:NAME --ids 3,5,7, without an amount")
        return NftShares(wallet.chain_id, parse_address(found[1]), found[2], read_ids(ids.split(",")))
    if total is None or ids is not None:
        raise Malformed("say how much it holds with --total, or name tokens with --nft and --ids")
    kind = read_token(token, chain_id=wallet.chain_id, parts=parts)
    return TokenShares(kind, parse_amount(total, token=kind).base_units, shares, is_random)


def read_ids(texts: Sequence[str]) -> tuple[int, ...]:
    """Token ids, written as whole decimal numbers. Raises Malformed."""
    for text in texts:
        if _ID.fullmatch(text.strip()) is None:
            raise Malformed(f"a token id is a whole number; got {text[:80]}")
    return tuple(int(text) for text in texts)


def funds_of(order: PacketOrder, wallet: Wallet, *, parts: App) -> Funds:
    """What the wallet holds of what the packet takes, and of coins."""
    contents, chain = order.contents, parts.chain_of(wallet.chain_id)
    token = contents.token if isinstance(contents, TokenShares) else chain.chain.coin
    return fetch_funds(token, owner=wallet.address, chain=chain)


def plan_of(order: PacketOrder, wallet: Wallet, funds: Funds, *, parts: App) -> dict[str, object]:
    """The dry run, as shown."""
    with parts.store.read() as work:
        policy = work.treasury.rules.load_policy(wallet.id)
    max_fee_wei = funds.gas_price_wei if policy is None else policy.max_fee_wei
    costs = plan_packet(order, gas_price_wei=funds.gas_price_wei, max_fee_wei=max_fee_wei)
    parts.packet_contracts.find(chain_id=order.chain_id, version=order.contents.version)
    return plan_fields(order, costs, funds)
