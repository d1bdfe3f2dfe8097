"""R1 and R2 in full: 10,000 mentions, a worker killed with -9 at least 30 times, Redis killed with all its data every other time.

`python -m tests.chaos.chaos_kills`; MASKBOT_CHAOS_MENTIONS and MASKBOT_CHAOS_KILLS change the size.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Runs the test of `make test` at full size."""
    os.environ.setdefault("MASKBOT_CHAOS_MENTIONS", "10000")
    os.environ.setdefault("MASKBOT_CHAOS_KILLS", "30")
    from tests.chaos import test_kills

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mb-chaos-") as directory:
        test_kills.test_every_mention_is_answered_exactly_once_through_kills_and_a_wiped_redis(Path(directory))
    took_s = time.monotonic() - began
    print(f"{test_kills.MENTIONS:,} mentions, {test_kills.KILLS} kills: 0 lost, 0 answered twice, {took_s:.0f} s")


if __name__ == "__main__":
    main()
