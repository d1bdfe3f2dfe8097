"""How fast the vault opens post keys, and what remembering the static secrets of v38 saves.

    python -m tests.bench.bench_vault

One core, CPU time of this process, best of the rounds; in process (the keyring) and, as wall time, through the socket with a batch
of 200 tries. "remembered" is an author whose secret with this persona is known; "new" one who was never seen.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial

from maskbot.adapters.vault.persona_secret import PersonaSecret, unseal_tries
from maskbot.adapters.vault.static_secrets import StaticSecrets
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import SealedKey
from maskbot.wire.crypto import public_key_of
from maskbot.wire.payload import Author, Curve, CurveKey, TextMessage, audience_of, draw_secrets, seal
from maskbot.wire.payload import SealedKey as WireKey
from tests.unit.adapters.vault_stage import PRIVATE, PUBLIC, make_alice, vault_stage

AUTHORS, ROUNDS, BATCH = 500, 7, 200
RANDOM = random.Random(38)


def tries_of(version: int) -> list[SealedKey]:
    """One sealed post key of each of many authors, for alice."""
    made = []
    for _ in range(AUTHORS):
        private = RANDOM.randbytes(32)
        key = CurveKey(Curve.K256, public_key_of(private))
        author = Author("person:twitter.com/bob", key=key, private_key=private, local_key=RANDOM.randbytes(32))
        drawn = draw_secrets(RANDOM.randbytes, recipients=1)
        sealed = seal(TextMessage("gm"), version=version, author=author, audience=audience_of([PUBLIC]), secrets=drawn)
        (record,) = sealed.keys
        assert isinstance(record, WireKey)
        peer = key.point if version == -38 else public_key_of(drawn.ephemeral[Curve.K256])
        made.append(SealedKey(version, PublicKey(peer), record.salt or sealed.post_iv, record.sealed))
    return made


def best_us(work: Callable[[], object], *, per: int, clock: Callable[[], float] = time.process_time) -> float:
    """Microseconds a unit in the best round."""
    times = []
    for _ in range(ROUNDS):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times) * 1e6 / per


def main() -> None:
    """Print one line a case."""
    alice = PersonaSecret(PUBLIC, PRIVATE)
    v37, v38 = tries_of(-37), tries_of(-38)
    assert all(unseal_tries(alice, [*v37, *v38]))
    print(f"{'':<34} {'us':>8} {'/s':>10}")
    statics = StaticSecrets()
    rows: tuple[tuple[str, Callable[[], object]], ...] = (
        ("v37", lambda: unseal_tries(alice, v37)),
        ("v38, author new", lambda: unseal_tries(alice, v38, statics=StaticSecrets())),
        ("v38, secret remembered", lambda: unseal_tries(alice, v38, statics=statics)),
    )
    for name, work in rows:
        micros = best_us(work, per=AUTHORS)
        print(f"{name:<34} {micros:>8.1f} {1e6 / micros:>10,.0f}")
    with vault_stage(is_remote=True) as stage:
        make_alice(stage)
        for name, tries in (("v37", v37), ("v38 remembered", v38)):
            ask = partial(stage.vault.unseal, persona_id="alice", tries=tries[:BATCH])
            micros = best_us(ask, per=BATCH, clock=time.perf_counter)
            print(f"{f'socket, {BATCH} tries, {name}':<34} {micros:>8.1f} {1e6 / micros:>10,.0f}")


if __name__ == "__main__":
    main()
