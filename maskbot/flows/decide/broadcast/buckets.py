"""The buckets of recipients' keys: hashed once for each key, 30 ms each, and remembered in the store for ever.

Hashing releases Python's lock, so a thread for each core halves the wait on two cores. Source: gun-personas-backup.md A.2.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from maskbot.domain.identity import PublicKey
from maskbot.ports.store import Store
from maskbot.wire.gun.key_paths import V37, recipient_bucket

_KEPT_TOGETHER = 200
_MOST_THREADS = 16

Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """Tells nobody."""


def buckets_of(
    recipients: Sequence[PublicKey], *, store: Store, on_progress: Progress = no_progress
) -> Mapping[PublicKey, str]:
    """The v37 bucket of each recipient. `on_progress` hears how many of the unknown ones are hashed, and how many there are.

    What was hashed is kept every 200 keys, so that an interrupted plan does not begin anew. Safe to repeat.
    """
    with store.read() as work:
        known = dict(work.contacts.buckets(recipients))
    missing = [each for each in dict.fromkeys(recipients) if each not in known]
    if not missing:
        return known
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        for start in range(0, len(missing), _KEPT_TOGETHER):
            some = missing[start : start + _KEPT_TOGETHER]
            hashed = dict(zip(some, pool.map(partial(recipient_bucket, version=V37), some), strict=True))
            with store.write() as work:
                work.contacts.keep_buckets(hashed)
            known |= hashed
            on_progress(min(start + _KEPT_TOGETHER, len(missing)), len(missing))
    return known
