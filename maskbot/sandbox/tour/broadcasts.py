"""Act three: an encrypted broadcast for three recipients on both platforms, and a fourth who comes later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from maskbot.sandbox.foreign_client import ForeignClient
from maskbot.sandbox.people import SeenPost, wait_for
from maskbot.sandbox.tour.stage import PATIENCE_S, Stage, check
from maskbot.sandbox.world import BOT, World

_WORDS = "Members only: the snapshot is taken at block 23,500,000. 🗳"
_LEAD_S = 6


def play(stage: Stage, world: World) -> None:
    """gina, hugo and ines read; mallory does not; jane reads later."""
    stage.act("3. An encrypted broadcast")
    relays = [relay.url for relay in world.relays]
    readers = [ForeignClient(name, relays=relays) for name in ("gina", "hugo", "ines")]
    mallory, jane = (ForeignClient(name, relays=relays) for name in ("mallory", "jane"))
    broadcast_id, slot = "", datetime.now(UTC)
    with stage.step("the operator plans it for three recipients on X and Mastodon, a few seconds ahead") as seen:
        slot = datetime.now(UTC) + timedelta(seconds=_LEAD_S)
        broadcast_id = plan(world, _WORDS, readers, slot=slot)
        seen(f"slot {slot:%H:%M:%S} UTC, {broadcast_id}")
    posts: dict[str, SeenPost] = {}
    with stage.step("it appears on both platforms at its slot, and not before") as seen:
        posts = appearing(world)
        late_s = (datetime.now(UTC) - slot).total_seconds()
        check(late_s >= 0, f"it was out {-late_s:.1f} s early")
        seen(f"{late_s:.1f} s after the slot: {posts['x'].text}")
    with stage.step("at that moment every relay already holds every key") as seen:
        for relay in relays:
            for reader in readers:
                check(reader.keys_on(relay, posts["x"].text), f"{relay} has no key for {reader.name}")
        seen(f"{len(readers)} keys on each of {len(relays)} relays, read by GUN's own client")
    with stage.step("each recipient opens it on both platforms") as seen:
        for reader in readers:
            for platform, post in posts.items():
                check(reader.read(post.text) == _WORDS, f"{reader.name} cannot read it on {platform}")
        seen(_WORDS)
    with stage.step("mallory, who is no recipient, cannot") as seen:
        check(all(mallory.read(post.text) is None for post in posts.values()), "mallory read it")
        seen("no key opens it")
    with stage.step("jane is added later and opens the same post") as seen:
        check(jane.read(posts["x"].text) is None, "jane read it before she was added")
        world.command("broadcast", "add-recipient", broadcast_id, "--to", jane.public_key.hex())
        wait_for(lambda: jane.read(posts["x"].text) == _WORDS, timeout_s=PATIENCE_S, what="jane's reading")
        seen(_WORDS)


def plan(world: World, words: str, readers: list[ForeignClient], *, slot: datetime) -> str:
    """Order a broadcast as an operator would; its id."""
    recipients = [word for reader in readers for word in ("--to", reader.public_key.hex())]
    accounts = [word for platform in ("x", "mastodon") for word in ("--account", world.account_id(platform))]
    planned = world.record(
        "broadcast",
        "plan",
        "--persona",
        "treasury",
        *accounts,
        *recipients,
        "--at",
        slot.isoformat(),
        "--file",
        "-",
        stdin=words,
    )
    return str(planned["id"])


def posts_before(world: World) -> frozenset[str]:
    """The ids of what the bot has posted so far."""
    watchers = (world.person("x", "bob"), world.person("mastodon", "alice"))
    return frozenset(post.post_id for human in watchers for post in human.posts_of(BOT))


def appearing(world: World, *, besides: frozenset[str] = frozenset()) -> dict[str, SeenPost]:
    """The bot's newest sealed post on each platform, as others see it."""
    watchers = {"x": world.person("x", "bob"), "mastodon": world.person("mastodon", "alice")}

    def look() -> dict[str, SeenPost]:
        found = {
            platform: post
            for platform, human in watchers.items()
            for post in reversed(human.posts_of(BOT))
            if post.parent_id is None and "mask_io" in post.text and post.post_id not in besides
        }
        return found if len(found) == 2 else {}

    return wait_for(look, timeout_s=PATIENCE_S, what="the broadcast on both platforms")
