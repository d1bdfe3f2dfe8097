"""How fast a draw of 100,000 entrants with its published proof is, and its check, beside the bare hashes it cannot do without.

    python -m tests.bench.bench_draw

One core, CPU time, the fastest of three rounds. Aim: at most 2 s for draw and proof.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from hashlib import sha256
from random import Random

from maskbot.wire.draw import Beacon, BlockPromise, check_proof, draw, dump_proof
from tests.unit.wire.draw.draws import random_entrants, rules_text

ENTRANTS = 100_000
PLACES = 100
AIM_S = 2.0


def cpu_s(work: Callable[[], object]) -> float:
    """The fastest of three calls, in seconds of CPU."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print draw, check and bare hashes for equal and for weighted entrants."""
    promise = BlockPromise(1, 1)
    rules, beacon = rules_text(promise, places=PLACES), Beacon(promise, sha256(b"").digest())
    for name, is_weighted in (("equal", False), ("weighted", True)):
        entrants = random_entrants(Random(1), ENTRANTS, is_weighted=is_weighted)
        lines = [entrant.line.encode() for entrant in entrants]
        text = dump_proof(draw(entrants, rules=rules, beacon=beacon, places=PLACES))

        def bare(lines: list[bytes] = lines) -> None:
            for line in lines:
                sha256(line).digest()
                sha256(line[:65]).digest()
                hmac.digest(rules.encode()[:32], line, "sha256")

        drawn = cpu_s(lambda each=entrants: dump_proof(draw(each, rules=rules, beacon=beacon, places=PLACES)))  # type: ignore[misc]
        checked = cpu_s(lambda each=text: check_proof(each))  # type: ignore[misc]
        verdict = "ok" if drawn <= AIM_S else "MISSED"
        print(
            f"{name:<9} draw + proof {drawn:5.2f} s (aim {AIM_S:.0f} s: {verdict})   check {checked:5.2f} s   "
            f"bare hashes {cpu_s(bare):5.2f} s   proof {len(text) / 1e6:.1f} MB"
        )


if __name__ == "__main__":
    main()
