"""Act one: people ask on both platforms, and each gets the right manners."""

from __future__ import annotations

import time
from io import BytesIO

from PIL import Image

from maskbot.sandbox.people import Human, OnMastodon, SeenPost, wait_for
from maskbot.sandbox.tour.stage import PATIENCE_S, Stage, check
from maskbot.sandbox.world import BOT, World

_QUIET_S = 2.0


def play(stage: Stage, world: World) -> None:
    """alice on Mastodon, bob on X."""
    stage.act("1. People mention the bot")
    alice, bob = world.person("mastodon", "alice"), world.person("x", "bob")
    for human in (alice, bob):
        _ask(stage, human, "help", expects="price ETH")
        _ask_for_a_card(stage, human)
        _ask(stage, human, "", expects="price ETH", named="nothing but the mention")
        _ask(stage, human, "frobnicate", expects="write help", named="a word nobody knows")
    _ask_in_private(stage, world.on_mastodon("alice"))
    _ask_in_a_thread(stage, bob)
    _stop_and_start(stage, world.person("mastodon", "erin"))
    _delete(stage, world.person("x", "frank"))


def ask(human: Human, words: str) -> SeenPost:
    """Mention the bot and wait for its one reply."""
    post_id = human.say(f"@{BOT} {words}".strip())
    return wait_for(lambda: human.replies_to(post_id), timeout_s=PATIENCE_S, what=f"a reply to {words!r}")[0]


def _ask(stage: Stage, human: Human, words: str, *, expects: str, named: str = "") -> None:
    with stage.step(f"{human.name} on {human.platform.capitalize()} asks: {named or words}") as seen:
        reply = ask(human, words)
        check(expects.lower() in reply.text.lower(), f"the reply says: {reply.text}")
        seen(f"{reply.author}: {reply.text}")


def _ask_for_a_card(stage: Stage, human: Human) -> None:
    with stage.step(f"{human.name} on {human.platform.capitalize()} asks: price ETH") as seen:
        reply = ask(human, "price ETH")
        check("ETH $" in reply.text, f"the reply says: {reply.text}")
        check(len(reply.pictures) == 1, "no card came with it")
        size = Image.open(BytesIO(human.picture(reply.pictures[0]))).size
        check(size == (1200, 675), f"the card is {size}")
        seen(f"{reply.author}: {reply.text} [and a card, {size[0]}×{size[1]}]")


def _ask_in_private(stage: Stage, alice: OnMastodon) -> None:
    with stage.step("alice asks in a direct post, under a content warning") as seen:
        post_id = alice.say(f"@{BOT} price BTC", visibility="direct", warning="money")
        (reply,) = wait_for(lambda: alice.replies_to(post_id), timeout_s=PATIENCE_S, what="a direct reply")
        check(reply.visibility == "direct", f"the reply is {reply.visibility}")
        seen(f"{reply.author} ({reply.visibility}): {reply.text}")


def _ask_in_a_thread(stage: Stage, bob: Human) -> None:
    with stage.step("bob says an unknown word to the bot inside a thread: silence") as seen:
        above = bob.say("what a day")
        post_id = bob.say(f"@{BOT} hodl!", reply_to=above)
        time.sleep(_QUIET_S)
        check(not bob.replies_to(post_id), "the bot talked into the thread")
        seen(f"nothing for {_QUIET_S:g} s")


def _stop_and_start(stage: Stage, erin: Human) -> None:
    with stage.step("erin writes stop, asks, is left alone, writes start, and is answered again") as seen:
        erin.say(f"@{BOT} stop")
        time.sleep(_QUIET_S / 2)
        silent = erin.say(f"@{BOT} help")
        time.sleep(_QUIET_S)
        check(not erin.replies_to(silent), "the bot answered after stop")
        seen(ask(erin, "start").text)


def _delete(stage: Stage, frank: Human) -> None:
    with stage.step("frank has the bot's reply to him deleted") as seen:
        post_id = frank.say(f"@{BOT} help")
        (reply,) = wait_for(lambda: frank.replies_to(post_id), timeout_s=PATIENCE_S, what="a reply")
        frank.say(f"@{BOT} delete", reply_to=reply.post_id)
        wait_for(lambda: not frank.replies_to(post_id), timeout_s=PATIENCE_S, what="the deletion")
        seen("the reply is gone from frank's timeline")
