"""How long planning a broadcast takes: recipients who were never written to before cost a slow hash each, known ones do not.

    python -m tests.bench.bench_broadcast

Wall time on a real SQLite store, the vault faked. "bare" is the hash alone on one core (PBKDF2, 100,000 rounds, 64 bytes), which
the format demands once for each recipient (gun-personas-backup.md A.2).
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from maskbot.domain.identity import Persona, Platform, PublicKey
from maskbot.domain.post import PostLimits
from maskbot.flows.decide.broadcast import BroadcastPlan, plan_broadcast
from maskbot.flows.decide.broadcast.buckets import buckets_of
from maskbot.wire.crypto import public_key_of
from tests.fakes.house import House, build_house

UNSEEN, RECIPIENTS, BARE = 200, 2_000, 20
RANDOM = random.Random(37)
LIMITS = PostLimits(max_length=500, url_weight=23, counts=Platform.MASTODON)


def keys(count: int) -> list[PublicKey]:
    """Public keys that nobody has seen."""
    return [PublicKey(public_key_of(RANDOM.randbytes(32))) for _ in range(count)]


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plan(house: House, recipients: list[PublicKey], *, is_picture: bool) -> None:
    """One broadcast on both accounts."""
    accounts = list(house.accounts.values())
    persona = Persona("p", house.tenant_id, "dao", PublicKey(public_key_of(bytes([9]) * 32)))
    with house.store.write() as work:
        work.personas.add(persona, now_ms=house.clock.ms)
    plan_broadcast(
        BroadcastPlan("gm " * 40, persona, accounts, recipients, house.clock.ms, is_picture=is_picture),
        relays=("http://one/gun", "http://two/gun"),
        limits={account.id: LIMITS for account in accounts},
        store=house.store,
        secrets=house.vault,
        clock=house.clock,
        entropy=house.entropy,
        notice=house.notice,
    )


def main() -> None:
    """Print one line a case."""
    with tempfile.TemporaryDirectory() as folder:
        house = build_house(Path(folder))
        bare = seconds(lambda: [hashlib.pbkdf2_hmac("sha256", b"x" * 86, b"s" * 36, 100_000, 64) for _ in range(BARE)])
        unseen = seconds(lambda: buckets_of(keys(UNSEEN), store=house.store))
        known = keys(RECIPIENTS)
        with house.store.write() as work:
            work.contacts.keep_buckets(dict.fromkeys(known, "AA"))
        as_link = seconds(lambda: plan(house, known, is_picture=False))
        as_picture = seconds(lambda: plan(house, known, is_picture=True))
        house.store.close()
    ratio = (bare / BARE) / (unseen / UNSEEN)
    print(f"bare hash, one core                    {bare / BARE * 1e3:8.1f} ms each")
    print(
        f"recipients never seen, all cores       {unseen / UNSEEN * 1e3:8.1f} ms each   {ratio:.2f} of bare (2 cores: up to 2)"
    )
    print(f"plan for {RECIPIENTS:,} known recipients       {as_link:8.2f} s")
    print(f"the same in a picture                  {as_picture:8.2f} s")


if __name__ == "__main__":
    main()
