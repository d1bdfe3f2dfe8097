"""Act six: a DAO gives away coins on both platforms. Rules, draw, prizes and books are checked by people, platforms and the chain.

Five people enter. One of them enters twice, somebody comes too late, and somebody tries again from the other platform: the bot
cannot see that two accounts are one human being, but one address enters once.
"""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from maskbot.domain.errors import Unavailable
from maskbot.sandbox.chain import ETHER
from maskbot.sandbox.fault_proxy import Fault
from maskbot.sandbox.money import purse_of
from maskbot.sandbox.node import find_node
from maskbot.sandbox.people import Human, SeenPost, wait_for
from maskbot.sandbox.tour.stage import PATIENCE_S, Stage, check
from maskbot.sandbox.world import BOT, World
from maskbot.wire import draw as draw_room
from maskbot.wire.crypto import parse_address

_FUNDED_ETHER = 12
_PRIZES = (3, 2, 1, 1, 1, 1)
_LEAST_WINDOW_S = 10
_ENTRANTS = (("x", "bob"), ("x", "carol"), ("x", "liam"), ("mastodon", "alice"), ("mastodon", "kate"))
_TREASURY = purse_of("the treasury")
_VERIFIER = Path(draw_room.__file__).with_name("verify.mjs")
_POLICY = """
chain = {chain}
[[token]]
address = "native"
per_payment = "{largest}"
per_day = "{all}"
per_recipient = "{largest}"
approval_above = "{all}"
"""


@dataclass(slots=True)
class Spring:
    """The giveaway as the scene knows it: who pays, how long it is open (longer on a slow machine, whose commands take longer), who
    won what (wei by address)."""

    till: str = ""
    window_s: int = _LEAST_WINDOW_S
    closes_at_ms: int = 0
    rules_hash: str = ""
    root: str = ""
    fingerprint: str = ""
    prizes: dict[str, int] = field(default_factory=dict)


def play(stage: Stage, world: World) -> None:
    """From an empty wallet to balanced books."""
    stage.act("6. A giveaway: a DAO's coins, people of both platforms, a real chain")
    spring = Spring()
    with stage.step("the operator makes a wallet, limits it, and funds it on the chain") as seen:
        began_s = time.monotonic()
        spring.till = _make_till(world)
        spring.window_s += math.ceil(
            time.monotonic() - began_s
        )  # of three commands; the next one has to end within the window
        seen(f"{spring.till} has {_FUNDED_ETHER} ETH, and may pay {max(_PRIZES)} at once")
    with stage.step(f"and opens a giveaway of {sum(_PRIZES)} ETH on X and Mastodon, for {spring.window_s} s") as seen:
        opened = _open(world, spring)
        spring.closes_at_ms, spring.rules_hash = int(opened["closes_at_ms"]), str(opened["rules_hash"])
        seen(f"rules {spring.rules_hash[:16]}…, decided by {opened['beacon']}")
    with stage.step(
        "five people enter; one enters twice, one again from the other platform with the same address"
    ) as seen:
        seen(_everybody_enters(world))
    with stage.step("the announcement is out on both platforms, with a card and the hash of the rules") as seen:
        posts = _announced(world, "To enter")
        check(all(spring.rules_hash[:32] in post.text for post in posts.values()), "the hash is another one")
        _check_cards(world, posts)
        seen(posts["x"].text)
    with stage.step("omar comes a second too late, and is told so") as seen:
        seen(_too_late(world, spring))
    with stage.step(
        "it closes by itself: the root of the entrants is public on both platforms before the beacon speaks"
    ) as seen:
        posts = _announced(world, "is closed with 5 entrants")
        spring.root = posts["x"].text.split("Root ")[1][:64]
        check(all(spring.root in post.text for post in posts.values()), "two roots")
        seen(posts["mastodon"].text)
    with stage.step(
        "the drand round comes; the winners are on both platforms, with a card and the hash of the proof"
    ) as seen:
        posts = _announced(world, "5 of 5 entrants win")
        spring.fingerprint = posts["x"].text.split("Proof sha256 ")[1][:64]
        _check_cards(world, posts)
        seen(posts["x"].text)
    with stage.step("two verifiers in two languages find the same winners from the published proof") as seen:
        seen(_verify(world, spring))
    with stage.step("two pay at once, and one of the two nodes loses answers: each prize arrives once") as seen:
        seen(_pay(world, spring))
    with stage.step("what nobody won goes back; the books and the chain agree to the wei") as seen:
        seen(_refund(world, spring))


def _make_till(world: World) -> str:
    chain = world.money.anvil
    address = str(world.record("wallet", "new", "till", "--chain", str(chain.chain_id))["address"])
    limits = {"largest": max(_PRIZES) * ETHER, "all": sum(_PRIZES) * ETHER}
    world.command("wallet", "policy", "till", "--file", "-", stdin=_POLICY.format(chain=chain.chain_id, **limits))
    chain.fund([parse_address(address)], wei=_FUNDED_ETHER * ETHER)
    balance = world.record("wallet", "balance", "till")["balance"]
    check(balance == f"{_FUNDED_ETHER} ETH", f"the wallet says it has {balance}")
    return address


def _open(world: World, spring: Spring) -> dict[str, Any]:
    accounts = [word for platform in ("x", "mastodon") for word in ("--account", world.account_id(platform))]
    prizes = [word for prize in ("3", "2", "1x4") for word in ("--prize", prize)]
    words = ("giveaway", "open", "spring", "--wallet", "till", *prizes, *accounts, "--title", "Spring")
    return world.record(*words, "--until", f"+{spring.window_s}s", "--refund-to", _TREASURY)


def _everybody_enters(world: World) -> str:
    """All write at once; then everybody has the right answer."""
    said = [_enter(world.person(platform, name), purse_of(name)) for platform, name in _ENTRANTS]
    for human, post_id in said:
        _answered(human, post_id, "You are in")
    again = _enter(world.person("mastodon", "kate"), purse_of("kate"))
    both = _enter(world.person("mastodon", "dave"), purse_of("carol"))
    first = _answered(*again, "one entry per person")
    second = _answered(*both, "one entry per address")
    return f"5 are in; kate: {_reason(first)}; dave: {_reason(second)}"


def _enter(human: Human, purse: str) -> tuple[Human, str]:
    return human, human.say(f"@{BOT} enter {purse}")


def _answered(human: Human, post_id: str, words: str) -> SeenPost:
    replies = wait_for(partial(human.replies_to, post_id), timeout_s=PATIENCE_S, what=f"the answer to {human.name}")
    check(len(replies) == 1 and words in replies[0].text, f"{human.name} was told: {replies[0].text}")
    return replies[0]


def _reason(reply: SeenPost) -> str:
    return reply.text.split(": ", 1)[-1]


def _too_late(world: World, spring: Spring) -> str:
    time.sleep(max(0.0, spring.closes_at_ms / 1000 - time.time()) + 0.5)
    return _answered(*_enter(world.person("x", "omar"), purse_of("omar")), "your post came later").text


def _announced(world: World, words: str) -> Mapping[str, SeenPost]:
    """The bot's post with these words on each platform, as others see it."""
    watchers = {"x": world.person("x", "frank"), "mastodon": world.person("mastodon", "erin")}

    def look() -> dict[str, SeenPost]:
        found = {
            platform: post
            for platform, human in watchers.items()
            for post in human.posts_of(BOT)
            if post.parent_id is None and words in post.text
        }
        return found if len(found) == len(watchers) else {}

    return wait_for(look, timeout_s=PATIENCE_S, what=f"“{words}” on both platforms")


def _check_cards(world: World, posts: Mapping[str, SeenPost]) -> None:
    watchers = {"x": world.person("x", "frank"), "mastodon": world.person("mastodon", "erin")}
    for platform, post in posts.items():
        check(len(post.pictures) == 1, f"no card on {platform}")
        size = Image.open(BytesIO(watchers[platform].picture(post.pictures[0]))).size
        check(size == (1200, 675), f"the card on {platform} is {size}")


def _verify(world: World, spring: Spring) -> str:
    file = world.directory / "proof.json"
    world.command("giveaway", "proof", "spring", "--output", str(file))
    check(hashlib.sha256(file.read_bytes()).hexdigest() == spring.fingerprint, "the proof is not the announced one")
    ours = world.record("giveaway", "verify", str(file))
    check(ours["root"] == spring.root, "the proof has another root than the one that was published at closing")
    check(str(ours["beacon"]).endswith("genuine"), f"the beacon is {ours['beacon']}")
    command = [str(find_node().executable), str(_VERIFIER), str(file)]
    theirs = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()
    check(theirs == [winner["entrant"] for winner in ours["winners"]], "the two verifiers disagree")
    amounts = json.loads(json.loads(file.read_text())["rules"])["prizes"]
    spring.prizes = {each["address"]: int(wei) for each, wei in zip(ours["winners"], amounts, strict=False)}
    check(set(spring.prizes) == {purse_of(name) for _, name in _ENTRANTS}, "somebody else won")
    return f"beacon {ours['beacon']}; 5 winners, the same in Python and JavaScript"


def _pay(world: World, spring: Spring) -> str:
    lost = Fault(names=b"eth_sendRawTransaction", count=3, loses_answer=True)
    world.money.unreliable_node.add(lost)
    with ThreadPoolExecutor(2) as at_once:
        planned = sorted(at_once.map(_plan_payments, [world] * 2))
    check(planned == [0, 5], f"{planned} payments were planned")
    _announced(world, "all 5 prizes are paid")
    check(lost.count is not None and lost.count <= 0, "no answer was lost")
    for address, wei in spring.prizes.items():
        check(world.money.balance(address) == wei, f"{address} has {world.money.balance(address)} wei, not {wei}")
    sent = world.money.transactions_of(spring.till)
    check(len(sent) == 5 and all(each.has_succeeded for each in sent), f"{len(sent)} transactions were mined")
    told = _answered(*_claim(world.person("mastodon", "alice")), "was sent to")
    return f"planned {planned[1]} and {planned[0]}; 5 transactions, each balance right; alice: {_reason(told)}"


def _plan_payments(world: World) -> int:
    try:
        return int(world.record("giveaway", "pay", "spring")["planned"])
    except Unavailable as error:  # the other one was so quick that everything is paid
        check("the giveaway is paid" in str(error), str(error))
        return 0


def _claim(human: Human) -> tuple[Human, str]:
    return human, human.say(f"@{BOT} claim")


def _refund(world: World, spring: Spring) -> str:
    world.command("giveaway", "refund", "spring")
    _announced(world, "go back to the treasury")
    left = sum(_PRIZES) * ETHER - sum(spring.prizes.values())
    wait_for(lambda: world.money.balance(_TREASURY) == left, timeout_s=PATIENCE_S, what="the rest at the treasury")
    shown = wait_for(partial(_closed_out, world), timeout_s=PATIENCE_S, what="the end of the refund")
    sent = world.money.transactions_of(spring.till)
    check([each.nonce for each in sent] == list(range(6)), "a nonce is missing or used twice")
    gas = sum(each.cost_wei for each in sent)
    after = _FUNDED_ETHER * ETHER - sum(spring.prizes.values()) - left - gas
    check(world.money.balance(spring.till) == after, "the wallet has another sum than its books and gas explain")
    books = [shown[name] for name in ("funded", "paid", "refunded", "remainder")]
    check(books == ["9 ETH", "8 ETH", "1 ETH", "0 ETH"], f"the books say {books}")
    world.command("audit", "verify")
    return "funded 9 = paid 8 + refunded 1 + remainder 0; 6 transactions, nonces 0 to 5; the audit chain holds"


def _closed_out(world: World) -> dict[str, Any]:
    shown = world.record("giveaway", "show", "spring")
    return shown if shown["state"] == "closed_out" else {}
