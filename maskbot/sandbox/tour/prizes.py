"""Act six, its end: the prizes lie in one red packet that only the winners can open; two take theirs, one sleeps, and what is left
goes back to the treasury. The books and the chain agree to the wei.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from maskbot.domain.errors import Unavailable
from maskbot.sandbox.chain import ETHER
from maskbot.sandbox.fault_proxy import Fault
from maskbot.sandbox.foreign_client import ForeignClient
from maskbot.sandbox.people import SeenPost, wait_for
from maskbot.sandbox.tour.broadcasts import appearing, posts_before
from maskbot.sandbox.tour.giveaway import (
    ENTRANTS,
    FUNDED_ETHER,
    LEAST_WINDOW_S,
    PRIZES,
    TREASURY,
    Spring,
    announced,
    answered,
    reason,
)
from maskbot.sandbox.tour.red_packets import meta_of, take_share
from maskbot.sandbox.tour.stage import PATIENCE_S, Stage, check
from maskbot.sandbox.world import BOT, World
from maskbot.wire.red_packet import POST_KEY, read_packet_post

_LEAST_OPEN_S = 60


def play(stage: Stage, world: World, spring: Spring) -> None:
    """Two of three winners take their prize."""
    posts: Mapping[str, SeenPost] = {}
    with stage.step("two pay at once, and one of the two nodes loses answers: one packet is made and posted") as seen:
        _learn_keys(world, spring)
        posts = _pay(world, spring)
        seen(posts["x"].text)
    with stage.step("two winners open the post with their own clients and take their shares on the chain") as seen:
        seen(_take(world, spring, posts))
    with stage.step(
        "the third opens it as well, and takes nothing; those who lost, and mallory, cannot open it"
    ) as seen:
        seen(_read_by_winners_only(world, spring, posts))


def look_back(stage: Stage, world: World, spring: Spring) -> None:
    """When the packet's time is over."""
    with stage.step(
        "what the third winner left went back to the treasury; the books and the chain agree to the wei"
    ) as seen:
        seen(_refund(world, spring))


def _learn_keys(world: World, spring: Spring) -> None:
    """The operator adds the winners' public keys, as they have told them."""
    host = world.mastodon.base_url.removeprefix("http://")
    handles = {name: name if platform == "x" else f"{name}@{host}" for platform, name in ENTRANTS}
    with ThreadPoolExecutor(3) as at_once:
        words = [
            ("contact", "add", handles[name], "--key", spring.clients[name].public_key.hex()) for name in spring.winners
        ]
        for done in [at_once.submit(world.command, *each) for each in words]:
            done.result()


def _pay(world: World, spring: Spring) -> Mapping[str, SeenPost]:
    before = posts_before(world)
    lost = Fault(names=b"eth_sendRawTransaction", count=1, loses_answer=True)
    world.money.unreliable_node.add(lost)
    with ThreadPoolExecutor(2) as at_once:
        planned = sorted(
            at_once.map(partial(_plan_payments, world), [_LEAST_OPEN_S + spring.window_s - LEAST_WINDOW_S] * 2)
        )
    check(planned == [0, PRIZES], f"{planned} prizes were planned")
    posts = appearing(world, besides=before)
    check(lost.count == 0, "no answer was lost")
    sent = world.money.transactions_of(spring.till)
    check(len(sent) == 1 and sent[0].value_wei == PRIZES * ETHER, f"{len(sent)} transactions were mined")
    return posts


def _plan_payments(world: World, open_s: int) -> int:
    words = ("giveaway", "pay", "spring", "--means", "packet", "--persona", "treasury", "--for", f"+{open_s}s")
    try:
        return int(world.record(*words)["planned"])
    except Unavailable as error:  # both drew a packet, and the other one's was recorded
        check("pay again" in str(error) or "is paid" in str(error), str(error))
        return 0


def _take(world: World, spring: Spring, posts: Mapping[str, SeenPost]) -> str:
    """Each from another platform's post; then one of them asks the bot."""
    for name, post in zip(spring.winners[:2], posts.values(), strict=True):
        take_share(world, read_packet_post(meta_of(spring.clients[name], post)[POST_KEY]), who=name)
    asker = next(world.person(platform, name) for platform, name in ENTRANTS if name == spring.winners[0])
    wait_for(partial(_paid, world, 2), timeout_s=PATIENCE_S, what="two prizes booked as paid")
    told = answered(asker, asker.say(f"@{BOT} claim"), "was sent to")
    return f"1 ETH each; {asker.name}: {reason(told)}"


def _read_by_winners_only(world: World, spring: Spring, posts: Mapping[str, SeenPost]) -> str:
    mallory = ForeignClient("mallory", relays=[relay.url for relay in world.relays])
    losers = [client for name, client in spring.clients.items() if name not in spring.winners]
    words = spring.clients[spring.winners[2]].read(posts["x"].text) or ""
    check("You won" in words, f"{spring.winners[2]} reads: {words}")
    for outsider in (*losers, mallory):
        check(outsider.read(posts["x"].text) is None, f"{outsider.name} opened it")
    return words


def _refund(world: World, spring: Spring) -> str:
    announced(world, f"2 of {PRIZES} prizes are paid")
    world.command("giveaway", "refund", "spring")
    wait_for(lambda: world.money.balance(TREASURY) == ETHER, timeout_s=PATIENCE_S, what="the rest at the treasury")
    shown = wait_for(partial(_closed_out, world), timeout_s=PATIENCE_S, what="the end of the refund")
    books = [shown[name] for name in ("funded", "paid", "refunded", "remainder")]
    check(books == ["3 ETH", "2 ETH", "1 ETH", "0 ETH"], f"the books say {books}")
    sent = world.money.transactions_of(spring.till)
    check([each.nonce for each in sent] == [0, 1, 2], "there is another transaction than creation and two refunds")
    gas = sum(each.cost_wei for each in sent)
    left = (FUNDED_ETHER - PRIZES) * ETHER - gas
    check(world.money.balance(spring.till) == left, "the wallet has another sum than its books and gas explain")
    world.command("audit", "verify")
    return "funded 3 = paid 2 + refunded 1 + remainder 0; three transactions; the audit chain holds"


def _paid(world: World, count: int) -> list[dict[str, Any]]:
    prizes = world.record("giveaway", "show", "spring")["prizes"]
    paid = [prize for prize in prizes if prize["state"] == "paid"]
    return paid if len(paid) == count else []


def _closed_out(world: World) -> dict[str, Any]:
    shown = world.record("giveaway", "show", "spring")
    return shown if shown["state"] == "closed_out" else {}
