"""Acts four and six: a DAO gives away coins on both platforms. Rules, entries and draw are checked by people, platforms and two
verifiers; `prizes.py` delivers.

Five people enter. One of them enters twice, somebody comes too late, and somebody tries again from the other platform: the bot
cannot see that two accounts are one human being, but one address enters once.
"""

from __future__ import annotations

import hashlib
import math
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from maskbot.sandbox.chain import ETHER
from maskbot.sandbox.foreign_client import ForeignClient
from maskbot.sandbox.money import purse_of
from maskbot.sandbox.node import find_node
from maskbot.sandbox.people import Human, SeenPost, wait_for
from maskbot.sandbox.tour.red_packets import make_wallet
from maskbot.sandbox.tour.stage import PATIENCE_S, Stage, check
from maskbot.sandbox.world import BOT, World
from maskbot.wire import draw as draw_room
from maskbot.wire.crypto import parse_address
from maskbot.wire.red_packet.calls import CREATE, REFUND

FUNDED_ETHER = 4
PRIZES = 3
"""Of one ETH each: the shares of a packet are equal."""
LEAST_WINDOW_S = 10
ENTRANTS = (("x", "bob"), ("x", "carol"), ("x", "liam"), ("mastodon", "alice"), ("mastodon", "kate"))
TREASURY = purse_of("the treasury")
_VERIFIER = Path(draw_room.__file__).with_name("verify.mjs")


@dataclass(slots=True)
class Spring:
    """The giveaway as its scenes know it: who pays, how long it is open (longer on a slow machine, whose commands take longer), who
    won, by rank, and the people's own clients."""

    clients: Mapping[str, ForeignClient]
    till: str = ""
    window_s: int = LEAST_WINDOW_S
    closes_at_ms: int = 0
    rules_hash: str = ""
    root: str = ""
    fingerprint: str = ""
    winners: tuple[str, ...] = ()


def begin(stage: Stage, world: World) -> Spring:
    """From an empty wallet to five entrants."""
    stage.act("4. A giveaway: a DAO's coins, people of both platforms, a real chain")
    relays = [relay.url for relay in world.relays]
    spring = Spring({name: ForeignClient(name, relays=relays) for _, name in ENTRANTS})
    with stage.step("the operator makes a wallet, limits it, and funds it on the chain") as seen:
        began_s = time.monotonic()
        spring.till = _make_till(world)
        took_s = time.monotonic() - began_s
        spring.window_s += math.ceil(took_s / 2)  # these were three commands; the next one has to end within the window
        seen(f"{spring.till} has {FUNDED_ETHER} ETH, and may pay {PRIZES} at once")
    with stage.step(f"and opens a giveaway of {PRIZES} ETH on X and Mastodon, for {spring.window_s} s") as seen:
        opened = _open(world, spring)
        spring.closes_at_ms, spring.rules_hash = int(opened["closes_at_ms"]), str(opened["rules_hash"])
        seen(f"rules {spring.rules_hash[:16]}…, decided by {opened['beacon']}")
    with stage.step(
        "five people enter; one enters twice, one again from the other platform with the same address"
    ) as seen:
        seen(_everybody_enters(world))
    with stage.step("the announcement is out on both platforms, with a card and the hash of the rules") as seen:
        posts = announced(world, "To enter")
        check(all(spring.rules_hash[:32] in post.text for post in posts.values()), "the hash is another one")
        _check_cards(world, posts)
        seen(posts["x"].text)
    return spring


def draw(stage: Stage, world: World, spring: Spring) -> None:
    """From the end of the window to a proof."""
    stage.act("6. The giveaway ends")
    with stage.step("omar comes too late, and is told so") as seen:
        seen(_too_late(world, spring))
    with stage.step(
        "it closes by itself: the root of the entrants is public on both platforms before the beacon speaks"
    ) as seen:
        posts = announced(world, "is closed with 5 entrants")
        spring.root = posts["x"].text.split("Root ")[1][:64]
        check(all(spring.root in post.text for post in posts.values()), "two roots")
        seen(posts["mastodon"].text)
    with stage.step(
        "the drand round comes; the winners are on both platforms, with a card and the hash of the proof"
    ) as seen:
        posts = announced(world, "3 of 5 entrants win")
        spring.fingerprint = posts["x"].text.split("Proof sha256 ")[1][:64]
        _check_cards(world, posts)
        seen(posts["x"].text)
    with stage.step("two verifiers in two languages find the same winners from the published proof") as seen:
        seen(_verify(world, spring))


def _make_till(world: World) -> str:
    till = make_wallet(world, "till", most=PRIZES, methods=(CREATE, REFUND))
    world.money.anvil.fund([parse_address(till)], wei=FUNDED_ETHER * ETHER)
    balance = world.record("wallet", "balance", "till")["balance"]
    check(balance == f"{FUNDED_ETHER} ETH", f"the wallet says it has {balance}")
    return till


def _open(world: World, spring: Spring) -> dict[str, Any]:
    accounts = [word for platform in ("x", "mastodon") for word in ("--account", world.account_id(platform))]
    words = ("giveaway", "open", "spring", "--wallet", "till", "--prize", f"1x{PRIZES}", *accounts, "--title", "Spring")
    return world.record(*words, "--until", f"+{spring.window_s}s", "--refund-to", TREASURY)


def _everybody_enters(world: World) -> str:
    """All write at once; then everybody has the right answer."""
    said = [_enter(world.person(platform, name), purse_of(name)) for platform, name in ENTRANTS]
    for human, post_id in said:
        answered(human, post_id, "You are in")
    again = _enter(world.person("mastodon", "kate"), purse_of("kate"))
    both = _enter(world.person("mastodon", "dave"), purse_of("carol"))
    first = answered(*again, "one entry per person")
    second = answered(*both, "one entry per address")
    return f"5 are in; kate: {reason(first)}; dave: {reason(second)}"


def _enter(human: Human, purse: str) -> tuple[Human, str]:
    return human, human.say(f"@{BOT} enter {purse}")


def answered(human: Human, post_id: str, words: str) -> SeenPost:
    replies = wait_for(partial(human.replies_to, post_id), timeout_s=PATIENCE_S, what=f"the answer to {human.name}")
    check(len(replies) == 1 and words in replies[0].text, f"{human.name} was told: {replies[0].text}")
    return replies[0]


def reason(reply: SeenPost) -> str:
    return reply.text.split(": ", 1)[-1]


def _too_late(world: World, spring: Spring) -> str:
    time.sleep(max(0.0, spring.closes_at_ms / 1000 - time.time()) + 0.5)
    return answered(*_enter(world.person("x", "omar"), purse_of("omar")), "your post came later").text


def announced(world: World, words: str) -> Mapping[str, SeenPost]:
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
    names = {purse_of(name): name for _, name in ENTRANTS}
    spring.winners = tuple(names[winner["address"]] for winner in ours["winners"])
    return f"beacon {ours['beacon']}; {', '.join(spring.winners)} in Python and JavaScript"
