"""`maskbot redpacket`: make packets, take shares, and look at any as everybody may see it (with nodes named by --rpc)."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Annotated

import typer

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.cli.noun import make_noun
from maskbot.cli.redpacket_claims import claim, claims
from maskbot.cli.redpacket_own import create, list_, own_packet, refund, show_own
from maskbot.cli.redpacket_source import Named, read_source
from maskbot.cli.session import DEFAULT_TENANT, TenantOption, opened
from maskbot.cli.show import show_fields
from maskbot.domain.errors import Malformed
from maskbot.domain.money import NATIVE, Amount, Chain, Token
from maskbot.domain.red_packet import PacketVersion, RedPacket
from maskbot.flows.act.fetch_packet import fetch_packet, fetch_token
from maskbot.wire.crypto import address_text, parse_address
from maskbot.wire.red_packet import ContractBook, PacketContract

app = make_noun("Red packets: make them, look at any, take shares.")
app.command("create")(create)
app.command("list")(list_)
app.command("refund")(refund)
app.command("claim")(claim)
app.command("claims")(claims)
_Fields = dict[str, object]
_OWN = re.compile(r"0x[0-9a-fA-F]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@app.command()
def show(
    source: Annotated[
        str, typer.Argument(help="An id, of ours or on the chain; a mask.io link; a file with a post, - for stdin.")
    ],
    *,
    rpc: Annotated[
        list[str] | None, typer.Option("--rpc", help="A node of the chain; name two that must agree.")
    ] = None,
    chain: Annotated[int | None, typer.Option("--chain", help="Chain id, for a bare packet id.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="1 to 4, or nft; 4 for a bare id.")] = None,
    viewer: Annotated[str | None, typer.Option("--as", help="Whose claim to look for: an address.")] = None,
    dev_contract: Annotated[
        str | None, typer.Option("--dev-contract", help="The contract of a chain without a published one (sandbox).")
    ] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a packet: one of ours with its books, or what a post and the chain say. The contract is the published one, whatever a
    post names."""
    if _OWN.fullmatch(source) and not rpc:
        with opened() as parts:
            packet = own_packet(parts, source, tenant=tenant)
            if packet is not None:
                show_own(parts, packet, as_json=as_json)
                return
    named = read_source(source, chain_id=chain, version=_version(version))
    fields = named.fields()
    if rpc:
        fields |= _from_chain(named, rpc, viewer=viewer, dev_contract=dev_contract)
    elif named.post is None and named.nft_post is None:
        raise Malformed("a bare packet id says nothing by itself: name a node with --rpc")
    show_fields(fields, as_json=as_json)


def _from_chain(named: Named, urls: list[str], *, viewer: str | None, dev_contract: str | None) -> _Fields:
    reference = named.reference
    if reference is None:
        raise Malformed("the post does not say on which chain: name it with --chain")
    own = []
    if dev_contract is not None:
        own.append(PacketContract(reference.chain_id, reference.version, parse_address(dev_contract)))
    chain = Chain(
        id=reference.chain_id, name=str(reference.chain_id), coin_symbol="coins", final_depth=1, has_finalized=False
    )
    endpoints = [Endpoint(url, chain_id=chain.id) for url in urls]
    with closing(EvmNode(chain, endpoints, quorum=min(2, len(endpoints)))) as node:
        packet = fetch_packet(
            reference,
            node=node,
            contracts=_book(own),
            viewer=None if viewer is None else parse_address(viewer),
            tx_hash=named.tx_hash,
            created_at_s=named.created_at_s,
        )
        token = fetch_token(packet.availability.token, chain_id=chain.id, node=node)
    return _chain_fields(packet, token=token, chain=chain, named=named)


def _book(own: list[PacketContract]) -> ContractBook:
    try:
        return ContractBook(own)
    except ValueError as error:
        raise Malformed(f"--dev-contract: {error}") from error


def _chain_fields(packet: RedPacket, *, token: Token | None, chain: Chain, named: Named) -> _Fields:
    known, creation = packet.availability, packet.creation
    shown_token = token or (chain.coin if known.token == NATIVE else None)
    fields: _Fields = {
        "state": packet.state.value,
        "contract": address_text(packet.contract),
        "token": "coins of the chain" if known.token == NATIVE else address_text(known.token),
        "shares": known.shares,
        "claimed": known.claimed,
        "rest": _amount(known.rest, shown_token) if not packet.is_nft else known.rest,
        "claimed_by_viewer": known.claimed_by_caller,
    }
    if creation is not None:
        fields |= {
            "creator": address_text(creation.creator),
            "total": _amount(creation.total, shown_token) if not packet.is_nft else creation.total,
            "name": creation.name,
            "message": creation.message,
            "is_random": creation.is_random,
            "created_ms": creation.created_at_s * 1000,
            "expires_ms": None if creation.expires_at_s is None else creation.expires_at_s * 1000,
            "claims": [{"to": address_text(one.recipient), "value": str(one.value)} for one in packet.claims],
            "refunded": None if packet.refund is None else str(packet.refund.value),
        }
    warnings = [packet.reference.version.warning, *named.warnings(packet)]
    if packet.unaccounted:
        warnings.append("some events of this packet were not found")
    return {**fields, "warnings": [one for one in warnings if one is not None]}


def _amount(base_units: int, token: Token | None) -> str:
    return f"{base_units} base units" if token is None else str(Amount(token, base_units))


def _version(text: str | None) -> PacketVersion | None:
    if text is None:
        return None
    try:
        return PacketVersion(text.lower().removeprefix("v"))
    except ValueError as error:
        raise Malformed("--version is 1, 2, 3, 4 or nft") from error
