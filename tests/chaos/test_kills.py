"""R1, R2, R6, R23: mentions come in while the worker is killed with -9 and Redis loses all its data; each is answered exactly once.

`make test` runs this at a small size, `make chaos` in full: MASKBOT_CHAOS_MENTIONS and MASKBOT_CHAOS_KILLS say how much.
"""

from __future__ import annotations

import os
import random
import time
from functools import partial
from pathlib import Path

from tests.chaos.service import Service, wait_until

MENTIONS = int(os.environ.get("MASKBOT_CHAOS_MENTIONS", "30"))
KILLS = int(os.environ.get("MASKBOT_CHAOS_KILLS", "1"))
_AT_ONCE = 400
"""X shows 800 mentions back; fewer than that are out at any time."""
_LOOK_EVERY_S = 0.05 + MENTIONS / 10_000
"""Each look counts all replies, which is more work than answering when there are thousands."""


def test_every_mention_is_answered_exactly_once_through_kills_and_a_wiped_redis(tmp_path: Path) -> None:
    dice = random.Random(7)
    with Service(tmp_path) as service:
        # once the first is answered the feed has a cursor: without one, only the newest page is read
        asked = [service.ask("first")]
        wait_until(partial(_has, service, 1), what="the first reply")
        kills = 0
        while len(asked) < MENTIONS or kills < KILLS:
            for _ in range(min(_AT_ONCE, MENTIONS - len(asked))):
                name = f"user{len(asked)}"
                service.x.add_user(name)
                asked.append(str(service.x.say(name, "@maskbot help")["id"]))
            before = len(service.replies())
            target = min(len(asked), before + max(1, len(asked) // (KILLS + 1)))
            wait_until(partial(_has, service, target), what="progress", timeout_s=120, every_s=_LOOK_EVERY_S)
            time.sleep(dice.uniform(0.0, 0.2))
            service.kill("worker")
            kills += 1
            if kills % 2:
                service.wipe_redis()
        is_whole = partial(_has, service, len(asked))
        wait_until(is_whole, what="all answered", timeout_s=180, every_s=_LOOK_EVERY_S)
        counts = service.replies()
        assert set(counts) == set(asked)
        assert set(counts.values()) == {1}


def _has(service: Service, count: int) -> bool:
    return len(service.replies()) >= count
