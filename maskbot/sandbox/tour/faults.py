"""Act seven: processes die, Redis is wiped, a relay is down, platforms limit, fail and lose answers. Everything happens once."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import redis

from maskbot.sandbox.fault_proxy import Fault
from maskbot.sandbox.foreign_client import ForeignClient
from maskbot.sandbox.people import Human, wait_for
from maskbot.sandbox.tour.broadcasts import appearing, plan, posts_before
from maskbot.sandbox.tour.stage import PATIENCE_S, Stage, check
from maskbot.sandbox.world import BOT, World

_SETTLE_S = 3.0
_SEALED = "This post is sealed"


def play(stage: Stage, world: World) -> None:
    """Everything goes wrong; nothing is lost or said twice."""
    stage.act("7. Things go wrong")
    asked: list[tuple[Human, str]] = []
    kate, liam = world.person("mastodon", "kate"), world.person("x", "liam")

    def ask(human: Human) -> str:
        post_id = human.say(f"@{BOT} help")
        asked.append((human, post_id))
        return post_id

    with stage.step("answers are recorded, then the worker is killed with -9 and Redis is wiped and killed") as seen:
        world.command("switch", "pause", "deliveries", "--reason", "tour")
        for human in (kate, liam):
            ask(human)
        wait_for(lambda: len(_queued(world)) >= 2, timeout_s=PATIENCE_S, what="two recorded answers")
        _wipe_redis(world)
        killed = world.bot_processes()["worker"]
        os.kill(killed, signal.SIGKILL)
        world.command("switch", "resume", "deliveries")
        _answered_once(asked[-2:])
        seen(f"process {killed} died; both replies came, once each")
    with stage.step("the worker is killed with -9 while X takes its post") as seen:
        world.x.add_fault("hang", method="POST", path="/2/tweets", seconds=8, after=True)
        post_id = ask(liam)
        time.sleep(1.5)
        os.kill(world.bot_processes()["worker"], signal.SIGKILL)
        _answered_once([(liam, post_id)])
        seen("one reply")
    with stage.step("X answers 429, then 503") as seen:
        limit = {"x-rate-limit-limit": "100"}
        world.x.add_fault("rate_limited", method="POST", path="/2/tweets", seconds=4, headers=limit)
        world.x.add_fault("empty_503", method="POST", path="/2/tweets")
        post_id = ask(world.person("x", "omar"))
        _answered_once(asked[-1:])
        seen(f"one reply to {post_id}, after the limit's reset")
    with stage.step("Mastodon takes a post and loses the answer") as seen:
        world.proxy.add(Fault(method="POST", path="/api/v1/statuses", loses_answer=True))
        ask(world.person("mastodon", "dave"))
        _answered_once(asked[-1:])
        seen("found among our own posts; one reply")
    with stage.step(
        "a relay is down when a broadcast is sealed; it waits, the relay comes back, the keys lie on both"
    ) as seen:
        _broadcast_past_a_dead_relay(world)
        seen("posted once on each platform, after both relays held the key")
    with stage.step("in the end: every mention answered exactly once, every broadcast out exactly once") as seen:
        time.sleep(_SETTLE_S)
        _answered_once(asked)
        wait_for(lambda: not _queued(world), timeout_s=PATIENCE_S, what="an empty outbox")
        broadcasts = [post for human in (liam, kate) for post in human.posts_of(BOT) if _SEALED in post.text]
        check(len(broadcasts) == 4, f"{len(broadcasts)} broadcast posts where 4 belong")
        seen(f"{len(asked)} mentions, {len(asked)} replies; 2 broadcasts, 4 posts")


def _queued(world: World) -> list[dict[str, object]]:
    return [row for row in world.listing("outbox", "list") if row["state"] in {"queued", "sending", "unknown"}]


def _answered_once(asked: list[tuple[Human, str]]) -> None:
    for human, post_id in asked:
        wait_for(partial(human.replies_to, post_id), timeout_s=PATIENCE_S, what=f"the reply to {human.name}")
    for human, post_id in asked:
        replies = human.replies_to(post_id)
        check(len(replies) == 1, f"{human.name} got {len(replies)} replies")


def _wipe_redis(world: World) -> None:
    socket = world.redis_socket()
    client = redis.Redis(unix_socket_path=str(socket))
    pid = int(client.info("server")["process_id"])
    client.flushall()
    os.kill(pid, signal.SIGKILL)


def _broadcast_past_a_dead_relay(world: World) -> None:
    reader = ForeignClient("kim", relays=[relay.url for relay in world.relays])
    before = posts_before(world)
    dead = world.relays[1]
    dead.kill()
    plan(world, "One relay down.", [reader], slot=datetime.now(UTC) + timedelta(seconds=1))
    time.sleep(3)
    now_out = [post for post in world.person("x", "bob").posts_of(BOT) if post.post_id not in before]
    check(not now_out, "it was posted before every relay held its keys")
    dead.start()
    posts = appearing(world, besides=before)
    for relay in world.relays:
        check(reader.keys_on(relay.url, posts["x"].text), f"{relay.url} has no key")
    check(reader.read(posts["mastodon"].text) == "One relay down.", "kim cannot read it")
