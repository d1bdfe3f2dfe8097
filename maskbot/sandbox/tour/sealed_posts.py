"""Act two: a foreign client writes to a hosted persona; the bot finds the post, fetches the key, and the owner reads it."""

from __future__ import annotations

from base64 import b64decode

from maskbot.sandbox.foreign_client import ForeignClient
from maskbot.sandbox.people import wait_for
from maskbot.sandbox.tour.stage import PATIENCE_S, Stage, check
from maskbot.sandbox.webhook_receiver import WebhookReceiver
from maskbot.sandbox.world import BOT, World

_ON_X = "Carol here: the treasury keys rotate on Monday. 🔑"
_ON_MASTODON = "Dave here: quorum is reached, 7 of 9."


def play(stage: Stage, world: World) -> None:
    """carol on X by link, dave on Mastodon by raw text."""
    stage.act("2. Sealed posts find their reader")
    relays = [relay.url for relay in world.relays]
    receiver = WebhookReceiver()
    public_key = b""
    with stage.step("the operator makes a persona that watches both home timelines, with a webhook") as seen:
        persona = world.record("persona", "new", "treasury")
        public_key = bytes.fromhex(str(persona["public_key"]).removeprefix("0x"))
        for platform in ("mastodon", "x"):
            feed = world.record("account", "feed", "add", world.account_id(platform), "home")
            world.command("persona", "watch", "treasury", str(feed["id"]))
        receiver.secret = str(world.record("inbox", "webhook", "set", "treasury", receiver.url)["secret"])
        seen(str(persona["identifier"]))
    carol, dave = (ForeignClient(name, relays=relays) for name in ("carol", "dave"))
    with stage.step("carol, with another client, posts a mask.io link on X, sealed for the persona") as seen:
        payload = carol.seal_text(_ON_X, author="person:twitter.com/carol", recipient=public_key)
        world.person("x", "carol").say(f"sealed for the treasury {carol.link_of(payload)} by #mask_io")
        seen(payload)
    with stage.step("dave, with another client, posts the raw 🎼…:|| text on Mastodon") as seen:
        payload = dave.seal_text(_ON_MASTODON, author="person:social/dave", recipient=public_key)
        world.person("mastodon", "dave").say(f"for the treasury: {payload}")
        seen(payload)
    with stage.step("the owner reads both in `maskbot inbox list`") as seen:
        wanted = {_ON_X, _ON_MASTODON}
        rows = wait_for(
            lambda: _rows_with(wanted, world),
            timeout_s=PATIENCE_S,
            what="both texts in the inbox",
        )
        seen(" / ".join(f"{row['author']}: {row['text']}" for row in rows))
    with stage.step("and by webhook: refused once, signed, sent again") as seen:
        wait_for(lambda: len(receiver.notices) >= 2, timeout_s=PATIENCE_S, what="two notices")
        check(receiver.forged == 0, "a notice had a bad signature")
        check({notice["text"] for notice in receiver.notices} == wanted, "the notices say something else")
        seen(f"{len(receiver.notices)} notices, {receiver.refused} refused before, 0 forged")
    with stage.step("judy joins by mention and gets a key of her own; a post sealed for it is hers alone") as seen:
        _judy_joins(world, carol)
        seen("opened for judy, in a direct post")
    receiver.stop()


def _rows_with(texts: set[str], world: World) -> list[dict[str, object]]:
    rows = world.listing("inbox", "list")
    return rows if texts <= {str(row["text"]) for row in rows} else []


def _judy_joins(world: World, carol: ForeignClient) -> None:
    judy, erin = world.on_mastodon("judy"), world.on_mastodon("erin")
    post_id = judy.say(f"@{BOT} join", visibility="direct")
    (reply,) = wait_for(lambda: judy.replies_to(post_id), timeout_s=PATIENCE_S, what="a reply to join")
    key_text = reply.text.split("ec_key:secp256k1/")[1][:44]
    payload = carol.seal_text(
        "For judy only.", author="person:twitter.com/carol", recipient=b64decode(key_text.replace("|", "/"))
    )
    asked = judy.say(f"@{BOT} decrypt {payload}")
    (answer,) = wait_for(lambda: judy.replies_to(asked), timeout_s=PATIENCE_S, what="a direct answer")
    check("For judy only." in answer.text, f"the answer says: {answer.text}")
    check(answer.visibility == "direct", f"the plaintext went out as {answer.visibility}")
    asked = erin.say(f"@{BOT} decrypt {payload}")
    (refusal,) = wait_for(lambda: erin.replies_to(asked), timeout_s=PATIENCE_S, what="a refusal for erin")
    check("could not open" in refusal.text, f"erin was told: {refusal.text}")
