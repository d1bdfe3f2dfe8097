"""Act five: red packets. The DAO's own: made, posted, opened by a stranger, and what nobody took taken back. A stranger's: taken by
itself for a hosted persona. The chain says who has what.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from maskbot.domain.money import NATIVE, Address
from maskbot.sandbox.chain import ETHER, ChainPartFailed, dev_account
from maskbot.sandbox.foreign_client import ForeignClient
from maskbot.sandbox.money import purse_of
from maskbot.sandbox.people import SeenPost, wait_for
from maskbot.sandbox.tour.broadcasts import appearing, posts_before
from maskbot.sandbox.tour.questions import ask
from maskbot.sandbox.tour.stage import PATIENCE_S, Stage, check
from maskbot.sandbox.world import World
from maskbot.wire.crypto import address_text, is_private_key, parse_address
from maskbot.wire.red_packet import POST_KEY, ClaimCall, CreateCall, PacketPost, read_packet_post, sign_ticket
from maskbot.wire.red_packet.abi import selector_of
from maskbot.wire.red_packet.calls import CLAIM, CREATE, REFUND
from maskbot.wire.red_packet.ticket import address_of

_FUNDED_ETHER = 5
_SHARES = 3
_MESSAGE = "Good morning!"
_LEAST_OPEN_S = 60
_NATIVE_LIMIT = """
[[token]]
address = "native"
per_payment = "{most}"
per_day = "{a_day}"
per_recipient = "{most}"
approval_above = "{most}"
"""
_METHOD = '[[method]]\ncontract = "{contract}"\nselector = "0x{selector}"\n'


def play(stage: Stage, world: World) -> None:
    """gina takes from the DAO; the DAO takes from carol."""
    stage.act("5. Red packets, while the giveaway runs")
    purse, treasury, open_s = "", b"", _LEAST_OPEN_S
    with stage.step("the operator makes a wallet that may make and take packets, for the treasury's persona") as seen:
        began_s = time.monotonic()
        purse = _make_purse(world)
        treasury = _public_key(world, "treasury")
        open_s += math.ceil(time.monotonic() - began_s)  # on a slow machine gina needs longer, too
        seen(f"{purse} has {_FUNDED_ETHER} ETH")
    gina = ForeignClient("gina", relays=[relay.url for relay in world.relays])
    posted: PacketPost | None = None
    link = ""
    with stage.step(
        f"a packet of {_SHARES} ETH in {_SHARES} shares, open for {open_s} s, is created and posted twice"
    ) as seen:
        posted, link = _create(world, gina, open_s=open_s)
        seen(f"0x{posted.packet_id.hex()} by {address_text(posted.sender)}")
    with stage.step(
        "gina opens the post with another client and takes one share on the chain, and no second one"
    ) as seen:
        assert posted is not None
        seen(take_share(world, posted, who="gina"))
    with stage.step("alice asks the bot about it by its link, and is told what the chain says") as seen:
        told = ask(world.person("mastodon", "alice"), f"packet {link}").text
        check(f"2 of {_SHARES} shares left" in told and "2 ETH of 3 ETH left" in told, f"alice was told: {told}")
        seen(told)
    with stage.step(
        "carol posts a packet sealed for the treasury: the bot takes a share by itself, mallory sees nothing"
    ) as seen:
        seen(_take_carols(world, purse, treasury))


def look_back(stage: Stage, world: World) -> None:
    """When its time is over."""
    with stage.step(
        "the rest of the DAO's packet came back by itself; the books and the chain agree to the wei"
    ) as seen:
        (packet,) = wait_for(lambda: _ended(world), timeout_s=2 * PATIENCE_S, what="the packet's refund")
        books = [packet[name] for name in ("total", "claimed", "refunded", "rest")]
        check(books == ["3 ETH", "1 ETH", "2 ETH", "0 ETH"], f"the books say {books}")
        purse = str(next(row["address"] for row in world.listing("wallet", "list") if row["name"] == "purse"))
        sent = world.money.transactions_of(purse)
        check(
            [each.nonce for each in sent] == [0, 1, 2], "there is another transaction than creation, claim and refund"
        )
        gas = sum(each.cost_wei for each in sent)
        expected = (_FUNDED_ETHER - _SHARES + 1 + 2) * ETHER - gas
        check(world.money.balance(purse) == expected, "the wallet has another sum than its books and gas explain")
        seen("3 = 1 taken by gina + 2 refunded; 1 more from carol; three transactions: creation, claim, refund")


def make_wallet(world: World, name: str, *, most: int, methods: Sequence[str]) -> str:
    """The address of a new wallet that may pay so many ETH at once, twice as many a day (a packet, and what comes back of it), and
    call these methods of the packet contract."""
    chain_id, contract = world.money.anvil.chain_id, address_text(world.money.packets.v4.address)
    address = str(world.record("wallet", "new", name, "--chain", str(chain_id))["address"])
    lines = [_METHOD.format(contract=contract, selector=selector_of(each).hex()) for each in methods]
    policy = f"chain = {chain_id}\n" + _NATIVE_LIMIT.format(most=most * ETHER, a_day=2 * most * ETHER) + "".join(lines)
    world.command("wallet", "policy", name, "--file", "-", stdin=policy)
    return address


def _make_purse(world: World) -> str:
    address = make_wallet(world, "purse", most=_SHARES, methods=(CREATE, CLAIM, REFUND))
    world.command("wallet", "link", "purse", "--persona", "treasury")
    world.money.anvil.fund([parse_address(address)], wei=_FUNDED_ETHER * ETHER)
    return address


def _public_key(world: World, persona: str) -> bytes:
    row = next(row for row in world.listing("persona", "list") if row["name"] == persona)
    return bytes.fromhex(str(row["public_key"]).removeprefix("0x"))


def _create(world: World, reader: ForeignClient, *, open_s: int) -> tuple[PacketPost, str]:
    """Have it made; what others read in the post, the same on both platforms, and its link."""
    before = posts_before(world)
    accounts = [word for platform in ("x", "mastodon") for word in ("--account", world.account_id(platform))]
    words = ("--wallet", "purse", "--persona", "treasury", *accounts, "--total", str(_SHARES), "--shares", str(_SHARES))
    world.command("redpacket", "create", *words, "--for", f"+{open_s}s", "--public", "--message", _MESSAGE)
    posts = appearing(world, besides=before)
    read = [read_packet_post(meta_of(reader, post)[POST_KEY]) for post in posts.values()]
    check(read[0] == read[1], "the two posts tell of two packets")
    check(read[0].named_contract == address_text(world.money.packets.v4.address), "the post names another contract")
    return read[0], next(word for word in posts["mastodon"].text.split() if word.startswith("https://mask.io/"))


def meta_of(reader: ForeignClient, post: SeenPost) -> Mapping[str, object]:
    """The metadata of a post as somebody reads it; empty for those whom it is not for."""
    message = reader.open(post.text)
    return {} if message is None else message.meta or {}


def take_share(world: World, posted: PacketPost, *, who: str) -> str:
    """Somebody takes 1 ETH on the chain with what a post told them, and gets no second share."""
    chain, contract = world.money.anvil, world.money.packets.v4.address
    taker = parse_address(purse_of(who))
    ticket = sign_ticket(posted.packet_key, sender=taker)
    call = ClaimCall(posted.packet_id, ticket.signature, taker).encode()
    chain.fund([taker], wei=ETHER)
    receipt = chain.send_as(taker, to=contract, data=call)
    cost = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    check(world.money.balance(address_text(taker)) == 2 * ETHER - cost, f"{who} did not get 1 ETH")
    try:
        chain.send_as(taker, to=contract, data=call)
    except ChainPartFailed as error:
        return f"1 ETH, then: {error}"
    raise AssertionError(f"{who} took a second share")


def _take_carols(world: World, purse: str, treasury: bytes) -> str:
    carol, mallory = (
        ForeignClient(name, relays=[relay.url for relay in world.relays]) for name in ("carol", "mallory")
    )
    before = world.money.balance(purse)
    post = _carols_packet(world)
    payload = carol.seal_text(
        "For the treasury.", author="person:twitter.com/carol", recipient=treasury, meta={POST_KEY: post.to_json()}
    )
    world.person("x", "carol").say(f"gm {carol.link_of(payload)}")
    check(mallory.read(payload) is None, "mallory read it")
    wait_for(lambda: world.money.balance(purse) > before, timeout_s=PATIENCE_S, what="the share in the wallet")
    cost = world.money.transactions_of(purse)[-1].cost_wei
    check(world.money.balance(purse) == before + ETHER - cost, "the wallet has another sum than one share")
    (claim,) = wait_for(lambda: _claimed(world), timeout_s=PATIENCE_S, what="the booked claim")
    return f"{claim['amount']} from 0x{post.packet_id.hex()[:16]}…, for {cost / ETHER:.6f} ETH of gas"


def _carols_packet(world: World) -> PacketPost:
    """carol creates a packet of 2 ETH in 2 shares with her own client: the call and the post are hers."""
    chain, contract = world.money.anvil, world.money.packets.v4
    key = next(drawn for drawn in iter(lambda: os.urandom(32), b"") if is_private_key(drawn))
    call = CreateCall(
        packet_address=Address(address_of(key)), shares=2, is_random=False, duration_s=3600, seed=os.urandom(32),
        message="gm", name="carol", token=NATIVE, total=2 * ETHER,
    )  # fmt: skip
    receipt = chain.send_as(dev_account(0).address, to=contract.address, data=call.encode(), wei=call.value_wei)
    return PacketPost(
        packet_id=bytes.fromhex(receipt["logs"][0]["data"][2 + 64 : 2 + 128]),
        version=contract.version,
        chain_id=chain.chain_id,
        named_contract=address_text(contract.address),
        sender=dev_account(0).address,
        sender_name="carol",
        message="gm",
        is_random=False,
        shares=2,
        total=2 * ETHER,
        created_at_ms=int(chain.request("eth_getBlockByNumber", receipt["blockNumber"], False)["timestamp"], 16) * 1000,
        duration_s=3600,
        token=None,
        tx_hash=bytes.fromhex(receipt["transactionHash"][2:]),
        password="0x" + key.hex(),
    )


def _claimed(world: World) -> list[dict[str, Any]]:
    return [row for row in world.listing("redpacket", "claims") if row["state"] == "claimed"]


def _ended(world: World) -> list[dict[str, Any]]:
    rows = world.listing("redpacket", "list")
    return [row for row in rows if (row["message"], row["state"]) == (_MESSAGE, "refunded")]
